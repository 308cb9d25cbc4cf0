// Without a mouse: read the values, zoom, leave, stop; focus stays through redraws, the notebook's own keys stay quiet.
import { CELL, assert, runAll, stepsIn, untilTitle } from '../lab.mjs';

const focused = page => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent);

export default async function keyboard(lab) {
  const page = await lab.page({ notebook: 'keyboard/loop.ipynb' });
  await runAll(page);
  const early = stepsIn(await untilTitle(page, CELL, /running, \d\d of 600 steps/));
  const cells = await page.locator('.jp-Cell').count();
  await page.locator(`${CELL} .ds-view`).focus();
  for (let presses = 0; presses < 12 && !/^Chart of loss/.test(await focused(page)); presses++) await page.keyboard.press('Tab');
  assert.match(await focused(page), /^Chart of loss/);

  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  assert.match(await page.locator(`${CELL} .ds-tip`).first().innerText(), /step 1\nloss 1$/);
  await page.keyboard.press('+');
  await page.keyboard.press('b'); // in the notebook's command mode: a new cell
  await untilTitle(page, CELL, new RegExp(`running, (?!${early} )\\d+ of 600 steps`));
  assert.match(await focused(page), /^Chart of loss/);
  assert.equal(await page.locator('.jp-Cell').count(), cells);
  await lab.screenshot(page, 'keyboard');
  await page.keyboard.press('Escape');

  for (let presses = 0; presses < 12 && (await focused(page)) !== 'Stop'; presses++) await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await untilTitle(page, CELL, /stopped/);
}
