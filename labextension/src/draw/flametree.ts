/** The boxes of a flame: where each lies, and which of them are in sight. */
import type { Flame } from '../types';

/** Places are shares of the whole width; children of a box lie in `children[first[i]]` up to `children[first[i + 1]]`. */
export interface Tree {
  left: Float64Array;
  right: Float64Array;
  depth: Uint16Array;
  parent: Int32Array;
  first: Int32Array;
  children: Int32Array;
  roots: number[];
  total: number;
  deepest: number;
}

/** The tree of a flame, the heaviest child first. */
export function treeOf({ parent, weight }: Flame): Tree {
  const count = parent.length;
  const depth = new Uint16Array(count);
  const first = new Int32Array(count + 1);
  const roots: number[] = [];
  let deepest = 0;
  for (let box = 0; box < count; box++) {
    if (parent[box] < 0) roots.push(box);
    else {
      first[parent[box] + 1]++;
      depth[box] = depth[parent[box]] + 1;
      if (depth[box] > deepest) deepest = depth[box];
    }
  }
  for (let box = 0; box < count; box++) first[box + 1] += first[box];
  const children = new Int32Array(count - roots.length);
  const filled = first.slice();
  for (let box = 0; box < count; box++) if (parent[box] >= 0) children[filled[parent[box]]++] = box;
  const heaviest = (one: number, other: number) => weight[other] - weight[one];
  for (let box = 0; box < count; box++)
    if (first[box + 1] - first[box] > 1) children.subarray(first[box], first[box + 1]).sort(heaviest);
  roots.sort(heaviest);
  const tree = {
    left: new Float64Array(count),
    right: new Float64Array(count),
    depth,
    parent: Int32Array.from(parent),
    first,
    children,
    roots,
    total: 0,
    deepest
  };
  place(tree, weight);
  return tree;
}

/** The boxes between `from` and `to` at least `least` wide, each with its parent before it. */
export function inSight(tree: Tree, from: number, to: number, least: number): number[] {
  const found: number[] = [];
  const waiting = tree.roots.filter(
    box => tree.right[box] > from && tree.left[box] < to && tree.right[box] - tree.left[box] >= least
  );
  while (waiting.length) {
    const box = waiting.pop()!;
    found.push(box);
    for (let at = tree.first[box]; at < tree.first[box + 1]; at++) {
      const child = tree.children[at];
      if (tree.right[child] - tree.left[child] < least || tree.left[child] >= to) break; // the heaviest come first, and lie left
      if (tree.right[child] > from) waiting.push(child);
    }
  }
  return found;
}

/** The box at a share of the width and a depth; -1 where there is none. */
export function boxAt(tree: Tree, share: number, depth: number): number {
  let among: ArrayLike<number> = tree.roots;
  for (let level = 0; ; level++) {
    let here = -1;
    for (let at = 0; at < among.length && here < 0; at++)
      if (tree.left[among[at]] <= share && share < tree.right[among[at]]) here = among[at];
    if (here < 0 || level === depth) return here;
    among = tree.children.subarray(tree.first[here], tree.first[here + 1]);
  }
}

/** The names from the ground to `box`. */
export function stackOf(tree: Tree, box: number): number[] {
  const stack: number[] = [];
  for (let at = box; at >= 0; at = tree.parent[at]) stack.unshift(at);
  return stack;
}

function place(tree: Tree, weight: number[]): void {
  const { left, right, first, children, roots, parent } = tree;
  tree.total = roots.reduce((sum, root) => sum + weight[root], 0) || 1;
  let at = 0;
  for (const root of roots) {
    left[root] = at;
    right[root] = at += weight[root] / tree.total;
  }
  for (let box = 0; box < parent.length; box++) {
    let from = left[box];
    for (let index = first[box]; index < first[box + 1]; index++) {
      const child = children[index];
      left[child] = from;
      right[child] = from = Math.min(from + weight[child] / tree.total, right[box]);
    }
  }
}
