"""Gates: conditions on a run's metrics that are read, never executed, and that fail where nothing can be measured."""

from __future__ import annotations

import math
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds_notebook.errors import UsageError
from ds_notebook.record.gate import GateResult, junit, parse_gate

METRICS = {
    "val_accuracy": [0.90, 0.96, 0.953],
    "loss": [2.0, 1.0, 0.5, 0.25],
    "lr": [0.0],
    "val/loss": [0.4, 0.2],
    "broken": [1.0, math.nan, 2.0],
    "ended_broken": [1.0, math.nan],
    "close": [0.9699999988079071],
    "never_logged": [],
}


def check(expression: str) -> GateResult:
    return parse_gate(expression).check(METRICS.__getitem__, METRICS)


def refusal(expression: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse_gate(expression)
    return str(caught.value)


def test_a_result_says_what_was_measured():
    assert check("val_accuracy >= 0.97") == GateResult(
        expression="val_accuracy >= 0.97",
        passed=False,
        measured={"val_accuracy": 0.953},
        sentence="val_accuracy >= 0.97: measured 0.953",
    )


@pytest.mark.parametrize(
    "expression",
    [
        "val_accuracy == 0.953",  # a name alone is its last value
        "last(loss) == 0.25",
        "first(loss) == 2",
        "min(loss) == 0.25",
        "max(loss) == 2",
        "mean(loss) == 0.9375",
        "count(loss) == 4",
        "p50(loss) == 0.75",
        "last('val/loss') < 0.3",
        '"val/loss" < 0.3',
        "loss < 1e-0",
        "loss > -1",
        "0.2 < loss <= 0.25 != 1",
        "loss * 2 + 0.5 == 1",
        "(first(loss) - last(loss)) / first(loss) >= 0.875",
        "-loss == -0.25",
        "  loss\n< 1  ",
        "lr == 0",
        "last(broken) == 2",  # a NaN before it does not matter to the last
        "count(broken) == 3",
    ],
)
def test_a_condition_that_holds_passes(expression):
    assert check(expression).passed


@pytest.mark.parametrize("expression", ["loss > 0.25", "0 < loss < 0.25", "0.3 < loss < 1", "max(loss) != 2"])
def test_a_condition_that_does_not_hold_fails(expression):
    assert not check(expression).passed


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.sampled_from([50, 90, 99]))
def test_percentiles_are_numpys(values, percent):
    found = parse_gate(f"p{percent}(x) >= 0").check({"x": values}).measured[f"p{percent}(x)"]

    assert found == pytest.approx(np.percentile(values, percent), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("expression", "evidence"),
    [
        ("val_acuracy > 0", "there is no metric val_acuracy; did you mean val_accuracy?"),
        ("qqqq > 0", f"there is no metric qqqq; recorded are {', '.join(sorted(METRICS))}"),
        ("val/loss < 1", 'there is no metric val; write "val/loss" in quotes'),
        ("never_logged < 1", "metric never_logged has no values"),
        ("count(never_logged) == 0", "metric never_logged has no values"),
        ("ended_broken != 1", "ended_broken is NaN"),
        ("max(broken) > 0", "max(broken) is NaN"),
        ("1 / lr > 0", "1 / lr divides by zero"),
        ("loss + 1e308 * 10 - 1e308 * 10 != 0", "loss + 1e308 * 10 - 1e308 * 10 is NaN"),
        ("close >= 0.97", "measured 0.9699999988079071"),  # rounded it would read 0.97
        ("first(loss) < last(loss)", "measured first(loss) = 2, last(loss) = 0.25"),
    ],
)
def test_a_failure_says_why(expression, evidence):
    result = check(expression)

    assert (result.passed, result.sentence) == (False, f"{expression}: {evidence}")


def test_each_part_that_rests_on_a_metric_is_measured():
    assert check("max(loss) - min(loss) < 1 + 1").measured == {
        "max(loss)": 2.0,
        "min(loss)": 0.25,
        "max(loss) - min(loss)": 1.75,
    }


def test_a_dict_of_columns_will_do():
    assert parse_gate("loss < 1").check(METRICS) == check("loss < 1")


EXAMPLE = ' Write it like "val_accuracy >= 0.97" or "mean(loss) < 0.3".'
GRAMMAR = "only numbers, metrics, + - * /, ( ) and one comparison are read."


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "The gate is empty."),
        ("val_accuracy", "Gate 'val_accuracy' compares nothing."),
        ("1 < 2", "Gate '1 < 2' names no metric."),
        ("loss > = 1", "Gate 'loss > = 1' is wrong at character 8: it cannot be read."),
        ("loss > 97%", "Gate 'loss > 97%' is wrong at character 10: it cannot be read."),
        ("é + x[0] > 1", f"Gate 'é + x[0] > 1' is wrong at character 5: {GRAMMAR}"),
        ("1 < x.y", f"Gate '1 < x.y' is wrong at character 5: {GRAMMAR}"),
        ("2 ** x > 1", f"Gate '2 ** x > 1' is wrong at character 1: {GRAMMAR}"),
        ("x > True", f"Gate 'x > True' is wrong at character 5: {GRAMMAR}"),
        ("x > 1j", f"Gate 'x > 1j' is wrong at character 5: {GRAMMAR}"),
        ("(x < 1) < 2", f"Gate '(x < 1) < 2' is wrong at character 2: {GRAMMAR}"),
        ("x > 1e999", "Gate 'x > 1e999' is wrong at character 5: the number is too large."),
        ("x is 1", "Gate 'x is 1' is wrong at character 1: compare with <, <=, >, >=, == or !=."),
        (
            "x > 1 and y > 1",
            "Gate 'x > 1 and y > 1' is wrong at character 1: "
            "and, or are not read, give each condition as a gate of its own.",
        ),
        (
            "sum(x) > 1",
            "Gate 'sum(x) > 1' is wrong at character 1: sum is not known, "
            "choose from min, max, mean, first, last, count, p50, p90, p99.",
        ),
        ("max(x, y) > 1", "Gate 'max(x, y) > 1' is wrong at character 1: max takes the name of one metric."),
        ("max(x=1) > 1", "Gate 'max(x=1) > 1' is wrong at character 1: max takes the name of one metric."),
        ("max(x + 1) > 1", "Gate 'max(x + 1) > 1' is wrong at character 5: max takes the name of a metric."),
        ("x" * 501 + " > 1", "The gate has 505 characters, at most 500 are read."),
        ("x" + " + 1" * 60 + " > 1", "The gate nests more than 50 deep."),
    ],
)
def test_what_is_not_in_the_grammar_is_refused_with_place_and_example(expression, reason):
    assert refusal(expression) == reason + EXAMPLE


@pytest.mark.parametrize(
    "expression", ["(" * 250 + "x" + ")" * 248, "-" * 495 + "x>1", "x>" + "9" * 490, "x\0 > 1", "x\ud800 > 1"]
)
def test_what_python_itself_cannot_read_is_refused(expression):
    assert refusal(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true') == 0",
        "(lambda: 1)() > 0",
        "[x for x in (1,)] > 0",
        "max(open('x')) > 1",
        "(x := 1) > 0",
        "f'{exit()}' > 0",
        "eval('1') > 0",
        "last(*x) > 1",
    ],
)
def test_code_is_refused(expression):
    assert refusal(expression)


PIECES = [
    *("loss", "val/loss", "'a", "b'", "max(", "last(", "p50(", "(", ")", "<", "<=", "==", "!=", ">", "is", "in", "and"),
    *("not", "+", "-", "*", "/", "**", "%", ".", ",", ":", "=", "1", "1e-3", "1e999", "0x", "1_", "lambda", "eval("),
    *("__import__('os')", "[", "]", "{", "}", "\n", "\\", "#", "é", "\ud800", "\0", "f'{x}'", " "),
]


class Watch:
    """Between `with` and its end, notes what Python's audit says was executed, imported or opened."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.watching = False
        sys.addaudithook(self.note)  # can't be taken back: it stays, and does nothing

    def note(self, event: str, args: tuple[object, ...]) -> None:
        if self.watching and event.startswith(("exec", "import", "open", "os.", "subprocess.")):
            self.seen.append(event)

    def __enter__(self) -> list[str]:
        self.seen, self.watching = [], True
        return self.seen

    def __exit__(self, *exc: object) -> None:
        self.watching = False


WATCH = Watch()


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)))
def test_any_text_is_read_or_refused_and_never_executed(expression):
    with WATCH as executed:
        try:
            sentence = parse_gate(expression).check(METRICS).sentence
        except UsageError as refused:
            sentence = str(refused)

    assert sentence and executed == []


def test_the_watch_does_notice_what_is_executed():
    with WATCH as executed:
        exec("x = 1")

    assert "exec" in executed


def test_junit_has_a_case_a_gate_and_the_sentence_as_failure():
    text = junit([check("loss < 1"), check('"val/loss" > 1')], suite_name="quickstart")

    (suite,) = ElementTree.fromstring(text)
    assert suite.attrib == {"name": "quickstart", "tests": "2", "failures": "1", "errors": "0", "skipped": "0"}
    assert [case.get("name") for case in suite] == ["loss < 1", '"val/loss" > 1']
    assert [case.find("failure") is not None for case in suite] == [False, True]
    assert suite.find("testcase/failure[@message]").text == '"val/loss" > 1: measured 0.2'


@given(st.text())
def test_junit_is_well_formed_whatever_a_gate_says(text):
    result = GateResult(expression=text, passed=False, measured={}, sentence=text)

    (suite,) = ElementTree.fromstring(junit([result], suite_name=text).encode())

    assert suite.get("failures") == "1"
