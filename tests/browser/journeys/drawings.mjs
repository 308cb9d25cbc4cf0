// The eight drawings on a page of their own: hover, zoom, search, sort; odd and empty ones; nothing serious for axe-core.
import http from 'node:http';
import { readFile } from 'node:fs/promises';
import { assert, checkAccessibility } from '../lab.mjs';

const FOLDER = new URL('../../../labextension/lib/gallery/', import.meta.url);

export default async function drawings(lab) {
  const server = http.createServer(async (request, response) => {
    const isScript = request.url.includes('.js');
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(await readFile(new URL(isScript ? 'gallery.js' : 'page.html', FOLDER)));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    for (const set of ['usual', 'empty', 'odd']) {
      for (const [width, theme] of [[1000, 'light'], [380, 'dark']]) await look(lab, server.address().port, set, width, theme);
    }
    const page = await gallery(lab, server.address().port, 'usual', 1000);
    await zoomIsShared(page);
    await zoomAndFocusOutliveAnUpdate(page);
    await flameIsSearchedAndZoomed(page);
    await tableSortsAndFilters(page);
    await everyChartHasATable(page);
    assert.deepEqual(page.errors, []);
  } finally {
    server.close();
  }
}

async function gallery(lab, port, set, width, height = 900) {
  const context = await lab.browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', error => page.errors.push(error.message));
  page.on('dialog', dialog => page.errors.push(`dialog ${dialog.message()}`));
  await page.goto(`http://127.0.0.1:${port}/?set=${set}`);
  await page.waitForFunction(() => [...document.querySelectorAll('canvas.ds-canvas')].every(canvas => canvas.width > 100));
  return page;
}

async function look(lab, port, set, width, theme) {
  const page = await gallery(lab, port, set, width, 4200); // all in sight: what is not is not painted
  await page.evaluate(theme => (document.body.dataset.jpThemeLight = String(theme === 'light')), theme);
  await page.waitForFunction(dark => [...document.querySelectorAll('canvas.ds-canvas')].every(canvas => (canvas.getContext('2d').getImageData(canvas.width - 1, canvas.height - 1, 1, 1).data[0] < 100) === dark), theme === 'dark');
  await page.screenshot({ path: `${lab.shots}/drawings-${set}-${theme}.png`, fullPage: true });
  await checkAccessibility(page, 'main');
  assert.deepEqual(page.errors, []);
  assert.notEqual(await page.title(), 'hacked');
  await page.context().close();
}

const chart = (page, heading) => page.locator('.ds-panel', { has: page.locator('.ds-heading', { hasText: new RegExp(`^${heading}$`) }) });
const pixels = locator => locator.locator('canvas.ds-canvas').evaluate(canvas => canvas.toDataURL());
const frames = page => page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))));

async function drag(page, locator, from, to) {
  const box = await locator.locator('canvas.ds-canvas').boundingBox();
  await page.mouse.move(box.x + box.width * from, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await frames(page);
}

async function zoomIsShared(page) {
  const [loss, accuracy] = [chart(page, 'Loss'), chart(page, 'accuracy')];
  const before = await pixels(accuracy);
  await drag(page, loss, 0.3, 0.6);
  assert.match(await loss.locator('.ds-tip').innerText(), /^step \d+\nloss/);
  await page.mouse.move(2, 2);
  await frames(page);
  assert.notEqual(await pixels(accuracy), before);
  await loss.locator('canvas.ds-canvas').dblclick({ position: { x: 200, y: 60 } });
  await page.mouse.move(2, 2);
  await frames(page);
  assert.equal(await pixels(accuracy), before);
}

async function zoomAndFocusOutliveAnUpdate(page) {
  const loss = chart(page, 'Loss');
  await loss.locator('canvas.ds-canvas').focus();
  for (const key of ['Home', '+', '+', 'ArrowRight']) await page.keyboard.press(key);
  await frames(page);
  const before = await pixels(loss);
  await page.evaluate(() => window.gallery.view.show({ scene: { ...window.gallery.samples.usual, panels: window.gallery.samples.usual.panels.map(panel => ({ ...panel })) }, state: 'running', commands: [] }));
  await frames(page);
  assert.equal(await pixels(loss), before);
  assert.match(await loss.locator('.ds-tip').innerText(), /^step/);
  assert.ok(await loss.locator('canvas.ds-canvas').evaluate(canvas => canvas === document.activeElement));
  await page.keyboard.press('Escape');
}

async function flameIsSearchedAndZoomed(page) {
  const flame = chart(page, 'Where the time went');
  await flame.locator('input[type=search]').fill('collate');
  assert.match(await flame.locator('.ds-aside').textContent(), /^\d+ boxes, \d+\.\d%$/);
  await flame.locator('input[type=search]').fill('');
  await frames(page);
  const whole = await pixels(flame);
  await flame.locator('canvas.ds-canvas').click({ position: { x: 60, y: 46 } });
  await frames(page);
  assert.notEqual(await pixels(flame), whole);
  assert.ok(await flame.getByRole('button', { name: 'Zoom out' }).isVisible());
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Escape');
  await page.mouse.move(2, 2);
  await frames(page);
  assert.equal(await pixels(flame), whole);
}

async function tableSortsAndFilters(page) {
  const table = chart(page, 'Trials');
  const column = () => table.locator('tbody tr td:nth-child(2)').allTextContents().then(cells => cells.map(Number));
  await table.getByRole('button', { name: 'lr' }).click();
  const down = await column();
  assert.deepEqual(down, [...down].sort((one, other) => other - one));
  await table.getByRole('button', { name: 'lr' }).click();
  assert.deepEqual(await column(), [...down].reverse());
  assert.equal(await table.locator('th[aria-sort=ascending]').count(), 1);
  await table.locator('input').fill('trial 12');
  assert.equal(await table.locator('tbody tr').count(), 1);
}

async function everyChartHasATable(page) {
  for (const panel of await page.locator('.ds-panel:has(canvas.ds-canvas)').all()) {
    const toggle = panel.locator('button[aria-pressed]');
    await toggle.click();
    assert.equal(await toggle.getAttribute('aria-pressed'), 'true');
    assert.ok((await panel.locator('.ds-twin tbody tr').count()) > 0);
    await toggle.click();
    await panel.locator('canvas.ds-canvas').waitFor();
  }
}
