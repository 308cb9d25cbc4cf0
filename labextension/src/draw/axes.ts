/** The x axes that panels share: what is shown of them, and where the cursor stands. */

export type Range = [low: number, high: number];

/** One axis; panels tell it what they hold and hear when it moves. */
export class SharedAxis {
  private extents = new Map<object, Range>();
  private listeners = new Set<() => void>();
  private zoomed: Range | null = null;
  private whole: Range | null = null;
  /** The value under the pointer or the keyboard's cursor, on every panel of the axis. */
  cursor: number | null = null;
  /** Set while panels may hold only a part of the data, because a window was asked for. */
  private partial = false;

  /** What `panel` has from end to end; null where it has nothing. */
  setExtent(panel: object, extent: Range | null): void {
    if (extent) this.extents.set(panel, extent);
    else this.extents.delete(panel);
    const held = union([...this.extents.values()]);
    const before = this.view;
    const [first, last] = this.whole ?? [Infinity, -Infinity];
    if (!this.partial || (held && held[0] <= first && held[1] >= last)) {
      this.whole = held;
      this.partial = this.zoomed !== null && this.partial;
    }
    if (this.view[0] !== before[0] || this.view[1] !== before[1]) this.changed();
  }

  removePanel(panel: object): void {
    this.extents.delete(panel);
  }

  /** All there is, as far as known; null while no panel has data. */
  get full(): Range | null {
    return this.whole;
  }

  /** The part to draw. */
  get view(): Range {
    return this.zoomed ?? this.whole ?? [0, 1];
  }

  get isZoomed(): boolean {
    return this.zoomed !== null;
  }

  /** The part that was chosen by hand; null for all of it. */
  get window(): Range | null {
    return this.zoomed;
  }

  /** From now on panels may be given only what is in the window: all there is stays what it is known to be. */
  expectWindow(): void {
    this.partial = true;
  }

  /** Show `low` to `high`, kept within what there is. */
  zoom(low: number, high: number): void {
    const [first, last] = this.whole ?? [low, high];
    const from = Math.max(low, first);
    const to = Math.min(high, last);
    if (to - from <= (last - first) * 1e-9) return;
    this.zoomed = from <= first && to >= last ? null : [from, to];
    this.changed();
  }

  /** Show `factor` times as much around the cursor, or around the middle. */
  zoomBy(factor: number): void {
    const [low, high] = this.view;
    const middle = this.cursor !== null && this.cursor >= low && this.cursor <= high ? this.cursor : (low + high) / 2;
    this.zoom(middle - (middle - low) * factor, middle + (high - middle) * factor);
  }

  reset(): void {
    this.zoomed = null;
    this.changed();
  }

  setCursor(value: number | null): void {
    this.cursor = value;
    this.changed();
  }

  subscribe(listener: () => void, signal: AbortSignal): void {
    this.listeners.add(listener);
    signal.addEventListener('abort', () => this.listeners.delete(listener));
  }

  private changed(): void {
    this.listeners.forEach(listener => listener());
  }
}

/** The axes of one scene, by their label. */
export class Axes {
  private axes = new Map<string, SharedAxis>();

  axis(label: string): SharedAxis {
    const axis = this.axes.get(label) ?? new SharedAxis();
    this.axes.set(label, axis);
    return axis;
  }
}

function union(ranges: Range[]): Range | null {
  if (!ranges.length) return null;
  const low = Math.min(...ranges.map(range => range[0]));
  const high = Math.max(...ranges.map(range => range[1]));
  return low < high ? [low, high] : [low - (Math.abs(low) * 0.1 || 1), high + (Math.abs(high) * 0.1 || 1)];
}
