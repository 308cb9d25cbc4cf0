"""One cause, one finding."""

from __future__ import annotations

from ds_notebook.profile.found import Found
from ds_notebook.profile.rules._precedence import said
from tests.profile.rules.made import at, profile, ran

SEEN = profile("for a in b:\n    c = f(a)\n    d = g(a)\ne = h(c)", ran(3.0, at(2)), ran(3.0, at(3)), ran(3.0, at(4)))


def found(code: str, line: int, expected: float, covers: tuple[int, int] = (0, 0), costs_memory: bool = False) -> Found:
    return Found(
        code=code,
        at=at(line),
        covers=covers,
        share=0.3,
        expected=expected,
        evidence="",
        advice="",
        costs_memory=costs_memory,
    )


def test_of_two_rules_at_one_line_the_more_specific_is_said() -> None:
    both = [found("python-loop", 2, 3.0), found("pandas-rows", 2, 2.0)]

    assert [each.code for each in said(SEEN, both)] == ["pandas-rows"]


def test_a_line_that_another_finding_covers_is_not_said_again() -> None:
    both = [found("pandas-rows", 2, 3.0, covers=(1, 3)), found("gc-pauses", 3, 2.0)]

    assert [each.code for each in said(SEEN, both)] == ["pandas-rows"]


def test_what_the_collector_takes_from_a_line_that_encodes_stays_with_another_encoder() -> None:
    both = [found("serialization", 2, 1.2), found("gc-pauses", 2, 1.6)]

    assert [each.code for each in said(SEEN, both)] == ["gc-pauses", "serialization"]


def test_two_causes_are_both_said_the_larger_first() -> None:
    both = [found("serialization", 2, 1.3), found("python-loop", 4, 1.4)]

    assert [each.code for each in said(SEEN, both)] == ["python-loop", "serialization"]


def test_what_is_minor_beside_the_best_waits_until_that_is_fixed() -> None:
    both = [found("serialization", 2, 1.06), found("python-loop", 4, 4.0)]

    assert [each.code for each in said(SEEN, both)] == ["python-loop"]


def test_a_leak_is_said_whatever_it_costs_in_time() -> None:
    both = [found("memory-growth", 2, 1.0, costs_memory=True), found("python-loop", 4, 4.0)]

    assert [each.code for each in said(SEEN, both)] == ["python-loop", "memory-growth"]
