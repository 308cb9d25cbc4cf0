/** Pointer and keyboard on a drawing with an x axis: hover, drag to zoom, double click, arrows, plus and minus. */
import type { SharedAxis } from './axes';
import { element } from './dom';
import type { Surface } from './surface';

export interface Plot {
  axis: SharedAxis;
  /** Left and right edge of the plot, top and bottom, in pixels. */
  box(): { left: number; right: number; top: number; bottom: number };
  /** The neighbour of `value` in the data: forwards, or backwards; the first or last where `value` is null. */
  next(value: number | null, steps: number): number | null;
  /** Shows the numbers at the pointer or cursor; null hides them. */
  tell(at: { x: number; y: number; value: number; aloud: boolean } | null): void;
  /** Other keys, arrows up and down among them; true if it was for the drawing. */
  onKey?(key: string): boolean;
}

/** Makes `surface` answer to pointer and keys; a line marks the cursor of the axis on it. */
export function interact(surface: Surface, plot: Plot, signal: AbortSignal): void {
  const { canvas, frame } = surface;
  const { axis } = plot;
  const line = frame.appendChild(element('div', 'ds-cursor'));
  const chosen = frame.appendChild(element('div', 'ds-chosen'));
  line.hidden = chosen.hidden = true;
  let dragFrom: number | null = null;
  let hovering = false;

  const toValue = (x: number) => {
    const { left, right } = plot.box();
    const [low, high] = axis.view;
    return low + Math.min(Math.max((x - left) / (right - left), 0), 1) * (high - low);
  };
  const toX = (value: number) => {
    const { left, right } = plot.box();
    const [low, high] = axis.view;
    return left + ((value - low) / (high - low)) * (right - left);
  };
  const place = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const showCursor = () => {
    const { left, right, top, bottom } = plot.box();
    const x = axis.cursor === null ? NaN : toX(axis.cursor);
    line.hidden = !(x >= left - 1 && x <= right + 1);
    if (line.hidden) return;
    line.style.transform = `translateX(${Math.round(x)}px)`;
    line.style.top = `${top}px`;
    line.style.height = `${bottom - top}px`;
  };
  let due = false;
  axis.subscribe(() => {
    surface.repaint();
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      showCursor();
    });
  }, signal);

  canvas.addEventListener(
    'pointermove',
    event => {
      const { x, y } = place(event);
      hovering = true;
      if (dragFrom !== null) {
        const { top, bottom } = plot.box();
        chosen.hidden = Math.abs(x - dragFrom) < 4;
        chosen.style.cssText = `left:${Math.min(x, dragFrom)}px;width:${Math.abs(x - dragFrom)}px;top:${top}px;height:${bottom - top}px`;
      }
      axis.setCursor(toValue(x));
      plot.tell({ x, y, value: toValue(x), aloud: false });
    },
    { signal }
  );
  canvas.addEventListener(
    'pointerdown',
    event => {
      if (event.button !== 0) return;
      dragFrom = place(event).x;
      canvas.setPointerCapture(event.pointerId);
    },
    { signal }
  );
  canvas.addEventListener(
    'pointerup',
    event => {
      const { x } = place(event);
      if (dragFrom !== null && Math.abs(x - dragFrom) >= 4) {
        const ends = [toValue(dragFrom), toValue(x)].sort((one, other) => one - other);
        axis.zoom(ends[0], ends[1]);
      }
      dragFrom = null;
      chosen.hidden = true;
    },
    { signal }
  );
  const leave = () => {
    if (!hovering) return;
    hovering = false;
    axis.setCursor(null);
    plot.tell(null);
  };
  canvas.addEventListener('pointerleave', leave, { signal });
  canvas.addEventListener(
    'pointercancel',
    () => {
      dragFrom = null;
      chosen.hidden = true;
      leave();
    },
    { signal }
  );
  canvas.addEventListener('dblclick', () => axis.reset(), { signal });
  canvas.addEventListener(
    'blur',
    () => {
      axis.setCursor(null);
      plot.tell(null);
    },
    { signal }
  );

  const move = (steps: number) => {
    const value = plot.next(axis.cursor, steps);
    if (value === null) return;
    const [low, high] = axis.view;
    if (value < low || value > high) axis.zoom(value - (high - low) / 2, value + (high - low) / 2);
    axis.setCursor(value);
    plot.tell({ x: toX(value), y: plot.box().top, value, aloud: true });
  };
  canvas.addEventListener(
    'keydown',
    event => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const far = event.shiftKey ? 10 : 1;
      const keys: Record<string, () => void> = {
        ArrowLeft: () => move(-far),
        ArrowRight: () => move(far),
        Home: () => move(-Infinity),
        End: () => move(Infinity),
        '+': () => axis.zoomBy(0.5),
        '=': () => axis.zoomBy(0.5),
        '-': () => axis.zoomBy(2),
        Escape: () => (axis.isZoomed ? axis.reset() : (axis.setCursor(null), plot.tell(null)))
      };
      if (keys[event.key]) keys[event.key]();
      else if (!plot.onKey?.(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal }
  );
}

/** The place of the first of sorted `values` that is not below `value`. */
export function lowerBound(values: ArrayLike<number>, value: number): number {
  let [least, most] = [0, values.length];
  while (least < most) {
    const middle = (least + most) >> 1;
    if (values[middle] < value) least = middle + 1;
    else most = middle;
  }
  return least;
}

/** The place of the sorted value nearest to `value`; -1 where there are none. */
export function nearest(values: ArrayLike<number>, value: number): number {
  const at = lowerBound(values, value);
  if (!values.length) return -1;
  if (at === 0) return 0;
  if (at === values.length) return at - 1;
  return value - values[at - 1] <= values[at] - value ? at - 1 : at;
}

/** `values[at]` that is `steps` on from the one nearest to `value`, kept within the ends. */
export function stepFrom(values: ArrayLike<number>, value: number | null, steps: number): number | null {
  if (!values.length) return null;
  const last = values.length - 1;
  if (!Number.isFinite(steps)) return values[steps < 0 ? 0 : last];
  if (value === null) return values[steps < 0 ? last : 0];
  const at = nearest(values, value) + steps;
  return values[Math.max(0, Math.min(last, at))];
}
