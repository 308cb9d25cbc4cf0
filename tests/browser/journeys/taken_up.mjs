// The kernel is killed in mid-training; in a new kernel the same cell, with --resume auto, goes on with the same run.
import { CELL, assert, lossSteps, runAll, untilTitle } from '../lab.mjs';

export default async function takenUp(lab) {
  const page = await lab.page({ notebook: 'taken_up/digits.ipynb' });
  await runAll(page);
  await untilTitle(page, CELL, /running, epoch/);
  for (let tries = 0; !hasCheckpoint(lab) && tries < 300; tries++) await page.waitForTimeout(50);
  process.kill(lab.events('taken_up')[0].pid, 'SIGKILL');
  await untilTitle(page, CELL, /lost/, 5000);
  await page.locator('.jp-Dialog button').last().click(); // "Kernel Restarting"
  await page.waitForFunction(() => window.notebook.sessionContext.session.kernel.status === 'idle');

  await runAll(page);
  await untilTitle(page, CELL, /running, epoch/);
  await page.locator(`${CELL} .ds-text p`).first().filter({ hasText: /^Goes on with .* from step \d+ / }).waitFor();
  const firstStep = lab.events('taken_up').filter(event => event.event === 'run_started')[1].first_step;
  assert.ok(firstStep > 0);
  for (let tries = 0; lastStep(lab) < firstStep + 20 && tries < 200; tries++) await page.waitForTimeout(50);
  await lab.screenshot(page, 'taken_up');
  await page.locator(`${CELL} button`, { hasText: 'Stop' }).click();
  await untilTitle(page, CELL, /stopped/);

  const steps = lossSteps(await lab.drawn('taken_up'));
  assert.equal(steps[0], 0);
  assert.equal(steps.at(-1), lastStep(lab));
  assert.ok(steps.every((step, at) => at === 0 || step > steps[at - 1]), 'one curve, each step once');
}

const hasCheckpoint = lab => lab.events('taken_up').some(event => event.event === 'artifact' && event.kind === 'checkpoint');

/** Of the one that took it up: the killed one may have come further. */
function lastStep(lab) {
  const events = lab.events('taken_up');
  const taken = events.slice(events.findLastIndex(event => event.event === 'run_started'));
  return Math.max(-1, ...taken.filter(event => event.event === 'metrics').flatMap(event => event.steps));
}
