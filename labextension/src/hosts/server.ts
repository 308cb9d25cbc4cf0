/** Requests to the server half; token, XSRF and a JupyterHub prefix are ServerConnection's business. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { Host, Order, Scene, SceneMessage } from '../types';

const API = 'ds-notebook/api';

/** An answer that is no success; `message` is one sentence for the user. */
export class ServerProblem extends Error {
  constructor(
    readonly status: number,
    message: string
  ) {
    super(message);
  }
}

export const MISSING =
  'This JupyterLab has no ds-notebook server extension. Where it runs: pip install ds-notebook, then restart it.';

/** Asks the server half; throws ServerProblem. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const settings = ServerConnection.makeSettings();
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(URLExt.join(settings.baseUrl, API, path), init, settings);
  } catch {
    throw new ServerProblem(0, 'The server does not answer. Check that it runs, and the network.');
  }
  if (!response.ok) throw new ServerProblem(response.status, await messageOf(response));
  return response;
}

/** Whether the server half is there, and what it says of its host. */
export async function host(): Promise<Host> {
  return (await ask('host')).json();
}

/** The scene of a run, or of a part of its steps. */
export async function sceneOf(path: string, width: number, window?: [number, number]): Promise<SceneMessage> {
  const query = new URLSearchParams({ width: String(Math.round(width)) });
  if (window) {
    query.set('from', String(Math.floor(window[0])));
    query.set('to', String(Math.ceil(window[1])));
  }
  return (await ask(`${runUrl(path)}/scene?${query}`)).json();
}

/** Brings an order on its way. */
export async function send(path: string, order: Order): Promise<void> {
  await ask(`${runUrl(path)}/commands`, { method: 'POST', body: JSON.stringify(order) });
}

export async function deleteRun(path: string): Promise<void> {
  await ask(runUrl(path), { method: 'DELETE' });
}

/** The run as one file that opens anywhere. */
export async function pageOf(path: string): Promise<Blob> {
  return (await ask(`${runUrl(path)}/page`)).blob();
}

/** Where the run's profile is, as speedscope reads it. */
export const speedscopeUrl = (path: string) =>
  URLExt.join(ServerConnection.makeSettings().baseUrl, API, runUrl(path), 'speedscope');

export async function compare(paths: string[]): Promise<Scene> {
  const query = paths.map(path => `run=${encodeURIComponent(path)}`).join('&');
  return (await (await ask(`compare?${query}`)).json()).scene;
}

/** A new socket to the server half. */
export function openSocket(): WebSocket {
  const settings = ServerConnection.makeSettings();
  const token = settings.appendToken && settings.token ? `?token=${encodeURIComponent(settings.token)}` : '';
  return new settings.WebSocket(URLExt.join(settings.wsUrl, API, 'follow') + token);
}

const runUrl = (path: string) => `runs/${URLExt.encodeParts(path)}`;

async function messageOf(response: Response): Promise<string> {
  try {
    return (await response.json()).message || response.statusText;
  } catch {
    return `The server answered ${response.status} ${response.statusText}.`;
  }
}
