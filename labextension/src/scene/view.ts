/** A scene in an element: title, commands, panels. A newer scene changes what differs; zoom, hover and focus stay. */
import { Axes } from '../draw/axes';
import { OWN_KEYS, element, setText } from '../draw/dom';
import { draw } from '../draw/index';
import { Styles } from '../draw/styles';
import type { Scene, Sent, Shape } from '../types';
import { type Door, makeButtons } from './buttons';
import type { JobTools } from './jobs';

export interface Shown {
  scene: Scene;
  state: string;
  commands: Sent[];
}

export interface SceneView {
  /** A place under the commands where the host of a view offers what only it has. */
  readonly links: HTMLElement;
  show(shown: Shown): void;
  /** One line above the scene: why it is not, or no longer, live. Empty takes it away. */
  say(words: string): void;
  dispose(): void;
}

interface PanelView {
  key: string;
  root: HTMLElement;
  update(shape: Shape): void;
  dispose(): void;
}

const SPOKEN_EVERY_MS = 5000;
/** A title that changes five times a second is told to a screen reader this often. */
const WINDOW_AFTER_MS = 150;

/** `onWindow` hears which part of the steps is looked at; null for all. */
export function makeSceneView(
  el: HTMLElement,
  door: Door | null,
  onWindow?: (window: [number, number] | null) => void
): SceneView {
  const stop = new AbortController();
  const axes = new Axes();
  const styles = new Styles();
  const root = el.appendChild(element('section', 'ds-view', '', { tabindex: '-1', ...OWN_KEYS }));
  const said = root.appendChild(element('p', 'ds-said', '', { role: 'status' }));
  const title = root.appendChild(element('h2', 'ds-title'));
  const spoken = root.appendChild(element('div', 'ds-hidden', '', { role: 'status', 'aria-live': 'polite' }));
  const orders = root.appendChild(element('div', 'ds-orders'));
  const links = root.appendChild(element('div', 'ds-links'));
  const grid = root.appendChild(element('div', 'ds-panels'));
  const buttons = door && makeButtons(orders, door, stop.signal);
  const jobs = door?.jobs?.(door, stop.signal) ?? null;
  let panels: PanelView[] = [];
  let [spokenAt, spokenState] = [0, ''];
  said.hidden = true;

  const speak = (text: string, state: string) => {
    const now = Date.now();
    if (state === spokenState && now - spokenAt < SPOKEN_EVERY_MS) return;
    [spokenAt, spokenState] = [now, state];
    setText(spoken, text);
  };
  const arrange = (shapes: Shape[]) => {
    const keys = keysOf(shapes);
    const before = new Map(panels.map(panel => [panel.key, panel]));
    panels.filter(panel => !keys.includes(panel.key)).forEach(panel => panel.dispose());
    panels = shapes.map((shape, at) => {
      const known = before.get(keys[at]);
      known?.update(shape);
      return known ?? makePanelView(keys[at], shape, axes, styles, jobs);
    });
    panels.forEach((panel, at) => {
      if (grid.children[at] !== panel.root) grid.insertBefore(panel.root, grid.children[at] ?? null);
    });
  };
  if (onWindow) watchWindow(axes, onWindow, stop.signal);

  return {
    links,
    show({ scene, state, commands }) {
      setText(title, scene.title);
      title.hidden = !scene.title;
      root.setAttribute('aria-label', scene.title || 'Run');
      root.dataset.state = state;
      speak(scene.title, state);
      buttons?.show(scene.commands ?? [], state, commands);
      jobs?.show(scene.commands ?? [], commands);
      arrange(scene.panels);
    },
    say(words) {
      setText(said, words);
      said.hidden = !words;
    },
    dispose() {
      panels.forEach(panel => panel.dispose());
      stop.abort();
      root.remove();
    }
  };
}

function makePanelView(key: string, shape: Shape, axes: Axes, styles: Styles, jobs: JobTools | null): PanelView {
  const root = element('div', 'ds-panel');
  root.dataset.shape = shape.shape;
  const stop = new AbortController();
  const listeners: ((shape: Shape) => void)[] = [];
  // A canvas measures its place, so the panel is drawn once it has one.
  requestAnimationFrame(() => {
    if (!stop.signal.aborted)
      dispose = draw(root, latest, {
        signal: stop.signal,
        axes,
        styles,
        beside: jobs && shape.shape === 'table' ? row => jobs.of(String(row[0])) : undefined,
        onUpdate: listener => listeners.push(listener)
      });
  });
  let dispose = () => undefined as void;
  let latest = shape;
  return {
    key,
    root,
    update(next) {
      if (next === latest) return;
      latest = next;
      listeners.forEach(listener => listener(next));
    },
    dispose() {
      dispose();
      stop.abort();
      root.remove();
    }
  };
}

/** A panel is the same in a newer scene if its shape and heading are; the second of equals is told by its number. */
function keysOf(shapes: Shape[]): string[] {
  const seen = new Map<string, number>();
  return shapes.map(shape => {
    const name = `${shape.shape} ${shape.heading ?? ''}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return `${name} ${count}`;
  });
}

function watchWindow(axes: Axes, onWindow: (window: [number, number] | null) => void, signal: AbortSignal): void {
  const axis = axes.axis('step');
  let asked = 'null';
  let timer: ReturnType<typeof setTimeout> | undefined;
  axis.subscribe(() => {
    const wanted = JSON.stringify(axis.window);
    if (wanted === asked) return;
    asked = wanted;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (axis.window) axis.expectWindow();
      onWindow(axis.window);
    }, WINDOW_AFTER_MS);
  }, signal);
  signal.addEventListener('abort', () => clearTimeout(timer));
}
