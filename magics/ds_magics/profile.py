"""`%ds_profile STATEMENT`, `%%ds_profile`, `%ds_profile RUN`: where the time goes, why, and what would help."""

from __future__ import annotations

import argparse
import ast
import builtins
import io
import shlex
import sys
from types import FrameType
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import output_can_be_silenced
from IPython.display import display

from ds_magics._door import _users_traceback, body_source, cell_number, complete
from ds_notebook.errors import UsageError
from ds_notebook.options import OptionParser, add_options, from_options, help_text
from ds_notebook.profile.config import ProfileConfig
from ds_notebook.record import Record, Run

HELP = (
    help_text(
        ProfileConfig,
        usage="%ds_profile [options] STATEMENT, or %%ds_profile [options] above a cell",
        example="%ds_profile table = slow_features(frame)",
    )
    + """

The code runs once, as it would without the profiler, but for --repeat and --fix; the profile is called `profile`
afterwards, unless you call something else so. `%ds_profile run`, with the name of
a run or record alone, shows where the steps of that run went."""
)


class ProfileMagic:
    """The magic as IPython sees it; line magic and cell magic are one."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._parser = OptionParser(prog="%%ds_profile", help_command="%%ds_profile?")
        add_options(self._parser, ProfileConfig)

    @classmethod
    def register(cls, shell: InteractiveShell) -> None:
        """Make the magic known."""
        magic = cls(shell)

        @output_can_be_silenced
        def ds_profile(line: str, cell: str | None = None) -> object:
            return magic(line, cell)

        ds_profile.__doc__ = HELP
        shell.register_magic_function(ds_profile, "line_cell", "ds_profile")  # type: ignore[arg-type]  # typed as a method
        options = [option for action in magic._parser._actions for option in action.option_strings]
        for key in ("%%ds_profile", "%ds_profile"):
            shell.set_hook("complete_command", lambda _, event: complete(options, event.line), str_key=key)

    def __call__(self, line: str, cell: str | None = None) -> object:
        """Profile the statement or the cell; gives what its last line comes to, which a notebook shows.

        The profile's run is left in the namespace as `profile`, unless something else of the user's is called so.
        """
        words, statement = parted(line, self._parser)
        config = from_options(ProfileConfig, self._parser.parse_args(words))
        if cell is not None and statement:
            raise UsageError(f"%%ds_profile profiles the cell below it, so {statement!r} has no place on its line.")
        if cell is None and not statement:
            raise UsageError("There is nothing to profile: %ds_profile STATEMENT, or %%ds_profile above a cell.")
        if (record := self._record(statement)) is not None:
            from ds_notebook.profile.steps_view import steps_scene

            display(steps_scene(record))
            return None
        if statement.isidentifier() and statement not in self._shell.user_ns and not hasattr(builtins, statement):
            raise UsageError(f"There is no {statement!r} here: %ds_profile takes a statement, or the name of a run.")
        source = statement_source(self._shell, statement) if cell is None else body_source(self._shell, cell)
        check(source)
        from ds_notebook.profile.session import current  # not before it is needed: `%load_ext` is to be quick

        if running := current():
            print(f"A profile is already running ({running.id}): this is part of it.")
        return self._profile(config, statement or f"cell {cell_number(self._shell)}", source)

    def _profile(self, config: ProfileConfig, what: str, source: str) -> object:
        from ds_notebook.profile.session import session

        names, value = self._shell.user_ns, None
        filename = self._shell.compile.cache(source, cell_number(self._shell))
        with session(config, what, base=sys._getframe()) as run:
            try:
                for _ in range(config.repeat):
                    value = run_source(self._shell, source, filename)
            finally:
                if isinstance(names.get("profile", run), Run):
                    names["profile"] = run
        if config.fix and run.record.ended is not None:  # not within another profile, which goes on
            from ds_notebook.profile.trials import ForkBench, try_remedies

            try_remedies(run.record, ForkBench(source, filename, names), runs=config.repeat)
        return value

    def _record(self, name: str) -> Record | None:
        """The record of a run whose name stands alone on the line."""
        value = self._shell.user_ns.get(name)
        return value.record if isinstance(value, Run) else value if isinstance(value, Record) else None


def parted(line: str, parser: argparse.ArgumentParser) -> tuple[list[str], str]:
    """The options at the line's beginning, and the statement behind them as it was typed.

    Raises UsageError for an option's quote that is not closed.
    """
    text = io.StringIO(line)
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    while line[(begin := text.tell()) :].lstrip().startswith("--"):
        option = _word(lexer)
        words.append(option)
        action = parser._option_string_actions.get(option)
        if action is not None and action.nargs != 0:
            words.append(_word(lexer))
    return words, line[begin:].strip()


def _word(lexer: shlex.shlex) -> str:
    try:
        return lexer.get_token() or ""
    except ValueError as error:
        raise UsageError(f"The line of the magic could not be read: {error}. Close the quote.") from None


def check(source: str) -> None:
    """Raise UsageError for what is no Python, before anything runs."""
    try:
        compile(source, "<cell>", "exec", dont_inherit=True)
    except SyntaxError as error:
        if _awaits(source):
            raise UsageError(
                "What awaits can be profiled by a `with` in a cell without the magic: with ds.profiled(): await ..."
            ) from None
        where = f"line {error.lineno}" + (f": {error.text.strip()}" if error.text else "")
        raise UsageError(f"This is no Python, so nothing ran: {error.msg} ({where}).") from None


def _awaits(source: str) -> bool:
    try:
        compile(source, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError:
        return False
    return True


def run_source(shell: InteractiveShell, source: str, filename: str) -> object:
    """Run Python in the notebook's namespace; gives what its last line comes to, None where that is no expression."""
    tree = ast.parse(source, filename)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    # By the shell's compiler: another would bring along the `__future__` imports of this file.
    compiled: Any = shell.compile  # typed for text alone, and IPython itself gives it trees
    with _users_traceback(shell):
        exec(compiled(tree, filename, "exec"), shell.user_ns)
        if isinstance(last, ast.Expr):
            return eval(compiled(ast.Expression(last.value), filename, "eval"), shell.user_ns)
    return None


def statement_source(shell: InteractiveShell, statement: str) -> str:
    """A line magic's statement as Python, on its line of the cell."""
    source: str = shell.transform_cell(statement)
    return "\n" * (_line_of_magic() - 1) + source


def _line_of_magic() -> int:
    from ds_notebook.profile.capture.places import CELL_FILE

    frame: FrameType | None = sys._getframe()
    while frame is not None and not CELL_FILE.search(frame.f_code.co_filename):
        frame = frame.f_back
    return frame.f_lineno if frame else 1
