/** The page's one socket: any number of views follow runs and the list of runs over it. */
import type { Asked, Beat, Problem, RunList, SceneMessage } from '../types';
import { MISSING, ServerProblem, host, openSocket } from './server';

export interface RunListener {
  scene(message: SceneMessage): void;
  /** Why there is none; empty when all is well again. */
  problem(words: string): void;
}

export interface ListListener {
  runs(list: RunList): void;
  problem(words: string): void;
}

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 10_000;
const SILENT_MS = 25_000;
/** Two beats and a half: the connection is dead. */
const WIDTH = 800;

type Incoming = SceneMessage | Problem | RunList | Beat;

const runs = new Map<string, Set<RunListener>>();
const lists = new Map<ListListener, string[]>();
const latest = new Map<string, SceneMessage>();
let socket: WebSocket | null = null;
let received = 0;
let waitMs = FIRST_WAIT_MS;
let retry: ReturnType<typeof setTimeout> | undefined;
let watchdog: ReturnType<typeof setTimeout> | undefined;

/** Calls `listener` with each newer scene of the run at `path` until the function that it returns is called. */
export function followRun(path: string, listener: RunListener): () => void {
  const listeners = runs.get(path) ?? new Set();
  const isFirst = listeners.size === 0;
  runs.set(path, listeners.add(listener));
  const known = latest.get(path);
  if (known) queueMicrotask(() => listeners.has(listener) && listener.scene(known));
  if (isFirst) tell({ follow: path, width: WIDTH, from: null, to: null });
  connect();
  return () => {
    listeners.delete(listener);
    if (listeners.size || runs.get(path) !== listeners) return;
    runs.delete(path);
    latest.delete(path);
    tell({ unfollow: path });
    closeIfIdle();
  };
}

/** Follows the list of runs of `folders`. */
export function followList(
  folders: string[],
  listener: ListListener
): { setFolders(folders: string[]): void; stop(): void } {
  lists.set(listener, folders);
  tell({ list: allFolders() });
  connect();
  return {
    setFolders(next) {
      if (JSON.stringify(next) === JSON.stringify(lists.get(listener))) return;
      lists.set(listener, next);
      tell({ list: allFolders() });
    },
    stop() {
      lists.delete(listener);
      closeIfIdle();
    }
  };
}

const allFolders = () => [...new Set([...lists.values()].flat())].slice(0, 20);

function tell(what: Asked): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(what));
}

function connect(): void {
  if (socket || retry || (!runs.size && !lists.size)) return;
  const mine = (socket = openSocket());
  received = 0;
  mine.onopen = () => {
    waitMs = FIRST_WAIT_MS;
    for (const path of runs.keys()) tell({ follow: path, width: WIDTH, from: null, to: null });
    if (lists.size) tell({ list: allFolders() });
    watch();
  };
  mine.onmessage = event => {
    watch();
    take(JSON.parse(event.data));
    tell({ ack: ++received });
  };
  mine.onclose = () => {
    if (socket === mine) void lost();
  };
}

function take(message: Incoming): void {
  if ('runs' in message) return lists.forEach((_, listener) => listener.runs(message));
  if ('problem' in message) {
    latest.delete(message.path);
    return runs.get(message.path)?.forEach(listener => listener.problem(message.problem));
  }
  if (!('scene' in message)) return;
  if (runs.has(message.path)) latest.set(message.path, message);
  runs.get(message.path)?.forEach(listener => {
    listener.problem('');
    listener.scene(message);
  });
}

/** Says so to every view, and tries again later and later; a server without our half is not asked again. */
async function lost(): Promise<void> {
  socket = null;
  clearTimeout(watchdog);
  if (!runs.size && !lists.size) return;
  const isMissing = await host().then(
    () => false,
    problem => problem instanceof ServerProblem && problem.status === 404
  );
  const words = isMissing ? MISSING : 'The connection to the server is lost; trying again.';
  runs.forEach(listeners => listeners.forEach(listener => listener.problem(words)));
  lists.forEach((_, listener) => listener.problem(words));
  if (isMissing) return;
  retry = setTimeout(
    () => {
      retry = undefined;
      connect();
    },
    waitMs * (0.75 + Math.random() / 2)
  );
  waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
}

function watch(): void {
  clearTimeout(watchdog);
  const mine = socket;
  watchdog = setTimeout(() => mine?.close(), SILENT_MS);
}

function closeIfIdle(): void {
  if (runs.size || lists.size) return;
  clearTimeout(watchdog);
  clearTimeout(retry);
  retry = undefined;
  const mine = socket;
  socket = null;
  mine?.close();
}
