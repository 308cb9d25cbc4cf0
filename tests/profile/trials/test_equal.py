"""What counts as the same result: dtype, shape, and a relative 1e-9."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from ds_notebook.profile.trials.equal import differences
from ds_notebook.profile.trials.values import NotPlain, load, plain, plain_names, save

FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
VALUES: list[Any] = [  # any kind that a program may hold
    *(None, True, 3, 2.5, "text", b"bytes", 1 + 2j, [1, "a", None], (1.5, 2), {"a": [1]}, {3, 4}),
    *(float("nan"), list(range(1000)), [0.5] * 1000, np.arange(6.0).reshape(2, 3), np.float32(1.5), np.float64(1.5)),
    *(torch.arange(3), torch.ones(2, dtype=torch.bfloat16), FRAME, FRAME["b"], torch.nn.Linear(2, 1)),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_is_equal_to_itself_after_its_way_through_a_file(value: object, tmp_path: Path) -> None:
    save(tmp_path, {"it": plain(value)})

    assert differences({"it": plain(value)}, load(tmp_path)) == {}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (1.0, 1.0 + 1e-12, ""),
        (1.0, 1.001, "differs by 0.001 of its value"),
        (1, 1.0, "is a float, was a int"),
        (np.ones(3), np.ones(3, dtype="float32"), "is float32, was float64"),
        (np.ones(3), np.ones((3, 1)), "has shape (3, 1), had (3,)"),
        (np.array([1.0, 2.0]), np.array([1.0, 2.002]), "differs by up to 0.001 of its values"),
        (np.array([1, 2]), np.array([1, 3]), "holds other values"),
        ([1, 2], [1, 2, 3], "has 3 items, had 2"),
        ({"a": 1.0}, {"a": 2.0}, "differs by 0.5 of its value"),
        ("text", "other", "is another text"),
        ('{"a": [1, 2]}', '{"a":[1,2]}', ""),
        (np.float64(2.0), 2.0, ""),
        (FRAME, FRAME.assign(a=[1, 3]), "holds other values"),
        (FRAME["a"], FRAME["a"].set_axis([5, 6]), "holds other values"),
        (FRAME["a"], FRAME["a"].to_numpy(), "is a ndarray, was a Series of int64"),
        (np.array([["a", None]]), np.array(["a", None]), "is a ndarray of object (2,), was a ndarray of object (1, 2)"),
    ],
)
def test_a_difference_is_said_in_words(before: object, after: object, words: str) -> None:
    said = differences({"it": plain(before)}, {"it": plain(after)})

    assert said == ({"it": words} if words else {})


def test_objects_of_other_kinds_are_not_compared() -> None:
    with pytest.raises(NotPlain):
        plain(object())

    assert plain_names({"a": 1, "b": object(), "_c": 2, "json": pytest}) == ({"a": plain(1)}, ["b"])
