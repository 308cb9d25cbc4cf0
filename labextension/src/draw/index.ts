/** The drawing of each shape. */
import type { Shape } from '../types';
import { drawBars } from './bars';
import type { Context, Dispose, Draw } from './draw';
import { drawFlame } from './flame';
import { drawGraph } from './graph';
import { drawHeatmap } from './heatmap';
import { drawLines } from './lines';
import { drawTable } from './table';
import { drawText } from './text';
import { drawTimeline } from './timeline';

type Drawings = { [Name in Shape['shape']]: Draw<Extract<Shape, { shape: Name }>> };

const DRAWINGS: Drawings = {
  lines: drawLines,
  bars: drawBars,
  timeline: drawTimeline,
  flame: drawFlame,
  heatmap: drawHeatmap,
  graph: drawGraph,
  table: drawTable,
  text: drawText
};

/** Draws any shape; one of a newer version than this page is said in words. */
export function draw(el: HTMLElement, shape: Shape, context: Context<Shape>): Dispose {
  const drawing = DRAWINGS[shape.shape] as Draw<Shape> | undefined;
  if (drawing) return drawing(el, shape, context);
  const lines = [`This page cannot draw "${String(shape.shape)}" yet. Update ds-notebook and reload the page.`];
  return drawText(el, { shape: 'text', lines }, { ...context, onUpdate: () => undefined });
}
