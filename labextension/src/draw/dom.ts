/** Making elements: all text goes in as text. */

/** A new element with a class, text and attributes. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  text = '',
  attributes: Record<string, string> = {}
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Keys pressed on an element that has these are its own: in a notebook's command mode "b" would add a cell. */
export const OWN_KEYS = { 'data-lm-suppress-shortcuts': 'true' };

/** A real button. */
export function button(text: string, className: string, onClick: () => void, signal: AbortSignal): HTMLButtonElement {
  const made = element('button', `ds-button ${className}`, text, { type: 'button', ...OWN_KEYS });
  made.addEventListener('click', onClick, { signal });
  return made;
}

/** Sets the text only where it differs, so that a selection and a screen reader stay undisturbed. */
export function setText(el: Element, text: string): void {
  if (el.textContent !== text) el.textContent = text;
}

let count = 0;

/** An id that no other element of the page has. */
export const freshId = () => `ds-${++count}-${Math.random().toString(36).slice(2, 8)}`;
