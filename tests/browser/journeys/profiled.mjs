// A cell under %%ds_profile: the answer stands first, the cell's line is named, the flame graph is there, and nothing serious for axe.
import { CELL, assert, checkAccessibility, runAll, untilEnded, untilTitle } from '../lab.mjs';

export default async function profiled(lab) {
  const page = await lab.page({ notebook: 'profiled/slow.ipynb' });
  await runAll(page);
  await untilEnded(page);
  await untilTitle(page, CELL, /^profile of cell 2: finished/);

  const answer = await page.locator(`${CELL} .ds-text p`).first().textContent();
  assert.match(answer, /statements of one shape from one line.*cell 2, line 4.*Expected: \d/);
  await page.locator(`${CELL} canvas`).first().waitFor();
  await page.getByRole('link', { name: 'Open in speedscope' }).waitFor();
  await lab.screenshot(page, 'profiled');
  await checkAccessibility(page, CELL);
  assert.deepEqual(page.errors, []);
}
