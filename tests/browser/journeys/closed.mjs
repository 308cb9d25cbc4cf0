// The page is closed 5 s into a run of 60 s and opened 5 s later in another browser, while the cell is busy.
import { CELL, assert, lossSteps, runAll, save, stepsIn, untilTitle } from '../lab.mjs';

const OPENED_MS = 4000;
/** How long a view is watched after the notebook was opened; asked for are 2 s. */

/** How many steps the view of each kind of output tells. */
const TOLD = {
  run: place => /(\d+) of 600 steps/.exec(document.querySelector(`${place} .ds-title`)?.textContent ?? '')?.[1],
  tqdm: () => /(\d+)\/600/.exec(document.querySelector('.jp-Notebook .jp-OutputArea')?.textContent ?? '')?.[1],
  plotly: () => document.querySelector('.jp-Notebook .js-plotly-plot')?.data?.[0]?.y?.length
};

export default async function closed(lab) {
  const notebook = `${lab.folder}/loop.ipynb`;
  const first = await lab.page({ notebook });
  await runAll(first);
  const started = Date.now();
  await told(first, lab.shows, 20_000);
  await first.waitForTimeout(Math.max(0, started + 5000 - Date.now()));
  await save(first);
  await first.context().close();
  await new Promise(resolve => setTimeout(resolve, started + 10_000 - Date.now()));

  const page = await lab.page({});
  const opened = Date.now();
  await page.evaluate(path => void window.jupyterapp.commands.execute('docmanager:open', { path }), notebook);
  const found = { liveAfterMs: null, fault: '' };
  try {
    const early = await told(page, lab.shows, OPENED_MS);
    await told(page, lab.shows, Math.max(1, OPENED_MS - (Date.now() - opened)), early);
    found.liveAfterMs = Date.now() - opened;
  } catch (error) {
    if (error.name !== 'TimeoutError') throw error;
  }
  found.fault = /Loading widget|model not found|Error displaying widget/.exec(await page.locator('body').innerText())?.[0] ?? '';
  await lab.screenshot(page, `closed-${lab.shows}`);
  if (lab.shows !== 'run') return found;

  await untilTitle(page, CELL, /running, 5[5-9]\d of 600 steps/, 60_000);
  const clicked = Date.now();
  await page.locator(`${CELL} button`, { hasText: 'Stop' }).click();
  const last = stepsIn(await untilTitle(page, CELL, /stopped/));
  const events = lab.events(lab.folder);
  const steps = events.filter(event => event.event === 'metrics').flatMap(event => event.steps);
  assert.deepEqual(steps, steps.map((_, at) => at), 'the record has each step once');
  assert.equal(last, steps.length);
  const drawn = lossSteps(await lab.drawn(lab.folder));
  return { ...found, stoppedAfterMs: Math.round(events.at(-1).at * 1000 - clicked), shownAfterMs: Date.now() - clicked, recorded: steps.length, drawn: drawn.length, lastDrawn: drawn.at(-1) };
}

/** Waits until the view tells a number of steps other than `before`. */
async function told(page, shows, timeout, before = null) {
  const value = await page.waitForFunction(([source, place, before]) => {
    const number = Number(new Function(`return ${source}`)()(place) ?? NaN);
    return number > 0 && number !== before && number;
  }, [TOLD[shows].toString(), CELL, before], { timeout });
  return value.jsonValue();
}
