// Notebook 7: the quickstart is drawn live while its cell is busy; the page is closed and opened again; Stop works.
import { CELL, assert, untilTitle } from '../lab.mjs';

export default async function notebook7(lab) {
  const first = await openNotebook(lab);
  await first.evaluate(() => void window.jupyterapp.commands.execute('notebook:run-all-cells'));
  await untilTitle(first, CELL, /running, epoch [2-9]/);
  await first.evaluate(() => window.jupyterapp.commands.execute('docmanager:save'));
  await first.context().close();

  const opened = Date.now();
  const page = await openNotebook(lab);
  const early = await untilTitle(page, CELL, /running, epoch \d+/);
  const epoch = Number(/epoch (\d+)/.exec(early)[1]);
  await untilTitle(page, CELL, new RegExp(`running, epoch (?!${epoch} )\\d+`));
  const liveAfterMs = Date.now() - opened;
  await lab.screenshot(page, 'notebook7');
  await page.locator(`${CELL} button`, { hasText: 'Stop' }).click();
  await untilTitle(page, CELL, /stopped/);
  assert.equal(lab.events('seven').at(-1).status, 'stopped');
  const hasPanel = await page.evaluate(() => window.jupyterapp.commands.hasCommand('ds-notebook:show-runs'));
  if (hasPanel) await page.evaluate(() => window.jupyterapp.commands.execute('ds-notebook:show-runs'));
  const panel = hasPanel && (await page.locator('.ds-run').first().waitFor({ timeout: 5000 }).then(() => true, () => false));
  await lab.screenshot(page, 'notebook7-panel');
  const opens = panel && (await opensARun(page));
  await lab.screenshot(page, 'notebook7-run');
  return { liveAfterMs, panel, opens, errorsOfOurs: page.errors.filter(stack => stack.includes('ds-notebook')), errors: page.errors.length };
}

async function opensARun(page) {
  await page.locator('.ds-run-open').first().click();
  return page.locator('.ds-Run .ds-title').first().waitFor({ timeout: 5000 }).then(() => true, () => false);
}

async function openNotebook(lab) {
  const context = await lab.browser.newContext({ viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(lab.waitMs);
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', error => page.errors.push(error.stack));
  await page.goto(`${lab.base}notebooks/seven/quickstart.ipynb?token=${lab.token}`);
  await page.waitForFunction(() => window.jupyterapp?.shell?.currentWidget?.context?.isReady);
  await page.waitForFunction(() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel);
  return page;
}
