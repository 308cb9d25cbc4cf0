"""Gates: conditions on a run's metrics, such as `val_accuracy >= 0.97`, read by a small grammar and never executed.

A gate is a comparison, chained if wanted, of numbers, metrics and arithmetic on them (+ - * /). A metric's name alone
is its last value; `min max mean first last count p50 p90 p99` of a name is that statistic of all its values. A name
with other characters than letters, digits and _ is quoted: `last("val/loss") < 0.3`.
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ds_notebook.errors import UsageError

Column = Callable[[str], Sequence[float]]

_EXAMPLE = 'Write it like "val_accuracy >= 0.97" or "mean(loss) < 0.3".'
_MAX_CHARACTERS = 500
_MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class GateResult:
    """A gate's verdict."""

    expression: str
    passed: bool
    measured: dict[str, float]
    """Value by the text of each part that rests on a metric."""
    sentence: str
    """Such as `val_accuracy >= 0.97: measured 0.953`."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition that has been read; `parse_gate` makes it."""

    expression: str
    _comparison: ast.Compare

    def check(self, column: Column | Mapping[str, Sequence[float]], names: Iterable[str] = ()) -> GateResult:
        """Whether the condition holds for the values that `column` gives or has for a metric's name.

        A metric that is missing (KeyError), empty or NaN and a division by zero fail;
        `names`, all metrics there are, make the sentence about a missing one helpful.
        """
        if isinstance(column, Mapping):
            return self.check(column.__getitem__, names or list(column))
        reading = _Reading(self.expression, column)
        try:
            passed, evidence = self._compare(reading)
        except _NoNumber as found:
            passed, evidence = False, found.say(self.expression, names)
        return GateResult(self.expression, passed, reading.measured, f"{self.expression}: {evidence}")

    def _compare(self, reading: _Reading) -> tuple[bool, str]:
        sides = [self._comparison.left, *self._comparison.comparators]
        values = [reading.value(side) for side in sides]
        passed = self._holds(values)
        # Six digits, unless they would tell another story: 0.96999999 >= 0.97 is not "measured 0.97".
        digits = 6 if self._holds([float(f"{value:.6g}") for value in values]) == passed else 17
        pairs = zip(sides, values, strict=True)
        shown = {reading.text(side): f"{value:.{digits}g}" for side, value in pairs if _has_metric(side)}
        if len(shown) == 1:
            return passed, f"measured {next(iter(shown.values()))}"
        return passed, "measured " + ", ".join(f"{text} = {value}" for text, value in shown.items())

    def _holds(self, values: list[float]) -> bool:
        steps = zip(values, self._comparison.ops, values[1:], strict=False)
        return all(_COMPARE[type(compare)](left, right) for left, compare, right in steps)


def parse_gate(expression: str) -> Gate:
    """The gate that `expression` says; raises UsageError with what is wrong, where, and an example."""
    expression = re.sub(r"[\r\n]+", " ", expression).strip()
    if not expression:
        raise UsageError(f"The gate is empty. {_EXAMPLE}")
    if len(expression) > _MAX_CHARACTERS:
        raise UsageError(f"The gate has {len(expression)} characters, at most {_MAX_CHARACTERS} are read. {_EXAMPLE}")
    top = _parsed(expression)
    if isinstance(top, ast.BoolOp):
        raise _wrong_at(top, expression, "and, or are not read, give each condition as a gate of its own")
    if not isinstance(top, ast.Compare):
        raise UsageError(f"Gate {expression!r} compares nothing. {_EXAMPLE}")
    _allow_comparison(top, expression)
    return Gate(expression, top)


def junit(results: Sequence[GateResult], suite_name: str) -> str:
    """The results as a JUnit XML file that CI systems show: a test case a gate, its sentence as the failure."""
    from xml.etree import ElementTree  # only CI asks for it

    failures = sum(not result.passed for result in results)
    counts = {"tests": str(len(results)), "failures": str(failures), "errors": "0", "skipped": "0"}
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(suites, "testsuite", {"name": _xml_text(suite_name), **counts})
    for result in results:
        name = {"classname": _xml_text(suite_name), "name": _xml_text(result.expression)}
        case = ElementTree.SubElement(suite, "testcase", name)
        kind, extra = ("system-out", {}) if result.passed else ("failure", {"message": _xml_text(result.sentence)})
        ElementTree.SubElement(case, kind, extra).text = _xml_text(result.sentence)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _percentile(share: float) -> Callable[[list[float]], float]:
    """Linear between the two nearest values, as numpy does by default."""

    def percentile(values: list[float]) -> float:
        ordered = sorted(values)
        place = share * (len(ordered) - 1)
        below, part = int(place), place % 1
        return ordered[below] if part == 0 else ordered[below] * (1 - part) + ordered[below + 1] * part

    return percentile


_STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "min": min,
    "max": max,
    "mean": _mean,
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
    "count": len,
    "p50": _percentile(0.5),
    "p90": _percentile(0.9),
    "p99": _percentile(0.99),
}
_OF_ONE_VALUE = {"first", "last", "count"}  # the others are NaN as soon as one value is
_COMPARE: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_SIGNS: dict[type[ast.unaryop], Callable[[float], float]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}


class _NoNumber(Exception):
    """A part of a gate has no value; with `metric`, because there is no such metric."""

    def __init__(self, reason: str, metric: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.metric = metric

    def say(self, expression: str, names: Iterable[str]) -> str:
        known = sorted(names)
        if self.metric is None or not known:
            return self.reason
        unquoted = [name for name in known if name in expression and not name.isidentifier()]
        if unquoted:
            return f'{self.reason}; write "{unquoted[0]}" in quotes'
        near = difflib.get_close_matches(self.metric, known, n=3)
        if near:
            return f"{self.reason}; did you mean {' or '.join(near)}?"
        return f"{self.reason}; recorded are {', '.join(known[:8])}{' and more' if len(known) > 8 else ''}"


class _Reading:
    """Values of one gate's parts, and what was measured on the way."""

    def __init__(self, expression: str, column: Column) -> None:
        self.measured: dict[str, float] = {}
        self._expression = expression
        self._column = column

    def text(self, node: ast.expr) -> str:
        return ast.get_source_segment(self._expression, node) or ast.unparse(node)

    def value(self, node: ast.expr) -> float:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.UnaryOp(op=sign, operand=operand):
                found = _SIGNS[type(sign)](self.value(operand))
            case ast.BinOp(left=left, op=op, right=right):
                found = self._arithmetic(node, op, self.value(left), self.value(right))
            case ast.Call(func=ast.Name(id=statistic), args=[argument]):
                found = self._statistic(statistic, _metric_name(argument))
            case _:
                found = self._statistic("last", _metric_name(node))
        if _has_metric(node):
            self.measured[self.text(node)] = found
        if math.isnan(found):
            raise _NoNumber(f"{self.text(node)} is NaN")
        return found

    def _arithmetic(self, node: ast.expr, op: ast.operator, left: float, right: float) -> float:
        try:
            return _ARITHMETIC[type(op)](left, right)
        except ZeroDivisionError:
            raise _NoNumber(f"{self.text(node)} divides by zero") from None

    def _statistic(self, statistic: str, metric: str) -> float:
        try:
            values = [float(value) for value in self._column(metric)]
        except KeyError:
            raise _NoNumber(f"there is no metric {metric}", metric) from None
        if not values:
            raise _NoNumber(f"metric {metric} has no values")
        if statistic not in _OF_ONE_VALUE and any(map(math.isnan, values)):
            return math.nan
        return float(_STATISTICS[statistic](values))


def _parsed(expression: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice on style is not for gates
            return ast.parse(expression, mode="eval").body
    except SyntaxError as err:
        place = min(err.offset or len(expression), len(expression))  # 0: it ended too early
        raise _wrong(expression, place - 1, "it cannot be read") from None
    except (ValueError, RecursionError, MemoryError):  # null bytes, half surrogates; too deep for Python's own parser
        raise UsageError(f"The gate cannot be read at all. {_EXAMPLE}") from None


def _wrong(expression: str, index: int, reason: str) -> UsageError:
    return UsageError(f"Gate {expression!r} is wrong at character {index + 1}: {reason}. {_EXAMPLE}")


def _wrong_at(node: ast.expr, expression: str, reason: str) -> UsageError:
    before = expression.encode()[: node.col_offset].decode(errors="replace")  # ast counts bytes
    return _wrong(expression, len(before), reason)


def _allow_comparison(node: ast.Compare, expression: str) -> None:
    for compare in node.ops:
        if type(compare) not in _COMPARE:
            raise _wrong_at(node, expression, "compare with <, <=, >, >=, == or !=")
    for side in (node.left, *node.comparators):
        _allow(side, expression, depth=1)
    if not any(map(_has_metric, (node.left, *node.comparators))):
        raise UsageError(f"Gate {expression!r} names no metric. {_EXAMPLE}")


def _allow(node: ast.expr, expression: str, depth: int) -> None:
    """Raises for whatever is not in the grammar: nothing else reaches the evaluation."""
    if depth > _MAX_DEPTH:
        raise UsageError(f"The gate nests more than {_MAX_DEPTH} deep. {_EXAMPLE}")
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            if not _is_finite(number):
                raise _wrong_at(node, expression, "the number is too large")
        case ast.Constant(value=str(name)) if name:
            pass
        case ast.Name():
            pass
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _SIGNS:
            _allow(operand, expression, depth + 1)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            _allow(left, expression, depth + 1)
            _allow(right, expression, depth + 1)
        case ast.Call(func=ast.Name(id=statistic)) if statistic not in _STATISTICS:
            raise _wrong_at(node, expression, f"{statistic} is not known, choose from {', '.join(_STATISTICS)}")
        case ast.Call(func=ast.Name(id=statistic), args=[argument], keywords=[]):
            if _metric_name(argument) == "":
                raise _wrong_at(argument, expression, f"{statistic} takes the name of a metric")
        case ast.Call(func=ast.Name(id=statistic)):
            raise _wrong_at(node, expression, f"{statistic} takes the name of one metric")
        case _:
            raise _wrong_at(node, expression, "only numbers, metrics, + - * /, ( ) and one comparison are read")


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number beyond any float
        return False


def _metric_name(node: ast.expr) -> str:
    """The metric that a name or quoted name says, empty for anything else."""
    match node:
        case ast.Name(id=name) | ast.Constant(value=str(name)):
            return name
    return ""


def _has_metric(node: ast.expr) -> bool:
    return any(isinstance(each, ast.expr) and _metric_name(each) for each in ast.walk(node))


def _xml_text(text: str) -> str:
    """`text` without the characters that XML 1.0 cannot hold."""
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
