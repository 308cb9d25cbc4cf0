/** Lanes with blocks of work over seconds; kinds differ in colour and hatching. */
import type { Block, Table, Timeline } from '../types';
import type { Draw } from './draw';
import { element } from './dom';
import { type Box, paintXAxis, scale } from './frame';
import { interact, lowerBound, stepFrom } from './interact';
import { seconds } from './numbers';
import { makePanel, named } from './panel';
import { hatch } from './styles';
import { BODY, SMALL, type Surface, fitText, makeSurface, pen, rule } from './surface';

const LANE = 28;
const TOP = 4;
const FOOT = 36;

interface Lane {
  name: string;
  blocks: Block[];
  starts: Float64Array;
  longest: number;
}

export const drawTimeline: Draw<Timeline> = (el, shape, context) => {
  const own = {};
  const axis = context.axes.axis('seconds');
  const panel = makePanel(el, context, () => twinOf(shape));
  let lanes: Lane[] = [];
  let kinds: string[] = [];
  let starts = new Float64Array();
  let row = 0;
  let box: Box = { left: 40, right: 100, top: TOP, bottom: 100 };

  const surface = makeSurface(
    panel.body,
    LANE + FOOT,
    surface => {
      if (!starts.length) return void pen(surface, BODY, surface.theme.muted).fillText('no data yet', 0, 16);
      box = paintLanes(surface, lanes, axis.view);
      lanes.forEach((lane, at) => paintBlocks(surface, lane, kinds, axis.view, box, TOP + at * LANE));
      paintKinds(panel.legend, kinds, surface);
    },
    context.signal
  );
  const take = (next: Timeline) => {
    shape = next;
    lanes = next.lanes.map(name => laneOf(name, next.blocks));
    const drawn = lanes.flatMap(lane => lane.blocks);
    kinds = [...new Set(drawn.map(block => block.kind ?? ''))];
    starts = Float64Array.from(new Set(drawn.map(block => block.start))).sort();
    const end = drawn.reduce((latest, block) => Math.max(latest, block.end), -Infinity);
    axis.setExtent(own, drawn.length ? [starts[0], end] : null);
    panel.describe(surface.canvas, next.heading ?? '', sentenceOf(next, lanes));
    panel.dataChanged();
    surface.setSize(TOP + Math.max(lanes.length, 1) * LANE + FOOT);
  };
  context.onUpdate(take);
  interact(
    surface,
    {
      axis,
      box: () => box,
      next: (value, steps) => stepFrom(lanes[row]?.starts ?? [], value, steps),
      tell: at => {
        if (!at) return panel.tip(null);
        const under = at.aloud ? row : Math.floor((at.y - TOP) / LANE);
        const lane = lanes[under];
        panel.tip(lane ? tipOf(lane, at.value) : null, at.x, at.aloud ? TOP + row * LANE + LANE : at.y, at.aloud);
      },
      onKey: key => {
        if (key !== 'ArrowUp' && key !== 'ArrowDown') return false;
        row = Math.max(0, Math.min(lanes.length - 1, row + (key === 'ArrowUp' ? -1 : 1)));
        if (lanes[row])
          panel.tip(tipOf(lanes[row], axis.cursor ?? axis.view[0]), box.left, TOP + row * LANE + LANE, true);
        return true;
      }
    },
    context.signal
  );
  take(shape);
  context.signal.addEventListener('abort', () => axis.removePanel(own));
  return () => axis.removePanel(own);
};

function laneOf(name: string, all: Block[]): Lane {
  const blocks = all
    .filter(block => block.lane === name && block.end >= block.start)
    .sort((one, other) => one.start - other.start);
  const longest = blocks.reduce((most, block) => Math.max(most, block.end - block.start), 0);
  return { name, blocks, starts: Float64Array.from(blocks, block => block.start), longest };
}

function paintLanes(surface: Surface, lanes: Lane[], view: [number, number]): Box {
  const { theme, width } = surface;
  const brush = pen(surface, BODY, theme.ink);
  const names = lanes.map(lane => fitText(brush, lane.name, width * 0.25));
  const left = Math.max(8, ...names.map(name => brush.measureText(name).width)) + 10;
  const box = { left, right: width - 8, top: TOP, bottom: TOP + lanes.length * LANE };
  names.forEach((name, at) => {
    pen(surface, BODY, theme.ink, 'right').fillText(name, left - 8, TOP + at * LANE + 18);
    rule(surface, theme.grid, left, TOP + (at + 1) * LANE - 1, box.right - left, 1);
  });
  paintXAxis(surface, box, view, '', true);
  return box;
}

/** Neighbours of one kind closer than half a pixel become one; blocks below a third of a pixel are left out. */
function paintBlocks(surface: Surface, lane: Lane, kinds: string[], view: [number, number], box: Box, y: number): void {
  const { theme, brush } = surface;
  const toX = scale(...view, box.left, box.right);
  let [kind, from, to] = [-1, 0, -Infinity];
  const flush = () => {
    if (kind < 0) return;
    brush.fillStyle = theme.series[kind % theme.series.length];
    brush.fillRect(from, y + 4, Math.max(to - from, 0.8), LANE - 8);
    hatch(brush, kind, from, y + 4, to - from, LANE - 8, theme.paper);
  };
  for (
    let at = lowerBound(lane.starts, view[0] - lane.longest);
    at < lane.blocks.length && lane.starts[at] <= view[1];
    at++
  ) {
    const block = lane.blocks[at];
    const style = kinds.indexOf(block.kind ?? '');
    const start = Math.max(toX(block.start), box.left);
    const end = Math.min(toX(block.end), box.right);
    if (end < box.left) continue;
    if (block.label && end - start > 24) {
      flush();
      [kind, from, to] = [style, start, end];
      flush();
      paintLabel(surface, block.label, style, start, end, y);
      [kind, from, to] = [-1, 0, end];
    } else if (style === kind && start - to < 0.5) to = Math.max(to, end);
    else if (end - start >= 0.3 || start - to >= 0.3) {
      flush();
      [kind, from, to] = [style, start, end];
    }
  }
  flush();
}

/** Words on a block, on a strip of its plain colour so that hatching does not cross them. */
function paintLabel(surface: Surface, label: string, style: number, start: number, end: number, y: number): void {
  const { theme } = surface;
  const brush = pen(surface, SMALL, theme.paper, 'left', 700);
  const text = fitText(brush, label, end - start - 8);
  if (!text) return;
  brush.fillStyle = theme.series[style % theme.series.length];
  brush.fillRect(start + 2, y + 6, brush.measureText(text).width + 4, LANE - 12);
  pen(surface, SMALL, theme.dark ? '#111111' : '#ffffff', 'left', 700).fillText(text, start + 4, y + 18);
}

/** Swatches with the same hatching as the blocks. */
export function paintKinds(legend: HTMLElement, kinds: string[], { theme }: Surface): void {
  const key = JSON.stringify([kinds, theme.paper, theme.dark]);
  if (legend.dataset.key === key) return;
  legend.dataset.key = key;
  legend.replaceChildren(
    ...kinds.flatMap((kind, style) => {
      if (!kind) return [];
      const entry = element('span', 'ds-entry');
      const swatch = entry.appendChild(element('canvas', 'ds-swatch', '', { 'aria-hidden': 'true' }));
      [swatch.width, swatch.height] = [28, 20];
      const brush = swatch.getContext('2d')!;
      brush.scale(2, 2);
      brush.fillStyle = theme.series[style % theme.series.length];
      brush.fillRect(0, 0, 14, 10);
      hatch(brush, style, 0, 0, 14, 10, theme.paper);
      entry.append(element('span', '', kind));
      return [entry];
    })
  );
}

function tipOf(lane: Lane, at: number): string[] {
  for (
    let index =
      lowerBound(lane.starts, at + Number.EPSILON) - 1 + Number(lane.starts[lowerBound(lane.starts, at)] === at);
    index >= 0;
    index--
  ) {
    const block = lane.blocks[index];
    if (block.end >= at)
      return [
        block.label || block.kind || lane.name,
        seconds(block.end - block.start),
        `from ${seconds(block.start)} on ${lane.name}`
      ];
    if (block.start < at - lane.longest) break;
  }
  return [lane.name, 'nothing here', `at ${seconds(at)}`];
}

function sentenceOf(shape: Timeline, lanes: Lane[]): string {
  const told = lanes
    .slice(0, 5)
    .map(
      lane =>
        `${lane.name} was busy for ${seconds(lane.blocks.reduce((sum, block) => sum + block.end - block.start, 0))}`
    );
  return `${named('Timeline', shape.heading)}: ${told.join(', ') || 'no data yet'}. Arrow keys read the blocks.`;
}

function twinOf(shape: Timeline): Table {
  const rows = shape.blocks.map(block => [
    block.lane,
    block.label || block.kind || '',
    block.start,
    block.end - block.start
  ]);
  return { shape: 'table', columns: ['lane', 'what', 'start, s', 'duration, s'], rows };
}
