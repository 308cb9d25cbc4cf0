// A run whose name is HTML is shown as text, in the cell, in the panel and on its tab.
import { CELL, assert, openNewestRun, runAll, untilEnded, untilTitle } from '../lab.mjs';

export default async function markup(lab) {
  const page = await lab.page({ notebook: 'markup/loop.ipynb' });
  await runAll(page);
  await untilEnded(page);
  assert.match(await untilTitle(page, CELL, /finished/), /^<img src=x onerror=/);
  const run = await openNewestRun(page);
  assert.match(await untilTitle(page, run, /finished/), /^<img src=x onerror=/);
  assert.match(await page.locator('.ds-run-open').first().textContent(), /^<img src=x onerror=/);

  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('img[src="x"]').count(), 0);
  await lab.screenshot(page, 'markup');
}
