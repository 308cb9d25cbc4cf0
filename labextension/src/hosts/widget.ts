/** The anywidget host: the same drawings where there is no lab extension, fed and heard by the kernel. */
import { freshId } from '../draw/dom';
import { makeSceneView } from '../scene/view';
import type { Shown } from '../scene/view';
import type { Order, Sent } from '../types';
import css from '../../style/index.css';

interface Model {
  get(name: 'shown'): Shown;
  on(event: 'change:shown', listener: () => void): void;
  off(event: 'change:shown', listener: () => void): void;
  send(content: object): void;
}

const WAITING = 'will act when the cell is idle';

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const style = el.appendChild(document.createElement('style'));
  style.textContent = css;
  const given: Sent[] = []; // a busy kernel may hear of an order only when its cell has ended
  const send = async (order: Order) => {
    const id = freshId();
    given.push({ id, word: wordOf(order), verdict: 'asked', reason: '' });
    model.send({ ...order, id });
    show();
  };
  const view = makeSceneView(el, { waiting: WAITING, send });
  const show = () => {
    const shown = model.get('shown');
    const heard = new Set(shown.commands.map(command => command.id));
    view.show({ ...shown, commands: [...shown.commands, ...given.filter(order => !heard.has(order.id))] });
  };
  model.on('change:shown', show);
  show();
  return () => {
    model.off('change:shown', show);
    view.dispose();
    style.remove();
  };
}

const wordOf = ({ command, name, value }: Order) => (command === 'set' ? `set ${name}=${value}` : command);

export default { render };
