/** Scenes to look at and to measure: usual, empty, odd and large ones. */
import type { Block, Flame, Heatmap, Lines, Scene, Shape } from '../src/types';

const steps = (count: number) => Array.from({ length: count }, (_, at) => at);
const noise = (at: number) => ((((Math.sin(at * 12.9898) * 43758.5453) % 1) + 1) % 1) - 0.5;

/** A noisy falling curve of `count` points. */
export function curve(count: number, heading = 'Loss'): Lines {
  const x = steps(count);
  const falling = x.map(at => 2 * Math.exp((-5 * at) / count) + 0.12 + 0.14 * noise(at));
  const epochs = [1, 2, 3, 4, 5].map(epoch => (epoch * count) / 5);
  const val = { name: 'val_loss', x: epochs, y: [0.9, 0.42, 0.25, 0.19, 0.17], markers: true };
  return { shape: 'lines', heading, series: [{ name: 'loss', x, y: falling }, val] };
}

/** A flame of about `count` boxes: a few deep stacks, many thin leaves. */
export function flame(count: number): Flame {
  const words = [
    'fit',
    'forward',
    'backward',
    'loader',
    'collate',
    'conv2d',
    'relu',
    'linear',
    'optimizer.step',
    'read',
    'decode',
    'normalise',
    'augment',
    'log',
    'zero_grad',
    '<lambda>'
  ];
  const names = Array.from(
    { length: 400 },
    (_, at) => `${words[at % words.length]}${at < words.length ? '' : ` (module_${at}.py)`}`
  );
  const [name, parent, weight] = [[0], [-1], [12.5]];
  const room = [12.5];
  for (let at = 1; at < count; at++) {
    let on = Math.floor(Math.abs(noise(at)) * 2 * Math.min(at, Math.sqrt(at) * 6));
    if (room[on] < 0.02 * weight[on]) on = at - 1;
    const part = room[on] * (0.15 + Math.abs(noise(at * 7)));
    room[on] -= part;
    name.push(1 + Math.floor((noise(at * 3) + 0.5) * (at < 60 ? 15 : 399)));
    parent.push(on);
    weight.push(part);
    room.push(part * 0.95);
  }
  return { shape: 'flame', heading: 'Where the time went', names, name, parent, weight };
}

function blocks(): Block[] {
  const kinds = ['data', 'forward', 'backward', 'step'];
  const found: Block[] = [];
  for (let step = 0; step < 40; step++) {
    kinds.forEach((kind, at) =>
      found.push({
        lane: 'loop',
        kind,
        label: step % 8 ? '' : kind,
        start: step * 0.1 + at * 0.025,
        end: step * 0.1 + at * 0.025 + 0.018 + 0.006 * at * 0.3
      })
    );
    found.push({
      lane: `loader ${step % 2}`,
      kind: 'read',
      start: step * 0.1,
      end: step * 0.1 + 0.07 + 0.02 * noise(step),
      label: `batch ${step}`
    });
  }
  return found;
}

function heat(): Heatmap {
  const rows = ['conv1', 'conv2', 'conv3', 'fc1', 'fc2', 'head'];
  return {
    shape: 'heatmap',
    heading: 'Gradient norm by layer',
    rows,
    columns: steps(120).map(at => at * 40),
    x_label: 'step',
    values: rows.map((_, row) =>
      steps(120).map(at =>
        row === 3 && at > 50 && at < 58
          ? null
          : Math.exp(-at / (30 + row * 20)) * (1 + row) + 0.2 * noise(at * (row + 1))
      )
    )
  };
}

const confusion: Heatmap = {
  shape: 'heatmap',
  heading: 'Confusion',
  rows: ['cat', 'dog', 'ship', 'truck'],
  columns: ['cat', 'dog', 'ship', 'truck'],
  x_label: 'said',
  y_label: 'was',
  unit: '',
  values: [
    [50, 4, 0, 1],
    [6, 44, 0, 0],
    [0, 1, 58, 2],
    [0, 0, 5, 51]
  ]
};

const SHAPES: Shape[] = [
  {
    shape: 'text',
    heading: 'Findings',
    lines: [
      '61% of each step waits for data. Two loader workers would remove about 50%.',
      'Gate val_accuracy >= 0.97 passed: 0.981.'
    ]
  },
  curve(4800),
  {
    shape: 'lines',
    heading: 'accuracy',
    y_label: 'share',
    series: [
      {
        name: 'train',
        x: steps(600).map(at => at * 8),
        y: steps(600).map(at => 1 - 0.9 * Math.exp(-at / 90) - 0.03 * Math.abs(noise(at)))
      },
      { name: 'val', x: [960, 1920, 2880, 3840, 4800], y: [0.71, 0.85, 0.93, 0.96, 0.97], markers: true }
    ]
  },
  {
    shape: 'lines',
    heading: 'lr',
    log_y: true,
    series: [{ name: 'lr', x: steps(300).map(at => at * 16), y: steps(300).map(at => 1e-2 * 10 ** (-at / 80)) }]
  },
  {
    shape: 'lines',
    heading: 'many',
    series: 'abcdefg'
      .split('')
      .map((name, at) => ({
        name: `layer ${name}`,
        x: steps(60).map(x => x * 80),
        y: steps(60).map(x => at + Math.sin(x / 9 + at))
      }))
  },
  {
    shape: 'bars',
    heading: 'Time in a step',
    names: [
      'waiting for data',
      'forward',
      'backward',
      'optimizer.step with a very long name indeed that has to be cut',
      'logging'
    ],
    values: [0.061, 0.0213, 0.0301, 0.0042, 0.0001],
    unit: 's'
  },
  { shape: 'bars', heading: 'Change', names: ['memory', 'speed', 'accuracy'], values: [-35, 12.5, 0.2], unit: '%' },
  { shape: 'timeline', heading: 'Steps', lanes: ['loop', 'loader 0', 'loader 1'], blocks: blocks() },
  flame(3000),
  heat(),
  confusion,
  {
    shape: 'graph',
    heading: 'Jobs',
    nodes: [
      { name: 'fetch', kind: 'finished', note: '12 s' },
      { name: 'clean', kind: 'finished', note: '3 min 10 s' },
      { name: 'train small', kind: 'running', note: 'epoch 3 of 5' },
      { name: 'train large', kind: 'queued', note: 'waits for 1 GPU' },
      { name: 'compare', kind: 'queued' },
      { name: 'report', kind: 'queued' }
    ],
    edges: [
      { source: 'fetch', target: 'clean' },
      { source: 'clean', target: 'train small', label: 'parquet' },
      { source: 'clean', target: 'train large' },
      { source: 'train small', target: 'compare' },
      { source: 'train large', target: 'compare' },
      { source: 'compare', target: 'report' }
    ]
  },
  {
    shape: 'table',
    heading: 'Trials',
    columns: ['trial', 'lr', 'val_accuracy', 'note'],
    rows: steps(30).map(at => [
      `trial ${at}`,
      10 ** (-1 - at / 10),
      0.9 + 0.1 * noise(at),
      at % 7 ? null : '<img onerror=alert(1) src=x>'
    ])
  }
];

export const usual: Scene = {
  title: 'digits: running, epoch 3 of 5, 1 min 10 s left',
  panels: SHAPES,
  commands: ['pause', 'resume', 'stop', 'save', 'set']
};

export const empty: Scene = {
  title: 'queued',
  panels: [
    { shape: 'lines', heading: 'loss', series: [] },
    { shape: 'lines', heading: 'nan', series: [{ name: 'loss', x: [0, 1], y: [null, null] }] },
    { shape: 'bars', heading: 'bars', names: [], values: [] },
    { shape: 'timeline', heading: 'timeline', lanes: [], blocks: [] },
    { shape: 'flame', heading: 'flame', names: [], name: [], parent: [], weight: [] },
    { shape: 'heatmap', heading: 'heatmap', rows: [], columns: [], values: [] },
    { shape: 'graph', heading: 'graph', nodes: [], edges: [] },
    { shape: 'table', heading: 'table', columns: [], rows: [] },
    { shape: 'text', heading: 'text', lines: [] }
  ]
};

const one = (heading: string, ...y: (number | null)[]): Lines => ({
  shape: 'lines',
  heading,
  series: [{ name: heading, x: steps(y.length), y }]
});

export const odd: Scene = {
  title: '<img src=x onerror="document.title=\'hacked\'"> & "quotes": running',
  panels: [
    one('one point', 0.5),
    one('constant', 0.5, 0.5, 0.5),
    one('gaps', 1, null, 2, null, 5, 3, 2),
    one('huge', -1.7e308, 1.7e308),
    one('tiny', 5e-324, 0),
    { shape: 'bars', heading: 'one', names: ['x'], values: [0] },
    { shape: 'timeline', heading: 'one block', lanes: ['a'], blocks: [{ lane: 'a', start: 1, end: 1 }] },
    { shape: 'flame', heading: 'one box', names: ['main'], name: [0], parent: [-1], weight: [1] },
    { shape: 'heatmap', heading: 'one cell', rows: ['r'], columns: ['c'], values: [[1]] },
    {
      shape: 'graph',
      heading: 'a cycle',
      nodes: [{ name: 'a' }, { name: 'b' }],
      edges: [
        { source: 'a', target: 'b' },
        { source: 'b', target: 'a' },
        { source: 'a', target: 'gone' }
      ]
    },
    { shape: 'table', heading: 'one row', columns: ['x'], rows: [[null]] },
    { shape: 'novel', heading: 'from the future' } as unknown as Shape
  ]
};
