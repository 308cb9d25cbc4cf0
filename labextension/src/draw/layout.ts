/** Where the nodes of a graph stand: in layers from left to right, neighbours near one another. */
import type { Edge, Node } from '../types';

export interface Placed {
  node: Node;
  layer: number;
  row: number;
  before: number[];
  after: number[];
}

/** Nodes in the order given; an arrow back along a cycle does not move its target. */
export function layout(nodes: Node[], edges: Edge[]): Placed[] {
  const index = new Map(nodes.map((node, at) => [node.name, at]));
  const placed = nodes.map((node): Placed => ({ node, layer: 0, row: 0, before: [], after: [] }));
  for (const { source, target } of edges) {
    const [from, to] = [index.get(source), index.get(target)];
    if (from === undefined || to === undefined || from === to) continue;
    placed[from].after.push(to);
    placed[to].before.push(from);
  }
  setLayers(placed);
  setRows(placed);
  return placed;
}

/** Each node one layer behind the last of those before it: Kahn's order; what is left is in a cycle. */
function setLayers(placed: Placed[]): void {
  const missing = placed.map(node => node.before.length);
  const done = new Set<number>();
  const ready = placed.flatMap((_, at) => (missing[at] === 0 ? [at] : []));
  while (done.size < placed.length) {
    const at = ready.shift() ?? missing.findIndex((_, node) => !done.has(node));
    if (done.has(at)) continue;
    done.add(at);
    for (const next of placed[at].after) {
      if (done.has(next)) continue;
      placed[next].layer = Math.max(placed[next].layer, placed[at].layer + 1);
      if (--missing[next] === 0) ready.push(next);
    }
  }
}

/** Within a layer in the order of the mean of their neighbours' rows, a few times forwards and back. */
function setRows(placed: Placed[]): void {
  const layers: number[][] = [];
  placed.forEach((node, at) => (layers[node.layer] ??= []).push(at));
  layers.forEach(layer => layer.forEach((at, row) => (placed[at].row = row - layer.length / 2)));
  for (let sweep = 0; sweep < 6; sweep++) {
    const forwards = sweep % 2 === 0;
    for (const layer of forwards ? layers : [...layers].reverse()) {
      const wish = new Map(
        layer.map(at => [at, meanRow(placed, forwards ? placed[at].before : placed[at].after, placed[at].row)])
      );
      layer.sort((one, other) => wish.get(one)! - wish.get(other)!);
      layer.forEach((at, row) => (placed[at].row = row - (layer.length - 1) / 2));
    }
  }
}

function meanRow(placed: Placed[], neighbours: number[], otherwise: number): number {
  return neighbours.length ? neighbours.reduce((sum, at) => sum + placed[at].row, 0) / neighbours.length : otherwise;
}
