"""`ds send RUN ORDER`: tell a run, wherever it was started, to pause, resume, stop, save or set a value."""

from __future__ import annotations

import argparse
import time

from ds_notebook.cli._door import Command, add_json, print_json
from ds_notebook.errors import UsageError
from ds_notebook.record import Record, open_run
from ds_notebook.record.commands import AnyCommand, Pause, Resume, Save, Set, Stop, send
from ds_notebook.record.events import Decision
from ds_notebook.record.state import OVER

_ORDERS: dict[str, type[Pause] | type[Resume] | type[Stop] | type[Save]] = {
    "pause": Pause,
    "resume": Resume,
    "stop": Stop,
    "save": Save,
}


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", help="a run's id or folder")
    parser.add_argument("order", metavar="ORDER", nargs="+", help="pause, resume, stop, save, or set lr=3e-4")
    parser.add_argument("--wait", type=float, default=10.0, metavar="S", help="seconds to wait for the answer (10)")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    record = open_run(asked.run_id)
    command = _command(asked.order)
    if (state := record.state) in OVER:
        raise UsageError(f"Run {record.id} is {state}: nobody is there to obey.")
    send(record.path, command)
    answer = _answer(record, command, asked.wait)
    verdict = answer.verdict if answer else "asked"
    reason = answer.reason if answer else f"no answer within {asked.wait:g} s; it is obeyed between two steps"
    if asked.json:
        print_json({"command": command.word, "id": command.id, "verdict": verdict, "reason": reason})
    else:
        print(f"{command.word}: {verdict}" + (f" ({reason})" if reason else ""))
    return 1 if verdict == "refused" else 0


def _command(order: list[str]) -> AnyCommand:
    word, *rest = order
    if word == "set" and len(rest) == 1:
        name, _, value = rest[0].partition("=")
        try:
            return Set(name=name, value=float(value))
        except ValueError:
            raise UsageError(f"set takes a name and a number, as in: set lr=3e-4; got {rest[0]!r}.") from None
    if word not in _ORDERS or rest:
        raise UsageError(f"Order {' '.join(order)!r} is not known. Choose pause, resume, stop, save or set lr=3e-4.")
    return _ORDERS[word]()


def _answer(record: Record, command: AnyCommand, wait_s: float) -> Decision | None:
    position = None
    deadline = time.monotonic() + wait_s
    while True:
        events, position = record.tail(position)
        for event in events:
            if isinstance(event, Decision) and event.subject == command.id:
                return event
        if time.monotonic() >= deadline:
            return None
        time.sleep(0.05)


COMMAND = Command(run=_run, add=_add, example="ds send 2026-12-01-quiet-heron set lr=3e-4")
