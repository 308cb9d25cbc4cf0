"""Whether code may be run once instead of often: what a loop changes, what a function touches."""

from __future__ import annotations

import ast

from ds_notebook.profile.rules._source import Loop, called

_PURE_BUILTINS = {
    *("sorted", "sum", "min", "max", "set", "list", "dict", "tuple", "frozenset", "len", "any", "all", "str", "abs"),
    *("Counter", "Fraction", "Decimal", "factorial"),
}
_PURE_MODULES = ("np", "numpy", "math", "scipy", "statistics", "itertools")
_PURE_METHODS = {
    *(
        "mean",
        "std",
        "var",
        "sum",
        "min",
        "max",
        "median",
        "quantile",
        "argsort",
        "sort_values",
        "unique",
        "value_counts",
    ),
    *("groupby", "describe", "corr", "cov", "dot", "cumsum", "tolist", "to_dict", "split", "lower", "upper", "count"),
}
_IMPURE_PARTS = {
    "random",
    "time",
    "datetime",
    "os",
    "sys",
    "socket",
    "subprocess",
    "threading",
    "logging",
    "uuid",
    "secrets",
}
_IMPURE_CALLS = {
    *("print", "input", "open", "next", "setattr", "delattr", "exec", "eval", "globals", "iter"),
    *(
        "write",
        "send",
        "execute",
        "executemany",
        "commit",
        "step",
        "backward",
        "zero_grad",
        "sleep",
        "read",
        "readline",
    ),
    *(
        "rand",
        "randn",
        "randint",
        "choice",
        "shuffle",
        "normal",
        "uniform",
        "default_rng",
        "seed",
        "fetchone",
        "fetchall",
    ),
    *("urlopen", "request", "post", "put", "recv", "connect", "join", "start", "submit"),
}


def changed_in(loop: Loop) -> set[str]:
    """Names that a loop binds, writes into, or calls a method of that may change them."""
    changed = set(loop.targets)
    for part in loop.body:
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                changed.add(node.id)
            elif isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
                changed |= _root(node)
            elif isinstance(node, ast.Call) and not pure_call(node):
                # What an unknown call is given, and what it is a method of, may be another thing afterwards.
                changed |= {name for each in [*node.args, node.func] for name in _root(each)} - _modules(node)
    return changed


def pure_call(call: ast.Call) -> bool:
    """Whether a call gives the same for the same, by its name: a builtin, numpy but not its random numbers."""
    name = called(call)
    first, _, last = name.rpartition(".")
    if not first and isinstance(call.func, ast.Name):
        return last in _PURE_BUILTINS
    if name.partition(".")[0] in _PURE_MODULES:
        return "random" not in name
    return last in _PURE_METHODS


def is_pure(function: ast.FunctionDef | ast.AsyncFunctionDef, module: ast.Module | None = None) -> bool:
    """Whether a function returns something and, as far as its text tells, touches nothing but its own names.

    `module` is what it stands in, whose objects may change when their methods are called: a random generator's do.
    """
    if function.name.startswith("__") or isinstance(function, ast.AsyncFunctionDef):
        return False
    own = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    shared = _objects(module) - own - {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
    returns = False
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal | ast.Yield | ast.YieldFrom | ast.Delete | ast.Await):
            return False
        if isinstance(node, ast.Return):
            returns = returns or node.value is not None
        if (
            isinstance(node, ast.Subscript | ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and not _root(node) <= own
        ):
            return False
        if isinstance(node, ast.Call) and (not _harmless(node, own) or _may_change(node, shared)):
            return False
    return returns


def _harmless(call: ast.Call, own: set[str]) -> bool:
    name = called(call)
    parts = name.split(".")
    if _IMPURE_PARTS & set(parts[:-1]) or (parts[-1] in _IMPURE_CALLS and not _reads_a_file(call)):
        return isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Constant)  # ", ".join(...)
    grows = parts[-1] in ("append", "extend", "add", "update", "pop", "remove", "insert", "clear", "setdefault")
    return not grows or _root(call.func) <= own


def _objects(module: ast.Module | None) -> set[str]:
    """Names that a module binds to what it has computed: no imports, functions or classes."""
    parts = module.body if module else []
    return {node.id for part in parts for node in _bound(part)}


def _bound(part: ast.stmt) -> list[ast.Name]:
    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return []
    return [node for node in ast.walk(part) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


def _may_change(call: ast.Call, shared: set[str]) -> bool:
    """A method of an object of the module's, but one that only reads."""
    reads = called(call).rpartition(".")[2] in _PURE_METHODS | {"get", "items", "keys", "values", "index", "copy"}
    return isinstance(call.func, ast.Attribute) and not reads and bool(_root(call.func) & shared)


def _reads_a_file(call: ast.Call) -> bool:
    """`open(path)` and what is read from it: the same, as long as nobody writes to it."""
    last = called(call).rpartition(".")[2]
    return last in ("read", "readline") or (last == "open" and len(call.args) == 1)


def _root(node: ast.AST) -> set[str]:
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _modules(call: ast.Call) -> set[str]:
    """A function's own name, and a module's, are not changed by being called."""
    return {call.func.id} if isinstance(call.func, ast.Name) else _root(call.func) & set(_PURE_MODULES)
