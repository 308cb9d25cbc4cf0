"""What `%load_ext ds_notebook` does: registers the magics, shows each run that starts, draws runs and records."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from IPython.core.interactiveshell import InteractiveShell

from ds_magics.profile import ProfileMagic
from ds_magics.schedule import ScheduleMagic
from ds_magics.train import TrainMagic
from ds_notebook import start
from ds_notebook.draw import Scene
from ds_notebook.record import Record, Run
from ds_notebook.rooms import ANY_OTHER_KIND, new_view, scene_of
from ds_notebook.widgets import Bundle, LiveStill, beside_for_this_page, bundle, scene_bundle


def load(shell: InteractiveShell) -> None:
    """Register everything once, also when the extension is loaded again."""
    if getattr(shell, "_ds_notebook", None) is not None:
        return
    views = _Views(shell)
    shell._ds_notebook = views  # type: ignore[attr-defined]  # marks the shell as loaded
    TrainMagic.register(shell, views.show)
    ProfileMagic.register(shell)
    ScheduleMagic.register(shell, views.show)
    start.announce.append(lambda run: views.show(run.record))
    shell.events.register("post_run_cell", views.finish_ended)
    assert shell.display_formatter is not None  # every interactive shell has one
    formatter = shell.display_formatter.mimebundle_formatter
    formatter.for_type(Record, lambda record, **_: bundle(record, scene_of(record)))
    formatter.for_type(Scene, lambda scene, **_: scene_bundle(scene))
    formatter.for_type(Run, lambda run, **_: bundle(run.record, scene_of(run.record)))


class _Views:
    """The live pictures of the runs that this kernel started."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._open: list[LiveStill] = []

    def show(self, record: Record) -> None:
        """Show a run that starts where its cell is, and keep the picture up to date."""
        from IPython.display import display

        run_id, shown = record.id, False

        def show(bundle: Bundle) -> None:
            nonlocal shown
            display(bundle.data, metadata=bundle.metadata, raw=True, display_id=run_id, update=shown)
            shown = True

        started = record.started
        fresh_view = partial(new_view, started.kind if started else ANY_OTHER_KIND)
        beside = beside_for_this_page(record, fresh_view)
        self._finish(lambda view: view.record_path == record.path)
        self._open.append(LiveStill(record, fresh_view(), show, beside))

    def finish_ended(self, *_: object) -> None:
        """At a cell's end: the last picture of each run that has ended, before the cell counts as done."""
        self._finish(lambda view: view.run_is_over)

    def _finish(self, which: Callable[[LiveStill], bool]) -> None:
        for view in filter(which, self._open[:]):
            self._open.remove(view)
            view.finish()
