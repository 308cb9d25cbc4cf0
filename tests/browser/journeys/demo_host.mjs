// A demo host: each notebook runs from top to bottom in the lab; the first picture is there soon; what is missing is said.
import { CELL, assert } from '../lab.mjs';

const RUN_MS = 240_000;

export default async function demoHost(lab) {
  const took = {};
  let firstPlotMs = null;
  for (const name of lab.notebooks) {
    const page = await lab.page({});
    const up = Date.now();
    await page.evaluate(async path => {
      const widget = await window.jupyterapp.commands.execute('docmanager:open', { path });
      await widget.context.ready;
      window.notebook = widget;
    }, `${name}.ipynb`);
    await page.waitForFunction(() => window.notebook.sessionContext.session?.kernel);
    await page.evaluate(() => {
      window.ended = false;
      void window.jupyterapp.commands.execute('notebook:run-all-cells').finally(() => (window.ended = true));
    });
    if (firstPlotMs === null) {
      await page.locator(`${CELL} canvas`).first().waitFor();
      firstPlotMs = Date.now() - up;
    }
    await page.waitForFunction(() => window.ended, null, { timeout: RUN_MS });
    took[name] = Math.round((Date.now() - up) / 100) / 10;
    const outputs = await page.evaluate(() => [...window.notebook.content.model.cells].flatMap(cell => cell.outputs?.toJSON() ?? []));
    assert.deepEqual(outputs.filter(output => output.output_type === 'error').map(output => output.evalue), []);
    assert.ok(outputs.some(output => output.data?.['image/png']));
    await lab.screenshot(page, `demo-host-${name}`);
    await page.evaluate(() => window.jupyterapp.commands.execute('ds-notebook:show-runs'));
    await page.waitForFunction(() => /demo host/.test(document.querySelector('#ds-runs')?.textContent ?? ''));
    lab.said = await page.locator('#ds-runs').innerText();
    await page.evaluate(() => window.notebook.sessionContext.shutdown());
    await page.context().close();
  }
  return { firstPlotMs, tookS: took, said: lab.said.split('\n').find(line => /demo host/.test(line)) };
}
