/** Lumino widgets of the lab plugin: the list at the side, a run or a comparison in the main area. */
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { element } from '../draw/dom';
import { makeSceneView } from '../scene/view';
import { followList } from './follow';
import { type RunActions, makeRunList } from './runs';
import { type RunView, makeRunView } from './runview';
import { compare, host } from './server';

/** "Runs" in the side bar; `folders` are those of the open notebooks. It listens only while it is seen. */
export class RunsPanel extends Widget {
  private stop = new AbortController();
  private following: ReturnType<typeof followList> | null = null;
  private list;

  constructor(
    actions: RunActions,
    private folders: () => string[]
  ) {
    super();
    this.addClass('ds-runs');
    this.list = makeRunList(this.node, actions, this.stop.signal);
  }

  /** Call when notebooks were opened or closed. */
  foldersChanged(): void {
    this.following?.setFolders(this.folders());
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.listen();
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) this.listen();
  }

  protected onAfterHide(): void {
    this.following?.stop();
    this.following = null;
  }

  dispose(): void {
    this.following?.stop();
    this.stop.abort();
    super.dispose();
  }

  private listen(): void {
    this.following ??= followList(this.folders(), {
      runs: list => {
        this.list.say('');
        this.list.show(list);
      },
      problem: words => this.list.say(words)
    });
    host().then(this.list.tellHost, problem => this.list.say(problem.message));
  }
}

/** A run in the main area. */
export function runWidget(path: string): MainAreaWidget<Widget> {
  const content = new Widget();
  content.addClass('ds-Run');
  content.node.tabIndex = -1;
  const widget = new MainAreaWidget({ content });
  const view: RunView = makeRunView(content.node, path, {
    onScene: message => {
      widget.title.label = message.scene.title.split(':')[0] || message.id;
      widget.title.caption = message.scene.title;
    }
  });
  content.disposed.connect(() => view.dispose());
  return named(widget, `ds-run ${path}`, path.split('/').pop() ?? path);
}

/** Two runs, one drawing. */
export function compareWidget(paths: string[]): MainAreaWidget<Widget> {
  const content = new Widget();
  content.addClass('ds-Run');
  const view = makeSceneView(content.node, null);
  compare(paths).then(
    scene => view.show({ scene, state: '', commands: [] }),
    problem => view.say(problem.message)
  );
  content.disposed.connect(() => view.dispose());
  return named(new MainAreaWidget({ content }), `ds-compare ${paths.join(' ')}`, 'Compare runs');
}

function named(widget: MainAreaWidget<Widget>, id: string, label: string): MainAreaWidget<Widget> {
  widget.id = id;
  widget.title.label = label;
  widget.title.closable = true;
  return widget;
}

/** Hands `blob` to the browser as a file called `name`. */
export function saveAs(blob: Blob, name: string): void {
  const link = element('a', '', '', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
