// A kernel in another environment than the server, without Jupyter's server packages: live, and Stop works.
import { CELL, assert, runAll, untilEnded, untilTitle } from '../lab.mjs';

export default async function foreign(lab) {
  const page = await lab.page({ notebook: 'foreign/loop.ipynb' });
  await runAll(page);
  await untilTitle(page, CELL, /no server half: running, \d+ of 600 steps/);
  await lab.screenshot(page, 'foreign');
  await page.locator(`${CELL} button`, { hasText: 'Stop' }).click();
  await untilTitle(page, CELL, /stopped/);
  await untilEnded(page);
  assert.equal(lab.events('foreign').at(-1).status, 'stopped');
}
