/** A run's output in a notebook: live from the record, or the picture saved with it and one line that says why. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { element, setText } from './draw/dom';
import { type RunView, makeRunView } from './hosts/runview';
import { MISSING, ServerProblem, host, sceneOf } from './hosts/server';

const TYPE = 'application/vnd.ds-notebook.run+json';
const ANSWER_MS = 5000;

interface Address {
  run_id: string;
  path: string;
  version: number;
}

export class RunOutput extends Widget implements IRenderMime.IRenderer {
  private view: RunView | null = null;
  private shown = '';
  private still = element('div', 'ds-view');
  private picture = element('img', 'ds-still');
  private why = element('p', 'ds-said', '', { role: 'status' });

  constructor(private resolver: IRenderMime.IResolver | null) {
    super();
    this.addClass('ds-Output');
    this.still.append(this.picture, this.why);
    this.why.hidden = true;
  }

  /** Called again with each newer picture; the view on the record stays. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const address = model.data[TYPE] as unknown as Address;
    this.keepStill(model);
    if (this.view && this.shown === address.run_id) return;
    this.view?.dispose();
    this.view = null;
    this.shown = address.run_id;
    this.node.append(this.still);
    try {
      const path = await this.locate(address);
      if (this.isDisposed || this.shown !== address.run_id) return;
      const place = this.node.appendChild(element('div', 'ds-live'));
      this.view = makeRunView(place, path, {
        onScene: () => this.still.remove(),
        onProblem: words => this.still.isConnected && this.say(words)
      });
    } catch (problem) {
      this.shown = '';
      this.say(`Not live, the picture is the last one saved. ${problem instanceof Error ? problem.message : problem}`);
    }
  }

  dispose(): void {
    this.view?.dispose();
    super.dispose();
  }

  private keepStill(model: IRenderMime.IMimeModel): void {
    const png = model.data['image/png'];
    const words = model.data['text/plain'];
    const text = Array.isArray(words) ? words.join('') : String(words ?? '');
    const metadata = model.metadata['image/png'] as { width?: number; alt?: string } | undefined;
    this.picture.hidden = typeof png !== 'string';
    this.picture.alt = metadata?.alt ?? text.split('\n')[0];
    if (metadata?.width) this.picture.width = metadata.width;
    if (typeof png === 'string') this.picture.src = `data:image/png;base64,${png.replace(/\s/g, '')}`;
  }

  private say(words: string): void {
    setText(this.why, words);
    this.why.hidden = !words;
  }

  /** The run's path for the server: as seen from the notebook's folder, else in the server's own runs folder. */
  private async locate({ path, run_id }: Address): Promise<string> {
    const beside = this.resolver ? decodeURIComponent(await this.resolver.resolveUrl(encodeURI(path))) : path;
    const places = [beside.replace(/^\/+/, ''), `@DS_RUNS/${run_id}`, `@SCHEDULER/${run_id}`].filter(
      place => !place.startsWith('..')
    );
    for (const place of places) {
      try {
        const found = await within(ANSWER_MS, sceneOf(place, this.node.clientWidth || 800));
        if (found.id === run_id) return place;
      } catch (problem) {
        if (!(problem instanceof ServerProblem) || ![400, 403, 404].includes(problem.status)) throw problem;
      }
    }
    await within(ANSWER_MS, host()).catch(problem => {
      throw problem instanceof ServerProblem && problem.status === 404 ? new Error(MISSING) : problem;
    });
    throw new Error(
      `This server does not see the record of run ${run_id}: copy its folder into ds_runs beside the notebook, or start the server in a folder above both.`
    );
  }
}

function within<T>(limitMs: number, answer: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error('The server does not answer; run the cell again or reload the page.')), limitMs)
  );
  return Promise.race([answer, late]);
}

const extension: IRenderMime.IExtension = {
  id: 'ds-notebook:mime',
  description: 'Draws runs in notebooks',
  dataType: 'json',
  rendererFactory: {
    safe: true,
    mimeTypes: [TYPE],
    defaultRank: -10, // before jupyterlab_widgets' view, which would not survive a reopened notebook
    createRenderer: options => new RunOutput(options.resolver)
  }
};
export default extension;
