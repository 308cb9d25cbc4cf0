/** Rows under column names that sort, and a box that keeps the rows with a word in them. */
import type { Table } from '../types';
import type { Draw } from './draw';
import { button, element, freshId, setText } from './dom';
import { number } from './numbers';

type Cell = string | number | null;

const PAGE = 100;
/** Rows shown at first; the rest on demand. */
const FILTER_FROM = 12;
/** Fewer rows need no filter box. */

export const drawTable: Draw<Table> = (el, shape, { signal, beside, onUpdate }) => {
  let [sortedBy, downwards, shown] = [-1, false, PAGE];
  const heading = el.appendChild(element('h3', 'ds-heading', '', { id: freshId() }));
  const filter = el.appendChild(
    element('input', 'ds-filter', '', { type: 'search', placeholder: 'Filter rows', 'aria-label': 'Filter rows' })
  );
  const scroll = el.appendChild(element('div', 'ds-scroll'));
  const table = scroll.appendChild(element('table', 'ds-table'));
  const head = table.appendChild(element('thead')).appendChild(element('tr'));
  const toolsHead = element('th', 'ds-beside', 'commands', { scope: 'col' });
  const body = table.appendChild(element('tbody'));
  const more = el.appendChild(
    button(
      '',
      'ds-quiet ds-more',
      () => {
        shown += 10 * PAGE;
        fill();
      },
      signal
    )
  );
  const none = el.appendChild(element('div', 'ds-none', '', { role: 'status' }));

  const fill = () => {
    const right = rightAligned(shape);
    const rows = arranged(shape, filter.value, sortedBy, downwards);
    const decimals = shape.columns.map((_, column) => decimalsOf(shape.rows, column));
    const tools = rows.slice(0, shown).map(row => beside?.(row) ?? null);
    const hasTools = tools.some(Boolean);
    resizeTo(body, Math.min(rows.length, shown), () => element('tr'));
    rows.slice(0, shown).forEach((row, at) => {
      const line = body.children[at];
      resizeTo(line, row.length + Number(hasTools), () => element('td'));
      line.lastElementChild?.classList.toggle('ds-beside', hasTools);
      row.forEach((cell, column) => {
        const place = line.children[column];
        setText(place, cellText(cell, decimals[column]));
        place.classList.toggle('ds-number', right[column]);
      });
      if (hasTools) put(line.lastElementChild!, tools[at]);
    });
    toolsHead.hidden = !hasTools;
    more.hidden = rows.length <= shown;
    setText(more, `Show ${Math.min(rows.length - shown, 10 * PAGE)} more of ${rows.length} rows`);
    setText(
      none,
      shape.rows.length === 0 ? 'no data yet' : rows.length === 0 ? `No row has "${filter.value}" in it.` : ''
    );
    none.hidden = rows.length > 0;
  };
  const sortBy = (column: number) => {
    downwards = sortedBy === column ? !downwards : rightAligned(shape)[column];
    sortedBy = column;
    name();
    fill();
  };
  const name = () => {
    const right = rightAligned(shape);
    toolsHead.remove();
    resizeTo(head, shape.columns.length, at => {
      const cell = element('th', '', '', { scope: 'col' });
      cell.append(button('', 'ds-sort', () => sortBy(at), signal));
      return cell;
    });
    if (beside) head.append(toolsHead);
    shape.columns.forEach((text, at) => {
      const cell = head.children[at];
      const arrow = at !== sortedBy ? '' : downwards ? ' ▼' : ' ▲';
      setText(cell.firstElementChild!, (text || '(no name)') + arrow);
      cell.classList.toggle('ds-number', right[at]);
      if (at === sortedBy) cell.setAttribute('aria-sort', downwards ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    });
  };
  const take = (next: Table) => {
    shape = next;
    setText(heading, next.heading ?? '');
    heading.hidden = !next.heading;
    if (next.heading) table.setAttribute('aria-labelledby', heading.id);
    filter.hidden = next.rows.length < FILTER_FROM && !filter.value;
    name();
    fill();
  };
  filter.addEventListener('input', fill, { signal });
  onUpdate(take);
  take(shape);
  signal.addEventListener('abort', () => [heading, filter, scroll, more, none].forEach(part => part.remove()));
  return () => undefined;
};

/** For each column whether all that is in it are numbers. */
function rightAligned(shape: Table): boolean[] {
  return shape.columns.map((_, column) => {
    const filled = shape.rows.map(row => row[column]).filter(cell => cell !== null && cell !== undefined);
    return filled.length > 0 && filled.every(cell => typeof cell === 'number');
  });
}

function arranged(shape: Table, wanted: string, column: number, downwards: boolean): Cell[][] {
  const word = wanted.trim().toLowerCase();
  const kept = word
    ? shape.rows.filter(row =>
        row.some(cell =>
          String(cell ?? '')
            .toLowerCase()
            .includes(word)
        )
      )
    : [...shape.rows];
  if (column < 0 || column >= shape.columns.length) return kept;
  return kept.sort((one, other) => inOrder(one[column], other[column], downwards));
}

/** Nothing comes last, whichever way the rest is sorted. */
function inOrder(one: Cell, other: Cell, downwards: boolean): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  const order =
    typeof one === 'number' && typeof other === 'number'
      ? one - other
      : String(one).localeCompare(String(other), undefined, { numeric: true });
  return downwards ? -order : order;
}

/** As many decimals as the column's fractions need, so that the points stand in line. */
function decimalsOf(rows: Cell[][], column: number): number {
  let most = 0;
  for (const row of rows.slice(0, 1000)) {
    const cell = row[column];
    if (typeof cell !== 'number' || Number.isInteger(cell)) continue;
    const text = number(cell);
    if (/^-?\d+\.\d+$/.test(text)) most = Math.max(most, text.length - text.indexOf('.') - 1);
  }
  return most;
}

function cellText(cell: Cell, decimals: number): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'string') return cell;
  if (Number.isInteger(cell)) return Math.abs(cell) < 1e15 ? cell.toLocaleString('en') : number(cell);
  const text = number(cell);
  return /^-?\d+(\.\d+)?$/.test(text) ? cell.toFixed(decimals) : text;
}

/** What is in `cell` is `tool` alone; the focus goes with it, or to the view where it is gone. */
function put(cell: Element, tool: HTMLElement | null): void {
  if (tool ? cell.firstElementChild === tool : !cell.firstChild) return;
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const [isMoved, isGone] = [tool?.contains(focused) && focused, focused !== null && cell.contains(focused)];
  cell.replaceChildren(...(tool ? [tool] : []));
  if (isMoved) focused?.focus();
  else if (isGone && !focused?.isConnected) cell.closest<HTMLElement>('.ds-view')?.focus();
}

function resizeTo(parent: Element, count: number, make: (at: number) => Element): void {
  while (parent.childElementCount > count) parent.lastElementChild!.remove();
  while (parent.childElementCount < count) parent.append(make(parent.childElementCount));
}
