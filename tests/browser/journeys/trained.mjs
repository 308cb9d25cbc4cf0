// A %%ds_train cell: Save, the learning rate and Stop act while it is busy; the next cell resumes, and one joined curve is drawn.
import { CELL, assert, isBusy, lossSteps, press, runAll, showCell, untilEnded, untilTitle } from '../lab.mjs';

const RESUMED = '.jp-Notebook .jp-Cell ~ .jp-Cell ~ .jp-Cell .ds-Output';

export default async function trained(lab) {
  const page = await lab.page({ notebook: 'trained/digits.ipynb' });
  await runAll(page);
  await untilTitle(page, CELL, /running, epoch [2-9]/);
  await press(page, CELL, 'Save', /save: applied/);
  await page.locator(`${CELL} .ds-rate input`).fill('0.0005');
  await press(page, CELL, 'Set', /set lr=0.0005: applied/);
  assert.ok(await isBusy(page));
  await lab.screenshot(page, 'trained');
  await page.locator(`${CELL} button`, { hasText: 'Stop' }).click();
  await untilTitle(page, CELL, /stopped/);

  await showCell(page, 2);
  await untilTitle(page, RESUMED, /running, epoch/);
  const first = page.locator(`${RESUMED} .ds-text p`).first();
  await first.filter({ hasText: /^Goes on with .* from step \d+ / }).waitFor();
  const stoppedAt = lab.events('trained').filter(event => event.event === 'run_started')[1].first_step;
  await page.waitForFunction(([place]) => /epoch \d+/.test(document.querySelector(`${place} .ds-title`).textContent), [RESUMED]);
  for (let tries = 0; lab.lastStep('trained') < stoppedAt + 20 && tries < 200; tries++) await page.waitForTimeout(50);
  await lab.screenshot(page, 'resumed');
  await page.locator(`${RESUMED} button`, { hasText: 'Stop' }).click();
  await untilTitle(page, RESUMED, /stopped/);
  await untilEnded(page);

  const steps = lossSteps(await lab.drawn('trained'));
  assert.equal(steps[0], 0);
  assert.equal(steps.at(-1), lab.lastStep('trained'));
  assert.ok(steps.every((step, at) => at === 0 || step > steps[at - 1]), 'one curve, each step once');
  assert.ok(steps.at(-1) >= stoppedAt + 20);
  const rates = lab.events('trained').filter(event => event.event === 'metrics').flatMap(event => event.values.lr ?? []).filter(rate => rate !== null);
  assert.equal(rates.at(-1), 0.0005);
  assert.deepEqual(page.errors, []);
}
