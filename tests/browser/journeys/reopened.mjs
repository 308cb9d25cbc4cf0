// The tab is closed in mid-run and opened in another browser while the cell is busy: live at once, nothing missing.
import { CELL, assert, runAll, save, stepsIn, untilTitle } from '../lab.mjs';

export default async function reopened(lab) {
  const first = await lab.page({ notebook: 'reopened/loop.ipynb' });
  await runAll(first);
  await untilTitle(first, CELL, /running, \d+ of 600 steps/);
  await save(first);
  await first.context().close();

  const page = await lab.page({});
  const opened = Date.now();
  await page.evaluate(() => void window.jupyterapp.commands.execute('docmanager:open', { path: 'reopened/loop.ipynb' }));
  const title = await untilTitle(page, CELL, /running, \d+ of 600 steps/);
  await untilTitle(page, CELL, new RegExp(`running, (?!${stepsIn(title)} )\\d+ of 600 steps`));
  const liveAfterMs = Date.now() - opened;
  console.log(`live again ${liveAfterMs} ms after opening the notebook`);
  await lab.screenshot(page, 'reopened');

  await page.locator(`${CELL} button`, { hasText: 'Stop' }).click();
  const last = stepsIn(await untilTitle(page, CELL, /stopped/));
  const steps = lab.events('reopened').filter(event => event.event === 'metrics').flatMap(event => event.steps);
  assert.equal(last, steps.length);
  assert.deepEqual(steps, steps.map((_, at) => at));
  assert.ok(liveAfterMs < 4000, 'asked for: 2 s on a quiet machine');
  assert.doesNotMatch(await page.locator('body').innerText(), /Loading widget|model not found/);
}
