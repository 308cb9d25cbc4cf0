/** "Open in speedscope": the real app, served with this extension, on a profile that the server half serves. */
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { element } from '../draw/dom';
import type { Scene } from '../types';
import { speedscopeUrl } from './server';

const APP = 'ds-notebook/speedscope/index.html';

/** A link to the profile of the run at `path`, hidden until `show` meets a scene that has one. */
export function makeSpeedscopeLink(el: HTMLElement, path: string): { show(scene: Scene): void } {
  const link = el.appendChild(
    element('a', 'ds-link', 'Open in speedscope', { href: addressOf(path), target: '_blank', rel: 'noopener' })
  );
  link.hidden = true;
  return {
    show(scene) {
      link.hidden = !scene.panels.some(panel => panel.shape === 'flame' && (panel.unit ?? 's') === 's');
    }
  };
}

/** speedscope fetches what `profileURL` names, from its own origin with its own cookies. */
function addressOf(path: string): string {
  const extensions =
    PageConfig.getOption('fullLabextensionsUrl') || URLExt.join(PageConfig.getBaseUrl(), 'lab/extensions');
  const profile = new URL(speedscopeUrl(path), location.href).href;
  const title = path.split('/').pop() ?? path;
  return `${URLExt.join(extensions, APP)}#profileURL=${encodeURIComponent(profile)}&title=${encodeURIComponent(title)}`;
}
