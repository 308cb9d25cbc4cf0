"""Lines of the user's that multiply matrices themselves, without a module of torch: on what shapes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import msgspec

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.rules._source import Code, called, code

_TYPE = re.compile(r"(?P<kind>Tensor|Parameter|ndarray)\[(?P<dtype>\w+)\] (?P<shape>\d+(?:x\d+)*)$")
_CALLS = {
    *("matmul", "mm", "mv", "bmm", "dot", "inner", "addmm", "einsum", "tensordot", "linear", "baddbmm"),
    *("conv1d", "conv2d", "scaled_dot_product_attention"),
}


class Operand(msgspec.Struct, frozen=True):
    """An array that is multiplied."""

    name: str
    kind: str
    """Tensor, Parameter or ndarray."""
    dtype: str
    shape: tuple[int, ...]

    @property
    def rows(self) -> int:
        """Of its matrix; a vector is one."""
        rows = 1
        for size in self.shape[:-1]:
            rows *= size
        return rows

    @property
    def is_torch(self) -> bool:
        return self.kind != "ndarray"


class Product(msgspec.Struct, frozen=True):
    """What a line multiplies: the left side, whose rows are the batch, and what is known of the right one."""

    left: Operand
    right: Operand | None = None

    @property
    def narrowest(self) -> int:
        """The smallest side that is known beside the rows."""
        sides = [self.left.shape[-1], *(self.right.shape if self.right else ())]
        return min(sides)


def product_on(profile: Profile, at: Frame) -> Product | None:
    """The matrix product on a line, if its operands were seen; the one with the most rows where there are several."""
    tree = code(profile, at.place)
    types = profile.observed.types.get(str(at), {})
    found = list(_products(tree, at.line, types)) if tree and types else []
    return max(found, key=lambda each: each.left.rows, default=None)


def _products(tree: Code, line: int, types: dict[str, str]) -> Iterator[Product]:
    for left, right in _pairs(tree, line):
        one, other = _operand(left, types), _operand(right, types)
        if other is not None and len(other.shape) == 1:  # a matrix by a vector
            yield Product(other, one)
        elif one is not None and not (other is None and isinstance(right, ast.Call)):  # whose size nobody knows
            yield Product(one, other)


def _pairs(tree: Code, line: int) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Both sides of the products on a line."""
    statement = tree.statement(line)
    for node in _on_line(statement, line) if statement else ():
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield node.left, node.right
        elif isinstance(node, ast.Call) and called(node).rpartition(".")[2] in _CALLS:
            arguments = [each for each in node.args if not isinstance(each, ast.Constant)]
            if isinstance(node.func, ast.Attribute) and len(arguments) == 1:  # x.matmul(w), x.dot(w)
                arguments.insert(0, node.func.value)
            if arguments:
                yield arguments[0], arguments[1] if len(arguments) > 1 else None


def _on_line(statement: ast.stmt, line: int) -> Iterator[ast.AST]:
    for node in ast.walk(statement):
        if getattr(node, "lineno", 0) <= line <= (getattr(node, "end_lineno", 0) or 0):
            yield node


def _operand(node: ast.expr | None, types: dict[str, str]) -> Operand | None:
    """Of a name, of an attribute that was noted, or of what is sliced, transposed or made from one."""
    match node:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(), attr=name) if (key := ast.unparse(node)) in types:
            found = _TYPE.match(types[key])
            if found is None:
                return None
            shape = tuple(int(size) for size in found["shape"].split("x"))
            return Operand(name, found["kind"], found["dtype"], shape)
        case ast.Attribute(value=inner, attr="T" | "mT" | "data"):
            return _turned(_operand(inner, types))
        case ast.Call(func=ast.Attribute(value=inner, attr="t" | "transpose")):
            return _turned(_operand(inner, types))
        case ast.Subscript(value=inner, slice=index):
            return _part(_operand(inner, types), index)
    return None


def _turned(operand: Operand | None) -> Operand | None:
    return None if operand is None else msgspec.structs.replace(operand, shape=operand.shape[::-1])


def _part(operand: Operand | None, index: ast.expr) -> Operand | None:
    """`x[i]` has one dimension less, `x[i : i + 1]` and `x[None, i]` one row; of other slices nothing is known."""
    if operand is None or len(operand.shape) < 2:
        return None
    match index:
        case ast.Name() | ast.Constant(value=int()):
            return msgspec.structs.replace(operand, shape=operand.shape[1:])
        case ast.Slice(
            lower=ast.expr() as lower, upper=ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=n))
        ):
            if ast.dump(lower) == ast.dump(left) and isinstance(n, int):
                return msgspec.structs.replace(operand, shape=(n, *operand.shape[1:]))
    return None
