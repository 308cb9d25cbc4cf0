/** What surrounds a drawing: heading, legend, the numbers under the cursor, and the same as a table. */
import { drawTable } from './table';
import { button, element, freshId, setText } from './dom';
import type { Context } from './draw';
import type { Table } from '../types';

export interface Panel {
  readonly body: HTMLElement;
  /** Where a drawing puts a search box or buttons of its own. */
  readonly tools: HTMLElement;
  readonly legend: HTMLElement;
  /** The heading, and the sentence that stands for the picture; `aside` follows the heading in grey. */
  describe(canvas: HTMLCanvasElement, heading: string, sentence: string, aside?: string): void;
  /** Numbers at a place in the body, in pixels; null hides them. `aloud` also says them to a screen reader. */
  tip(lines: string[] | null, x?: number, y?: number, aloud?: boolean): void;
  /** Call after each change of the shape. */
  dataChanged(): void;
}

/** "Chart of loss"; "Chart" where there is no heading. */
export const named = (kind: string, heading?: string) => (heading ? `${kind} of ${heading}` : kind);

/** The frame of one drawing in `el`; `twin` gives the drawing's numbers as a table. */
export function makePanel<S>(el: HTMLElement, context: Context<S>, twin: () => Table): Panel {
  const { signal } = context;
  const head = element('div', 'ds-head');
  const heading = head.appendChild(element('h3', 'ds-heading', '', { id: freshId() }));
  const tools = head.appendChild(element('div', 'ds-tools'));
  const legend = element('div', 'ds-legend');
  const body = element('div', 'ds-body');
  const table = element('div', 'ds-twin');
  const tip = element('div', 'ds-tip', '', { 'aria-hidden': 'true' });
  const spoken = element('div', 'ds-hidden', '', { role: 'status', 'aria-live': 'polite' });
  tip.hidden = table.hidden = true;
  body.append(tip);
  el.append(head, legend, body, table, spoken);

  let stopTable: AbortController | null = null;
  const updates: ((shape: Table) => void)[] = [];
  const toggle = button(
    'Table',
    'ds-quiet',
    () => {
      const open = !stopTable;
      toggle.setAttribute('aria-pressed', String(open));
      body.hidden = legend.hidden = open;
      table.hidden = !open;
      stopTable?.abort();
      stopTable = null;
      updates.length = 0;
      table.replaceChildren();
      if (!open) return;
      stopTable = new AbortController();
      drawTable(table, twin(), {
        ...context,
        beside: undefined,
        signal: stopTable.signal,
        onUpdate: listener => updates.push(listener)
      });
    },
    signal
  );
  toggle.setAttribute('aria-pressed', 'false');
  toggle.title = 'Show the numbers as a table';
  tools.append(toggle);
  signal.addEventListener('abort', () => {
    stopTable?.abort();
    [head, legend, body, table, spoken].forEach(part => part.remove());
  });

  return {
    body,
    tools,
    legend,
    describe(canvas, text, sentence, aside = '') {
      setText(heading, text);
      heading.dataset.aside = aside;
      toggle.setAttribute('aria-label', `Table of ${text || 'the drawing'}`);
      if (canvas.getAttribute('aria-label') !== sentence) canvas.setAttribute('aria-label', sentence);
    },
    tip(lines, x = 0, y = 0, aloud = false) {
      tip.hidden = !lines?.length;
      if (!lines?.length) return;
      tip.replaceChildren(...lines.map((line, at) => element('div', at ? '' : 'ds-tip-first', line)));
      const room = body.clientWidth - tip.offsetWidth - 4;
      const left = x + 14 > room ? x - tip.offsetWidth - 14 : x + 14;
      tip.style.transform = `translate(${Math.max(2, Math.min(left, room))}px, ${Math.max(2, y)}px)`;
      if (aloud) setText(spoken, lines.join(', '));
    },
    dataChanged() {
      if (stopTable) updates.forEach(update => update(twin()));
    }
  };
}
