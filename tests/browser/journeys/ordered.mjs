// Twenty orders to jobs of the queue: how long from the click to the scheduler's answer, and until the row shows it.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { CELL, assert, runAll, untilEnded, untilTitle } from '../lab.mjs';

const JOBS = 10;

export default async function ordered(lab) {
  const page = await lab.page({ notebook: 'ordered/queue.ipynb' });
  await runAll(page);
  await untilEnded(page);
  await untilTitle(page, CELL, /^schedule: 1 running, 9 waiting/);
  await page.evaluate(() => document.addEventListener('click', () => (window.clickedAt = Date.now()), true));
  const row = number => page.locator(CELL).first().locator('tr', { hasText: `wait-${number}` });
  const took = [];
  for (let number = 0; number < JOBS; number++) {
    took.push(await order(lab, page, row(number).getByLabel(/^Raise the priority/), number, '−1+'));
  }
  for (let number = JOBS - 1; number >= 0; number--) {
    await row(number).getByLabel(/^Cancel wait/).click();
    took.push(await order(lab, page, row(number).getByLabel(/^Cancel it/), number, 'cancelled by its user'));
  }
  assert.equal(answers(lab).filter(({ verdict }) => verdict === 'applied').length, 2 * JOBS);
  assert.deepEqual(page.errors, []);
  return { answered: summary(took.map(({ answered }) => answered)), shown: summary(took.map(({ shown }) => shown)) };
}

/** Milliseconds from the click until the record holds the answer, and until the row has `text` in it. */
async function order(lab, page, button, number, text) {
  const before = answers(lab).length;
  await button.click();
  const shownAt = await page.waitForFunction(([job, text]) => {
    const row = [...document.querySelectorAll('.jp-Notebook .ds-Output tr')].find(each => each.textContent.includes(job));
    return row?.textContent.includes(text) && Date.now();
  }, [`wait-${number}`, text]);
  const clickedAt = await page.evaluate(() => window.clickedAt);
  return { answered: answers(lab)[before].at * 1000 - clickedAt, shown: (await shownAt.jsonValue()) - clickedAt };
}

function answers(lab) {
  const files = readdirSync(lab.scheduler).filter(name => /^events-.*\.jsonl$/.test(name));
  const lines = files.flatMap(name => readFileSync(path.join(lab.scheduler, name), 'utf8').split('\n').slice(0, -1));
  return lines.map(line => JSON.parse(line)).filter(event => event.policy === 'command');
}

function summary(times) {
  const ordered = times.map(Math.round).sort((one, other) => one - other);
  return { medianMs: ordered[JOBS - 1], p95Ms: ordered[2 * JOBS - 2], longestMs: ordered.at(-1) };
}
