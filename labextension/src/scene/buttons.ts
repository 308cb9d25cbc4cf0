/** The commands on offer, as buttons; what became of each is what the record says. */
import { OWN_KEYS, button, element, freshId, setText } from '../draw/dom';
import type { Order, Sent } from '../types';
import type { JobTools } from './jobs';

type CommandName = Exclude<Order['command'], 'cancel' | 'priority'>;

export interface Door {
  /** Brings an order on its way; rejects with one sentence if it cannot. */
  send(order: Order): Promise<void>;
  /** What an order waits for: "asked", or "will act when the cell is idle". */
  waiting: string;
  /** Makes the buttons for single jobs of a queue; left out where no such order goes through. */
  jobs?(door: Door, signal: AbortSignal): JobTools;
}

export interface Buttons {
  show(offered: string[], state: string, sent: Sent[]): void;
}

const WORDS: Record<CommandName, string> = {
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Stop',
  save: 'Save',
  set: 'Set learning rate'
};
const TOLD = 3;
/** So many of the latest commands are told. */

/** A row of buttons in `el`. */
export function makeButtons(el: HTMLElement, door: Door, signal: AbortSignal): Buttons {
  const row = el.appendChild(element('div', 'ds-buttons', '', { role: 'group', 'aria-label': 'Commands to the run' }));
  const told = el.appendChild(element('div', 'ds-told', '', { role: 'status', 'aria-live': 'polite' }));
  const sending = new Set<CommandName>();
  let [offered, state, sent, problem]: [string[], string, Sent[], string] = [[], '', [], ''];

  const send = async (order: Order & { command: CommandName }) => {
    if (isWaiting(order.command)) return;
    sending.add(order.command);
    problem = '';
    render();
    try {
      await door.send(order);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    sending.delete(order.command);
    render();
  };
  const isWaiting = (name: CommandName) =>
    sending.has(name) || sent.some(one => one.verdict === 'asked' && one.word.split(' ')[0] === name);
  const pauses = button(WORDS.pause, '', () => void send({ command: state === 'paused' ? 'resume' : 'pause' }), signal);
  const stop = button(WORDS.stop, '', () => void send({ command: 'stop' }), signal);
  const save = button(WORDS.save, '', () => void send({ command: 'save' }), signal);
  const set = rateForm(value => void send({ command: 'set', name: 'lr', value }), signal);
  row.append(pauses, stop, save, set);

  const render = () => {
    const hadFocus = row.contains(document.activeElement);
    row.hidden = !offered.some(word => word in WORDS);
    if (hadFocus && row.hidden) el.closest<HTMLElement>('.ds-view')?.focus();
    const next = state === 'paused' ? 'resume' : 'pause';
    setText(pauses, WORDS[next]);
    for (const [part, name] of [
      [pauses, next],
      [stop, 'stop'],
      [save, 'save'],
      [set, 'set']
    ] as [HTMLElement, CommandName][]) {
      part.hidden = !offered.includes(name);
      const pressed = part.matches('form') ? part.querySelector('button')! : part;
      pressed.setAttribute('aria-disabled', String(isWaiting(name)));
    }
    const lines = sent.slice(-TOLD).map(one => sentence(one, door.waiting));
    for (const name of sending) lines.push(`${name}: sending`);
    setText(told, [...lines, problem].filter(Boolean).join(' · '));
    told.hidden = !told.textContent;
  };
  render();
  return {
    show(nextOffered, nextState, nextSent) {
      [offered, state, sent] = [nextOffered, nextState, nextSent];
      render();
    }
  };
}

function sentence({ word, verdict, reason }: Sent, waiting: string): string {
  const said = word.replace(/^set (\S+)\.priority=(\S+)$/, 'priority $1 $2');
  if (verdict === 'asked') return `${said}: ${waiting}`;
  return `${said}: ${verdict}${verdict === 'refused' && reason ? `, ${reason}` : ''}`;
}

/** A number and a button; what is no number above zero is said beside it. */
function rateForm(onSet: (value: number) => void, signal: AbortSignal): HTMLFormElement {
  const form = element('form', 'ds-rate');
  const id = freshId();
  const input = element('input', 'ds-input', '', {
    id,
    type: 'text',
    inputmode: 'decimal',
    size: '7',
    autocomplete: 'off',
    placeholder: '3e-4'
  });
  const label = element('label', '', 'Learning rate', { for: id });
  const set = element('button', 'ds-button', 'Set', { type: 'submit', 'aria-label': WORDS.set, ...OWN_KEYS });
  form.append(label, input, set);
  form.addEventListener(
    'submit',
    event => {
      event.preventDefault();
      const value = Number(input.value);
      const fine = input.value.trim() !== '' && Number.isFinite(value) && value > 0;
      input.setCustomValidity(fine ? '' : 'A number above 0 is expected, such as 3e-4.');
      if (fine) onSet(value);
      else input.reportValidity();
    },
    { signal }
  );
  input.addEventListener('input', () => input.setCustomValidity(''), { signal });
  return form;
}
