"""An option is spelled once, as a field: flags, help, errors and the saved form follow from it."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy
import pytest

from ds_notebook.errors import UsageError
from ds_notebook.options import (
    OptionParser,
    add_options,
    from_builtins,
    from_options,
    help_text,
    option_docs,
    settle,
    to_builtins,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CakeConfig:
    """How to bake a cake."""

    layers: int = 2
    """Sponges on
    top of one another."""
    oven_degrees: float = 180.0
    """Up to 100% of what the oven can."""
    icing: Literal["plain", "sugar", "lemon"] = "sugar"
    candles: int | Literal["auto"] = "auto"
    """`auto` is one a year."""
    sieve: bool = True
    cool_s: float | None = None
    book: Path | None = None
    guest: tuple[str, ...] = ()
    """Who comes."""


@dataclass(frozen=True, kw_only=True)
class PartyConfig(CakeConfig):
    """A cake and more."""

    music: str
    """What is played."""
    cellar: CakeConfig | None = None


def parsed(*words: str, cls: type[Any] = CakeConfig) -> Any:
    parser = OptionParser(help_command="%%bake?")
    add_options(parser, cls, skip=["cellar"])
    return from_options(cls, parser.parse_args(words))


def sentence(*words: str, cls: type[Any] = CakeConfig) -> str:
    with pytest.raises(UsageError) as caught:
        parsed(*words, cls=cls)
    return str(caught.value)


def test_without_flags_the_defaults_are_the_classes():
    assert parsed() == CakeConfig()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--layers", "3"], CakeConfig(layers=3)),
        (["--layers=3"], CakeConfig(layers=3)),
        (["--oven-degrees", "2e2"], CakeConfig(oven_degrees=200.0)),
        (["--icing", "lemon"], CakeConfig(icing="lemon")),
        (["--candles", "7"], CakeConfig(candles=7)),
        (["--candles", "auto"], CakeConfig(candles="auto")),
        (["--no-sieve"], CakeConfig(sieve=False)),
        (["--cool-s", "1.5"], CakeConfig(cool_s=1.5)),
        (["--cool-s", "none"], CakeConfig(cool_s=None)),
        (["--book", "a/b.txt"], CakeConfig(book=Path("a/b.txt"))),
        (["--guest", "Ann", "--guest", "Bo > 2"], CakeConfig(guest=("Ann", "Bo > 2"))),
    ],
)
def test_a_flag_sets_its_field(words, expected):
    assert parsed(*words) == expected


def test_a_path_may_start_with_a_tilde():
    assert parsed("--book", "~/b.txt").book == Path.home() / "b.txt"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--layer", "3"], "Option --layer is not known. Did you mean --layers? `%%bake?` shows all."),
        (["--qqq=3"], "Option --qqq is not known. `%%bake?` shows all."),
        (["--layers"], "Option --layers needs a value. `%%bake?` shows all."),
        (["--no-sieve=3"], "Option --sieve takes no value. `%%bake?` shows all."),
        (["cream"], "'cream' was not expected here. `%%bake?` shows all."),
        (["--layers", "two"], "Layers 'two' is not a whole number."),
        (["--cool-s", "soon"], "Cool s 'soon' is not a number or none."),
        (["--icing", "lime"], "Icing 'lime' is not known. Choose plain, sugar or lemon."),
        (["--candles", "many"], "Candles 'many' is not a whole number or 'auto'."),
        (["-h"], "Option -h is not known. `%%bake?` shows all."),
    ],
)
def test_a_slip_is_answered_in_a_sentence(words, expected, capsys):
    assert sentence(*words) == expected
    assert capsys.readouterr() == ("", "")


def test_a_needed_positional_is_asked_for_in_a_sentence():
    parser = OptionParser()
    parser.add_argument("run")

    with pytest.raises(UsageError, match=r"^The following arguments are required: run\.$"):
        parser.parse_args([])


def test_a_slip_in_a_subcommand_is_a_sentence_too():
    parser = OptionParser()
    add_options(parser.add_subparsers().add_parser("bake"), CakeConfig)

    with pytest.raises(UsageError, match="Option --layers needs a value"):
        parser.parse_args(["bake", "--layers"])


def test_a_field_without_default_is_asked_for():
    assert sentence(cls=PartyConfig) == "Option --music is needed."


def test_fields_of_a_base_class_are_options_too():
    assert parsed("--music", "jazz", "--layers", "1", cls=PartyConfig) == PartyConfig(music="jazz", layers=1)


def test_other_names_in_a_namespace_are_left_alone():
    assert from_options(CakeConfig, argparse.Namespace(layers=4, cell="x = 1")) == CakeConfig(layers=4)


def test_a_dict_from_python_is_taken_as_it_is():
    assert from_options(CakeConfig, {"layers": 4, "guest": ["Ann"]}) == CakeConfig(layers=4, guest=("Ann",))


def test_a_type_that_cannot_be_typed_on_a_line_is_the_authors_slip():
    with pytest.raises(TypeError, match="skip the field"):
        add_options(OptionParser(), PartyConfig)


def test_docs_are_the_sentences_under_the_fields():
    assert option_docs(CakeConfig) == {
        "layers": "Sponges on top of one another.",
        "oven_degrees": "Up to 100% of what the oven can.",
        "candles": "`auto` is one a year.",
        "guest": "Who comes.",
    }


def test_docs_of_a_base_class_are_kept():
    assert option_docs(PartyConfig) == option_docs(CakeConfig) | {"music": "What is played."}


def test_docs_are_empty_where_the_source_is_not_at_hand():
    namespace: dict[str, Any] = {"dataclass": dataclass, "__name__": "builtins"}
    exec('@dataclass\nclass Typed:\n    size: int = 1\n    """How big."""\n', namespace)

    assert option_docs(namespace["Typed"]) == {}


def test_help_names_each_option_with_its_kind_default_and_sentence():
    shown = help_text(CakeConfig, "%%bake [options]", "%%bake --layers 3")

    assert shown.splitlines()[:8] == [
        "Usage: %%bake [options]",
        "",
        "How to bake a cake.",
        "",
        "  --layers N",
        "      Sponges on top of one another. Default: 2.",
        "  --oven-degrees X",
        "      Up to 100% of what the oven can. Default: 180.0.",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "  --icing plain|sugar|lemon",
        "  --candles N|auto",
        "  --sieve, --no-sieve",
        "  --guest TEXT (may be repeated)",
        "  %%bake --layers 3",
    ],
)
def test_help_shows_what_may_be_typed(line):
    assert line in help_text(CakeConfig, "", "%%bake --layers 3").splitlines()


def test_argparse_can_print_its_own_help_where_a_sentence_has_a_percent_sign():
    parser = OptionParser()
    add_options(parser, CakeConfig)

    assert "100% of" in " ".join(parser.format_help().split())


PARTY = PartyConfig(
    music="jazz", candles="auto", book=Path("b"), guest=("Ann",), cellar=CakeConfig(cool_s=2.0, candles=3)
)


def test_a_saved_config_comes_back_the_same():
    assert from_builtins(PartyConfig, json.loads(json.dumps(to_builtins(PARTY)))) == PARTY


def test_a_number_that_json_made_whole_becomes_a_float_again():
    assert repr(from_builtins(CakeConfig, {"oven_degrees": 180}).oven_degrees) == "180.0"


@pytest.mark.parametrize(
    ("saved", "expected"),
    [
        ({"lays": 1}, "Option lays is not known to this version. Remove lays or update ds-notebook."),
        (
            {"lays": 1, "ice": 2},
            "Options lays and ice are not known to this version. Remove lays and ice or update ds-notebook.",
        ),
        ({"layers": "two"}, "Layers 'two' is not a whole number."),
        ({"layers": True}, "Layers True is not a whole number."),
        ({"icing": "lime"}, "Icing 'lime' is not known. Choose plain, sugar or lemon."),
        ({"guest": "Ann"}, "Guest 'Ann' is not a list."),
    ],
)
def test_a_saved_config_of_another_kind_is_refused(saved, expected):
    with pytest.raises(UsageError) as caught:
        from_builtins(CakeConfig, saved)

    assert str(caught.value) == expected


@dataclass(frozen=True, slots=True)
class SettledConfig:
    """A config that is settled as it is made."""

    layers: int = 2
    degrees: float = 180.0
    guests: tuple[str, ...] = ()
    book: Path | None = None
    resume: str | None = None

    def __post_init__(self) -> None:
        settle(self)


@pytest.mark.parametrize(
    ("given", "settled"),
    [
        ({"guests": "Ann"}, SettledConfig(guests=("Ann",))),
        ({"guests": ["Ann", "Bob"]}, SettledConfig(guests=("Ann", "Bob"))),
        ({"layers": numpy.int64(3)}, SettledConfig(layers=3)),
        ({"degrees": numpy.float32(0.5)}, SettledConfig(degrees=0.5)),
        ({"degrees": numpy.float64(0.5)}, SettledConfig(degrees=0.5)),
        ({"resume": numpy.str_("runs/a")}, SettledConfig(resume="runs/a")),
        ({"degrees": 200}, SettledConfig(degrees=200.0)),
        ({"book": "b"}, SettledConfig(book=Path("b"))),
        ({"resume": Path("runs/a")}, SettledConfig(resume="runs/a")),
    ],
)
def test_what_python_code_gives_is_settled_to_the_fields_kind(given, settled):
    config = SettledConfig(**given)

    assert repr(config) == repr(settled)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"layers": "5"}, "Layers '5' is not a whole number."),
        ({"layers": 64.0}, "Layers 64.0 is not a whole number."),
        ({"layers": True}, "Layers True is not a whole number."),
        ({"guests": 3}, "Guests 3 is not a list."),
    ],
)
def test_what_python_code_gives_of_another_kind_is_refused(given, sentence):
    with pytest.raises(UsageError) as caught:
        SettledConfig(**given)

    assert str(caught.value) == sentence
