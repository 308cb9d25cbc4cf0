/** Horizontal bars: the name left, the bar, its number behind it. */
import type { Bars, Table } from '../types';
import type { Draw } from './draw';
import { withUnit } from './numbers';
import { makePanel, named } from './panel';
import { BODY, type Surface, fitText, makeSurface, pen, rule } from './surface';

const ROW = 24;
const MOST = 60;
/** The rest is in the table. */

export const drawBars: Draw<Bars> = (el, shape, context) => {
  const panel = makePanel(el, context, () => twinOf(shape));
  let chosen = -1;
  const surface = makeSurface(panel.body, ROW, surface => paintBars(surface, shape, chosen), context.signal);
  const { canvas } = surface;

  const choose = (row: number, aloud: boolean) => {
    const count = Math.min(shape.names.length, MOST);
    const next = row < 0 || row >= count ? -1 : row;
    if (next !== chosen) surface.repaint();
    chosen = next;
    const lines =
      chosen < 0 ? null : [shape.names[chosen], withUnit(shape.values[chosen], shape.unit), shareOf(shape, chosen)];
    panel.tip(lines?.filter(Boolean) ?? null, surface.width * 0.5, chosen * ROW, aloud);
  };
  canvas.addEventListener(
    'pointermove',
    event => choose(Math.floor((event.clientY - canvas.getBoundingClientRect().top) / ROW), false),
    context
  );
  canvas.addEventListener('pointerleave', () => choose(-1, false), context);
  canvas.addEventListener('blur', () => choose(-1, false), context);
  canvas.addEventListener(
    'keydown',
    event => {
      const last = Math.min(shape.names.length, MOST) - 1;
      const to: Record<string, number> = {
        ArrowDown: Math.min(chosen + 1, last),
        ArrowUp: Math.max(chosen - 1, 0),
        Home: 0,
        End: last,
        Escape: -1
      };
      if (!(event.key in to)) return;
      choose(to[event.key], true);
      event.preventDefault();
      event.stopPropagation();
    },
    context
  );

  const take = (next: Bars) => {
    shape = next;
    const told = next.names.slice(0, 5).map((name, at) => `${name} ${withUnit(next.values[at], next.unit)}`);
    const rest = next.names.length > 5 ? ` and ${next.names.length - 5} more` : '';
    panel.describe(
      canvas,
      next.heading ?? '',
      `${named('Bars', next.heading)}: ${told.join(', ') || 'no data yet'}${rest}.`
    );
    panel.dataChanged();
    const rows = Math.min(next.names.length, MOST);
    surface.setSize(Math.max(rows * ROW + (next.names.length > MOST ? ROW : 0), ROW) + 4);
  };
  context.onUpdate(take);
  take(shape);
  return () => undefined;
};

function paintBars(surface: Surface, shape: Bars, chosen: number): void {
  const { theme, width } = surface;
  const names = shape.names.slice(0, MOST);
  if (!names.length) return void pen(surface, BODY, theme.muted).fillText('no data yet', 0, 16);
  const values = shape.values.slice(0, MOST).map(value => (Number.isFinite(value) ? value : NaN));
  const brush = pen(surface, BODY, theme.ink);
  const shown = names.map(name => fitText(brush, name, width * 0.36));
  const numbers = shape.values.slice(0, MOST).map(value => withUnit(value, shape.unit));
  const left = Math.max(...shown.map(name => brush.measureText(name).width)) + 10;
  const room = Math.max(...numbers.map(text => brush.measureText(text).width)) + 10;
  const low = Math.min(0, ...values.filter(Number.isFinite));
  const high = Math.max(0, ...values.filter(Number.isFinite));
  const perUnit = Math.max(width - left - room - (low < 0 ? room : 0), 10) / (high - low || 1);
  const zero = left + (low < 0 ? room : 0) - low * perUnit;
  names.forEach((_, at) => {
    const y = at * ROW;
    if (at === chosen) {
      brush.fillStyle = theme.grid;
      brush.fillRect(0, y, width, ROW);
    }
    pen(surface, BODY, theme.ink, 'right').fillText(shown[at], left - 10, y + 16);
    const length = (values[at] || 0) * perUnit;
    brush.fillStyle = theme.series[0];
    brush.fillRect(Math.min(zero, zero + length), y + 4, Math.max(Math.abs(length), values[at] ? 1 : 0), ROW - 8);
    pen(surface, BODY, theme.muted, length < 0 ? 'right' : 'left').fillText(
      numbers[at],
      zero + length + (length < 0 ? -6 : 6),
      y + 16
    );
  });
  rule(surface, theme.axis, zero, 0, 1, names.length * ROW);
  const hidden = shape.names.length - names.length;
  if (hidden)
    pen(surface, BODY, theme.muted).fillText(`… and ${hidden} more: see the table`, left, names.length * ROW + 16);
}

/** Its part of the sum, where the bars are parts of one. */
function shareOf(shape: Bars, row: number): string {
  const sum = shape.values.reduce((total, value) => total + (Number.isFinite(value) && value >= 0 ? value : NaN), 0);
  return sum > 0 && shape.unit !== '%' && shape.names.length > 1
    ? `${((100 * shape.values[row]) / sum).toFixed(1)}% of all`
    : '';
}

function twinOf(shape: Bars): Table {
  return {
    shape: 'table',
    columns: ['name', shape.unit || 'value'],
    rows: shape.names.map((name, at) => [name, shape.values[at]])
  };
}
