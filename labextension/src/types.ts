// Generated from ds_notebook/draw/shapes.py and ds_notebook/lab/messages.py by labextension/generate_types.py.
// Not edited by hand.

/**
 * The machine that the server runs on, for what a person should know before starting there.
 */
export interface Host {
  version: string;
  demo_host: string | null;
  idle_limit_s: number | null;
  memory_bytes: number | null;
  missing: string[];
}

/**
 * The runs of all folders asked for, newest first, and beside them the queue of this machine.
 */
export interface RunList {
  folders: Folder[];
  runs: RunSummary[];
  queue: RunSummary | null;
}

/**
 * A runs folder that was looked at.
 */
export interface Folder {
  path: string;
  problem: string;
}

/**
 * A run as a line of a list.
 */
export interface RunSummary {
  id: string;
  path: string;
  name: string;
  kind: string;
  state: 'failed' | 'finished' | 'interrupted' | 'lost' | 'paused' | 'queued' | 'running' | 'stopped';
  words: string;
  headline: string;
  progress: number | null;
  started_at: number;
  silent_s: number;
  tags: string[];
}

/**
 * A run as it is now.
 */
export interface SceneMessage {
  path: string;
  id: string;
  state: 'failed' | 'finished' | 'interrupted' | 'lost' | 'paused' | 'queued' | 'running' | 'stopped';
  version: string;
  scene: Scene;
  commands: Sent[];
}

/**
 * All of one view: the state in words, the panels beneath it, the commands on offer.
 */
export interface Scene {
  title: string;
  panels: (Lines | Bars | Timeline | Flame | Heatmap | Graph | Table | Text)[];
  commands?: string[];
}

/**
 * Curves over a shared x axis; panels with the same `x_label` share their zoom.
 */
export interface Lines {
  shape: 'lines';
  series: Series[];
  x_label?: string; // left out: "step"
  y_label?: string;
  log_y?: boolean;
  heading?: string;
}

/**
 * One curve: `x` rising, `y` as long as `x`; NaN and None break the line.
 */
export interface Series {
  name: string;
  x: number[];
  y: (number | null)[];
  markers?: boolean;
}

/**
 * A number a name, drawn in the order given on a horizontal axis; `unit` follows each number ("%", "ms").
 * With the unit "s" numbers are durations, written as 12.3 ms or 3 min 20 s.
 */
export interface Bars {
  shape: 'bars';
  names: string[];
  values: number[];
  unit?: string;
  heading?: string;
}

/**
 * Blocks on lanes over seconds since the beginning; lanes are drawn in the order given.
 */
export interface Timeline {
  shape: 'timeline';
  lanes: string[];
  blocks: Block[];
  heading?: string;
}

/**
 * A piece of work on a lane: `start` and `end` in seconds on the panel's time axis.
 */
export interface Block {
  lane: string;
  start: number;
  end: number;
  label?: string;
  kind?: string;
}

/**
 * Boxes within boxes, as wide as their weight: where time or memory went, by call stack.
 * Box number i is called `names[name[i]]`, lies on box `parent[i]` (-1: on the ground) and weighs `weight[i]`, its
 * own part and that of the boxes on it. A parent comes before the boxes on it. `unit` is "s", "bytes" or a word.
 */
export interface Flame {
  shape: 'flame';
  names: string[];
  name: number[];
  parent: number[];
  weight: number[];
  unit?: string; // left out: "s"
  heading?: string;
}

/**
 * A number for each row and column, as a colour from low to high; None and NaN leave a hole.
 * Columns that are numbers are places on the x axis: their panel shares its zoom with others of the same `x_label`.
 */
export interface Heatmap {
  shape: 'heatmap';
  rows: string[];
  columns: (string | number)[];
  values: ((number | null)[])[];
  x_label?: string;
  y_label?: string;
  unit?: string;
  heading?: string;
}

/**
 * Boxes and arrows, laid out from left to right: what waits for what, what feeds what.
 */
export interface Graph {
  shape: 'graph';
  nodes: Node[];
  edges: Edge[];
  heading?: string;
}

/**
 * A box of a graph; `name` is its own among the nodes.
 */
export interface Node {
  name: string;
  kind?: string;
  note?: string;
}

/**
 * An arrow between two nodes, by their names.
 */
export interface Edge {
  source: string;
  target: string;
  label?: string;
}

/**
 * Rows of cells under column names; numbers are aligned right.
 */
export interface Table {
  shape: 'table';
  columns: string[];
  rows: ((string | number | null)[])[];
  heading?: string;
}

/**
 * Sentences, one a line.
 */
export interface Text {
  shape: 'text';
  lines: string[];
  heading?: string;
}

/**
 * A command, and what the record says became of it.
 */
export interface Sent {
  id: string;
  word: string;
  verdict: 'applied' | 'asked' | 'refused';
  reason: string;
}

/**
 * Several runs in one drawing.
 */
export interface Comparison {
  scene: Scene;
}

/**
 * Over the socket: why there is no scene of a run.
 */
export interface Problem {
  path: string;
  problem: string;
}

/**
 * Over the socket: the connection lives.
 */
export interface Beat {
  beat: number;
}

/**
 * The body of a command: set takes a name and a number, cancel a job, priority a job and a whole number.
 */
export interface Order {
  command: 'cancel' | 'pause' | 'priority' | 'resume' | 'save' | 'set' | 'stop';
  name?: string | null;
  job?: string | null;
  value?: number | null;
}

/**
 * What a page says over the socket: one of follow, unfollow, list and ack.
 */
export interface Asked {
  follow?: string | null;
  unfollow?: string | null;
  list?: string[] | null;
  ack?: number | null;
  width?: number | null;
  from?: number | null;
  to?: number | null;
}

export type Shape = Lines | Bars | Timeline | Flame | Heatmap | Graph | Table | Text;
