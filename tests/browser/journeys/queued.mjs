// %ds_schedule: the queue where its cell is; a priority is changed and a job cancelled there, and the record says so.
import { CELL, assert, checkAccessibility, runAll, untilEnded, untilTitle } from '../lab.mjs';

const QUEUE = '@SCHEDULER/scheduler';
const row = (place, job) => place.locator('tr', { hasText: job });

export default async function queued(lab) {
  const page = await lab.page({ notebook: 'queued/queue.ipynb' });
  await runAll(page);
  await untilEnded(page);
  await untilTitle(page, CELL, /^schedule: /);
  const cell = page.locator(CELL).first();
  await row(cell, 'greeting').getByText('succeeded').first().waitFor();
  await lab.screenshot(page, 'queued');

  await row(cell, 'patient').getByLabel(/Raise the priority/).click();
  await row(cell, 'patient').locator('.ds-priority', { hasText: /^1$/ }).waitFor();
  await page.keyboard.press('Enter'); // the focus is still there
  await row(cell, 'patient').locator('.ds-priority', { hasText: /^2$/ }).waitFor();
  assert.equal(await row(cell, 'greeting').locator('.ds-job').count(), 0, 'what is done has no buttons');

  await row(cell, 'endless').getByLabel(/^Cancel endless/).click();
  await row(cell, 'endless').getByLabel(/^Keep it/).click();
  await row(cell, 'endless').getByLabel(/^Cancel endless/).click();
  await lab.screenshot(page, 'queued-asked');
  await row(cell, 'endless').getByLabel(/^Cancel it/).click();
  await row(cell, 'endless').getByText('cancelled by its user').waitFor();
  await cell.locator('.ds-told', { hasText: /cancel endless-\w+: applied/ }).waitFor();

  const nightly = row(cell, 'nightly');
  await nightly.getByText(/comes every day at 03:00, next 2/).first().waitFor();
  assert.equal(await nightly.locator('.ds-step:visible').count(), 0, 'each time has a priority of its own');
  await nightly.getByLabel(/^Cancel nightly/).click();
  await nightly.getByLabel(/^Cancel it/).click();
  await nightly.getByText('cancelled by its user').waitFor();

  await page.evaluate(() => window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' }));
  await page.evaluate(() => window.notebook.sessionContext.shutdown());
  await page.evaluate(() => window.jupyterapp.commands.execute('ds-notebook:show-runs'));
  await page.locator('.ds-queue-words', { hasText: /1 running.*1 succeeded/ }).waitFor();
  await checkAccessibility(page, '#ds-runs');
  await page.locator('.ds-queue-open').click();
  const panel = page.locator('.ds-Run');
  await row(panel, 'patient').locator('.ds-priority', { hasText: /^2$/ }).waitFor();
  await checkAccessibility(page, '.ds-Run');
  await row(panel, 'patient').getByLabel(/^Cancel patient/).focus();
  await page.keyboard.press('Enter');
  await lab.screenshot(page, 'queued-dark');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await row(panel, 'patient').getByText('cancelled by its user').waitFor();
  await row(panel, 'patient').locator('.ds-job').waitFor({ state: 'detached' }); // while it ends it can still be ordered
  const { scene, commands } = await lab.ask(`runs/${QUEUE}/scene`);
  assert.deepEqual(scene.commands ?? [], []);
  assert.deepEqual(commands.map(({ verdict }) => verdict), Array(5).fill('applied'));
  assert.deepEqual(page.errors, []);
}
