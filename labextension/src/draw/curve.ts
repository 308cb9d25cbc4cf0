/** One curve onto a canvas, at a cost that follows the pixels, not the points. */
import type { Curve } from './lines';
import { lowerBound } from './interact';
import { dashOf, drawMarker, markerOf } from './styles';
import type { Surface } from './surface';

type Scale = (value: number) => number;

/** Scales onto the canvas, and the plot's left edge and width in pixels. */
export interface Place {
  toX: Scale;
  toY: Scale;
  left: number;
  room: number;
}

/** Pixels over which the middle line of a dense curve takes its mean. */
const MIDDLE_COLUMN = 4;

/** Draws what of `curve` lies in `view`. */
export function paintCurve(surface: Surface, curve: Curve, [low, high]: [number, number], place: Place): void {
  const from = Math.max(0, lowerBound(curve.x, low) - 1);
  const to = Math.min(curve.x.length, lowerBound(curve.x, high) + 2);
  const { brush, theme } = surface;
  brush.strokeStyle = brush.fillStyle = theme.series[curve.style % theme.series.length];
  brush.lineJoin = 'round';
  const columns = to - from > 1.2 * place.room ? columnsOf(curve, from, to, place) : null;
  if (columns) paintBand(brush, columns, place);
  brush.lineWidth = 1.8;
  brush.setLineDash(curve.markers ? [] : dashOf(curve.style));
  brush.beginPath();
  if (columns) traceMiddle(brush, columns, place);
  else trace(brush, curve, from, to, place);
  brush.stroke();
  brush.setLineDash([]);
  if (!columns) paintDots(surface, curve, from, to, place);
}

function trace(brush: CanvasRenderingContext2D, { x, y }: Curve, from: number, to: number, { toX, toY }: Place): void {
  let broken = true;
  for (let at = from; at < to; at++) {
    if (Number.isNaN(y[at])) {
      broken = true;
      continue;
    }
    if (broken) brush.moveTo(toX(x[at]), toY(y[at]));
    else brush.lineTo(toX(x[at]), toY(y[at]));
    broken = false;
  }
}

/** What of a curve lies in each pixel column. */
interface Columns {
  first: number;
  low: Float64Array;
  high: Float64Array;
  last: Float64Array;
  sum: Float64Array;
  count: Uint32Array;
}

/** One pass over the points, however many. */
function columnsOf({ x, y }: Curve, from: number, to: number, { toX, left, room }: Place): Columns {
  const size = Math.ceil(room) + 2;
  const first = Math.floor(left) - 1;
  const [low, high, last] = [0, 0, 0].map(() => new Float64Array(size).fill(NaN));
  const columns = { first, low, high, last, sum: new Float64Array(size), count: new Uint32Array(size) };
  for (let at = from; at < to; at++) {
    const column = Math.floor(toX(x[at])) - first;
    if (column < 0 || column >= size) continue;
    const value = y[at];
    last[column] = value;
    if (Number.isNaN(value)) continue;
    if (!(value >= low[column])) low[column] = value;
    if (!(value <= high[column])) high[column] = value;
    columns.sum[column] += value;
    columns.count[column]++;
  }
  return columns;
}

/**
 * From the lowest to the highest point of each column, so that the tip of a spike stays; joined to the column before,
 * so that no gap opens in a slope.
 */
function paintBand(brush: CanvasRenderingContext2D, { first, low, high, last, count }: Columns, { toY }: Place): void {
  brush.beginPath();
  for (let column = 0; column < count.length; column++) {
    if (!count[column]) continue;
    const before = column ? last[column - 1] : NaN;
    const top = toY(before > high[column] ? before : high[column]);
    const bottom = toY(before < low[column] ? before : low[column]);
    brush.moveTo(first + column + 0.5, top - 0.5);
    brush.lineTo(first + column + 0.5, bottom + 0.5);
  }
  brush.globalAlpha = 0.34;
  brush.lineWidth = 1;
  brush.setLineDash([]);
  brush.stroke(); // measured with ten dense curves: 2.5 ms a paint, with a rectangle a column 3.7 ms
  brush.globalAlpha = 1;
}

/** The mean of each few columns. */
function traceMiddle(brush: CanvasRenderingContext2D, { first, sum, count }: Columns, { toY }: Place): void {
  let broken = true;
  for (let start = 0; start < count.length; start += MIDDLE_COLUMN) {
    let [total, points] = [0, 0];
    for (let column = start; column < Math.min(start + MIDDLE_COLUMN, count.length); column++) {
      total += sum[column];
      points += count[column];
    }
    const x = first + start + MIDDLE_COLUMN / 2;
    if (points && broken) brush.moveTo(x, toY(total / points));
    else if (points) brush.lineTo(x, toY(total / points));
    broken = !points;
  }
}

/** The dots of a curve with markers, else only of points that stand alone between gaps. */
function paintDots(surface: Surface, curve: Curve, from: number, to: number, { toX, toY, room }: Place): void {
  const { x, y, style } = curve;
  const radius = to - from < 40 ? 3.4 : 2;
  const colour = surface.theme.series[style % surface.theme.series.length];
  let left = room;
  for (let at = from; at < to && left > 0; at++) {
    const alone = (at === 0 || Number.isNaN(y[at - 1])) && (at + 1 === y.length || Number.isNaN(y[at + 1]));
    if (Number.isNaN(y[at]) || !(curve.markers || alone)) continue;
    drawMarker(surface.brush, markerOf(style), toX(x[at]), toY(y[at]), colour, surface.theme.paper, radius);
    left--;
  }
}
