// The drawing follows the theme, while it is open.
import { CELL, assert, runAll, untilEnded, untilTitle } from '../lab.mjs';

const corner = page => page.locator(`${CELL} canvas.ds-canvas`).first().evaluate(canvas => [...canvas.getContext('2d').getImageData(2, 2, 1, 1).data.slice(0, 3)]);
const change = (page, theme) => page.evaluate(theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme }), theme);

export default async function dark(lab) {
  const page = await lab.page({ notebook: 'dark/loop.ipynb' });
  await runAll(page);
  await untilEnded(page);
  await untilTitle(page, CELL, /finished/);
  await page.waitForFunction(() => document.querySelector('canvas.ds-canvas')?.width > 300);
  assert.deepEqual(await corner(page), [255, 255, 255]);

  await change(page, 'JupyterLab Dark');
  try {
    await page.waitForFunction(() => document.querySelector('canvas.ds-canvas').getContext('2d').getImageData(2, 2, 1, 1).data[0] < 60);
    await page.waitForFunction(() => !document.querySelector('#jupyterlab-splash'));
    await lab.screenshot(page, 'dark');
  } finally {
    await change(page, 'JupyterLab Light');
  }
}
