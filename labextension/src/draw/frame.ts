/** The grid and the axes of a plot. */
import { labels, logTicks, ticks } from './numbers';
import { SMALL, type Surface, pen, rule } from './surface';

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const UNITS: [number, number, string][] = [
  [14400, 3600, 'h'],
  [600, 60, 'min'],
  [1, 1, 's'],
  [1e-3, 1e-3, 'ms'],
  [0, 1e-6, 'µs']
];

/** A linear scale from values to pixels. */
export function scale(low: number, high: number, start: number, end: number): (value: number) => number {
  const factor = (end - start) / (high / 2 - low / 2 || 1); // halves: -1e308 to 1e308 is a span
  return value => start + (value / 2 - low / 2) * factor;
}

/** Ticks, their words and the axis line beneath a plot; `label` stands at the right. */
export function paintXAxis(
  surface: Surface,
  box: Box,
  [low, high]: [number, number],
  label: string,
  inSeconds = false
): void {
  const [, second, unit] = inSeconds ? (UNITS.find(([least]) => high - low >= least) ?? UNITS[4]) : [0, 1, ''];
  const { theme } = surface;
  const places = ticks(low / second, high / second, Math.max(2, Math.floor((box.right - box.left) / 80)));
  const toX = scale(low / second, high / second, box.left, box.right);
  rule(surface, theme.axis, box.left, box.bottom, box.right - box.left, 1);
  const brush = pen(surface, SMALL, theme.muted, 'center');
  labels(places).forEach((text, at) => {
    const x = toX(places[at]);
    rule(surface, theme.axis, x, box.bottom, 1, 4);
    brush.fillStyle = theme.muted;
    const half = brush.measureText(text).width / 2;
    brush.fillText(text, Math.max(half, Math.min(x, surface.width - half - 1)), box.bottom + 16);
  });
  pen(surface, SMALL, theme.muted, 'right').fillText(inSeconds ? `time, ${unit}` : label, box.right, box.bottom + 30);
}

/** Positions and words of a y axis. */
export function yTicks(low: number, high: number, log: boolean, height: number): { at: number; text: string }[] {
  const places = (log ? logTicks : ticks)(low, high, Math.max(2, Math.floor(height / 34)));
  return labels(places).map((text, index) => ({ at: places[index], text }));
}

/** "no data yet" in the middle of a plot. */
export function paintNothing(surface: Surface, words: string): void {
  rule(surface, surface.theme.axis, 0, surface.height - 30, surface.width, 1);
  pen(surface, SMALL, surface.theme.muted, 'center').fillText(words, surface.width / 2, surface.height / 2);
}
