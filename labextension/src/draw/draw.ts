/** What a drawing is: a function from an element and a shape to a dispose function. */
import type { Axes } from './axes';
import type { Styles } from './styles';
import type { Table } from '../types';

export type Dispose = () => void;

export interface Context<S> {
  /** Ends with the drawing: listeners are bound to it. */
  signal: AbortSignal;
  /** The x axes that the panels of a scene share. */
  axes: Axes;
  /** The look of each curve name in all panels of a scene. */
  styles: Styles;
  /** What stands beside a row of a table: buttons, say. */
  beside?(row: Table['rows'][number]): HTMLElement | null;
  /** Calls `listener` with each newer shape; zoom, focus and hover stay as they are. */
  onUpdate(listener: (shape: S) => void): void;
}

export type Draw<S> = (el: HTMLElement, shape: S, context: Context<S>) => Dispose;
