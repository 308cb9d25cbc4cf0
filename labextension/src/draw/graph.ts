/** Boxes and arrows from left to right; a chosen box shows what it needs and what needs it. */
import type { Graph, Table } from '../types';
import type { Draw } from './draw';
import { type Placed, layout } from './layout';
import { makePanel, named } from './panel';
import { BODY, SMALL, type Surface, fitText, makeSurface, pen } from './surface';
import { paintKinds } from './timeline';

const [BOX, ROW, GAP, TOP] = [34, 46, 56, 6];
const [LEAST, MOST] = [90, 190];
/** Width of a box. */

interface Spot {
  x: number;
  y: number;
  width: number;
}

export const drawGraph: Draw<Graph> = (el, shape, context) => {
  const panel = makePanel(el, context, () => twinOf(shape));
  panel.body.classList.add('ds-scroll');
  let placed: Placed[] = [];
  let kinds: string[] = [];
  let spots: Spot[] = [];
  let chosen = -1;

  const surface = makeSurface(
    panel.body,
    ROW,
    surface => {
      spots = spotsOf(placed, surface);
      paintGraph(surface, shape, placed, spots, kinds, chosen);
      paintKinds(panel.legend, kinds, surface);
    },
    context.signal
  );
  const { canvas } = surface;
  const choose = (at: number, aloud: boolean) => {
    if (at !== chosen) surface.repaint();
    chosen = at;
    const spot = spots[at];
    if (!spot) return panel.tip(null);
    const right = spot.x + spot.width;
    if (aloud)
      panel.body.scrollLeft = Math.min(
        Math.max(panel.body.scrollLeft, right - panel.body.clientWidth + 20),
        spot.x - 20
      );
    panel.tip(tipOf(placed, at), spot.x - panel.body.scrollLeft, spot.y + BOX + 4, aloud);
  };
  const under = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return spots.findIndex(spot => x >= spot.x && x <= spot.x + spot.width && y >= spot.y && y <= spot.y + BOX);
  };
  canvas.addEventListener('pointermove', event => choose(under(event), false), context);
  canvas.addEventListener('pointerleave', () => choose(-1, false), context);
  canvas.addEventListener('blur', () => choose(-1, false), context);
  canvas.addEventListener(
    'keydown',
    event => {
      const here = placed[chosen];
      const to: Record<string, number | undefined> = {
        ArrowLeft: here?.before[0],
        ArrowRight: here?.after[0],
        ArrowUp: beside(placed, chosen, -1),
        ArrowDown: beside(placed, chosen, 1),
        Escape: -1
      };
      if (!(event.key in to)) return;
      choose(chosen < 0 && event.key !== 'Escape' ? 0 : (to[event.key] ?? chosen), true);
      event.preventDefault();
      event.stopPropagation();
    },
    context
  );

  const take = (next: Graph) => {
    const name = placed[chosen]?.node.name;
    shape = next;
    placed = layout(next.nodes, next.edges);
    chosen = placed.findIndex(at => at.node.name === name);
    kinds = [...new Set(next.nodes.map(node => node.kind ?? ''))];
    panel.describe(canvas, next.heading ?? '', sentenceOf(next, placed));
    panel.dataChanged();
    const layers = 1 + Math.max(0, ...placed.map(at => at.layer));
    const rows = placed.reduce((most, at) => Math.max(most, 2 * Math.abs(at.row) + 1), 1);
    const cycle = placed.some(at => at.after.some(next => placed[next].layer <= at.layer));
    surface.setSize(TOP * 2 + (rows + 2 * Number(cycle)) * ROW, layers * (LEAST + GAP) - GAP);
  };
  context.onUpdate(take);
  take(shape);
  return () => undefined;
};

function spotsOf(placed: Placed[], { width, height }: Surface): Spot[] {
  const layers = 1 + Math.max(0, ...placed.map(at => at.layer));
  const room = Math.max(LEAST, Math.min(MOST, (width - (layers - 1) * GAP) / layers));
  const step = layers > 1 ? Math.min((width - room) / (layers - 1), room + 1.6 * GAP) : 0;
  return placed.map(at => ({ x: at.layer * step, y: height / 2 + at.row * ROW - BOX / 2, width: room }));
}

function paintGraph(
  surface: Surface,
  shape: Graph,
  placed: Placed[],
  spots: Spot[],
  kinds: string[],
  chosen: number
): void {
  const { theme } = surface;
  if (!placed.length) return void pen(surface, BODY, theme.muted).fillText('no data yet', 0, 18);
  const index = new Map(shape.nodes.map((node, at) => [node.name, at]));
  for (const edge of shape.edges) {
    const [from, to] = [index.get(edge.source), index.get(edge.target)];
    if (from === undefined || to === undefined || from === to) continue;
    paintArrow(surface, spots[from], spots[to], edge.label ?? '', from === chosen || to === chosen);
  }
  placed.forEach((at, number) =>
    paintNode(surface, at, spots[number], kinds.indexOf(at.node.kind ?? ''), number === chosen)
  );
}

function paintArrow(surface: Surface, from: Spot, to: Spot, label: string, strong: boolean): void {
  const { brush, theme } = surface;
  const [x, y, toX, toY] = [from.x + from.width, from.y + BOX / 2, to.x, to.y + BOX / 2];
  const back = toX <= x; // along a cycle: around beneath the boxes
  const bend = back ? 60 : Math.max(18, (toX - x) / 2);
  const dip = back ? ROW : 0;
  brush.strokeStyle = brush.fillStyle = strong ? theme.ink : theme.axis;
  brush.lineWidth = strong ? 2 : 1.3;
  brush.setLineDash([]);
  brush.beginPath();
  brush.moveTo(x, y);
  brush.bezierCurveTo(x + bend, y + dip, toX - bend, toY + dip, toX - 6, toY);
  brush.stroke();
  brush.beginPath();
  brush.moveTo(toX, toY);
  brush.lineTo(toX - 8, toY - 4);
  brush.lineTo(toX - 8, toY + 4);
  brush.fill();
  if (!label || back) return;
  const words = pen(surface, SMALL, theme.muted, 'center');
  const middle = { x: (x + toX) / 2, y: (y + toY) / 2 };
  const shown = fitText(words, label, toX - x - 10);
  if (!shown) return;
  words.fillStyle = theme.paper;
  words.fillRect(
    middle.x - words.measureText(shown).width / 2 - 2,
    middle.y - 8,
    words.measureText(shown).width + 4,
    14
  );
  words.fillStyle = theme.muted;
  words.fillText(shown, middle.x, middle.y + 3);
}

function paintNode(surface: Surface, { node }: Placed, { x, y, width }: Spot, style: number, strong: boolean): void {
  const { brush, theme } = surface;
  brush.beginPath();
  brush.roundRect(x + 0.5, y + 0.5, width - 1, BOX - 1, 4);
  brush.fillStyle = theme.dark ? '#262c33' : '#f5f7f9';
  brush.fill();
  brush.lineWidth = strong ? 2 : 1;
  brush.strokeStyle = strong ? theme.ink : theme.axis;
  brush.stroke();
  brush.fillStyle = theme.series[style % theme.series.length];
  brush.fillRect(x + 1, y + 3, 6, BOX - 6);
  const words = pen(surface, BODY, theme.ink, 'left', 600);
  const note = [node.kind, node.note].filter(Boolean).join(', ');
  words.fillText(fitText(words, node.name, width - 20), x + 13, y + (note ? 15 : 21));
  pen(surface, SMALL, theme.muted).fillText(fitText(words, note, width - 20), x + 13, y + 28);
}

/** The neighbour above or beneath in the same layer. */
function beside(placed: Placed[], at: number, step: number): number | undefined {
  const here = placed[at];
  if (!here) return undefined;
  const layer = placed
    .flatMap((other, index) => (other.layer === here.layer ? [index] : []))
    .sort((one, other) => placed[one].row - placed[other].row);
  return layer[layer.indexOf(at) + step];
}

function tipOf(placed: Placed[], at: number): string[] {
  const { node, before, after } = placed[at];
  const names = (list: number[]) =>
    list
      .slice(0, 5)
      .map(index => placed[index].node.name)
      .join(', ') + (list.length > 5 ? ', …' : '');
  return [
    node.name,
    node.kind ?? '',
    node.note ?? '',
    before.length ? `from ${names(before)}` : '',
    after.length ? `to ${names(after)}` : ''
  ].filter(Boolean);
}

function sentenceOf(shape: Graph, placed: Placed[]): string {
  if (!placed.length) return `${named('Graph', shape.heading)}: no data yet.`;
  const ends = placed
    .filter(at => !at.after.length)
    .slice(0, 3)
    .map(at => at.node.name);
  const last = ends.join(', ') || 'a cycle';
  return `${named('Graph', shape.heading)}: ${placed.length} boxes and ${shape.edges.length} arrows; at the end ${last}. Arrow keys walk along the arrows.`;
}

function twinOf(shape: Graph): Table {
  const rows = shape.nodes.map(node => [
    node.name,
    node.kind ?? '',
    node.note ?? '',
    shape.edges
      .filter(edge => edge.target === node.name)
      .map(edge => edge.source)
      .join(', '),
    shape.edges
      .filter(edge => edge.source === node.name)
      .map(edge => edge.target)
      .join(', ')
  ]);
  return { shape: 'table', columns: ['name', 'kind', 'note', 'from', 'to'], rows };
}
