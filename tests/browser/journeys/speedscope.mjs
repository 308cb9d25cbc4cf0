// A profile in the main area offers "Open in speedscope": the real app opens from this server, with our profile in it, without any other site.
import { chromium } from '../../../labextension/node_modules/playwright-core/index.mjs';
import { assert, openNewestRun, untilTitle } from '../lab.mjs';

const WEBGL = ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist', '--disable-background-networking', '--disable-dev-shm-usage'];

export default async function speedscope(lab) {
  await lab.browser.close();
  lab.browser = await chromium.launch({ executablePath: lab.executablePath, headless: true, args: WEBGL });
  const page = await lab.page({ notebook: 'speedscope/notes.ipynb', needsKernel: false });
  const place = await openNewestRun(page);
  await untilTitle(page, place, /^profile of prog.py: finished/);
  const elsewhere = [];
  page.context().on('request', request => !request.url().startsWith(lab.base) && /^https?:/.test(request.url()) && elsewhere.push(request.url()));
  await lab.screenshot(page, 'profile');

  const opening = page.context().waitForEvent('page');
  await page.getByRole('link', { name: 'Open in speedscope' }).click();
  const app = await opening;
  const problems = [];
  app.on('pageerror', error => problems.push(error.message));
  await app.getByText('Sandwich').click();
  await app.getByText('busy_function').first().waitFor();
  await lab.screenshot(app, 'speedscope');

  assert.deepEqual([problems, elsewhere], [[], []]);
}
