"""What holds for every rule."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.profile import judge
from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import MOST_PROMISED
from ds_notebook.profile.observed import Gc, Observed
from ds_notebook.profile.rules import findings, rules
from ds_notebook.profile.rules._precedence import SPECIFIC_FIRST
from ds_notebook.record.events import Note
from tests.profile.rules.made import PLACE, profile, ran
from tests.profile.rules.made import at as line

CODES = (
    "data-wait loader-workers pin-memory host-sync low-precision tiny-batches gpu-idle optimizer-loop n-plus-one "
    "serialization python-loop pandas-rows recompute gc-pauses import-time gil-contention disk-wait "
    "thread-oversubscription memory-growth regex-compile"
).split()


def test_there_is_a_rule_for_each_code_and_a_rank_for_each_rule() -> None:
    assert sorted(rules()) == sorted(CODES) == sorted(SPECIFIC_FIRST)


@pytest.mark.parametrize("code", CODES)
def test_a_rule_is_silent_about_a_profile_of_nothing(code: str) -> None:
    assert not list(rules()[code].find(Profile(stacks=[], observed=Observed())))


@pytest.mark.parametrize("code", CODES)
def test_a_stack_without_frames_is_no_error(code: str) -> None:
    between = [ran(1.0), ran(1.0, lane="thread worker"), ran(1.0, lane="process 7 loader worker 0")]

    assert not list(rules()[code].find(profile("x = 1", *between, gpus=1)))


@pytest.mark.parametrize("code", CODES)
def test_a_rule_is_silent_about_one_line_that_computes(code: str) -> None:
    assert not list(rules()[code].find(profile("answer = solve(matrix)", ran(3.0, line(1)))))


@pytest.mark.parametrize("code", CODES)
def test_the_page_of_a_rule_has_a_bad_and_a_good_example_and_says_when_it_is_silent(code: str) -> None:
    page = rules()[code].__doc__ or ""

    assert all(part in page for part in ("What it sees.", "Why it matters.", "Bad::", "Good::"))
    assert re.search(r"How the remedy is verified\..*When it stays silent\.", page, re.DOTALL)


def test_a_cell_that_is_not_python_is_no_error() -> None:
    cell = Profile(
        stacks=[ran(2.0, line(1))],
        observed=Observed(wall_s=2.0),
        sources={PLACE: ["%%bash", "for f in *; do echo $f; done"]},
    )

    assert findings(cell) == []


def test_where_hardly_anything_would_be_left_no_more_than_tenfold_is_promised() -> None:
    seen = profile(
        "gc.collect()\nfor x in xs:\n    gc.collect()",
        ran(4.0, line(3)),
        gc=Gc(collections=50, seconds=3.99),
    )

    assert [each.expected for each in findings(seen)] == [MOST_PROMISED]


def test_one_broken_rule_leaves_the_others_and_a_word_in_the_record(runs: Path) -> None:
    seen = profile(
        "gc.collect()\nfor x in xs:\n    gc.collect()",
        ran(3.0, line(3)),
        ran(1.0, line(1)),
        statements=["no statement"],
        gc=Gc(collections=50, seconds=3.0),
    )

    with ds.start_run("judged") as run:
        found = judge.seen(seen, run)

    (note,) = [event for event in run.record.events() if isinstance(event, Note)]
    assert [each.code for each in found] == ["gc-pauses"]
    assert note.level == "error" and note.text.startswith("Rule n-plus-one could not judge this profile:")


def test_a_long_file_is_judged_in_the_time_that_its_length_asks_for() -> None:
    """Each line of 600 methods takes a sum of what it gathers: once the whole tree was walked for each pair of them."""
    methods = "".join(
        f"    def add_{i}(self, value):\n        self.all_{i}[value] = value\n        return sum(self.all_{i})\n"
        for i in range(600)
    )
    made = "".join(f"        self.all_{i} = {{}}\n" for i in range(600))
    source = f"class Parser:\n    def __init__(self):\n{made}{methods}"
    hot = [ran(0.2, line(602 + 3 * i + 3, f"Parser.add_{i}")) for i in range(0, 600, 10)]

    began_s = time.process_time()
    findings(profile(source, *hot))

    assert time.process_time() - began_s < 10  # 1 s here; it was minutes
