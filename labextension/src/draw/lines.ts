/** Curves over a shared x axis: a line where points are few, a band with its middle where they are dense. */
import type { Lines, Series, Table } from '../types';
import type { Draw } from './draw';
import { element } from './dom';
import { type Box, paintNothing, paintXAxis, scale, yTicks } from './frame';
import { interact, lowerBound, nearest, stepFrom } from './interact';
import { paintCurve } from './curve';
import { number, placeText } from './numbers';
import { makePanel, named } from './panel';
import { dashOf, drawMarker, markerOf } from './styles';
import { SMALL, type Surface, makeSurface, pen, rule } from './surface';

/** A series sorted by x, NaN where there is a gap. */
export interface Curve {
  name: string;
  x: Float64Array;
  y: Float64Array;
  style: number;
  markers: boolean;
}

const HEIGHT = 210;

export const drawLines: Draw<Lines> = (el, shape, context) => {
  const own = {};
  const axis = context.axes.axis(shape.x_label ?? 'step');
  const panel = makePanel(el, context, () => twinOf(shape));
  let curves: Curve[] = [];
  let box: Box = { left: 40, right: 100, top: 8, bottom: 100 };

  const paint = (surface: Surface) => {
    const reach = reachOf(curves, axis.view, shape.log_y ?? false);
    if (!reach)
      return paintNothing(
        surface,
        shape.series.some(series => series.x.length) ? 'nothing finite to draw' : 'no data yet'
      );
    box = paintAxes(surface, shape, reach, axis.view);
    const place = {
      toX: scale(...axis.view, box.left, box.right),
      toY: shape.log_y ? logScale(reach, box) : scale(...reach, box.bottom, box.top),
      left: box.left,
      room: box.right - box.left
    };
    surface.brush.save();
    surface.brush.beginPath();
    surface.brush.rect(box.left - 4, box.top - 6, box.right - box.left + 8, box.bottom - box.top + 10);
    surface.brush.clip();
    inFront(curves).forEach(curve => paintCurve(surface, curve, axis.view, place));
    surface.brush.restore();
    paintLegend(panel.legend, curves, surface, axis.cursor);
  };
  const surface = makeSurface(panel.body, HEIGHT, paint, context.signal);

  const take = (next: Lines) => {
    shape = next;
    const styles = context.styles.of(next.series.map(series => series.name));
    curves = next.series.map((series, at) => curveOf(series, styles[at], next.log_y ?? false));
    axis.setExtent(own, extentOf(curves));
    const aside = [next.y_label !== next.heading ? next.y_label : '', next.log_y ? 'log scale' : '']
      .filter(Boolean)
      .join(', ');
    panel.describe(surface.canvas, next.heading ?? '', sentenceOf(next, curves), aside);
    panel.dataChanged();
    surface.repaint();
  };
  context.onUpdate(take);
  interact(
    surface,
    {
      axis,
      box: () => box,
      next: (value, steps) => stepFrom(longest(curves)?.x ?? [], value, steps),
      tell: at => panel.tip(at && tipOf(curves, shape, at.value), at?.x, at?.y, at?.aloud)
    },
    context.signal
  );
  take(shape);
  context.signal.addEventListener('abort', () => axis.removePanel(own));
  return () => axis.removePanel(own);
};

function curveOf(series: Series, style: number, log: boolean): Curve {
  const x = Float64Array.from(series.x);
  const y = Float64Array.from(series.y, value =>
    value === null || !Number.isFinite(value) || (log && value <= 0) ? NaN : value
  );
  const sorted = x.every((value, at) => !at || x[at - 1] <= value);
  if (sorted) return { name: series.name, x, y, style, markers: series.markers ?? false };
  const order = [...x.keys()].sort((one, other) => x[one] - x[other]);
  return {
    name: series.name,
    x: Float64Array.from(order, at => x[at]),
    y: Float64Array.from(order, at => y[at]),
    style,
    markers: series.markers ?? false
  };
}

function extentOf(curves: Curve[]): [number, number] | null {
  const filled = curves.filter(curve => curve.x.length);
  if (!filled.length) return null;
  return [Math.min(...filled.map(curve => curve.x[0])), Math.max(...filled.map(curve => curve.x[curve.x.length - 1]))];
}

/** The least and greatest y within `view`, with room at both ends; null where there is nothing. */
function reachOf(curves: Curve[], [from, to]: [number, number], log: boolean): [number, number] | null {
  let [low, high] = [Infinity, -Infinity];
  for (const { x, y } of curves) {
    const end = Math.min(x.length, lowerBound(x, to) + 1);
    for (let at = Math.max(0, lowerBound(x, from) - 1); at < end; at++) {
      if (y[at] < low) low = y[at];
      if (y[at] > high) high = y[at];
    }
  }
  if (low > high) return null;
  if (log) return [low / Math.max((high / low) ** 0.05, 1.02), high * Math.max((high / low) ** 0.05, 1.02)];
  const size = Math.max(Math.abs(low), Math.abs(high));
  const flat = high / 2 - low / 2 <= Math.max(1e-12 * size, 1e-300);
  const room = !flat ? high * 0.05 - low * 0.05 : size > 1e-288 ? size * 0.1 : 1;
  const bottom = !flat && low >= 0 && low < room ? 0 : low - room;
  return [Math.max(bottom, -Number.MAX_VALUE), Math.min(high + room, Number.MAX_VALUE)];
}

function logScale([low, high]: [number, number], box: Box): (value: number) => number {
  const linear = scale(Math.log10(low), Math.log10(high), box.bottom, box.top);
  return value => linear(Math.log10(value));
}

/** Grid and axes; the plot's place, which depends on the widest number at its left. */
function paintAxes(surface: Surface, shape: Lines, reach: [number, number], view: [number, number]): Box {
  const { theme } = surface;
  const [top, bottom] = [10, surface.height - 36];
  const marks = yTicks(...reach, shape.log_y ?? false, bottom - top);
  const brush = pen(surface, SMALL, theme.muted, 'right');
  const left = Math.max(12, ...marks.map(mark => brush.measureText(mark.text).width)) + 8;
  const box = { left, right: surface.width - 8, top, bottom };
  const toY = shape.log_y ? logScale(reach, box) : scale(...reach, bottom, top);
  for (const { at, text } of marks) {
    rule(surface, theme.grid, left, toY(at), box.right - left, 1);
    pen(surface, SMALL, theme.muted, 'right').fillText(text, left - 6, toY(at) + 4);
  }
  paintXAxis(surface, box, view, shape.x_label ?? 'step');
  return box;
}

function inFront(curves: Curve[]): Curve[] {
  return [...curves].sort((one, other) => Number(one.markers) - Number(other.markers) || other.x.length - one.x.length);
}

const longest = (curves: Curve[]) =>
  curves.reduce<Curve | null>((best, curve) => (best && best.x.length >= curve.x.length ? best : curve), null);

function tipOf(curves: Curve[], shape: Lines, value: number): string[] {
  const main = longest(curves);
  if (!main?.x.length) return [];
  const x = main.x[nearest(main.x, value)];
  return [
    `${shape.x_label ?? 'step'} ${placeText(x)}`,
    ...curves.filter(curve => curve.x.length).map(curve => valueAt(curve, x))
  ];
}

/** "loss 0.25"; with its own x where the curve has no point here. */
function valueAt(curve: Curve, x: number): string {
  const at = nearest(curve.x, x);
  return `${curve.name} ${number(curve.y[at])}${curve.x[at] === x ? '' : ` (at ${placeText(curve.x[at])})`}`;
}

/** A piece of each curve, its name, and its last value or the one at the cursor. */
function paintLegend(legend: HTMLElement, curves: Curve[], surface: Surface, cursor: number | null): void {
  while (legend.childElementCount > curves.length) legend.lastElementChild!.remove();
  while (legend.childElementCount < curves.length) {
    const entry = legend.appendChild(element('span', 'ds-entry'));
    entry.append(element('canvas', 'ds-sample', '', { 'aria-hidden': 'true' }), element('span'), element('b'));
  }
  curves.forEach((curve, index) => {
    const [sample, name, value] = [...legend.children[index].children];
    const at = cursor === null ? curve.y.length - 1 : nearest(curve.x, cursor);
    const text = curve.y.length ? number(curve.y[at]) : 'none yet';
    if (name.textContent !== curve.name) name.textContent = curve.name;
    if (value.textContent !== text) value.textContent = text;
    paintSample(sample as HTMLCanvasElement, curve, surface);
  });
}

function paintSample(canvas: HTMLCanvasElement, curve: Curve, { theme }: Surface): void {
  const key = `${curve.style} ${curve.markers} ${theme.paper} ${theme.dark}`;
  if (canvas.dataset.key === key) return;
  canvas.dataset.key = key;
  [canvas.width, canvas.height] = [48, 24];
  const brush = canvas.getContext('2d')!;
  const colour = theme.series[curve.style % theme.series.length];
  brush.scale(2, 2);
  brush.strokeStyle = colour;
  brush.lineWidth = 2;
  if (!curve.markers) brush.setLineDash(dashOf(curve.style));
  brush.beginPath();
  brush.moveTo(0, 6);
  brush.lineTo(24, 6);
  brush.stroke();
  if (curve.markers) drawMarker(brush, markerOf(curve.style), 12, 6, colour, theme.paper);
}

function sentenceOf(shape: Lines, curves: Curve[]): string {
  const told = curves.map(curve =>
    curve.y.length
      ? `${curve.name} is ${number(curve.y[curve.y.length - 1])} at the end`
      : `${curve.name} has no data yet`
  );
  return `${named('Chart', shape.heading)} over ${shape.x_label ?? 'step'}: ${told.join('; ') || 'no data yet'}. Arrow keys read the values.`;
}

function twinOf(shape: Lines): Table {
  const label = shape.x_label ?? 'step';
  const values = shape.series.map(series => new Map(series.x.map((x, at) => [x, series.y[at]])));
  const places = [...new Set(shape.series.flatMap(series => series.x))].sort((one, other) => one - other);
  const rows = places.map(x => [x, ...values.map(of => of.get(x) ?? null)]);
  return { shape: 'table', columns: [label, ...shape.series.map(series => series.name)], rows };
}
