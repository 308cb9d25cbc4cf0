/** Sentences, one a paragraph. */
import type { Text } from '../types';
import type { Draw } from './draw';
import { element, setText } from './dom';

export const drawText: Draw<Text> = (el, shape, { signal, onUpdate }) => {
  const heading = el.appendChild(element('h3', 'ds-heading'));
  const body = el.appendChild(element('div', 'ds-text'));
  const take = (next: Text) => {
    setText(heading, next.heading ?? '');
    heading.hidden = !next.heading;
    while (body.childElementCount > next.lines.length) body.lastElementChild!.remove();
    while (body.childElementCount < next.lines.length) body.append(element('p'));
    next.lines.forEach((line, at) => setText(body.children[at], line));
  };
  onUpdate(take);
  take(shape);
  signal.addEventListener('abort', () => [heading, body].forEach(part => part.remove()));
  return () => undefined;
};
