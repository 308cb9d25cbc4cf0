/** The anywidget host: the same drawings where there is no lab extension, fed and heard by the kernel. */
import { makeSceneView } from '../scene/view';
import type { Shown } from '../scene/view';
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
  const view = makeSceneView(el, { waiting: WAITING, send: async order => model.send(order) });
  const show = () => view.show(model.get('shown'));
  model.on('change:shown', show);
  show();
  return () => {
    model.off('change:shown', show);
    view.dispose();
    style.remove();
  };
}

export default { render };
