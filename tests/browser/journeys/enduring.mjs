// A view is open on a run with many events: the page's memory stays as it is, and nothing holds it up.
import { CELL, assert, openNewestRun, runAll, untilTitle } from '../lab.mjs';

export default async function enduring(lab) {
  const page = await lab.page({ notebook: 'enduring/loop.ipynb' });
  await page.evaluate(() => {
    window.longTasks = [];
    window.collecting = []; // our own look at the heap holds the page up, which is not the view's doing
    window.watchTasks = () => new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })))).observe({ type: 'longtask' });
  });
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await runAll(page);
  await untilTitle(page, CELL, /running, \d+ of/);
  const run = await openNewestRun(page);
  await untilTitle(page, run, /running, \d+ of/);
  await page.waitForTimeout(lab.settleMs); // what a page allocates once: code, canvases, the first scenes
  await page.evaluate(() => window.watchTasks());
  const megabytes = [await heapMegabytes(page, session)];
  while (!/finished|failed|lost/.test(await page.locator(`${CELL} .ds-title`).textContent())) {
    await page.waitForTimeout(30_000);
    megabytes.push(await heapMegabytes(page, session));
  }
  const longTasks = await page.evaluate(() => {
    const isOurs = ({ startTime, duration }) => window.collecting.some(([from, to]) => startTime < to && startTime + duration > from);
    return window.longTasks.filter(task => !isOurs(task)).map(task => task.duration);
  });
  await lab.screenshot(page, 'enduring');
  assert.deepEqual(page.errors, []);
  return {
    events: lab.events('enduring').length,
    heapMegabytes: megabytes,
    grownMegabytes: Math.round(10 * (megabytes.at(-1) - megabytes[0])) / 10,
    longTasks: longTasks.length,
    longestMs: Math.round(Math.max(0, ...longTasks))
  };
}

async function heapMegabytes(page, session) {
  await page.evaluate(() => window.collecting.push([performance.now(), Infinity]));
  await session.send('HeapProfiler.collectGarbage');
  await page.evaluate(() => (window.collecting.at(-1)[1] = performance.now()));
  const { metrics } = await session.send('Performance.getMetrics');
  return Math.round(metrics.find(metric => metric.name === 'JSHeapUsedSize').value / 1e5) / 10;
}
