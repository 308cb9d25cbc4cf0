"""An option is a field of a frozen dataclass: its flag, help, parsing and place in the record come from there."""

from __future__ import annotations

import argparse
import ast
import difflib
import functools
import inspect
import itertools
import numbers
import textwrap
import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path, PurePath
from typing import Any, ClassVar, Literal, NoReturn, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from ds_notebook.errors import UsageError


class Config(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]  # as the standard library's own types say it


ConfigT = TypeVar("ConfigT", bound=Config)


class OptionParser(argparse.ArgumentParser):
    """A parser that raises `UsageError` with one sentence; it never prints, exits or completes a shortened option.

    `help_command` is what a user types to see all options, such as `%%ds_train?`.
    """

    def __init__(self, *args: Any, help_command: str = "", **kwargs: Any) -> None:  # argparse's own, passed on
        kwargs = {"add_help": False, "allow_abbrev": False, "exit_on_error": False, **kwargs}
        super().__init__(*args, **kwargs)
        self.help_command = help_command

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """As argparse does, without its four overloads (hence the ignore)."""
        found, left = self.parse_known_args(args, namespace)
        if left:
            raise self._unknown(left[0])
        return found

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """As argparse does, without its four overloads (hence the ignore)."""
        try:
            return super().parse_known_args(args, namespace)
        except argparse.ArgumentError as err:
            raise UsageError(_argument_sentence(err) + self._see_all()) from None

    def error(self, message: str) -> NoReturn:
        raise UsageError(message[:1].upper() + message[1:] + "." + self._see_all())

    def _unknown(self, word: str) -> UsageError:
        if not word.startswith("-"):
            return UsageError(f"{word!r} was not expected here.{self._see_all()}")
        option = word.partition("=")[0]
        near = difflib.get_close_matches(option, self._option_string_actions, n=1)
        guess = f" Did you mean {near[0]}?" if near else ""
        return UsageError(f"Option {option} is not known.{guess}{self._see_all()}")

    def _see_all(self) -> str:
        return f" `{self.help_command}` shows all." if self.help_command else ""


def add_options(parser: argparse.ArgumentParser, cls: type[Config], skip: Collection[str] = ()) -> None:
    """Gives `parser` a flag for each field of `cls` not in `skip`, such as `--batch-size` for `batch_size`.

    Flags that are not given leave nothing behind, so `from_options` keeps the class's
    defaults. Raises TypeError for a field whose type cannot be typed on a line.
    """
    docs = option_docs(cls)
    for name, hint in _hints(cls).items():
        if name in skip:
            continue
        common: dict[str, Any] = {
            "dest": name,
            "default": argparse.SUPPRESS,
            "help": docs.get(name, "").replace("%", "%%"),
        }
        kinds = _kinds(hint)
        if bool in kinds:
            parser.add_argument(_flag(name), action=argparse.BooleanOptionalAction, **common)
            continue
        item = _item(hint)
        common |= {"type": functools.partial(_parse, name, item or hint), "metavar": _metavar(item or hint)}
        if alone := _fields(cls)[name].metadata.get("alone"):  # what the flag means without a value
            common |= {"nargs": "?", "const": alone}
        parser.add_argument(_flag(name), action="append" if item else "store", **common)


def from_options(cls: type[ConfigT], options: argparse.Namespace | Mapping[str, Any]) -> ConfigT:
    """A `cls` from the options that were given; what is no field of `cls` belongs to someone else and is left alone."""
    values = given_options(cls, options)
    needed = [name for name, each in _fields(cls).items() if _default(each) is MISSING and name not in values]
    if needed:
        raise UsageError(f"Option {_flag(needed[0])} is needed.")
    return cls(**values)


def given_options(cls: type[Config], options: argparse.Namespace | Mapping[str, Any]) -> dict[str, Any]:
    """Fields of `cls` with the values that were given, and no other."""
    given = vars(options) if isinstance(options, argparse.Namespace) else options
    values = {name: given[name] for name in _hints(cls) if name in given}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


@functools.cache
def option_docs(cls: type[Config]) -> dict[str, str]:
    """The sentences written under the fields of `cls`; empty where its source is not at hand."""
    docs: dict[str, str] = {}
    for each in reversed(cls.__mro__):
        if is_dataclass(each):
            docs |= _docs_in_body(each)
    return docs


def help_text(cls: type[Config], usage: str, example: str, skip: Collection[str] = ()) -> str:
    """What `--help` or a magic's `?` shows: usage, the class's own words, each option with its default, an example."""
    docs = option_docs(cls)
    lines = [f"Usage: {usage}", "", *_wrap(inspect.getdoc(cls) or "", ""), ""]
    for name, field in _fields(cls).items():
        if name in skip:
            continue
        hint = _hints(cls)[name]
        negative = f", {_flag('no_' + name)}" if bool in _kinds(hint) else f" {_metavar(_item(hint) or hint)}"
        repeat = " (may be repeated)" if _item(hint) else ""
        lines.append(f"  {_flag(name)}{negative}{repeat}")
        lines += _wrap(f"{docs.get(name, '')} {_default_words(field)}", "      ")
    return "\n".join([*lines, "", "Example:", *(f"  {line}" for line in example.splitlines())])


def to_builtins(config: Config) -> dict[str, Any]:
    """The options as JSON can hold them, to be saved with the run; paths as text."""
    plain: dict[str, Any] = msgspec.to_builtins(config, enc_hook=_path_text)
    return plain


def from_builtins(cls: type[ConfigT], saved: Mapping[str, Any]) -> ConfigT:
    """The `cls` that `to_builtins` saved; raises UsageError for unknown options and for values of another kind."""
    hints = _hints(cls)
    unknown = [name for name in saved if name not in hints]
    if unknown:
        plural = "Options" if len(unknown) > 1 else "Option"
        verb = "are" if len(unknown) > 1 else "is"
        names = in_words(unknown, "and")
        raise UsageError(f"{plural} {names} {verb} not known to this version. Remove {names} or update ds-notebook.")
    return from_options(cls, {name: _restored(name, hints[name], value) for name, value in saved.items()})


def settle(config: Config) -> None:
    """For a `__post_init__`: whole numbers and reals of numpy become Python's, lists tuples, a lone text a list of one.

    Raises UsageError for a value of another kind than its field's, as Python itself would not.
    """
    for name, hint in _hints(type(config)).items():
        value = _as_plain(getattr(config, name))
        if _item(hint) is not None and isinstance(value, str):
            value = (value,)
        object.__setattr__(config, name, _restored(name, hint, value))  # a frozen dataclass, still being made


def unknown_choice(name: str, value: object, choices: Iterable[object]) -> UsageError:
    """The error for a word that is none of an option's: `Precision 'fp61' is not known. Choose fp32, fp16 or bf16.`"""
    return UsageError(f"{_label(name)} {value!r} is not known. Choose {in_words(choices, 'or')}.")


def in_words(items: Iterable[object], last: Literal["and", "or"]) -> str:
    """`fp32, fp16 or bf16`."""
    *head, tail = [str(item) for item in items]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def _argument_sentence(err: argparse.ArgumentError) -> str:
    name = (err.argument_name or "").split("/")[0]
    if err.message.startswith("expected"):
        return f"Option {name} needs a value."
    if err.message.startswith("ignored explicit argument"):
        return f"Option {name} takes no value."
    return f"Option {name}: {err.message}." if name else f"{err.message[:1].upper()}{err.message[1:]}."


def _parse(name: str, hint: Any, text: str) -> Any:  # a field's type, and a value of it
    kinds = _kinds(hint)
    words = _words(hint)
    for word in words:
        if text == str(word):
            return word
    if type(None) in kinds and text.lower() == "none":
        return None
    for kind in (int, float):
        if kind in kinds:
            try:
                return kind(text)
            except ValueError:
                continue
    if Path in kinds:
        return Path(text).expanduser()  # no shell does it in a magic's line
    if str in kinds:
        return text
    if words and not kinds & {int, float}:
        raise unknown_choice(name, text, words)
    raise UsageError(f"{_label(name)} {text!r} is not {_expected(hint)}.")


def _restored(name: str, hint: Any, value: Any) -> Any:  # a field's type, and a value from JSON
    item = _item(hint)
    if item and isinstance(value, list | tuple):
        return tuple(_restored(name, item, each) for each in value)
    kinds = _kinds(hint)
    nested = next((kind for kind in kinds if is_dataclass(kind)), None)
    if nested is not None and isinstance(value, Mapping):
        return from_builtins(nested, value)
    if type(value) in kinds or value in _words(hint):
        return value
    if float in kinds and type(value) is int:
        return float(value)
    if Path in kinds and isinstance(value, str | PurePath):
        return Path(value)
    if str in kinds and isinstance(value, PurePath):
        return str(value)
    if not (item or kinds & _EXPECTED.keys() or _words(hint)):
        return value  # a dict or an object: the class checks its own
    if _words(hint) and not kinds & _EXPECTED.keys():
        raise unknown_choice(name, value, _words(hint))
    raise UsageError(f"{_label(name)} {value!r} is not {_expected(hint)}.")


def _as_plain(value: Any) -> Any:  # a number or text, if any library's
    if isinstance(value, bool):
        return value
    if type(value).__name__ in ("bool", "bool_") and hasattr(value, "item"):  # numpy's is no kind of number
        return bool(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if isinstance(value, numbers.Real) else value


@functools.cache
def _hints(cls: type[Config]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {name: hints[name] for name in _fields(cls)}


def _fields(cls: type[Config]) -> dict[str, Field[Any]]:
    return {field.name: field for field in fields(cls) if field.init}


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _kinds(hint: Any) -> set[type]:
    """The classes a value may have, choices of a Literal left out."""
    kinds = {member for member in _members(hint) if isinstance(member, type) and get_origin(member) is None}
    return {Path if issubclass(kind, PurePath) else kind for kind in kinds}


def _words(hint: Any) -> tuple[Any, ...]:
    """The choices of the Literals in `hint`."""
    return tuple(word for member in _members(hint) if get_origin(member) is Literal for word in get_args(member))


def _item(hint: Any) -> Any | None:
    """The X of `tuple[X, ...]`, None for another type."""
    tuples = [get_args(member) for member in _members(hint) if get_origin(member) is tuple]
    return tuples[0][0] if tuples and tuples[0][1:] == (Ellipsis,) else None


_PLACEHOLDERS = {int: "N", float: "X", str: "TEXT", Path: "PATH"}
_EXPECTED = {int: "a whole number", float: "a number", str: "text", Path: "a path", bool: "true or false"}


def _metavar(hint: Any) -> str:
    shown = [placeholder for kind, placeholder in _PLACEHOLDERS.items() if kind in _kinds(hint)]
    shown += [str(word) for word in _words(hint)]
    if not shown:
        raise TypeError(f"{hint} cannot be typed on a line: skip the field, or give it a simpler type")
    return "|".join(shown)


def _expected(hint: Any) -> str:
    kinds = _kinds(hint)
    known = [words for kind, words in _EXPECTED.items() if kind in kinds and not (kind is int and float in kinds)]
    known += [repr(word) for word in _words(hint)] + (["a list"] if _item(hint) else [])
    return in_words([*known, "none"] if type(None) in kinds else known, "or")


def _default(field: Field[Any]) -> Any:  # a default of any type
    return field.default if field.default_factory is MISSING else field.default_factory()


def _default_words(field: Field[Any]) -> str:
    default = _default(field)
    if default is MISSING:
        return "Needed."
    if default is None or default == () or default == "":
        return ""
    shown = {True: "on", False: "off"}[default] if isinstance(default, bool) else default
    return f"Default: {shown}."


def _docs_in_body(cls: type) -> dict[str, str]:
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, TypeError, SyntaxError):  # typed into a shell, frozen, or compiled without its source
        return {}
    docs: dict[str, str] = {}
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for field, below in itertools.pairwise(statements):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                docs[name] = " ".join(text.split())
    return docs


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), width=100, initial_indent=indent, subsequent_indent=indent)


def _path_text(value: Any) -> str:
    if isinstance(value, PurePath):
        return str(value)
    raise NotImplementedError(f"{value!r} cannot be saved with a run")


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
