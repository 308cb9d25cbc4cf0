"""Which arguments count as equal, and that looking at them runs nothing of the user's."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import torch

from ds_notebook.profile.capture.hooks.arguments import arguments, fingerprint, seen_in_full, variables

ARRAY, FRAME, TENSOR = np.arange(100.0), pd.DataFrame({"a": [1, 2]}), torch.zeros(3)


@pytest.mark.parametrize(
    "value",
    [
        3,
        "text",
        None,
        (1, "a"),
        [1, 2],
        {"a": [1]},
        {1, 2},
        Path("a"),
        datetime.date(2026, 1, 1),
        len,
        ARRAY,
        FRAME,
        TENSOR,
    ],
    ids=str,
)
def test_the_same_value_is_equal(value: Any) -> None:
    assert fingerprint({"x": value}) == fingerprint({"x": value}) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 2), (1, 1.5), ("a", "b"), ([1, 2], [1, 3]), ({"a": 1}, {"a": 2}), (np.zeros(3), np.zeros(3)), ((1,), [1])],
    ids=str,
)
def test_another_value_is_not(one: Any, other: Any) -> None:
    assert fingerprint({"x": one}) != fingerprint({"x": other})


def test_an_array_or_a_tensor_that_was_changed_in_place_is_another() -> None:
    array, tensor = np.zeros(10), torch.zeros(3)
    before = fingerprint({"x": array}), fingerprint({"x": tensor})

    array += 1
    tensor.add_(1)

    assert fingerprint({"x": array}) != before[0] and fingerprint({"x": tensor}) != before[1]


def test_a_tensor_or_a_document_that_came_to_lie_where_one_was_freed_is_another() -> None:
    tensor, document = torch.zeros(3), ElementTree.fromstring("<a><b/></a>")
    before = fingerprint({"x": tensor}), fingerprint({"x": document})

    tensor.detach().numpy()[0] = 1  # as another one with this identity and as many changes
    document[0].text = "other"

    assert fingerprint({"x": tensor}) != before[0] and fingerprint({"x": document}) != before[1]


def test_a_tensor_that_was_made_for_inference_alone_has_contents_too() -> None:
    with torch.inference_mode():
        tensor = torch.zeros(3)

    assert fingerprint({"x": tensor}) is not None


def test_functions_that_hold_something_else_are_different_wherever_they_lie() -> None:
    def adder(number: int) -> Any:
        return lambda x: x + number

    assert fingerprint({"f": adder(1)}) == fingerprint({"f": adder(1)}) != fingerprint({"f": adder(2)})


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, True), ((1.5, "a"), True), (np.zeros(10), True), (np.zeros(10**6), False), ([[1]], False), (Path.cwd, False)],
    ids=repr,
)
def test_what_is_seen_in_full_is_small_and_plain(value: Any, expected: bool) -> None:
    assert seen_in_full({"x": value}) == expected


class Strange:
    """Its methods must not be called by a profiler."""

    size = 0

    def __eq__(self, other: object) -> bool:
        raise AssertionError

    def __hash__(self) -> int:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError


def test_an_object_of_the_users_is_what_it_holds_and_none_of_its_methods_run() -> None:
    one, other = Strange(), Strange()
    before = fingerprint({"x": one})
    one.size = 3

    assert before == fingerprint({"x": other}) != fingerprint({"x": one})


class Shop:
    """Reads its prices, and counts its visitors."""

    def __init__(self) -> None:
        self.prices, self.visitors = [3, 4], 0

    @property
    def dearest(self) -> int:
        return max(self.prices)

    def greeting(self) -> str:
        return f"at most {self.dearest}"


def test_what_a_function_does_not_read_of_an_object_does_not_make_it_another_one() -> None:
    shop, code = Shop(), Shop.greeting.__code__
    before = fingerprint({"self": shop}, code)
    shop.visitors += 1
    same = fingerprint({"self": shop}, code)
    shop.prices.append(5)

    assert before == same != fingerprint({"self": shop}, code)


@pytest.mark.parametrize("value", [torch.nn.Linear(2, 2), iter([1]), np.array([{}])], ids=repr)
def test_what_may_have_changed_unseen_is_equal_to_nothing(value: Any) -> None:
    assert fingerprint({"x": value}) is None


def test_arguments_are_those_of_the_call() -> None:
    def call(a: int, *rest: int, b: int = 2, **more: int) -> dict[str, Any]:
        local = 3
        return {"found": arguments(sys._getframe()), "local": local}

    assert call(1, 5, c=7)["found"] == {"a": 1, "rest": (5,), "b": 2, "more": {"c": 7}}


def test_a_dict_that_the_user_has_from_locals_is_left_alone() -> None:
    value = 1
    kept = locals()

    variables(sys._getframe())

    assert kept["value"] == value


def test_a_graph_of_networkx_is_equal_until_an_edge_changes() -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.grid_2d_graph(5, 5)
    before = fingerprint({"graph": graph})

    assert before is not None and fingerprint({"graph": graph}) == before
    graph[(0, 0)][(0, 1)]["minutes"] = 3.0
    assert fingerprint({"graph": graph}) != before


def test_a_tree_of_xml_and_a_sparse_matrix_are_equal_to_themselves() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    tree, matrix = ElementTree.fromstring("<a><b/></a>"), sparse.eye(3, format="csr")
    before = fingerprint({"tree": tree}), fingerprint({"matrix": matrix})

    assert None not in before and (fingerprint({"tree": tree}), fingerprint({"matrix": matrix})) == before
    tree.append(ElementTree.Element("c"))
    matrix.data[0] = 2
    assert fingerprint({"tree": tree}) != before[0] and fingerprint({"matrix": matrix}) != before[1]
