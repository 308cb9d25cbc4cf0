// While the cell is busy the line grows, and Stop ends the run at its next step.
import { CELL, assert, checkAccessibility, isBusy, runAll, stepsIn, untilEnded, untilTitle } from '../lab.mjs';

export default async function live(lab) {
  const page = await lab.page({ notebook: 'live/loop.ipynb' });
  await runAll(page);
  const early = stepsIn(await untilTitle(page, CELL, /running, \d+ of 600 steps/));
  await untilTitle(page, CELL, new RegExp(`running, (${early + 10}|${early + 11}|${early + 12}|${early + 13}|${early + 14}) of 600`));
  assert.ok(await isBusy(page));
  await checkAccessibility(page, CELL);
  await lab.screenshot(page, 'live');

  const clicked = Date.now();
  await page.locator(`${CELL} button`, { hasText: 'Stop' }).click();
  await untilTitle(page, CELL, /stopped/);
  console.log(`from the click to "stopped" in the view: ${Date.now() - clicked} ms`);
  await untilEnded(page);

  assert.equal(lab.events('live').at(-1).status, 'stopped');
  assert.deepEqual(page.errors, []);
}
