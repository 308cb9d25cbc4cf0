"""The user's source as syntax trees: which loops and functions a line lies in, what it calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from functools import lru_cache
from typing import TypeAlias

import msgspec

from ds_notebook.profile.folded import Frame, Profile

Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_MAPS = ("map", "starmap", "imap", "imap_unordered", "map_async")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Loop(msgspec.Struct, frozen=True):
    """A `for`, a `while` or a comprehension, by its lines."""

    node: ast.For | ast.AsyncFor | ast.While | Comprehension

    @property
    def first(self) -> int:
        return self.node.lineno

    @property
    def last(self) -> int:
        return self.node.end_lineno or self.node.lineno

    @property
    def targets(self) -> set[str]:
        """Names that it binds anew each time round."""
        return {each.id for target in self._target_nodes() for each in ast.walk(target) if isinstance(each, ast.Name)}

    @property
    def body(self) -> list[ast.AST]:
        """What runs each time round, the test of a `while` included."""
        node = self.node
        if isinstance(node, ast.For | ast.AsyncFor):
            return list(node.body)
        if isinstance(node, ast.While):
            return [node.test, *node.body]
        results: list[ast.AST] = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        inner = [part for generator in node.generators[1:] for part in (generator.iter, *generator.ifs)]
        return [*results, *node.generators[0].ifs, *inner]

    @property
    def iterables(self) -> list[ast.expr]:
        """What it goes over; nothing for a `while`."""
        if isinstance(self.node, ast.For | ast.AsyncFor):
            return [self.node.iter]
        return [] if isinstance(self.node, ast.While) else [each.iter for each in self.node.generators]

    @property
    def head(self) -> range:
        """The lines before its body."""
        body = getattr(self.node, "body", None)
        return range(self.first, max(body[0].lineno, self.first + 1) if body else self.first + 1)

    @property
    def carried(self) -> set[str]:
        """Names whose value goes from one round into the next: read in it before they are bound. Counters are none."""
        return _read_first(self.body) - self.targets

    def made_from(self, names: set[str]) -> set[str]:
        """These names and all that they are computed from in a round."""
        found, waiting = set[str](), list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [each for value in self.values_of(name) for each in loaded(value)]
        return found

    def values_of(self, name: str) -> list[ast.expr]:
        """What a name is bound to in a round."""
        assigned = [node for part in self.body for node in ast.walk(part) if isinstance(node, ast.Assign)]
        return [node.value for node in assigned if any(name in names_of(target) for target in node.targets)]

    def repeats(self, line: int) -> bool:
        """Whether this line runs each time round; the head of a `for` does not."""
        if isinstance(self.node, ast.For | ast.AsyncFor):
            return self.node.body[0].lineno <= line <= (self.node.body[-1].end_lineno or 0)
        return self.first <= line <= self.last

    def _target_nodes(self) -> list[ast.expr]:
        if isinstance(self.node, ast.For | ast.AsyncFor):
            return [self.node.target]
        return [] if isinstance(self.node, ast.While) else [each.target for each in self.node.generators]


class Code:
    """The syntax tree of one place, asked by line."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self._nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
        self._around_line: dict[int, list[ast.expr | ast.stmt]] = {}
        self._calls = [node for node in self._nodes if isinstance(node, ast.Call)]
        self._calls_of: dict[str, list[ast.Call]] = {}
        self._functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        for call in self._calls:
            self._calls_of.setdefault(called(call).rpartition(".")[2], []).append(call)
        for node in self._nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._functions.setdefault(node.name, []).append(node)

    def function(self, line: int) -> Function | None:
        """The innermost function that a line lies in."""
        around = [node for node in self._around(line) if isinstance(node, _FUNCTIONS)]
        return min(around, key=_height, default=None)

    def owner(self, line: int) -> ast.ClassDef | None:
        """The innermost class that a line lies in."""
        return min((node for node in self._around(line) if isinstance(node, ast.ClassDef)), key=_height, default=None)

    def function_named(self, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """A function by the last part of its name, if only one is called so."""
        named = self._functions.get(name, [])
        return named[0] if len(named) == 1 else None

    @property
    def function_names(self) -> Set[str]:
        """The last parts of the names of all functions, lambdas apart."""
        return self._functions.keys()

    def loops(self, line: int) -> list[Loop]:
        """The loops that run a line again and again, outermost first; not those around the function it lies in."""
        function = self.function(line)
        inside = range(function.lineno, (function.end_lineno or 0) + 1) if function else None
        kinds = (ast.For, ast.AsyncFor, ast.While, *_COMPREHENSIONS)
        loops = [Loop(node) for node in self._around(line) if isinstance(node, kinds)]
        loops += [mapped for node in self._around(line) if (mapped := _mapped(node))]
        found = [loop for loop in loops if loop.repeats(line) and (inside is None or loop.first in inside)]
        return sorted(found, key=lambda loop: (loop.first - loop.last, loop.node.col_offset))

    def heads(self, line: int) -> Loop | None:
        """The `for` whose head stands on this line."""
        fors = [node for node in self._around(line) if isinstance(node, ast.For | ast.AsyncFor)]
        return next(
            (
                Loop(node)
                for node in fors
                if node.lineno <= line < max(node.body[0].lineno, line + 1)
                and node.iter.lineno <= line <= (node.iter.end_lineno or 0)
            ),
            None,
        )

    def statement(self, line: int) -> ast.stmt | None:
        """The innermost statement that a line lies in."""
        return min((node for node in self._around(line) if isinstance(node, ast.stmt)), key=_height, default=None)

    def nested(self, line: int) -> list[tuple[Comprehension | ast.Lambda, ...]]:
        """Comprehensions and lambdas around a line or on it, each with those that it lies in, outermost first."""
        found: list[tuple[Comprehension | ast.Lambda, ...]] = []
        statement = self.statement(line)
        waiting: list[tuple[ast.AST, tuple[Comprehension | ast.Lambda, ...]]] = [(statement, ())] if statement else []
        while waiting:
            node, outer = waiting.pop(0)
            if isinstance(node, (*_COMPREHENSIONS, ast.Lambda)):
                outer = (*outer, node)
                if node.lineno <= line <= (node.end_lineno or node.lineno):
                    found.append(outer)
            waiting += [(child, outer) for child in ast.iter_child_nodes(node)]
        return found

    def calls(self, line: int) -> list[ast.Call]:
        """Calls that begin on a line, or whose name ends on it in a chain over several lines."""
        return [node for node in self._calls if line in (node.lineno, node.func.end_lineno)]

    def all_calls(self) -> Iterator[ast.Call]:
        """Every call there is."""
        return iter(self._calls)

    def calls_of(self, name: str) -> list[ast.Call]:
        """Those of what is called so, by the last part of its name."""
        return self._calls_of.get(name, [])

    def _around(self, line: int) -> list[ast.expr | ast.stmt]:
        if line not in self._around_line:
            self._around_line[line] = [
                node for node in self._nodes if node.lineno <= line <= (node.end_lineno or node.lineno)
            ]
        return self._around_line[line]


def code(profile: Profile, place: str) -> Code | None:
    """The tree of one of the user's places; None for what is not theirs, or not Python."""
    lines = profile.sources.get(place)
    return _parsed("\n".join(lines)) if lines else None


def loops(profile: Profile, frame: Frame) -> list[Loop]:
    """The loops around a user's line in its function, outermost first."""
    tree = code(profile, frame.place)
    return tree.loops(frame.line) if tree else []


def called(call: ast.Call) -> str:
    """The dotted name that is called, as far as it is one: "np.linalg.inv", ".append" of something without a name."""
    return dotted(call.func)


def dotted(node: ast.AST) -> str:
    """ "a.b.c" of an expression of names; what is no name in it is left empty: ".c"."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def loaded(node: ast.AST) -> set[str]:
    """Names that an expression or statement reads."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}


def names_of(node: ast.AST) -> set[str]:
    """Names in an expression, read or written."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def calls_to(profile: Profile, name: str) -> Iterator[tuple[Frame, ast.Call]]:
    """Where the user's code calls what ends in `name` ("DataLoader" for torch.utils.data.DataLoader too)."""
    for place in profile.sources:
        tree = code(profile, place)
        if tree is not None:
            for call in tree.calls_of(name):
                yield Frame(function_name(tree, call.lineno), place, call.lineno), call


def handed_on(statement: ast.stmt | None) -> set[str]:
    """What a call is given and gives anew: state in `out, state = model(x, state)`."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return set()
    targets = [each for target in statement.targets for each in (getattr(target, "elts", None) or [target])]
    return {dotted(target) for target in targets} & {dotted(each) for each in statement.value.args} - {""}


def keyword(call: ast.Call, name: str | None) -> ast.expr | None:
    """The value of a call's keyword; with None that of its `**options`."""
    return next((each.value for each in call.keywords if each.arg == name), None)


def _mapped(node: ast.AST) -> Loop | None:
    """`map(work, items)` and `pool.map(work, items)` as what they are: `(work(each) for each in items)`."""
    if not isinstance(node, ast.Call) or called(node).rpartition(".")[2] not in _MAPS or len(node.args) < 2:
        return None
    work, items = node.args[:2]
    if isinstance(work, ast.Lambda):
        result: ast.expr = work.body
        target: ast.expr = ast.Tuple([ast.Name(each.arg, ast.Store()) for each in work.args.args], ast.Store())
    else:
        target = ast.Name("each", ast.Store())
        result = ast.copy_location(ast.Call(work, [ast.Name("each", ast.Load())], []), node)
    loop = ast.GeneratorExp(result, [ast.comprehension(target, items, [], 0)])
    return Loop(ast.copy_location(loop, node))


def _read_first(body: list[ast.AST]) -> set[str]:
    """Names that are bound in a body and, before that, read."""
    read, bound, carried = set[str](), set[str](), set[str]()
    for node in _in_order(body):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            read |= (loaded(node.value) if node.value else set()) - bound
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            new = {each.id for target in targets for each in _names_bound(target)}
            carried |= new & read
            bound |= new
        elif isinstance(node, ast.expr | ast.AugAssign):
            read |= loaded(node.value if isinstance(node, ast.AugAssign) else node) - bound
    return carried


def _in_order(body: list[ast.AST]) -> Iterator[ast.AST]:
    """Assignments, and the expressions that stand outside of them, as they run."""
    for part in body:
        if isinstance(part, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.expr):
            yield part
        elif not isinstance(part, (*_FUNCTIONS, ast.ClassDef)):
            yield from _in_order(list(ast.iter_child_nodes(part)))


def _names_bound(target: ast.AST) -> list[ast.Name]:
    return [each for each in ast.walk(target) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]


def function_name(tree: Code, line: int) -> str:
    function = tree.function(line)
    return "<module>" if function is None else getattr(function, "name", "<lambda>")


def _height(node: ast.AST) -> int:
    return (getattr(node, "end_lineno", 0) or 0) - getattr(node, "lineno", 0)


@lru_cache(maxsize=64)
def _parsed(text: str) -> Code | None:
    plain = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in text.split("\n"))
    try:
        return Code(ast.parse(plain))
    except SyntaxError:  # of a newer Python, or a cell in another language
        return None
