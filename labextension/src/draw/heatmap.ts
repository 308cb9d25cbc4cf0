/** A number for each row and column as a colour; where a cell has room, the number stands in it. */
import type { Heatmap, Table } from '../types';
import { SharedAxis } from './axes';
import { type Columns, type Reach, columnsOf, paintCells, paintNumbers, pictureOf, reachOf } from './cells';
import type { Draw } from './draw';
import { element } from './dom';
import { type Box, paintXAxis, scale } from './frame';
import { interact, lowerBound, stepFrom } from './interact';
import { placeText, withUnit } from './numbers';
import { makePanel, named } from './panel';
import { type Step, stepsOf } from './ramp';
import { BODY, SMALL, type Surface, fitText, makeSurface, pen } from './surface';

const FOOT = 36;
const TOP = 2;
export const drawHeatmap: Draw<Heatmap> = (el, shape, context) => {
  const own = {};
  const numeric = shape.columns.length > 0 && shape.columns.every(column => typeof column === 'number');
  const axis = numeric && shape.x_label ? context.axes.axis(shape.x_label) : new SharedAxis();
  const panel = makePanel(el, context, () => twinOf(shape));
  let columns = columnsOf(shape);
  let reach: Reach = { low: 0, high: 1 };
  let picture = element('canvas');
  let pictured: Step[] | null = null;
  let row = 0;
  let box: Box = { left: 40, right: 100, top: TOP, bottom: 100 };

  const surface = makeSurface(
    panel.body,
    100,
    surface => {
      if (!shape.rows.length || !shape.columns.length)
        return void pen(surface, BODY, surface.theme.muted).fillText('no data yet', 0, 16);
      box = paintNames(surface, shape, columns, axis.view);
      const steps = stepsOf(reach.low < 0 && reach.high > 0, surface.theme.dark);
      if (pictured !== steps) picture = pictureOf(shape, reach, (pictured = steps));
      paintCells(surface, shape, columns, picture, axis.view, box);
      paintNumbers(surface, shape, columns, steps, reach, axis.view, box);
      paintScale(panel.legend, reach, shape.unit, surface);
    },
    context.signal
  );
  const rowHeight = () => (box.bottom - box.top) / Math.max(shape.rows.length, 1);
  const tell = (at: number, value: number, x: number, y: number, aloud: boolean) => {
    const column = Math.max(0, Math.min(shape.columns.length - 1, lowerBound(columns.edges, value) - 1));
    const place = shape.columns[column];
    if (shape.rows[at] === undefined || place === undefined) return panel.tip(null);
    const here = typeof place === 'number' ? `${shape.x_label ?? 'x'} ${placeText(place)}` : place;
    panel.tip([shape.rows[at], here, withUnit(shape.values[at]?.[column], shape.unit)], x, y, aloud);
  };
  const take = (next: Heatmap) => {
    shape = next;
    columns = columnsOf(next);
    reach = reachOf(next);
    pictured = null;
    const { edges } = columns;
    axis.setExtent(own, edges.length > 1 ? [edges[0], edges[edges.length - 1]] : null);
    panel.describe(surface.canvas, next.heading ?? '', sentenceOf(next, reach), next.y_label);
    panel.dataChanged();
    surface.setSize(TOP + heightOf(next.rows.length) + FOOT);
  };
  context.onUpdate(take);
  interact(
    surface,
    {
      axis,
      box: () => box,
      next: (value, steps) => stepFrom(columns.middles, value, steps),
      tell: at =>
        at
          ? tell(at.aloud ? row : Math.floor((at.y - TOP) / rowHeight()), at.value, at.x, at.y, at.aloud)
          : panel.tip(null),
      onKey: key => {
        if (key !== 'ArrowUp' && key !== 'ArrowDown') return false;
        row = Math.max(0, Math.min(shape.rows.length - 1, row + (key === 'ArrowUp' ? -1 : 1)));
        tell(row, axis.cursor ?? columns.middles[0], box.left, TOP + row * rowHeight(), true);
        return true;
      }
    },
    context.signal
  );
  take(shape);
  context.signal.addEventListener('abort', () => axis.removePanel(own));
  return () => axis.removePanel(own);
};

const heightOf = (rows: number) => Math.max(24, Math.min(rows * 22, Math.max(360, rows * 5)));

function paintNames(surface: Surface, shape: Heatmap, columns: Columns, view: [number, number]): Box {
  const { theme, width, height } = surface;
  const brush = pen(surface, SMALL, theme.ink);
  const bottom = height - FOOT;
  const rowHeight = (bottom - TOP) / shape.rows.length;
  const every = Math.max(1, Math.ceil(13 / rowHeight));
  const names = shape.rows.map(name => fitText(brush, name, width * 0.28));
  const left = Math.max(8, ...names.map(name => brush.measureText(name).width)) + 8;
  pen(surface, SMALL, theme.ink, 'right');
  names.forEach((name, at) => {
    if (at % every === 0) brush.fillText(name, left - 6, TOP + (at + 0.5) * rowHeight + 4);
  });
  const box = { left, right: width - 8, top: TOP, bottom };
  if (columns.numeric) paintXAxis(surface, box, view, shape.x_label ?? '');
  else paintColumnNames(surface, shape, view, box);
  return box;
}

function paintColumnNames(surface: Surface, shape: Heatmap, view: [number, number], box: Box): void {
  const toX = scale(...view, box.left, box.right);
  const room = toX(1) - toX(0);
  const every = Math.max(1, Math.ceil(36 / room));
  const brush = pen(surface, SMALL, surface.theme.muted, 'center');
  shape.columns.forEach((name, at) => {
    const x = toX(at);
    if (at % every === 0 && x >= box.left && x <= box.right)
      brush.fillText(fitText(brush, String(name), room * every - 4), x, box.bottom + 16);
  });
  pen(surface, SMALL, surface.theme.muted, 'right').fillText(shape.x_label ?? '', box.right, box.bottom + 30);
}

/** The colours from low to high with their numbers. */
function paintScale(legend: HTMLElement, { low, high }: Reach, unit: string | undefined, { theme }: Surface): void {
  const key = JSON.stringify([low, high, unit, theme.dark]);
  if (legend.dataset.key === key) return;
  legend.dataset.key = key;
  const ramp = element('span', 'ds-ramp', '', { 'aria-hidden': 'true' });
  ramp.style.background = `linear-gradient(to right, ${stepsOf(low < 0 && high > 0, theme.dark)
    .map(step => step.css)
    .join(', ')})`;
  legend.replaceChildren(element('b', '', withUnit(low, unit)), ramp, element('b', '', withUnit(high, unit)));
}

function sentenceOf(shape: Heatmap, { low, high }: Reach): string {
  if (!shape.rows.length || !shape.columns.length) return `${named('Heatmap', shape.heading)}: no data yet.`;
  const size = `${shape.rows.length} rows by ${shape.columns.length} columns`;
  return `${named('Heatmap', shape.heading)}: ${size}, from ${withUnit(low, shape.unit)} to ${withUnit(high, shape.unit)}. Arrow keys read the cells.`;
}

function twinOf(shape: Heatmap): Table {
  const rows = shape.rows.map((name, at) => [name, ...(shape.values[at] ?? [])]);
  return { shape: 'table', columns: [shape.y_label ?? '', ...shape.columns.map(String)], rows };
}
