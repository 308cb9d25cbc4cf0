"""`%ds_profile` and `%%ds_profile` in a real kernel: what a person sees, and what is left."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import pytest
from jupyter_client.manager import start_new_kernel

from ds_magics.profile import parted
from ds_notebook.options import OptionParser, add_options
from ds_notebook.profile.config import ProfileConfig
from tests.magics.conftest import Kernel

SLOW = """def slow(n):
    total = 0
    for i in range(n):
        total += i * i
    return total
"""


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel with the extension loaded and a function `slow`, which is in cell 3."""
    folder = tmp_path_factory.mktemp("kernel")
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder), startup_timeout=60)
    kernel = Kernel(manager, client)
    try:
        assert kernel.run(f"import os; os.environ['DS_RUNS'] = {str(folder / 'ds_runs')!r}").error == ""
        assert kernel.run("%load_ext ds_notebook").error == ""
        assert kernel.run(SLOW).error == ""
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def told(kernel: Kernel, expression: str) -> str:
    cell = kernel.run(
        f"from ds_notebook.profile import profile_of\nseen = profile_of(profile.record)\nprint({expression})"
    )
    assert cell.error == "", plain(cell.error)
    return cell.text.strip()


HOTTEST = "max(seen.main(), key=lambda stack: stack.wall_s)"


def test_a_statement_is_profiled_once_and_its_view_is_shown(kernel: Kernel) -> None:
    cell = kernel.run("1 + 1\n%ds_profile value = slow(5_000_000)\nprint(value > 0)")

    assert cell.error == "" and cell.text == "True\n"
    (shown,) = [each["text/plain"] for each in cell.displays]
    assert shown.startswith("profile of value = slow(5_000_000): finished")
    root, leaf = told(kernel, f"{HOTTEST}.frames[0].where, {HOTTEST}.frames[-1].where, sep='|'").split("|")
    assert re.fullmatch(r"cell \d+, line 2", root) and leaf == "cell 3, line 4"
    assert told(kernel, f"seen.line({HOTTEST}.frames[0])") == "value = slow(5_000_000)"
    assert told(kernel, f"seen.line({HOTTEST}.frames[-1]).strip()") == "total += i * i"


def test_a_cell_has_the_number_that_stands_beside_it(kernel: Kernel) -> None:
    kernel.run("%%ds_profile\nhere = len(In) - 1\nslow(2_000_000)")

    name, root, here = told(kernel, f"profile.record.started.name, {HOTTEST}.frames[0].place, here, sep='|'").split("|")
    assert name == root == f"cell {here}"


def test_a_cells_lines_are_numbered_as_the_user_sees_them(kernel: Kernel) -> None:
    cell = kernel.run("%%ds_profile --name two\nfirst = 1\n\nsecond = slow(5_000_000)\n")

    assert cell.error == "" and cell.displays[0]["text/plain"].startswith("profile of two: finished")
    root = f"{HOTTEST}.frames[0]"
    assert told(kernel, f"{root}.line, seen.line({root}), second > 0") == "4 second = slow(5_000_000) True"


def test_what_stands_in_the_kernel_is_hidden(kernel: Kernel) -> None:
    kernel.run("%ds_profile slow(5_000_000)")

    assert told(kernel, "sorted({stack.lane for stack in seen.stacks})") == "['main']"
    assert (
        told(kernel, "{frame.place for stack in seen.main() for frame in stack.frames} - {'cell 3'}").count("cell") == 1
    )


def test_a_cell_that_raises_keeps_its_profile_and_its_traceback(kernel: Kernel) -> None:
    error = plain(kernel.run("%%ds_profile\nslow(2_000_000)\nslow('x')\n").error)

    assert "TypeError" in error and "line 3" in error and "cell" in error.lower()
    assert "ds_magics" not in error and "ds_notebook" not in error
    assert told(kernel, "profile.record.state, len(seen.main()) > 0") == "failed True"


def test_what_the_last_line_comes_to_is_shown(kernel: Kernel) -> None:
    assert [each["text/plain"] for each in kernel.run("%%ds_profile\n40 + 2").displays[1:]] == ["42"]
    assert kernel.run("%%ds_profile\n40 + 2;").displays[1:] == []
    assert kernel.run("value = %ds_profile 40 + 2\nprint(value)").text == "42\n"


def test_a_cell_is_compiled_as_without_the_magic(kernel: Kernel) -> None:
    cell = kernel.run("%%ds_profile\nclass Typed:\n    a: int\nprint(Typed.__annotations__)")

    assert cell.text == "{'a': <class 'int'>}\n"


def test_a_name_of_the_users_own_is_not_taken(kernel: Kernel) -> None:
    cell = kernel.run("%%ds_profile\nprofile = 'mine'\nslow(1000)\nprint(profile)")
    after = kernel.run("print(profile)\ndel profile")

    assert (cell.text, after.text) == ("mine\n", "mine\n")


def test_an_interrupt_keeps_the_profile(kernel: Kernel) -> None:
    message = kernel.start(
        "%%ds_profile\nslow(2_000_000)\nprint('begun', flush=True)\nwhile True:\n    slow(100_000)\n"
    )
    while kernel.client.get_iopub_msg(timeout=60)["msg_type"] != "stream":
        pass
    kernel.manager.interrupt_kernel()
    cell = kernel.finish(message)

    assert "KeyboardInterrupt" in plain(cell.error) and "ds_magics" not in plain(cell.error)
    assert told(kernel, "profile.record.state, seen.observed.samples > 0") == "interrupted True"


def test_an_inner_profile_is_part_of_the_outer_and_says_so(kernel: Kernel) -> None:
    cell = kernel.run("%%ds_profile\n%ds_profile total = slow(2_000_000)\n")

    assert cell.error == "" and len(cell.displays) == 1
    assert re.fullmatch(r"A profile is already running \(\S+\): this is part of it\.\n", cell.text)
    assert told(kernel, "profile.record.state") == "finished"


def test_the_name_of_a_run_alone_shows_its_steps(kernel: Kernel) -> None:
    kernel.run(
        "import ds_notebook as ds\nwith ds.start_run('loop') as run:\n    for i in run.steps(range(5)): run.log(a=i)"
    )

    cell = kernel.run("%ds_profile run")

    assert cell.error == "" and len(cell.displays) == 1


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("%ds_profile", "UsageError: There is nothing to profile"),
        ("%ds_profile --rate-hz 0 slow(3)", "UsageError: rate_hz must lie between 1 and 1000, got 0."),
        ("%ds_profile --rate slow(3)", "UsageError: Option --rate is not known. Did you mean --rate-hz?"),
        ("%%ds_profile slow(3)\npass", "UsageError: %%ds_profile profiles the cell below it"),
        (
            "%%ds_profile\nx = (1,",
            "UsageError: This is no Python, so nothing ran: '(' was never closed (line 2: x = (1,).",
        ),
        ("%%ds_profile\nreturn 3", "UsageError: This is no Python, so nothing ran: 'return' outside function (line 2"),
        ("%ds_profile await nothing()", "UsageError: What awaits can be profiled by a `with` in a cell without the"),
        ("%ds_profile rnu", "UsageError: There is no 'rnu' here: %ds_profile takes a statement, or the name of a run."),
    ],
)
def test_a_slip_is_one_sentence(cell: str, sentence: str, kernel: Kernel) -> None:
    error = plain(kernel.run(cell).error)

    assert error.startswith(sentence) and "\n" not in error


def test_tab_completes_options_and_the_question_mark_shows_them(kernel: Kernel) -> None:
    kernel.client.complete("%ds_profile --ra", len("%ds_profile --ra"))
    reply = kernel.client.get_shell_msg(timeout=20)
    while reply["msg_type"] != "complete_reply":
        reply = kernel.client.get_shell_msg(timeout=20)

    assert "--rate-hz" in reply["content"]["matches"]
    assert "--rate-hz X" in kernel.run("print(get_ipython().find_line_magic('ds_profile').__doc__)").text


def test_nothing_is_left_in_the_kernel(kernel: Kernel) -> None:
    look = (
        "import gc, json, sys, threading\n"
        "names = sorted(thread.name for thread in threading.enumerate())\n"
        "print(names, len(sys.meta_path), len(gc.callbacks), json.dumps.__code__.co_filename)"
    )
    kernel.run("%ds_profile slow(3)")
    before = kernel.run(look).text

    kernel.run("%ds_profile slow(1_000_000)")

    assert kernel.run(look).text == before and "ds-profile" not in before


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = OptionParser(prog="%%ds_profile")
    add_options(parser, ProfileConfig)
    return parser


@pytest.mark.parametrize(
    ("line", "words", "statement"),
    [
        ("f('a b', \"c\")", [], "f('a b', \"c\")"),
        ("--rate-hz 50 --name 'my own' x = f(--y)", ["--rate-hz", "50", "--name", "my own"], "x = f(--y)"),
        ("--memory f()  # said", ["--memory"], "f()  # said"),
        ("--rate-hz=50 f()", ["--rate-hz=50"], "f()"),
        ("--memory", ["--memory"], ""),
        ("", [], ""),
    ],
)
def test_options_come_first_and_the_statement_stays_as_it_was_typed(
    line: str, words: list[str], statement: str, parser: argparse.ArgumentParser
) -> None:
    assert parted(line, parser) == (words, statement)
