/** Colours from low to high: one hue getting stronger, or two away from the middle. */

type Rgb = [number, number, number];

/** `pixel`: the colour as a picture's data has it, on every processor that a browser runs on. */
export interface Step {
  pixel: number;
  css: string;
  ink: string;
}

const STEPS = 64;
const LIGHT: Rgb[] = [
  [237, 243, 248],
  [158, 196, 222],
  [60, 132, 184],
  [8, 62, 116],
  [4, 28, 62]
];
const DARK: Rgb[] = [
  [31, 38, 46],
  [28, 73, 104],
  [42, 124, 158],
  [112, 184, 178],
  [234, 240, 187]
];
const TWO_LIGHT: Rgb[] = [
  [163, 67, 8],
  [229, 152, 94],
  [245, 244, 242],
  [112, 169, 207],
  [10, 84, 138]
];
const TWO_DARK: Rgb[] = [
  [240, 168, 90],
  [150, 90, 40],
  [38, 42, 47],
  [40, 100, 140],
  [125, 195, 240]
];

const made = new Map<string, Step[]>();

/** The steps of the scale; `two` for numbers around zero. */
export function stepsOf(two: boolean, dark: boolean): Step[] {
  const key = `${two} ${dark}`;
  const steps =
    made.get(key) ??
    Array.from({ length: STEPS }, (_, at) =>
      stepOf(two ? (dark ? TWO_DARK : TWO_LIGHT) : dark ? DARK : LIGHT, at / (STEPS - 1))
    );
  made.set(key, steps);
  return steps;
}

/** Which step a share from 0 to 1 takes. */
export const stepAt = (share: number) => Math.max(0, Math.min(STEPS - 1, Math.round(share * (STEPS - 1))));

function stepOf(stops: Rgb[], share: number): Step {
  const at = Math.min(Math.floor(share * (stops.length - 1)), stops.length - 2);
  const part = share * (stops.length - 1) - at;
  const mixed = stops[at].map((from, channel) => Math.round(from + (stops[at + 1][channel] - from) * part)) as Rgb;
  const bright = 0.2126 * mixed[0] + 0.7152 * mixed[1] + 0.0722 * mixed[2] > 120;
  const pixel = ((255 << 24) | (mixed[2] << 16) | (mixed[1] << 8) | mixed[0]) >>> 0;
  return { pixel, css: `rgb(${mixed.join(',')})`, ink: bright ? '#10161d' : '#ffffff' };
}
