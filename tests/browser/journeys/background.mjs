// %%ds_train --background: the cells return at once, the view goes on, Interrupt is not for it, its Stop button is.
import { CELL, assert, runAll, runCell, untilEnded, untilTitle } from '../lab.mjs';

export default async function background(lab) {
  const page = await lab.page({ notebook: 'background/digits.ipynb' });
  await runAll(page);
  await untilEnded(page);
  assert.match(await said(page), /None/, 'the last cell ran while the training goes on');
  const early = await untilTitle(page, CELL, /running, epoch \d+/);
  assert.equal(lab.events('background').some(event => event.event === 'run_ended'), false);
  const epoch = Number(/epoch (\d+)/.exec(early)[1]);
  await page.evaluate(() => window.jupyterapp.commands.execute('notebook:interrupt-kernel'));
  await untilTitle(page, CELL, new RegExp(`running, epoch (${epoch + 2}|${epoch + 3}|${epoch + 4}) of`));
  await lab.screenshot(page, 'background');

  const clicked = Date.now();
  await page.locator(`${CELL} button`, { hasText: 'Stop' }).click();
  await untilTitle(page, CELL, /stopped/);
  console.log(`from the click to "stopped" in the view: ${Date.now() - clicked} ms`);
  await runCell(page, 2);
  assert.match(await said(page), /stopped/);
}

/** What the last cell printed. */
const said = page => page.evaluate(() => window.notebook.content.model.cells.get(2).outputs.toJSON().map(output => [output.text].flat().join('')).join(''));
