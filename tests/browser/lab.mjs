// Drives a real JupyterLab in a real Chromium: opening, running, waiting; a journey never sleeps to wait.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { chromium } from '../../labextension/node_modules/playwright-core/index.mjs';

const WAIT_MS = 30_000;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];

/** What a journey is given: the server, a browser, and where screenshots go. */
export class Lab {
  constructor(known) {
    Object.assign(this, { pages: 0, app: 'jupyterlab', waitMs: WAIT_MS }, known);
  }

  async start() {
    this.browser = await chromium.launch({ executablePath: this.executablePath, headless: true, args: FLAGS });
  }

  async stop() {
    await this.browser.close();
  }

  /** A new page, in a browser of its own unless `context` is given, with `notebook` open in it. */
  async page({ notebook, context, needsKernel = true, dark = false } = {}) {
    context ??= await this.browser.newContext({ viewport: { width: 1280, height: 900 } });
    context.setDefaultTimeout(this.waitMs);
    const page = await context.newPage();
    page.errors = [];
    page.on('pageerror', error => page.errors.push(error.message));
    await page.goto(`${this.base}lab/workspaces/journey-${process.pid}-${++this.pages}?token=${this.token}&reset`);
    await page.waitForFunction(() => window.jupyterapp && !document.querySelector('#jupyterlab-splash'));
    await page.evaluate(() => window.jupyterapp.restored);
    if (dark) await page.evaluate(() => window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' }));
    if (notebook) await open(page, notebook, needsKernel);
    return page;
  }

  async screenshot(page, name) {
    await page.screenshot({ path: path.join(this.shots, `${name}.png`) });
  }

  /** The newest run of the folder `runs` beneath the root, as its events say. */
  events(folder) {
    const runs = path.join(this.root, folder, 'ds_runs');
    const run = readdirSync(runs).filter(name => !name.startsWith('.')).map(name => path.join(runs, name)).sort((one, other) => birth(other) - birth(one))[0];
    const files = readdirSync(run).filter(name => name.startsWith('events-'));
    const writers = files.map(name => readFileSync(path.join(run, name), 'utf8').split('\n').slice(0, -1).map(line => JSON.parse(line)));
    return writers.sort((one, other) => (one[0]?.at ?? Infinity) - (other[0]?.at ?? Infinity)).flat();
  }

  /** The newest run of `folder` as the server draws it: what a view on it has. */
  async drawn(folder) {
    const runs = await this.ask(`runs?folder=${folder}`);
    return (await this.ask(`runs/${runs.runs[0].path}/scene`)).scene;
  }

  /** What the server half answers. */
  async ask(request) {
    return (await fetch(`${this.base}ds-notebook/api/${request}`, { headers: { Authorization: `token ${this.token}` } })).json();
  }

  /** The last step that the newest run has recorded. */
  lastStep(folder) {
    return Math.max(-1, ...this.events(folder).filter(event => event.event === 'metrics').flatMap(event => event.steps));
  }
}

const birth = folder => Math.min(...readdirSync(folder).filter(name => name.startsWith('events-')).map(name => JSON.parse(readFileSync(path.join(folder, name), 'utf8').split('\n')[0] || '{"at":0}').at), Infinity);

async function open(page, notebook, needsKernel) {
  await page.evaluate(async ({ notebook, needsKernel }) => {
    const widget = await window.jupyterapp.commands.execute('docmanager:open', { path: notebook, ...(needsKernel ? {} : { kernel: { noKernel: true } }) });
    await widget.context.ready;
    await widget.revealed;
    window.notebook = widget;
    // Not `kernel.info`: of a busy kernel it comes when the cell has ended.
    for (let tries = 0; needsKernel && tries < 400 && !widget.sessionContext.session?.kernel; tries++) await new Promise(resolve => setTimeout(resolve, 50));
  }, { notebook, needsKernel });
}

/** Starts all cells; does not wait for their end. */
export async function runAll(page) {
  await page.evaluate(async () => {
    await window.notebook.sessionContext.session.kernel.info;
    window.running = window.jupyterapp.commands.execute('notebook:run-all-cells');
    window.ended = false;
    window.running.finally(() => (window.ended = true));
  });
}

export const untilEnded = page => page.waitForFunction(() => window.ended);
export const isBusy = page => page.evaluate(() => !window.ended);
export const save = page => page.evaluate(() => window.jupyterapp.commands.execute('docmanager:save'));
export const titleIn = (page, place) => page.locator(`${place} .ds-title`).first().textContent();

/** Waits until the title in `place` matches, and gives it. */
export async function untilTitle(page, place, pattern, timeout = WAIT_MS) {
  await page.waitForFunction(
    ([place, source]) => new RegExp(source).test(document.querySelector(`${place} .ds-title`)?.textContent ?? ''),
    [place, pattern.source], { timeout }
  );
  return titleIn(page, place);
}

/** The number of steps that a title tells. */
export const stepsIn = title => Number(/(\d+) of \d+ steps|step (\d+)/.exec(title)?.slice(1).find(Boolean) ?? NaN);

/** Opens the Runs panel and the newest run in it; gives the selector of the run. */
export async function openNewestRun(page) {
  await page.evaluate(() => window.jupyterapp.commands.execute('ds-notebook:show-runs'));
  await page.locator('.ds-run-open').first().click();
  await page.locator('.ds-Run .ds-title').first().waitFor();
  return '.ds-Run';
}

/** The steps that the curve of the loss has points at. */
export const lossSteps = scene => scene.panels.filter(panel => panel.shape === 'lines').flatMap(panel => panel.series).find(series => series.name === 'loss').x;

/** Makes sure that the cell is on the page: JupyterLab leaves out those that are out of sight. */
export const showCell = (page, at) => page.evaluate(at => window.notebook.content.scrollToItem(at), at);

/** Runs one cell and waits for its end. */
export async function runCell(page, at) {
  await page.evaluate(async at => {
    window.notebook.content.activeCellIndex = at;
    await window.jupyterapp.commands.execute('notebook:run-cell');
  }, at);
}

/** Presses a button of the view in `place`, and waits for what the record says became of it. */
export async function press(page, place, word, answer) {
  await page.locator(`${place} button`, { hasText: new RegExp(`^${word}$`) }).click();
  await page.waitForFunction(([place, source]) => new RegExp(source).test(document.querySelector(`${place} .ds-told`)?.textContent ?? ''), [place, answer.source]);
}

/** Nothing serious that axe-core finds within `selector`. */
export async function checkAccessibility(page, selector) {
  const axe = new URL('../../labextension/node_modules/axe-core/axe.min.js', import.meta.url);
  await page.evaluate(readFileSync(axe, 'utf8'));
  const found = await page.evaluate(selector => window.axe.run(selector, { resultTypes: ['violations'] }), selector);
  const serious = found.violations.filter(fault => ['serious', 'critical'].includes(fault.impact));
  assert.deepEqual(serious.map(fault => `${fault.id}: ${fault.nodes.map(node => node.html.slice(0, 160)).join(' | ')}`), []);
}

export const CELL = '.jp-Notebook .ds-Output';
export { assert };
