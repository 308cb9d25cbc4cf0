// Zooming into a long run fetches the steps that are looked at: single steps can be read, and all is back after a reset.
import { assert, untilTitle } from '../lab.mjs';

export default async function zoomed(lab) {
  const page = await lab.page({ notebook: 'zoomed/notes.ipynb', needsKernel: false });
  await page.evaluate(() => window.jupyterapp.commands.execute('ds-notebook:open-latest-run'));
  await untilTitle(page, '.ds-Run', /long: finished/);
  const canvas = page.locator('.ds-Run canvas.ds-canvas').first();
  await canvas.focus();
  assert.ok((await stepWidth(page)) > 20);

  const windows = [];
  page.on('response', response => response.url().includes('/scene?') && response.url().includes('from=') && windows.push(response.status()));
  for (let presses = 0; presses < 7; presses++) await page.keyboard.press('+');
  await page.waitForResponse(response => response.url().includes('from='));
  await page.waitForFunction(() => document.querySelector('.ds-Run .ds-tip'));
  for (let tries = 0; tries < 50 && (await stepWidth(page)) !== 1; tries++) await page.waitForTimeout(50);
  assert.equal(await stepWidth(page), 1);
  await lab.screenshot(page, 'zoomed');
  assert.deepEqual([...new Set(windows)], [200]);

  await page.keyboard.press('Escape');
  for (let tries = 0; tries < 50 && (await stepWidth(page)) === 1; tries++) await page.waitForTimeout(50);
  await page.keyboard.press('End');
  assert.equal(await cursor(page), 19_999);
}

const cursor = async page => Number(/step (\d+)/.exec(await page.locator('.ds-Run .ds-tip').first().innerText())[1]);

/** Steps between neighbouring points at the cursor. */
async function stepWidth(page) {
  await page.keyboard.press('ArrowRight');
  const before = await cursor(page);
  await page.keyboard.press('ArrowRight');
  return (await cursor(page)) - before;
}
