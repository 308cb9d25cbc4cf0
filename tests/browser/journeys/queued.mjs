// %ds_schedule submit: the queue is drawn where the cell is, and goes on by itself until the job has succeeded.
import { CELL, assert, runAll, untilEnded, untilTitle } from '../lab.mjs';

export default async function queued(lab) {
  const page = await lab.page({ notebook: 'queued/queue.ipynb' });
  await runAll(page);
  await untilEnded(page);
  await untilTitle(page, CELL, /^schedule: /);
  await page.locator(CELL).getByText('succeeded').first().waitFor();
  await lab.screenshot(page, 'queued');
  assert.deepEqual(page.errors, []);
}
