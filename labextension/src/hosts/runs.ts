/** The list of runs as elements: state in words, progress, headline; each row opens, compares, downloads or deletes its run. */
import { button, element, freshId, setText } from '../draw/dom';
import type { Host, RunList, RunSummary } from '../types';

export interface RunActions {
  open(run: RunSummary): void;
  compare(paths: string[]): void;
  download(run: RunSummary): void;
  remove(run: RunSummary): void;
}

export interface RunListView {
  show(list: RunList): void;
  say(words: string): void;
  tellHost(host: Host): void;
}

interface Row {
  root: HTMLElement;
  show(run: RunSummary): void;
}

/** Rows for `list` in `el`, newest first, with a filter. */
export function makeRunList(el: HTMLElement, actions: RunActions, signal: AbortSignal): RunListView {
  const warning = el.appendChild(element('p', 'ds-said ds-demo', '', { role: 'note' }));
  const said = el.appendChild(element('p', 'ds-said', '', { role: 'status' }));
  const queue = makeQueueLine(el, actions, signal);
  const bar = el.appendChild(element('div', 'ds-runs-bar'));
  const filter = bar.appendChild(
    element('input', 'ds-filter', '', { type: 'search', placeholder: 'Filter runs', 'aria-label': 'Filter runs' })
  );
  const compare = bar.appendChild(
    button('Compare', '', () => picked.size === 2 && actions.compare([...picked]), signal)
  );
  const rows = el.appendChild(element('ul', 'ds-runs-list', '', { 'aria-label': 'Runs, newest first' }));
  const none = el.appendChild(element('p', 'ds-none', '', { role: 'status' }));
  const known = new Map<string, Row>();
  const picked = new Set<string>();
  let latest: RunList = { folders: [], runs: [], queue: null };
  warning.hidden = said.hidden = true;

  const pick = (path: string, on: boolean) => {
    if (on) picked.add(path);
    else picked.delete(path);
    compare.setAttribute('aria-disabled', String(picked.size !== 2));
    compare.title = picked.size === 2 ? 'Compare the two marked runs' : 'Mark two runs to compare them';
    setText(compare, picked.size ? `Compare (${picked.size} of 2)` : 'Compare');
  };
  const render = () => {
    const word = filter.value.trim().toLowerCase();
    const wanted = latest.runs.filter(run =>
      `${run.name} ${run.id} ${run.words} ${run.headline} ${run.tags.join(' ')}`.toLowerCase().includes(word)
    );
    const paths = new Set(wanted.map(run => run.path));
    for (const [path, row] of known) {
      if (paths.has(path)) continue;
      row.root.remove();
      known.delete(path);
      pick(path, false);
    }
    wanted.forEach((run, at) => {
      const row = known.get(run.path) ?? makeRow(actions, pick, signal);
      known.set(run.path, row);
      row.show(run);
      if (rows.children[at] !== row.root) rows.insertBefore(row.root, rows.children[at] ?? null);
    });
    queue.show(latest.queue);
    const problems = latest.folders.map(folder => folder.problem).filter(Boolean);
    setText(
      none,
      wanted.length
        ? problems.join(' ')
        : problems.join(' ') ||
            (word
              ? `No run has "${filter.value}" in it.`
              : 'No runs yet beside the open notebooks. Start one: %%ds_train in a cell, or ds train in a terminal.')
    );
    none.hidden = !none.textContent;
  };
  filter.addEventListener('input', render, { signal });
  pick('', false);
  return {
    show(list) {
      latest = list;
      render();
    },
    say(words) {
      setText(said, words);
      said.hidden = !words;
    },
    tellHost(host) {
      const words = hostWords(host);
      setText(warning, words);
      warning.hidden = !words;
    }
  };
}

/** The machine's queue, above the runs; not there where no scheduler was ever started. */
function makeQueueLine(
  el: HTMLElement,
  actions: RunActions,
  signal: AbortSignal
): { show(run: RunSummary | null): void } {
  let queue: RunSummary | null = null;
  const root = el.appendChild(element('div', 'ds-queue', '', { role: 'group', 'aria-label': 'Queue of this machine' }));
  const id = freshId();
  const open = root.appendChild(button('', 'ds-queue-open', () => queue && actions.open(queue), signal));
  const words = root.appendChild(element('div', 'ds-queue-words', '', { id }));
  open.setAttribute('aria-describedby', id);
  open.title = 'Open the queue of this machine';
  root.hidden = true;
  return {
    show(next) {
      queue = next;
      root.hidden = !next;
      setText(open, next?.name ?? '');
      setText(words, next?.words ?? '');
    }
  };
}

function makeRow(actions: RunActions, pick: (path: string, on: boolean) => void, signal: AbortSignal): Row {
  let run: RunSummary;
  const root = element('li', 'ds-run');
  const id = freshId();
  const mark = element('input', 'ds-pick', '', { type: 'checkbox' });
  const open = button('', 'ds-run-open', () => actions.open(run), signal);
  const words = element('div', 'ds-run-words', '', { id });
  const progress = element('progress', 'ds-progress', '', { max: '1' });
  const headline = element('div', 'ds-run-headline');
  const tools = element('div', 'ds-run-tools');
  const download = button('Download', 'ds-quiet', () => actions.download(run), signal);
  const remove = button('Delete', 'ds-quiet', () => actions.remove(run), signal);
  const top = element('div', 'ds-run-top');
  open.setAttribute('aria-describedby', id);
  mark.addEventListener('change', () => pick(run.path, mark.checked), { signal });
  top.append(mark, open);
  tools.append(download, remove);
  root.append(top, words, progress, headline, tools);
  return {
    root,
    show(next) {
      run = next;
      root.dataset.state = run.state;
      setText(open, run.name || run.id);
      open.title = `Open run ${run.id}`;
      setText(words, run.words);
      setText(headline, run.headline);
      progress.hidden = run.progress === null;
      progress.value = run.progress ?? 0;
      progress.setAttribute('aria-label', `Progress of ${run.name}`);
      mark.setAttribute('aria-label', `Mark ${run.name || run.id} to compare`);
      download.setAttribute('aria-label', `Download ${run.name || run.id}`);
      remove.setAttribute('aria-label', `Delete ${run.name || run.id}`);
    }
  };
}

/** What a person on a demo host should know before it is gone. */
function hostWords({ demo_host, idle_limit_s, missing }: Host): string {
  const words = [];
  if (demo_host)
    words.push(`This is a demo host (${demo_host}): nothing here is kept. Download what you want to keep.`);
  if (idle_limit_s) words.push(`It is shut down after ${Math.round(idle_limit_s / 60)} min without use.`);
  return demo_host ? [...words, ...missing].join(' ') : words.join(' ');
}
