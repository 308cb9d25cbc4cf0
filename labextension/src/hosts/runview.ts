/** A run drawn from its record through the server, with buttons. */
import { makeJobTools } from '../scene/jobs';
import { makeSceneView } from '../scene/view';
import type { Scene, SceneMessage } from '../types';
import { followRun } from './follow';
import { sceneOf, send } from './server';
import { makeSpeedscopeLink } from './speedscope';

export interface RunView {
  dispose(): void;
}

const REFRESH_MS = 1000;
/** How often the part of a live run that is zoomed into is asked for. */

/** Draws the run at `path` in `el`; `onScene` hears each message, `onProblem` why there is none. */
export function makeRunView(
  el: HTMLElement,
  path: string,
  hear: { onScene?(message: SceneMessage): void; onProblem?(words: string): void } = {}
): RunView {
  let message: SceneMessage | null = null;
  let window: [number, number] | null = null;
  let part: Scene | null = null;
  let partOf = '';
  let timer: ReturnType<typeof setTimeout> | undefined;

  const view = makeSceneView(el, { waiting: 'asked', jobs: makeJobTools, send: order => send(path, order) }, wanted => {
    window = wanted;
    part = null;
    partOf = '';
    if (window) void refresh();
    else render();
  });
  const speedscope = makeSpeedscopeLink(view.links, path);
  const render = () => {
    if (!message) return;
    const { title, commands } = message.scene;
    speedscope.show(message.scene);
    view.show({ ...message, scene: part ? { ...part, title, commands } : message.scene });
  };
  /** The zoomed part, once now and then once a second while the run goes on. */
  const refresh = async () => {
    clearTimeout(timer);
    timer = undefined;
    const asked = window;
    if (!asked || !message || message.version === partOf) return;
    partOf = message.version;
    try {
      const { scene } = await sceneOf(path, el.clientWidth, asked);
      if (asked === window) part = scene;
      render();
    } catch {
      // the scene that is there, coarser, stays; the connection's own line says what is wrong
    }
  };
  const stop = followRun(path, {
    scene(next) {
      message = next;
      render();
      if (window) timer ??= setTimeout(() => void refresh(), REFRESH_MS);
      hear.onScene?.(next);
    },
    problem(words) {
      if (message || !hear.onProblem) view.say(words);
      hear.onProblem?.(words);
    }
  });
  return {
    dispose() {
      clearTimeout(timer);
      stop();
      view.dispose();
    }
  };
}
