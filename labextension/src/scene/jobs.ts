/** Cancel and priority of each open job, beside its row of the table; what became of each is what the record says. */
import { button, element, setText } from '../draw/dom';
import type { Order, Sent } from '../types';
import type { Door } from './buttons';

export interface JobTools {
  /**
   * `offered` has "cancel JOB" of each open job, and "priority JOB NUMBER", with the number that it has, of those whose
   * priority can be changed.
   */
  show(offered: string[], sent: Sent[]): void;
  /** The tools of a job; null where nothing is offered for it. */
  of(job: string): HTMLElement | null;
}

interface Tools {
  root: HTMLElement;
  /** Without a priority there is only Cancel. */
  show(priority: number | null, sent: Sent[]): void;
}

export function makeJobTools(door: Door, signal: AbortSignal): JobTools {
  const known = new Map<string, Tools>();
  return {
    show(offered, sent) {
      const open = jobsIn(offered);
      for (const job of known.keys()) if (!open.has(job)) known.delete(job);
      for (const [job, priority] of open) {
        const tools = known.get(job) ?? makeTools(job, door, signal);
        known.set(job, tools);
        tools.show(priority, sent);
      }
    },
    of: job => known.get(job)?.root ?? null
  };
}

/** The priority of each job that is spoken of; null where that cannot be changed. */
function jobsIn(offered: string[]): Map<string, number | null> {
  const found = new Map<string, number | null>();
  for (const [word, job, number] of offered.map(each => each.split(' '))) {
    if (word === 'cancel' && !found.has(job)) found.set(job, null);
    if (word === 'priority') found.set(job, Number(number));
  }
  return found;
}

function makeTools(job: string, door: Door, signal: AbortSignal): Tools {
  const root = element('div', 'ds-job', '', { role: 'group', 'aria-label': `Commands to ${job}` });
  let [priority, asked, problem]: [number | null, Order['command'] | null, string] = [null, null, ''];
  let isSure = false;
  let latest: Sent[] = [];

  const send = async (order: Order) => {
    if (isWaiting(order.command)) return;
    [asked, problem] = [order.command, ''];
    render();
    try {
      await door.send(order);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    asked = null;
    render();
  };
  const isWaiting = (command: Order['command']) => {
    const one = last(latest, job, command);
    return asked === command || one?.verdict === 'asked';
  };
  const ask = (sure: boolean, focus: HTMLElement) => {
    isSure = sure;
    render();
    focus.focus();
  };
  const change = (by: number) => void send({ command: 'priority', job, value: (priority ?? 0) + by });

  const cancel = button('Cancel', '', () => !isWaiting('cancel') && ask(true, keep), signal);
  // Keep comes first: the second half of a double click falls on it.
  const keep = button('Keep it', '', () => ask(false, cancel), signal);
  const really = button(
    'Cancel it',
    'ds-warn',
    () => {
      ask(false, cancel);
      void send({ command: 'cancel', job });
    },
    signal
  );
  const lower = button('−', 'ds-step', () => change(-1), signal);
  const number = element('span', 'ds-priority');
  const higher = button('+', 'ds-step', () => change(1), signal);
  const said = element('span', 'ds-aside');
  cancel.setAttribute('aria-label', `Cancel ${job}`);
  keep.setAttribute('aria-label', `Keep it: ${job}`);
  really.setAttribute('aria-label', `Cancel it: ${job}`);
  root.append(cancel, keep, really, lower, number, higher, said);
  root.addEventListener('keydown', event => event.key === 'Escape' && isSure && ask(false, cancel), { signal });

  const render = () => {
    cancel.hidden = isSure;
    keep.hidden = really.hidden = !isSure;
    lower.hidden = number.hidden = higher.hidden = isSure || priority === null;
    setText(number, String(priority));
    number.title = `Priority ${priority}: higher goes first`;
    lower.setAttribute('aria-label', `Lower the priority of ${job}, which is ${priority}`);
    higher.setAttribute('aria-label', `Raise the priority of ${job}, which is ${priority}`);
    cancel.setAttribute('aria-disabled', String(isWaiting('cancel')));
    for (const step of [lower, higher]) step.setAttribute('aria-disabled', String(isWaiting('priority')));
    setText(said, problem || sentence(last(latest, job), door.waiting));
    said.hidden = !said.textContent;
  };
  return {
    root,
    show(next, sent) {
      [priority, latest] = [next, sent];
      render();
    }
  };
}

/** The last command to a job; of one kind, if it is given. */
function last(sent: Sent[], job: string, command?: Order['command']): Sent | undefined {
  const mine = (word: string) =>
    (command !== 'priority' && word === `cancel ${job}`) ||
    (command !== 'cancel' && word.startsWith(`set ${job}.priority=`));
  return sent.filter(({ word }) => mine(word)).pop();
}

/** What was applied shows in the row itself. */
function sentence(one: Sent | undefined, waiting: string): string {
  if (!one || one.verdict === 'applied') return '';
  const word = one.word.startsWith('cancel') ? 'cancel' : 'priority';
  return one.verdict === 'asked' ? `${word}: ${waiting}` : `${word}: refused${one.reason && `, ${one.reason}`}`;
}
