/** Boxes within boxes, the callers on top: click to zoom in, Backspace to zoom out, search by name. */
import type { Flame, Table } from '../types';
import type { Draw } from './draw';
import { button, element, setText } from './dom';
import { type Tree, boxAt, inSight, stackOf, treeOf } from './flametree';
import { withUnit } from './numbers';
import { makePanel, named } from './panel';
import { BODY, SMALL, type Surface, fitText, makeSurface, pen } from './surface';

const ROW = 19;
const KEYS = 'Arrow keys walk the boxes, Enter zooms in, Backspace out.';
const MOST_ROWS = 24;
/** Deeper boxes are reached by scrolling. */

export const drawFlame: Draw<Flame> = (el, shape, context) => {
  const { signal } = context;
  const panel = makePanel(el, context, () => twinOf(shape, tree));
  const search = element('input', 'ds-filter', '', {
    type: 'search',
    placeholder: 'Search',
    'aria-label': 'Search in the flame'
  });
  const found = element('span', 'ds-aside', '', { role: 'status' });
  const out = button('Zoom out', 'ds-quiet', () => zoomTo(tree.parent[zoomed] ?? -1), signal);
  panel.tools.prepend(found, search, out);
  panel.body.classList.add('ds-scroll');
  let tree = treeOf(shape);
  let matches = new Set<number>();
  let [zoomed, chosen] = [-1, -1];

  const view = (): [number, number] => (zoomed < 0 ? [0, 1] : [tree.left[zoomed], tree.right[zoomed]]);
  const surface = makeSurface(
    panel.body,
    ROW,
    surface => {
      const rows = paintFlame(surface, shape, tree, view(), matches, search.value !== '');
      if (rows * ROW + 2 !== surface.height) surface.setSize(rows * ROW + 2); // as deep as what is wide enough to be seen
    },
    signal
  );
  const { canvas, frame } = surface;
  const mark = frame.appendChild(element('div', 'ds-mark'));
  mark.hidden = true;

  const choose = (box: number, aloud: boolean) => {
    chosen = box;
    mark.hidden = box < 0;
    if (box < 0) return panel.tip(null);
    const [from, to] = view();
    const toX = (share: number) => Math.max(0, Math.min(surface.width, ((share - from) / (to - from)) * surface.width));
    const [left, right, top] = [toX(tree.left[box]), toX(tree.right[box]), tree.depth[box] * ROW];
    mark.style.cssText = `left:${left}px;width:${Math.max(right - left - 1, 1)}px;top:${top}px;height:${ROW - 1}px`;
    if (aloud) panel.body.scrollTop = Math.min(panel.body.scrollTop, top) || Math.max(0, top - (MOST_ROWS - 2) * ROW);
    panel.tip(tipOf(shape, tree, box), Math.max(left, 4), top + ROW + 4, aloud);
  };
  const zoomTo = (box: number) => {
    zoomed = box;
    out.hidden = zoomed < 0;
    choose(chosen >= 0 ? box : -1, false);
    surface.repaint();
  };
  const under = (event: MouseEvent) => {
    const box = canvas.getBoundingClientRect();
    const [from, to] = view();
    return boxAt(
      tree,
      from + ((event.clientX - box.left) / box.width) * (to - from),
      Math.floor((event.clientY - box.top) / ROW)
    );
  };
  const look = () => {
    matches = matchesOf(shape, search.value);
    const share = shareOf(shape, tree, matches);
    setText(
      found,
      search.value ? `${matches.size ? countOf(shape, matches) : 'no'} boxes, ${(100 * share).toFixed(1)}%` : ''
    );
    surface.repaint();
  };
  canvas.addEventListener('pointermove', event => choose(under(event), false), { signal });
  canvas.addEventListener('pointerleave', () => choose(-1, false), { signal });
  canvas.addEventListener('blur', () => choose(-1, false), { signal });
  canvas.addEventListener(
    'click',
    event => {
      const box = under(event);
      if (box >= 0) zoomTo(box);
    },
    { signal }
  );
  search.addEventListener('input', look, { signal });
  canvas.addEventListener(
    'keydown',
    event => {
      const keys: Record<string, () => void> = {
        ArrowUp: () =>
          choose(chosen < 0 ? first() : Math.max(tree.parent[chosen], -1) < 0 ? chosen : tree.parent[chosen], true),
        ArrowDown: () => choose(chosen < 0 ? first() : child(chosen), true),
        ArrowLeft: () => choose(beside(-1), true),
        ArrowRight: () => choose(beside(1), true),
        Enter: () => chosen >= 0 && zoomTo(chosen),
        '+': () => chosen >= 0 && zoomTo(chosen),
        '-': () => zoomTo(tree.parent[zoomed] ?? -1),
        Backspace: () => zoomTo(tree.parent[zoomed] ?? -1),
        Escape: () => zoomTo(-1)
      };
      if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      keys[event.key]();
      event.preventDefault();
      event.stopPropagation();
    },
    { signal }
  );
  const first = () => (zoomed >= 0 ? zoomed : (tree.roots[0] ?? -1));
  const child = (box: number) => (tree.first[box + 1] > tree.first[box] ? tree.children[tree.first[box]] : box);
  const beside = (step: number) => {
    if (chosen < 0) return first();
    const parent = tree.parent[chosen];
    const row = parent < 0 ? tree.roots : [...tree.children.subarray(tree.first[parent], tree.first[parent + 1])];
    return row[Math.max(0, Math.min(row.length - 1, row.indexOf(chosen) + step))];
  };

  const take = (next: Flame) => {
    const path = zoomed < 0 ? [] : stackOf(tree, zoomed).map(box => shape.names[shape.name[box]]);
    shape = next;
    tree = treeOf(next);
    zoomed = boxOf(next, tree, path);
    out.hidden = zoomed < 0;
    search.hidden = next.name.length < 2;
    choose(-1, false);
    look();
    panel.describe(canvas, next.heading ?? '', sentenceOf(next, tree));
    panel.dataChanged();
    surface.repaint();
  };
  context.onUpdate(take);
  take(shape);
  return () => undefined;
};

/** Draws what is in sight and says how many rows that took. */
function paintFlame(
  surface: Surface,
  shape: Flame,
  tree: Tree,
  [from, to]: [number, number],
  matches: Set<number>,
  searching: boolean
): number {
  const { width, theme } = surface;
  if (!shape.name.length) pen(surface, BODY, theme.muted).fillText('no data yet', 0, 14);
  let deepest = 0;
  const brush = pen(surface, SMALL, '#1b130a');
  const perShare = width / (to - from);
  for (const box of inSight(tree, from, to, 0.9 / perShare)) {
    const left = Math.max(0, (tree.left[box] - from) * perShare);
    const right = Math.min(width, (tree.right[box] - from) * perShare);
    const y = tree.depth[box] * ROW;
    if (tree.depth[box] > deepest) deepest = tree.depth[box];
    const name = shape.name[box];
    brush.globalAlpha = searching && !matches.has(name) ? 0.3 : 1;
    brush.fillStyle = warmth(name, theme.dark);
    brush.fillRect(left, y, Math.max(right - left - 0.7, 0.6), ROW - 1);
    if (searching && matches.has(name)) {
      brush.fillStyle = theme.ink;
      brush.fillRect(left, y + ROW - 3, Math.max(right - left - 0.7, 1), 2); // not by colour alone
    }
    if (right - left < 26) continue;
    brush.fillStyle = '#1b130a';
    brush.fillText(fitText(brush, shape.names[name], right - left - 8), left + 4, y + 13);
  }
  brush.globalAlpha = 1;
  return deepest + 1;
}

const warm = new Map<string, string>();

/** One name has one colour. */
function warmth(name: number, dark: boolean): string {
  const key = `${name % 48}${dark}`;
  let colour = warm.get(key);
  if (!colour) {
    const spread = ((name % 48) * 29) % 48;
    colour = `hsl(${14 + spread * 0.8} ${dark ? 62 : 82}% ${(dark ? 58 : 68) + (spread % 5) * 2}%)`;
    warm.set(key, colour);
  }
  return colour;
}

function matchesOf(shape: Flame, wanted: string): Set<number> {
  const word = wanted.trim().toLowerCase();
  return new Set(word ? shape.names.flatMap((name, at) => (name.toLowerCase().includes(word) ? [at] : [])) : []);
}

const countOf = (shape: Flame, matches: Set<number>) =>
  shape.name.reduce((count, name) => count + Number(matches.has(name)), 0);

/** The part of the whole under boxes that match; a box within another that matches counts once. */
function shareOf(shape: Flame, tree: Tree, matches: Set<number>): number {
  let share = 0;
  const covered = new Uint8Array(shape.name.length);
  for (let box = 0; box < shape.name.length; box++) {
    const above = tree.parent[box] >= 0 && covered[tree.parent[box]];
    if (above || matches.has(shape.name[box])) covered[box] = 1;
    if (covered[box] && !above) share += tree.right[box] - tree.left[box];
  }
  return share;
}

/** The box that the names of `path` lead to, in a newer flame; -1 where it is gone. */
function boxOf(shape: Flame, tree: Tree, path: string[]): number {
  let box = -1;
  for (const name of path) {
    const among = box < 0 ? tree.roots : [...tree.children.subarray(tree.first[box], tree.first[box + 1])];
    const next = among.find(child => shape.names[shape.name[child]] === name);
    if (next === undefined) return -1;
    box = next;
  }
  return box;
}

function tipOf(shape: Flame, tree: Tree, box: number): string[] {
  const own =
    shape.weight[box] -
    [...tree.children.subarray(tree.first[box], tree.first[box + 1])].reduce(
      (sum, child) => sum + shape.weight[child],
      0
    );
  const unit = shape.unit ?? 's';
  return [
    shape.names[shape.name[box]],
    `${withUnit(shape.weight[box], unit)}, ${(100 * (tree.right[box] - tree.left[box])).toFixed(1)}% of all`,
    `${withUnit(Math.max(own, 0), unit)} of its own`
  ];
}

function sentenceOf(shape: Flame, tree: Tree): string {
  const unit = shape.unit ?? 's';
  if (!shape.name.length) return `${named('Flame graph', shape.heading)}: no data yet.`;
  const widest = tree.roots
    .slice(0, 3)
    .map(box => `${shape.names[shape.name[box]]} ${withUnit(shape.weight[box], unit)}`);
  return `${named('Flame graph', shape.heading)}: ${shape.name.length} boxes, ${withUnit(tree.total, unit)}; ${widest.join(', ')}. ${KEYS}`;
}

/** Own and whole weight by name; of a name within itself the outer box counts. */
function twinOf(shape: Flame, tree: Tree): Table {
  const whole = new Float64Array(shape.names.length);
  const own = new Float64Array(shape.names.length);
  shape.name.forEach((name, box) => {
    own[name] += shape.weight[box];
    if (tree.parent[box] >= 0) own[shape.name[tree.parent[box]]] -= shape.weight[box];
    let above = tree.parent[box];
    while (above >= 0 && shape.name[above] !== name) above = tree.parent[above];
    if (above < 0) whole[name] += shape.weight[box];
  });
  const unit = shape.unit ?? 's';
  const rows = shape.names
    .map((name, at) => [name, own[at], whole[at]])
    .sort((one, other) => Number(other[1]) - Number(one[1]));
  return { shape: 'table', columns: ['name', `own, ${unit}`, `whole, ${unit}`], rows };
}
