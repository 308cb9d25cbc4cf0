// Two runs at once, each in a notebook of its own; the panel shows both, one socket serves them all.
import { CELL, assert, runAll, untilTitle } from '../lab.mjs';

export default async function two(lab) {
  const page = await lab.page({});
  const sockets = [];
  page.on('websocket', socket => socket.url().includes('ds-notebook') && sockets.push(socket));
  for (const name of ['one', 'other']) {
    await page.evaluate(async name => {
      const widget = await window.jupyterapp.commands.execute('docmanager:open', { path: `two/${name}.ipynb`, options: { mode: 'split-right' } });
      await widget.context.ready;
      await widget.revealed;
      window.notebook = widget;
      while (!widget.sessionContext.session?.kernel) await new Promise(resolve => setTimeout(resolve, 50));
    }, name);
    await runAll(page);
  }
  await page.waitForFunction(() => [...document.querySelectorAll('.jp-Notebook .ds-Output .ds-title')].filter(title => /running, \d+ of 600/.test(title.textContent)).length === 2);
  await page.evaluate(() => window.jupyterapp.commands.execute('ds-notebook:show-runs'));
  await page.waitForFunction(() => [...document.querySelectorAll('.ds-run-words')].filter(words => /running/.test(words.textContent)).length === 2);
  await lab.screenshot(page, 'two');

  await page.locator(`${CELL} button`, { hasText: 'Stop' }).first().click();
  await page.waitForFunction(() => [...document.querySelectorAll('.ds-run-words')].filter(words => /stopped/.test(words.textContent)).length === 1);
  const titles = await page.locator(`${CELL} .ds-title`).allTextContents();
  assert.equal(titles.filter(title => /stopped/.test(title)).length, 1);
  assert.equal(titles.filter(title => /running/.test(title)).length, 1);
  assert.equal(sockets.length, 1);
}
