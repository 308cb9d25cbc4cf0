"""The page on training against the trainer's options."""

from dataclasses import fields

import ds_notebook as ds
from ds_notebook import errors
from tests.docs.pages import cells, section

_IN_WORDS = {"None": "none", "()": "none", "": "none", "False": "off"}


def test_the_page_names_every_option_with_its_default() -> None:
    told = {row[0].strip("`").split()[0]: row[1] for row in cells(section("train.md", "Options"))}

    assert told == {
        "--" + field.name.replace("_", "-"): _IN_WORDS.get(str(field.default), str(field.default))
        for field in fields(ds.TrainConfig)
    }


def test_the_page_names_every_error() -> None:
    told = {row[0].strip("`") for row in cells(section("train.md", "Errors"))}

    assert told == {"UsageError", "Diverged", "DataError", "GateFailed"}
    assert all(issubclass(getattr(errors, name), ds.DsError) for name in told)
