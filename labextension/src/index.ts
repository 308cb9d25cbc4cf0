/** The lab plugin: the Runs panel, runs in the main area, and their commands. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  type MainAreaWidget,
  WidgetTracker,
  showDialog,
  showErrorMessage
} from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import type { Widget } from '@lumino/widgets';
import { RunsPanel, compareWidget, runWidget, saveAs } from './hosts/widgets';
import { ask, deleteRun, pageOf } from './hosts/server';
import type { RunList, RunSummary } from './types';

const SHOW = 'ds-notebook:show-runs';
const OPEN = 'ds-notebook:open-run';
const LATEST = 'ds-notebook:open-latest-run';
const COMPARE = 'ds-notebook:compare-runs';

const icon = new LabIcon({
  name: 'ds-notebook:runs',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 22 22"><path class="jp-icon3" fill="#616161" d="M3 3h2v14h14v2H3zM7 6l4 6 3-3 4 5-1.5 1.2L14 12l-3 3.2L5.5 7z"/></svg>'
});

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'ds-notebook:plugin',
  description: 'The Runs panel of ds-notebook, and runs in the main area',
  autoStart: true,
  optional: [ICommandPalette, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    const words = (translator ?? nullTranslator).load('ds_notebook');
    const tracker = new WidgetTracker<MainAreaWidget<Widget>>({ namespace: 'ds-notebook-runs' });
    const folders = () => foldersOf(app);
    const panel = new RunsPanel(
      {
        open: run => void app.commands.execute(OPEN, { path: run.path }),
        compare: paths => void app.commands.execute(COMPARE, { paths }),
        download: run => void told(pageOf(run.path).then(blob => saveAs(blob, `${run.id}.html`))),
        remove: run => void removeRun(run)
      },
      folders
    );
    panel.id = 'ds-runs';
    panel.title.caption = words.__('Runs');
    panel.title.icon = icon;
    app.shell.add(panel, 'left', { rank: 600 });

    const show = (widget: MainAreaWidget<Widget>) => {
      const beside = [...app.shell.widgets('main')].find(
        other => other.id.startsWith('ds-run ') || other.id.startsWith('ds-compare ')
      );
      widget.title.icon = icon;
      app.shell.add(widget, 'main', beside ? { mode: 'tab-after', ref: beside.id } : { mode: 'split-right' });
      // Notebook 7's main area holds the notebook alone
      if (![...app.shell.widgets('main')].includes(widget)) app.shell.add(widget, 'right');
      app.shell.activateById(widget.id);
    };
    app.commands.addCommand(SHOW, {
      label: words.__('Runs: Show the Panel'),
      execute: () => app.shell.activateById(panel.id)
    });
    app.commands.addCommand(OPEN, {
      label: words.__('Runs: Open a Run'),
      execute: args => {
        const path = String(args.path);
        const open = tracker.find(widget => widget.id === `ds-run ${path}`);
        if (open) return app.shell.activateById(open.id);
        const widget = runWidget(path);
        show(widget);
        return tracker.add(widget);
      }
    });
    app.commands.addCommand(LATEST, {
      label: words.__('Runs: Open the Latest Run'),
      execute: () =>
        told(
          latestRun(folders()).then(run =>
            run ? app.commands.execute(OPEN, { path: run.path }) : app.commands.execute(SHOW)
          )
        )
    });
    app.commands.addCommand(COMPARE, {
      label: words.__('Runs: Compare Two Runs'),
      execute: args => show(compareWidget((args.paths as string[]) ?? []))
    });
    [SHOW, LATEST].forEach(command => palette?.addItem({ command, category: words.__('Runs') }));
    void restorer?.restore(tracker, {
      command: OPEN,
      args: widget => ({ path: widget.id.slice('ds-run '.length) }),
      name: widget => widget.id
    });
    restorer?.add(panel, panel.id);
    void app.restored.then(() => setInterval(() => panel.foldersChanged(), 1000));
  }
};

/** The folders of the open notebooks, and the server's own root. */
function foldersOf(app: JupyterFrontEnd): string[] {
  const paths = [...app.shell.widgets('main')].map(
    widget => (widget as { context?: { path?: string } }).context?.path ?? ''
  );
  const notebooks = paths
    .filter(path => path.endsWith('.ipynb'))
    .map(path => PathExt.dirname(path.replace(/^[^/]*:/, '')));
  return [...new Set(['', ...notebooks])];
}

async function latestRun(folders: string[]): Promise<RunSummary | undefined> {
  const query = folders.map(folder => `folder=${encodeURIComponent(folder)}`).join('&');
  const list: RunList = await (await ask(`runs?${query}`)).json();
  return list.runs[0];
}

async function removeRun(run: RunSummary): Promise<void> {
  const asked = await showDialog({
    title: 'Delete this run?',
    body: `The record of "${run.name}" (${run.id}) is deleted for good, with its checkpoints.`,
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: 'Delete' })]
  });
  if (asked.button.accept) await told(deleteRun(run.path));
}

/** Shows what went wrong, in the server's own sentence. */
async function told(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (problem) {
    await showErrorMessage('Runs', problem instanceof Error ? problem.message : String(problem));
  }
}

export default plugin;
