"""Whether a line crunches numbers one by one, as far as its syntax and the types seen on it tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Set
from enum import Enum, auto
from typing import NamedTuple

LARGE = 100
"""Elements in one operation of an array library from which its own loop is what takes the time, not the call."""

_SCALARS = re.compile(r"(numpy\.)?(int|float|bool|complex|u?int\d+|float\d+|bool_|complex\d+)$")
_ARRAYS = re.compile(r"(ndarray|Tensor|array|Parameter)\b")
_CONTAINERS = re.compile(r"(list|tuple|range|enumerate|zip|map|deque|dict|set)\b")
_OTHER_ELEMENTS = re.compile(r"\[(str|bytes|dict|object|[A-Z]\w*)")
_SHAPE = re.compile(r"(\d+(?:x\d+)*)$")
_MODULES = {"math", "np", "numpy", "torch", "cmath", "operator"}
_PLAIN_CALLS = {
    *("abs", "min", "max", "round", "int", "float", "bool", "range", "len", "sum", "enumerate", "zip", "pow", "divmod"),
    *("append", "item", "reversed", "any", "all", "list", "tuple", "mean", "prod", "dot", "copy"),
}


_DRAWS = {"random", "uniform", "gauss", "normalvariate", "normal", "randint", "integers", "expovariate", "exponential"}


_MANY = {"where", "nonzero", "flatnonzero", "argsort", "argpartition", "permutation", "arange", "choice"}
_SIZE_AT = {"integers": 2, "randint": 2, "normal": 2, "uniform": 2, "random": 0}
"""Where numpy's draws take the number of draws."""


class Kind(Enum):
    """What a name holds."""

    NUMBER = auto()
    ARRAY = auto()
    CONTAINER = auto()
    CALLABLE = auto()
    OTHER = auto()
    UNKNOWN = auto()


class Verdict(NamedTuple):
    """Of one line: does it crunch numbers, is it known that it does, and are they an array's elements?"""

    numeric: bool
    sure: bool = False
    arrays: bool = False


NO = Verdict(False)
NEUTRAL = Verdict(False, sure=True)
"""Nothing that is not numeric, and no arithmetic: it moves values about, or calls functions of the user's."""


def kind(type_text: str | None) -> Kind:
    """Of a type as a profile's record writes it: "ndarray[float64] 1000x3"."""
    if type_text is None:
        return Kind.UNKNOWN
    first = type_text.partition(" ")[0]
    if _SCALARS.match(first):
        return Kind.NUMBER
    if _ARRAYS.match(first):
        return Kind.ARRAY
    if _CONTAINERS.match(first):
        return Kind.OTHER if _OTHER_ELEMENTS.search(first) else Kind.CONTAINER
    if first in ("module", "function", "type", "builtin_function_or_method", "method", "ufunc"):
        return Kind.CALLABLE
    return Kind.OTHER


def verdict(
    expressions: Iterable[ast.AST], types: dict[str, str], own_functions: Set[str], *, steps: bool = False
) -> Verdict:
    """Of the expressions on one line; `own_functions` are the user's, whose lines are judged by themselves.

    `steps` says that the line moves a loop on, which is arithmetic enough.
    """
    judge = _Judge(types, own_functions)
    judge.arithmetic = steps
    for expression in expressions:
        judge.visit(expression)
    if judge.other:
        return NO
    if not judge.arithmetic:
        return NEUTRAL
    return Verdict(True, sure=judge.numbers > 0, arrays=judge.arrays)


class _Judge(ast.NodeVisitor):
    def __init__(self, types: dict[str, str], own_functions: Set[str]) -> None:
        self.types, self.own_functions = types, own_functions
        self.other = False
        self.arithmetic = False
        self.arrays = False
        self.numbers = 0

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._operand(self.types.get(node.id), indices=0)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str | bytes):
            self.other = True

    def visit_Subscript(self, node: ast.Subscript) -> None:
        indices, base = 0, node
        value: ast.expr = node
        while isinstance(value, ast.Subscript):
            base, value = value, value.value
            indices += _how_many(base.slice)
            self._index(base.slice)
        self.arithmetic = True
        if isinstance(value, ast.Name | ast.Attribute):
            self._operand(self.types.get(ast.unparse(value)), indices, subscripted=True)
        else:
            self.visit(value)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """`self.rate` is what it was seen to be; of what was not seen nothing is known, and that is no number."""
        if isinstance(node.value, ast.Name) and node.value.id in _MODULES:
            return
        seen = self.types.get(ast.unparse(node))
        self.other |= kind(seen) is Kind.UNKNOWN and isinstance(node.ctx, ast.Load)
        self._operand(seen, indices=0)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if called in _DRAWS and isinstance(function, ast.Attribute) and self._draws(function.value):
            self.arithmetic = True
            for argument in node.args:
                self.visit(argument)
            return
        of_module = isinstance(function, ast.Attribute) and getattr(function.value, "id", "") in _MODULES
        if not (of_module or called in _PLAIN_CALLS or called in self.own_functions):
            self.other = True
            return
        if isinstance(function, ast.Attribute) and not of_module and called not in self.own_functions:
            self.visit(function.value)
        if of_module or called in ("abs", "min", "max", "sum", "pow", "divmod", "round"):
            self.arithmetic = True
        for argument in node.args:
            # len(array) and zip(array, ...) touch no element; a function of the user's is judged by its own lines.
            if isinstance(argument, ast.Name) and (called in ("len", "enumerate", "zip", "range") or not of_module):
                continue
            self.visit(argument)

    def _draws(self, generator: ast.expr) -> bool:
        """Whether that is `random`, or one of Python's or numpy's generators."""
        kind_text = self.types.get(ast.unparse(generator), "")
        return kind_text in ("Random", "Generator") or getattr(generator, "id", "") == "random"

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self.arithmetic = True
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.arithmetic = True
        if isinstance(node.target, ast.Name):
            self._operand(self.types.get(node.target.id), indices=0)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        if any(isinstance(each, ast.In | ast.NotIn) for each in node.ops):
            self.other = True
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self.other = True

    def visit_Dict(self, node: ast.Dict) -> None:
        self.other = True

    def visit_Await(self, node: ast.Await) -> None:
        self.other = True

    def _index(self, index: ast.expr) -> None:
        if isinstance(index, ast.Tuple):
            for each in index.elts:
                self._index(each)
        elif (isinstance(index, ast.Name) and kind(self.types.get(index.id)) is Kind.ARRAY) or _is_many(index):
            self.other = True  # a mask, or many indices: that is an operation on arrays, however short they are
        elif not isinstance(index, ast.Slice):
            self.visit(index)

    def _operand(self, type_text: str | None, indices: int, subscripted: bool = False) -> None:
        found = kind(type_text)
        if found is Kind.NUMBER:
            self.numbers += 1
        elif found is Kind.ARRAY:
            self.arrays = True
            self.numbers += 1
            self.other |= _elements(type_text or "", indices) > LARGE
        elif found is Kind.CONTAINER:
            self.numbers += subscripted and "[" in (type_text or "")
        elif found is Kind.OTHER:
            self.other = True


def _how_many(index: ast.expr) -> int:
    """Dimensions that an index takes away, or leaves few of: `a[i - r : i + r + 1]` is a window."""
    if isinstance(index, ast.Tuple):
        return sum(_how_many(each) for each in index.elts)
    return int(_is_window(index)) if isinstance(index, ast.Slice) else 1


def _is_window(index: ast.Slice) -> bool:
    lower, upper = (
        {each.id for each in ast.walk(bound) if isinstance(each, ast.Name)} if bound else set()
        for bound in (index.lower, index.upper)
    )
    return bool(lower & upper)


def _elements(type_text: str, indices: int) -> int:
    """Elements of an array that are left in one operation once it has so many indices; LARGE + 1 if not known."""
    shape = _SHAPE.search(type_text)
    if shape is None:
        return 1 if indices else LARGE + 1
    left = 1
    for size in shape[1].split("x")[indices:]:
        left *= int(size)
    return left


def _is_many(index: ast.expr) -> bool:
    """Whether it is a call that gives an array: numpy's look-ups, and its draws of more than one."""
    if not isinstance(index, ast.Call) or not isinstance(index.func, ast.Attribute):
        return False
    name = index.func.attr
    sized = any(each.arg == "size" for each in index.keywords) or len(index.args) > _SIZE_AT.get(name, len(index.args))
    return name in _MANY or sized
