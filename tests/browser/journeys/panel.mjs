// The panel without any kernel: filter, compare, download, delete; and a run that another process writes.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { assert, checkAccessibility, untilTitle } from '../lab.mjs';

export default async function panel(lab) {
  const page = await lab.page({ notebook: 'panel/notes.ipynb', needsKernel: false });
  await page.evaluate(() => window.jupyterapp.commands.execute('ds-notebook:show-runs'));
  await page.waitForFunction(() => document.querySelectorAll('.ds-run').length === 3);
  await checkAccessibility(page, '#ds-runs');

  await page.locator('.ds-runs .ds-filter').fill('second');
  await page.waitForFunction(() => document.querySelectorAll('.ds-run').length === 1);
  await page.locator('.ds-runs .ds-filter').fill('');
  await page.waitForFunction(() => document.querySelectorAll('.ds-run').length === 3);

  await page.getByLabel('Mark first to compare').check();
  await page.getByLabel('Mark second to compare').check();
  await page.locator('.ds-runs-bar button').click();
  await page.locator('.ds-Run canvas').first().waitFor();
  await lab.screenshot(page, 'compare');

  const waiting = page.waitForEvent('download');
  await page.getByLabel('Download second').click();
  const html = readFileSync(await (await waiting).path(), 'utf8');
  assert.match(html, /<svg/);

  await page.getByText('third', { exact: true }).click();
  await untilTitle(page, '.ds-Run:not(.lm-mod-hidden *)', /third: finished/);
  await lab.screenshot(page, 'panel');
  await checkAccessibility(page, '.ds-Run');

  const folder = path.join(lab.root, readFileSync(path.join(lab.root, 'panel/first.txt'), 'utf8'));
  await page.getByLabel('Delete first').click();
  await page.locator('.jp-Dialog button', { hasText: 'Delete' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.ds-run').length === 2);
  assert.ok(!existsSync(folder));
}
