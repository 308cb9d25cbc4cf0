// The kernel is killed in mid-run: the view in the cell and the one of the panel say "lost", up to the last event.
import { CELL, assert, openNewestRun, runAll, save, stepsIn, untilTitle } from '../lab.mjs';

export default async function killed(lab) {
  const page = await lab.page({ notebook: 'killed/loop.ipynb' });
  await runAll(page);
  await untilTitle(page, CELL, /running, \d+ of 600 steps/);
  await save(page);
  const run = await openNewestRun(page);
  await untilTitle(page, run, /running, \d+ of 600 steps/);

  const died = Date.now();
  process.kill(lab.events('killed')[0].pid, 'SIGKILL');
  const inCell = await untilTitle(page, CELL, /lost/, 5000);
  const inPanel = await untilTitle(page, run, /lost/, 5000);
  const lostAfterMs = Date.now() - died;
  console.log(`"lost" in both views ${lostAfterMs} ms after the kill`);

  assert.equal(stepsIn(inCell), lab.lastStep('killed') + 1);
  assert.equal(inPanel, inCell);
  await page.locator('.ds-run-words', { hasText: 'lost' }).first().waitFor();
  await lab.screenshot(page, 'killed');
  return { title: inCell, lostAfterMs };
}
