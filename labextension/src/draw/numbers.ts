/** How a number is written, and where an axis has its ticks: as in ds_notebook/draw/ticks.py. */

const SUFFIXES: [number, string][] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k']
];
const DURATIONS: [number, string][] = [
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
  [1e-9, 'ns']
];
const FACTORS: [number, number][] = [
  [1, 1.5],
  [2, 3.5],
  [5, 7.5]
];
const BYTES = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A number for reading: 0.03125, 12.5k, 1.2M, 1e-5, nan; `digits` significant ones at most. */
export function number(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  if (rounded === 0) return '0';
  if (size < 1e-3 || size >= 1e15) {
    const [mantissa, exponent] = value.toExponential(Math.max(digits - 2, 0)).split('e');
    return `${trimmed(mantissa)}e${Number(exponent)}`;
  }
  const [scale, suffix] = unitOf(size);
  return trimmed(String(Number((rounded / scale).toPrecision(Math.max(digits, 4))))) + suffix;
}

/** A place on an axis: a step is written in full. */
export function placeText(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : number(value, 7);
}

/** A duration for reading: 850 µs, 12.3 ms, 4.2 s, 3 min 20 s, 1 h 05 min. */
export function seconds(value: number): string {
  if (!Number.isFinite(value)) return number(value);
  const size = Math.abs(value);
  if (size === 0) return '0 s';
  if (size < 59.95) {
    const [scale, unit] = DURATIONS.find(([least]) => size >= least * 0.9995) ?? DURATIONS[3];
    return `${number(value / scale, 3)} ${unit}`;
  }
  const whole = Math.round(size);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const sign = value < 0 ? '-' : '';
  return sign + (hours ? `${hours} h ${two(minutes)} min` : `${minutes} min ${two(whole % 60)} s`);
}

/** Bytes for reading: 512 bytes, 1.5 MiB. */
export function bytes(value: number): string {
  const power = Math.min(BYTES.length - 1, Math.max(0, Math.floor(Math.log2(Math.abs(value) || 1) / 10)));
  return `${number(value / 1024 ** power, 3)} ${BYTES[power]}`;
}

/** A number with its unit: 61%, 12.3 ms, 1.5 MiB, 4.2k samples. */
export function withUnit(value: number | null | undefined, unit = ''): string {
  if (value === null || value === undefined || Number.isNaN(value)) return 'nan';
  if (unit === 's') return seconds(value);
  if (unit === 'bytes') return bytes(value);
  return number(value) + (unit === '%' ? '%' : unit ? ` ${unit}` : '');
}

/** About `count` round positions (1, 2 or 5 times a power of ten) from `low` to `high`. */
export function ticks(low: number, high: number, count = 5): number[] {
  const wish = high / count - low / count;
  if (!Number.isFinite(wish) || wish <= 0) return [low];
  const magnitude = 10 ** Math.floor(Math.log10(wish));
  const step = (FACTORS.find(([, top]) => wish <= top * magnitude)?.[0] ?? 10) * magnitude;
  if (!step || !Number.isFinite(step) || Math.max(Math.abs(low), Math.abs(high)) / step > 1e15) return [low];
  const found: number[] = [];
  for (let at = Math.ceil(low / step - 1e-9); at <= Math.floor(high / step + 1e-9); at++) {
    found.push(Number((at * step).toPrecision(15)));
  }
  return found;
}

/** Powers of ten from `low` to `high`, thinned to about `count`; round numbers within one decade. */
export function logTicks(low: number, high: number, count = 5): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  if (last - first < 1) return ticks(low, high, count).filter(tick => tick > 0);
  const every = Math.ceil((last - first + 1) / count);
  const found: number[] = [];
  for (let power = first; power <= last; power += every) found.push(10 ** power);
  return found;
}

/** The positions as words: one unit and as many decimals as tell them apart. */
export function labels(positions: number[]): string[] {
  const largest = Math.max(0, ...positions.map(Math.abs));
  if (positions.length < 2 || largest >= 1e15 || largest < 1e-3 || areDecades(positions)) {
    return positions.map(position => number(position));
  }
  const step = positions[1] - positions[0];
  let [scale, suffix] = unitOf(largest);
  if (step / scale < 1e-3) [scale, suffix] = [1, ''];
  for (let decimals = 0; decimals < 16; decimals++) {
    const texts = positions.map(position => (position / scale).toFixed(decimals));
    if (texts.every((text, at) => Math.abs(Number(text) * scale - positions[at]) <= step * 1e-2)) {
      return texts.map((text, at) => (positions[at] === 0 ? '0' : text + suffix));
    }
  }
  return positions.map(position => number(position));
}

function unitOf(size: number): [number, string] {
  return size < 1e4 ? [1, ''] : (SUFFIXES.find(([least]) => size >= least) ?? [1, '']);
}

function areDecades(positions: number[]): boolean {
  const low = Math.min(...positions);
  return low > 0 && Math.max(...positions) / low >= 100 && positions[0] * 5 <= positions[1];
}

const trimmed = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
const two = (whole: number) => String(whole).padStart(2, '0');
