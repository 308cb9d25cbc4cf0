// After the kill the server was started anew: reopened without a kernel, cell and panel show the same picture.
import { CELL, assert, openNewestRun, untilTitle } from '../lab.mjs';

export default async function restarted(lab) {
  const page = await lab.page({ notebook: 'killed/loop.ipynb', needsKernel: false });
  assert.equal(await untilTitle(page, CELL, /lost/), lab.title);
  await page.locator(`${CELL} canvas`).first().waitFor();
  const run = await openNewestRun(page);
  assert.equal(await untilTitle(page, run, /lost/), lab.title);
  assert.equal(await page.locator('.ds-view button', { hasText: 'Stop' }).first().isVisible(), false);
  assert.doesNotMatch(await page.locator('body').innerText(), /Loading widget|model not found/);
  assert.deepEqual(page.errors, []);
  await lab.screenshot(page, 'restarted');
}
