/** The cells of a heatmap: where they lie, what colour they have. */
import type { Heatmap } from '../types';
import { type Box, scale } from './frame';
import { lowerBound } from './interact';
import { number } from './numbers';
import { type Step, stepAt } from './ramp';
import { SMALL, type Surface, pen } from './surface';

/** Where each column begins and ends, and where its middle is. */
export interface Columns {
  edges: Float64Array;
  middles: Float64Array;
  numeric: boolean;
  even: boolean;
}

/** The least and the greatest number; around zero they are opposites. */
export interface Reach {
  low: number;
  high: number;
}

export function columnsOf(shape: Heatmap): Columns {
  const numeric = shape.columns.length > 0 && shape.columns.every(column => typeof column === 'number');
  const middles = Float64Array.from(shape.columns, (column, at) => (numeric ? Number(column) : at));
  const edges = new Float64Array(middles.length ? middles.length + 1 : 0);
  for (let at = 1; at < middles.length; at++) edges[at] = (middles[at - 1] + middles[at]) / 2;
  if (middles.length) {
    const last = middles.length - 1;
    edges[0] = last ? middles[0] - (edges[1] - middles[0]) : middles[0] - 0.5;
    edges[last + 1] = last ? middles[last] + (middles[last] - edges[last]) : middles[0] + 0.5;
  }
  const width = edges[1] - edges[0];
  const even =
    edges.length > 1 && edges.every((edge, at) => !at || Math.abs(edge - edges[at - 1] - width) <= 1e-6 * width);
  return { edges, middles, numeric, even };
}

export function reachOf(shape: Heatmap): Reach {
  let [low, high] = [Infinity, -Infinity];
  for (const row of shape.values) {
    for (const value of row) {
      if (!isNumber(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return { low: 0, high: 1 };
  if (low < 0 && high > 0) return { low: Math.min(low, -high), high: Math.max(high, -low) }; // zero in the middle
  return low === high ? { low: low - 0.5, high: high + 0.5 } : { low, high };
}

/**
 * Columns of one width are drawn at once; else each is a strip of the picture of all cells, and one narrower than
 * half a pixel is left to its neighbours.
 */
export function paintCells(
  surface: Surface,
  shape: Heatmap,
  { edges, even }: Columns,
  picture: HTMLCanvasElement,
  view: [number, number],
  box: Box
): void {
  const { brush } = surface;
  const toX = scale(...view, box.left, box.right);
  const first = Math.max(0, lowerBound(edges, view[0]) - 1);
  let drawnTo = box.left;
  brush.imageSmoothingEnabled = false;
  if (even) {
    const width = edges[1] - edges[0];
    const [from, to] = [Math.max(view[0], edges[0]), Math.min(view[1], edges[edges.length - 1])];
    return brush.drawImage(
      picture,
      (from - edges[0]) / width,
      0,
      (to - from) / width,
      shape.rows.length,
      toX(from),
      box.top,
      toX(to) - toX(from),
      box.bottom - box.top
    );
  }
  for (let column = first; column < shape.columns.length && edges[column] <= view[1]; column++) {
    const from = Math.max(toX(edges[column]), drawnTo);
    const to = Math.min(toX(edges[column + 1]), box.right);
    if (to - from < 0.5) continue;
    drawnTo = to;
    brush.drawImage(
      picture,
      column,
      0,
      1,
      shape.rows.length,
      from,
      box.top,
      Math.min(to - from + 0.5, box.right - from),
      box.bottom - box.top
    );
  }
}

/** The numbers themselves, where a cell has room for one. */
export function paintNumbers(
  surface: Surface,
  shape: Heatmap,
  { edges }: Columns,
  steps: Step[],
  reach: Reach,
  view: [number, number],
  box: Box
): void {
  const toX = scale(...view, box.left, box.right);
  const rowHeight = (box.bottom - box.top) / shape.rows.length;
  if (rowHeight <= 14) return;
  for (
    let column = Math.max(0, lowerBound(edges, view[0]) - 1);
    column < shape.columns.length && edges[column] <= view[1];
    column++
  ) {
    const [from, to] = [Math.max(toX(edges[column]), box.left), Math.min(toX(edges[column + 1]), box.right)];
    if (to - from <= 38) continue;
    shape.rows.forEach((_, row) => {
      const value = shape.values[row]?.[column];
      if (!isNumber(value)) return;
      const { ink } = steps[stepAt(shareOf(value, reach))];
      pen(surface, SMALL, ink, 'center').fillText(
        number(value, 3),
        (from + to) / 2,
        box.top + (row + 0.5) * rowHeight + 4
      );
    });
  }
}

/** One pixel a cell; a hole stays clear. */
export function pictureOf(shape: Heatmap, reach: Reach, steps: Step[]): HTMLCanvasElement {
  const picture = document.createElement('canvas');
  [picture.width, picture.height] = [Math.max(shape.columns.length, 1), Math.max(shape.rows.length, 1)];
  const brush = picture.getContext('2d')!;
  const pixels = brush.createImageData(picture.width, picture.height);
  const words = new Uint32Array(pixels.data.buffer);
  shape.values.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      const value = row[x];
      if (isNumber(value)) words[y * picture.width + x] = steps[stepAt(shareOf(value, reach))].pixel;
    }
  });
  brush.putImageData(pixels, 0, 0);
  return picture;
}

const isNumber = (value: number | null | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value);
const shareOf = (value: number, { low, high }: Reach) => (value - low) / (high - low);
