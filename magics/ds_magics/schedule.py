"""`%ds_schedule`: the queue, live; `%ds_schedule submit NOTEBOOK` adds to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from ds_magics._door import complete, words
from ds_notebook.errors import UsageError
from ds_notebook.options import OptionParser, add_options, given_options, help_text
from ds_notebook.record import Record
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.config import SchedulerConfig, SubmitConfig
from ds_notebook.schedule.submitted import EXAMPLE, add_submit_options, jobs_of
from ds_notebook.schedule.view import scene

_ACTIONS = ("submit", "cancel", "priority", "start", "stop")

HELP = (
    help_text(
        SubmitConfig,
        usage="%ds_schedule submit NOTEBOOK [-p NAME VALUE ...] [options], or options -- a command",
        example=f"%ds_schedule submit {EXAMPLE}",
    )
    + """

`%ds_schedule` alone shows the queue, live, with what each job got and why. `%ds_schedule cancel ID ...` ends jobs,
`%ds_schedule priority ID 5` puts one further ahead. `stop` ends the scheduler, not its jobs (`stop --jobs`
those too); `start` goes on, `start --policy fifo` with another policy."""
)


class ScheduleMagic:
    """The magic as IPython sees it."""

    def __init__(self, shell: InteractiveShell, show: Callable[[Record], None]) -> None:
        self._shell = shell
        self._show = show

    @classmethod
    def register(cls, shell: InteractiveShell, show: Callable[[Record], None]) -> None:
        """Make the magic known; `show` displays a record and keeps the picture up to date."""
        magic = cls(shell, show)

        def ds_schedule(line: str) -> None:
            magic(line)

        ds_schedule.__doc__ = HELP
        shell.register_magic_function(ds_schedule, "line", "ds_schedule")  # type: ignore[arg-type]  # typed as a method
        parser = OptionParser()
        add_submit_options(parser)
        offered = [*_ACTIONS, *(option for action in parser._actions for option in action.option_strings)]
        shell.set_hook("complete_command", lambda _, event: complete(offered, event.line), str_key="%ds_schedule")

    def __call__(self, line: str) -> None:
        """Do what the line says, then show the queue; the ids of a submit are left in the namespace as `jobs`."""
        schedule = Schedule()
        action, *rest = words(line) or [""]
        if action == "submit":
            jobs = jobs_of(rest, help_command="%ds_schedule?")
            schedule.start()  # first, and waited for: only then is there a record to show
            self._shell.user_ns["jobs"] = schedule.submit(*jobs)
            schedule.wait_until_taken()
        elif action:
            _do(schedule, action, rest)
        if schedule.record.started is None and schedule.jobs():
            schedule.start()  # a submit from Python has it started and waits for nothing
            schedule.wait_until_taken()
        if schedule.record.started is None:
            display(scene(()))  # nobody has ever submitted anything
        else:
            self._show(schedule.record)


def _do(schedule: Schedule, action: str, rest: Sequence[str]) -> None:
    match action, *rest:
        case "cancel", *ids if ids:
            schedule.cancel(*ids)
        case "priority", id, number if number.removeprefix("-").isdecimal():
            schedule.set_priority(id, int(number))
        case "start", *options:
            parser = OptionParser(help_command="%ds_schedule?")
            add_options(parser, SchedulerConfig)
            schedule.start_as(**given_options(SchedulerConfig, parser.parse_args(options)))
        case ("stop",):
            schedule.stop()
        case ("stop", "--jobs"):
            schedule.stop(jobs=True)
        case _:
            raise UsageError(
                f"%ds_schedule {' '.join([action, *rest])!r} is not known. Write submit NOTEBOOK, cancel ID, "
                "priority ID NUMBER, start or stop; nothing shows the queue."
            )
