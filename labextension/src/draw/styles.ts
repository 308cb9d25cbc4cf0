/** Colours, dashes, markers and hatches: as in ds_notebook/draw/_theme.py, so that still and live look alike. */

export const DASHES: number[][] = [[], [6, 3], [1.5, 2.5], [8, 2.5, 1.5, 2.5], [3, 1.5], [12, 3]];
export const MARKERS = ['circle', 'square', 'triangle', 'diamond', 'circle', 'square'] as const;
export type Marker = (typeof MARKERS)[number];

/** The number of each curve name; one name looks the same in all panels of a scene. */
export class Styles {
  private numbers = new Map<string, number>();

  /** Numbers for the curves of one panel; no two of them are alike. */
  of(names: string[]): number[] {
    const taken = new Set(names.filter(name => this.numbers.has(name)).map(name => this.numbers.get(name)));
    for (const name of names) {
      if (this.numbers.has(name)) continue;
      let style = 0;
      while (taken.has(style)) style++;
      this.numbers.set(name, style);
      taken.add(style);
    }
    return names.map(name => this.numbers.get(name) ?? 0);
  }
}

/** The dash of curve number `style`; the seventh curve has the first's colour, not its dash. */
export function dashOf(style: number): number[] {
  return DASHES[(style + Math.floor(style / DASHES.length)) % DASHES.length];
}

export function markerOf(style: number): Marker {
  return MARKERS[style % MARKERS.length];
}

/** A marker with a rim in the colour of the paper. */
export function drawMarker(
  brush: CanvasRenderingContext2D,
  kind: Marker,
  x: number,
  y: number,
  colour: string,
  paper: string,
  radius = 3.2
): void {
  brush.beginPath();
  if (kind === 'circle') brush.arc(x, y, radius, 0, 2 * Math.PI);
  else if (kind === 'square') brush.rect(x - radius + 0.3, y - radius + 0.3, 2 * radius - 0.6, 2 * radius - 0.6);
  else if (kind === 'triangle')
    outline(brush, [
      [x, y - radius - 0.7],
      [x + radius + 0.6, y + radius],
      [x - radius - 0.6, y + radius]
    ]);
  else
    outline(brush, [
      [x, y - radius - 1],
      [x + radius + 1, y],
      [x, y + radius + 1],
      [x - radius - 1, y]
    ]);
  brush.fillStyle = colour;
  brush.fill();
  brush.setLineDash([]);
  brush.strokeStyle = paper;
  brush.lineWidth = 1;
  brush.stroke();
}

/** Lines across a filled rectangle, so that kinds differ without their colours: the first has none, the seventh some. */
export function hatch(
  brush: CanvasRenderingContext2D,
  style: number,
  x: number,
  y: number,
  width: number,
  height: number,
  ink: string
): void {
  const kind = (style + Math.floor(style / 6)) % 6;
  if (!kind || width <= 4) return;
  brush.save();
  brush.beginPath();
  brush.rect(x, y, width, height);
  brush.clip();
  brush.beginPath();
  if (kind === 1 || kind === 2) {
    const slope = kind === 1 ? -height : height;
    for (let at = x - height - ((x - height) % 8); at < x + width + height; at += 8) {
      brush.moveTo(at, kind === 1 ? y + height : y);
      brush.lineTo(at + height, kind === 1 ? y + height + slope : y + slope);
    }
  }
  if (kind === 3 || kind === 5) {
    for (let at = y + 4; at < y + height; at += 8) {
      brush.moveTo(x, at);
      brush.lineTo(x + width, at);
    }
  }
  if (kind === 4 || kind === 5) {
    for (let at = x + 4 - (x % 8); at < x + width; at += 8) {
      brush.moveTo(at, y);
      brush.lineTo(at, y + height);
    }
  }
  brush.globalAlpha = 0.4;
  brush.strokeStyle = ink;
  brush.lineWidth = 1.4;
  brush.setLineDash([]);
  brush.stroke();
  brush.restore();
}

function outline(brush: CanvasRenderingContext2D, corners: [number, number][]): void {
  corners.forEach(([x, y], at) => (at ? brush.lineTo(x, y) : brush.moveTo(x, y)));
  brush.closePath();
}
