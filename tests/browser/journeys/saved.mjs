// Saved, and opened again without a kernel: the view stands there from the record, the picture is in the file.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CELL, assert, runAll, save, untilEnded, untilTitle } from '../lab.mjs';

export default async function saved(lab) {
  const first = await lab.page({ notebook: 'saved/loop.ipynb' });
  await runAll(first);
  await untilEnded(first);
  const title = await untilTitle(first, CELL, /finished/);
  await save(first);
  await first.context().close();

  const page = await lab.page({ notebook: 'saved/loop.ipynb', needsKernel: false });

  assert.equal(await untilTitle(page, CELL, /finished/), title);
  assert.equal(await page.locator(`${CELL} button`, { hasText: 'Stop' }).isVisible(), false);
  const outputs = JSON.parse(readFileSync(path.join(lab.root, 'saved/loop.ipynb'), 'utf8')).cells[0].outputs;
  assert.deepEqual(outputs.map(output => Object.keys(output.data).sort()), [['application/vnd.ds-notebook.run+json', 'image/png', 'text/plain']]);
  await lab.screenshot(page, 'saved');
}
