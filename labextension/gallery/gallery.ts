/** A page that draws the sample scenes; ?set=usual|empty|odd. What it offers to tests is on `window.gallery`. */
import { makeSceneView } from '../src/scene/view';
import css from '../style/index.css';
import * as samples from './samples';

const style = document.head.appendChild(document.createElement('style'));
style.textContent = css;
const orders: unknown[] = [];
const place = document.body.appendChild(document.createElement('main'));
const view = makeSceneView(place, { waiting: 'asked', send: async order => void orders.push(order) });
const set = (new URLSearchParams(location.search).get('set') ?? 'usual') as 'usual' | 'empty' | 'odd';
const commands = [
  { id: '1', word: 'save', verdict: 'applied' as const, reason: '' },
  { id: '2', word: 'set lr=-1', verdict: 'refused' as const, reason: 'lr must be above 0' }
];
view.show({ scene: samples[set], state: 'running', commands });
Object.assign(window, { gallery: { view, samples, orders, makeSceneView } });
