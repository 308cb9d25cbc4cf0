// A notebook without its record, or on a server without our half: the saved picture and one line that says why.
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { CELL, assert, runAll, save, untilEnded, untilTitle } from '../lab.mjs';

export default async function alone(lab) {
  const first = await lab.page({ notebook: 'alone/loop.ipynb' });
  await runAll(first);
  await untilEnded(first);
  await untilTitle(first, CELL, /finished/);
  await save(first);
  await first.context().close();
  mkdirSync(path.join(lab.root, 'elsewhere'));
  cpSync(path.join(lab.root, 'alone/loop.ipynb'), path.join(lab.root, 'elsewhere/copy.ipynb'));

  const copy = await lab.page({ notebook: 'elsewhere/copy.ipynb', needsKernel: false });
  await expectStill(copy, /does not see the record/);
  await lab.screenshot(copy, 'alone');

  const context = await lab.browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.route('**/ds-notebook/api/**', route => route.fulfill({ status: 404, body: '{"message": "Not Found"}' }));
  const bare = await lab.page({ notebook: 'alone/loop.ipynb', needsKernel: false, context });
  await expectStill(bare, /no ds-notebook server extension.*pip install/);
}

async function expectStill(page, why) {
  const line = page.locator(`${CELL} .ds-said`);
  await line.waitFor();
  assert.match(await line.textContent(), why);
  const picture = page.locator(`${CELL} img`);
  assert.ok(await picture.evaluate(image => image.complete && image.naturalWidth > 300));
  assert.match(await picture.getAttribute('alt'), /finished/);
}
