// A page without our extension, a kernel as VS Code has it: the run is a widget while it goes on, the picture once it is over.
import { assert, runAll, save, stepsIn, untilEnded, untilTitle } from '../lab.mjs';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const OUTPUT = '.jp-Notebook .jp-OutputArea';

export default async function widget(lab) {
  const page = await lab.page({ notebook: 'widget/loop.ipynb' });
  assert.equal(await page.evaluate(() => window.jupyterapp.commands.hasCommand('ds-notebook:show-runs')), false);
  await runAll(page);
  const early = stepsIn(await untilTitle(page, OUTPUT, /running, \d+ of 80 steps/));
  const later = stepsIn(await untilTitle(page, OUTPUT, new RegExp(`running, (?!${early} )\\d+ of 80 steps`)));
  assert.ok(later > early);
  await page.locator(`${OUTPUT} button`, { hasText: 'Save' }).click();
  await page.waitForFunction(place => /will act when the cell is idle|applied/.test(document.querySelector(`${place} .ds-told`)?.textContent ?? ''), OUTPUT);
  const told = await page.locator(`${OUTPUT} .ds-told`).textContent();
  await lab.screenshot(page, 'widget');

  await untilEnded(page);
  await page.locator(`${OUTPUT} img`).waitFor();
  assert.equal(await page.locator(`${OUTPUT} .ds-view`).count(), 0);
  await save(page);
  const outputs = JSON.parse(readFileSync(path.join(lab.root, 'widget/loop.ipynb'), 'utf8')).cells[0].outputs;
  assert.deepEqual(outputs.map(output => Object.keys(output.data).sort()), [['application/vnd.ds-notebook.run+json', 'image/png', 'text/plain']]);
  return { told };
}
