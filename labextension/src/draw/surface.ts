/** A canvas as wide as its place and sharp on every screen, painted at most once a frame and only while it is in sight. */
import { OWN_KEYS, element } from './dom';
import { type Theme, onThemeChange, readTheme } from './theme';

export interface Surface {
  readonly frame: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly brush: CanvasRenderingContext2D;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  /** Paint with the next frame. */
  repaint(): void;
  /** In CSS pixels; repaints. */
  setSize(height: number, leastWidth?: number): void;
}

/** A focusable canvas within a frame in `el`; `paint` is called with it cleared to the paper's colour. */
export function makeSurface(
  el: HTMLElement,
  height: number,
  paint: (surface: Surface) => void,
  signal: AbortSignal
): Surface {
  const frame = el.appendChild(element('div', 'ds-frame'));
  const canvas = frame.appendChild(element('canvas', 'ds-canvas', '', { role: 'img', tabindex: '0', ...OWN_KEYS }));
  const brush = canvas.getContext('2d', { alpha: false })!;
  let [width, leastWidth, due, theme] = [0, 0, 0, readTheme(el)];
  let [inSight, isStale] = [true, false];

  const draw = () => {
    due = 0;
    if (width < 20 || signal.aborted) return;
    const ratio = window.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== across) canvas.width = across;
    if (canvas.height !== down) canvas.height = down;
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.fillStyle = theme.paper;
    brush.fillRect(0, 0, width, height);
    paint(surface);
  };
  const repaint = () => {
    isStale = !inSight;
    if (inSight) due ||= requestAnimationFrame(draw);
  };
  const fit = () => {
    if (!frame.clientWidth) return; // not shown at the moment
    const now = Math.max(frame.clientWidth, leastWidth);
    canvas.style.width = `${now}px`;
    canvas.style.height = `${height}px`;
    if (now === width) return;
    width = now;
    repaint();
  };
  const surface: Surface = {
    frame,
    canvas,
    brush,
    repaint,
    get width() {
      return width;
    },
    get height() {
      return height;
    },
    get theme() {
      return theme;
    },
    setSize(newHeight, newLeastWidth = 0) {
      height = newHeight;
      leastWidth = newLeastWidth;
      fit();
      repaint();
    }
  };
  const observer = new ResizeObserver(fit);
  observer.observe(frame);
  const sight = new IntersectionObserver(
    entries => {
      inSight = entries[entries.length - 1].isIntersecting;
      if (inSight && isStale) repaint();
    },
    { rootMargin: '200px' }
  );
  sight.observe(frame);
  signal.addEventListener('abort', () => {
    observer.disconnect();
    sight.disconnect();
    cancelAnimationFrame(due);
    frame.remove();
  });
  onThemeChange(() => {
    theme = readTheme(el);
    repaint();
  }, signal);
  fit();
  return surface;
}

/** `text` cut with an ellipsis to `room` pixels in the brush's font. */
export function fitText(brush: CanvasRenderingContext2D, text: string, room: number): string {
  if (brush.measureText(text).width <= room) return text;
  let [least, most] = [0, text.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (brush.measureText(`${text.slice(0, middle)}…`).width <= room) least = middle;
    else most = middle - 1;
  }
  return least ? `${text.slice(0, least).trimEnd()}…` : '';
}

export const SMALL = 11;
export const BODY = 12;

/** Sets font, colour and alignment of the words that follow. */
export function pen(
  surface: Surface,
  size: number,
  colour: string,
  align: CanvasTextAlign = 'left',
  weight = 400
): CanvasRenderingContext2D {
  const { brush, theme } = surface;
  brush.font = `${weight} ${size}px ${theme.font}`;
  brush.fillStyle = colour;
  brush.textAlign = align;
  brush.textBaseline = 'alphabetic';
  return brush;
}

/** A crisp horizontal or vertical rule. */
export function rule(surface: Surface, colour: string, x: number, y: number, dx: number, dy: number): void {
  surface.brush.fillStyle = colour;
  surface.brush.fillRect(Math.round(x), Math.round(y), Math.max(dx, 1), Math.max(dy, 1));
}
