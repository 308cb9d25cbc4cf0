"""Rules about what plain Python does: loops, tables, results that are thrown away."""

from __future__ import annotations

import pytest

from ds_notebook.profile.folded import Frame, Stack
from ds_notebook.profile.observed import Repeats
from ds_notebook.profile.rules import pandas_rows, python_loop, recompute
from tests.profile.rules.made import IMPORT, at, library, profile, ran

NUMBERS = """
def spread(points):
    total = 0.0
    for i in range(len(points)):
        total += abs(points[i] - 1.5) ** 2
    return total
"""


def test_arithmetic_on_the_elements_of_a_list_is_a_python_loop() -> None:
    hot = at(4, "spread")
    seen = profile(
        NUMBERS, ran(4.0, hot), types={str(hot): {"points": "list[float] 1000", "i": "int", "total": "float"}}
    )

    (found,) = python_loop.find(seen)

    assert (found.at, found.covers, found.share) == (hot, (3, 4), 1.0)
    assert found.expected == pytest.approx(4 / (4 / 8.5 + 0.35))


def test_reading_an_array_element_by_element_gains_more() -> None:
    hot = at(4, "spread")
    seen = profile(NUMBERS, ran(40.0, hot), types={str(hot): {"points": "ndarray[float64] 1000", "i": "int"}})

    (found,) = python_loop.find(seen)

    assert found.expected > 25


def test_an_operation_on_large_arrays_in_a_loop_is_none() -> None:
    seen = profile(
        "for k in range(20):\n    a = a * b + k",
        ran(4.0, at(2)),
        types={str(at(2)): {"a": "ndarray[float64] 1000x1000", "b": "ndarray[float64] 1000x1000", "k": "int"}},
    )

    assert not list(python_loop.find(seen))


def test_many_elements_picked_at_once_are_an_operation_on_arrays() -> None:
    line = at(1, "<listcomp>")
    types = {str(line): {"km": "ndarray[float64] 60000", "rng": "Generator", "np": "module"}}
    source = "medians = [np.median(km[rng.integers(0, len(km), len(km))]) for _ in range(rounds)]"

    assert not list(python_loop.find(profile(source, ran(4.0, at(1), line), types=types)))
    one = "medians = [np.sqrt(km[rng.integers(len(km))]) + km[3] for _ in range(rounds)]"
    assert list(python_loop.find(profile(one, ran(4.0, at(1), line), types=types)))


def test_rows_of_a_wide_matrix_are_large_arrays_too() -> None:
    seen = profile(
        "for k in range(20):\n    total += a[k] * b[k]",
        ran(4.0, at(2)),
        types={str(at(2)): {"a": "ndarray[float64] 20x100000", "b": "ndarray[float64] 20x100000", "k": "int"}},
    )

    assert not list(python_loop.find(seen))


@pytest.mark.parametrize(
    ("body", "types"),
    [
        ("total += order.price * order.count", {"order": "Order", "total": "float"}),
        ("counts[word] = counts.get(word, 0) + 1", {"counts": "dict[str]", "word": "str"}),
        ("text = text + name", {"text": "str", "name": "str"}),
        ("seen.add(hash(name))", {"seen": "set[int]", "name": "str"}),
        ("total += solve(matrix)", {"matrix": "ndarray[float64] 9x9", "total": "float"}),
        ("total += row['price'] * row['count']", {"row": "dict[str]", "total": "float"}),
        ("total += a * b", {}),
    ],
)
def test_a_loop_over_objects_texts_and_unknown_things_is_left_alone(body: str, types: dict[str, str]) -> None:
    seen = profile(f"for each in all_of_them:\n    {body}", ran(4.0, at(2)), types={str(at(2)): types})

    assert not list(python_loop.find(seen))


CALLED = """
def apart(one, other):
    return (one - other) ** 2
class Palette:
    def nearest(self, pixel):
        return min(range(9), key=lambda i: apart(pixel, self.colours[i]))
"""


def test_a_function_that_is_handed_to_min_is_a_loop_and_its_beginning_stands_for_its_lines() -> None:
    begins, calls = at(1, "apart"), at(5, "Palette.nearest.<locals>.<lambda>")
    types = {str(begins): {"one": "float", "other": "float"}, str(calls): {"self.colours": "list[float] 9"}}

    (found,) = python_loop.find(profile(CALLED, ran(1.0, calls, begins), ran(3.0, calls), types=types))

    assert (found.at, found.share) == (calls, 1.0)


def test_a_loop_whose_head_counts_and_whose_body_works_on_objects_is_none() -> None:
    source = "for i in range(n):\n    table[i].name = text.strip()\n    names.add(table[i].name)"
    seen = profile(source, ran(4.0, at(1)), types={str(at(1)): {"n": "int", "i": "int", "table": "list[Row] 9"}})

    assert not list(python_loop.find(seen))


def test_a_loop_over_four_numbers_is_no_loop_of_its_own() -> None:
    source = """
    def won(stones):
        for shift in (1, 6, 5, 7):
            pair = stones & (stones >> shift)
        return pair
    for position in positions:
        table[position.key] = won(position.stones)
    """
    line = at(3, "won")
    stacks = (ran(1.0, at(6), line), ran(3.0, at(6)))

    assert not list(python_loop.find(profile(source, *stacks, types={str(line): {"stones": "int", "shift": "int"}})))


def test_what_runs_while_a_module_is_imported_is_no_loop_of_the_users() -> None:
    loading = library("torch/__init__.py", "<module>")

    assert not list(python_loop.find(profile("import torch", ran(4.0, at(1), IMPORT, loading))))


ROWS = """
df["total"] = df.apply(lambda row: row["a"] * row["b"], axis=1)
for _, row in df.iterrows():
    total += row["a"]
for name in df.columns:
    df[name] = df[name].fillna(0)
df["x"] = df["a"].apply(lambda value: value * 2 + 1)
df["y"] = df["name"].apply(lambda text: text.strip().lower())
"""
BY_ROW = library("pandas/core/apply.py", "FrameColumnApply.series_generator")
BY_COLUMN = library("pandas/core/apply.py", "FrameRowApply.apply_standard")
BY_ELEMENT = library("pandas/core/apply.py", "SeriesApply.apply_standard")
ITERROWS = library("pandas/core/frame.py", "DataFrame.iterrows")
FILL = library("pandas/core/generic.py", "NDFrame.fillna")


def test_apply_by_row_is_found_and_rewritten_by_column() -> None:
    (found,) = pandas_rows.find(profile(ROWS, ran(2.0, at(1), BY_ROW, at(1, "<lambda>")), ran(2.0, at(1), BY_ROW)))

    assert (found.at, found.share, found.fix) == (at(1), 1.0, "df['total'] = df['a'] * df['b']")


def test_iterrows_is_found_with_all_of_its_loop() -> None:
    (found,) = pandas_rows.find(profile(ROWS, ran(2.0, at(2), ITERROWS), ran(1.0, at(3))))

    assert (found.at, found.covers, found.share) == (at(2), (2, 3), 1.0)


def test_what_makes_the_rows_is_no_loop_over_them() -> None:
    text = "notes = [row['a'] for _, row in df.describe().iterrows()]"
    describe = library("pandas/core/generic.py", "NDFrame.describe")

    assert not list(pandas_rows.find(profile(text, ran(2.0, at(1), describe))))


PIECES = """
def price(i):
    return df["price"].iloc[i]
def column(name):
    return df[name].rank()
prices = [price(i) for i in range(9)]
ranks = [column(name) for name in names]
"""


def _all_over_pandas(*users: Frame) -> list[Stack]:
    return [ran(0.1, *users, library("pandas/core/indexing.py", "_getitem_axis", line)) for line in range(20)]


def test_a_cell_at_a_time_is_found_by_its_time_all_over_pandas_whoever_repeats_it() -> None:
    cell = at(2, "price")
    seen = profile(PIECES, *_all_over_pandas(at(5, "<listcomp>"), cell), types={str(cell): {"i": "int"}})

    assert [found.at for found in pandas_rows.find(seen)] == [cell]


def test_a_cell_by_a_key_of_two_levels_is_one_however_long_one_line_of_pandas_takes() -> None:
    cell = at(1, "<listcomp>")
    look = (library("pandas/core/indexing.py", "_getitem_axis"), library("pandas/core/indexes/multi.py", "_engine"))
    types = {str(cell): {"rates": "DataFrame 288x2", "spot": "tuple[int64] 2"}}
    seen = profile(
        'found = [rates.loc[spot, "rate"] for spot in zip(zones, hours)]', ran(3.0, cell, *look), types=types
    )

    assert [found.at for found in pandas_rows.find(seen)] == [cell]


def test_a_long_column_at_a_time_is_no_row() -> None:
    whole = at(4, "column")
    kernel = ran(2.0, at(6, "<listcomp>"), whole, library("pandas/core/algorithms.py", "rank"))
    seen = profile(PIECES, kernel, types={str(whole): {"df": "DataFrame 90000x8", "name": "str"}})

    assert not list(pandas_rows.find(seen))


def test_arithmetic_by_element_is_found() -> None:
    assert list(pandas_rows.find(profile(ROWS, ran(2.0, at(6), BY_ELEMENT, at(6, "<lambda>")))))


@pytest.mark.parametrize(
    "stack",
    [
        ran(2.0, at(1), BY_COLUMN, at(1, "<lambda>")),
        ran(2.0, at(5), FILL),
        ran(2.0, at(7), BY_ELEMENT, at(7, "<lambda>")),
    ],
    ids=["apply by column", "a loop over columns", "texts, which gain nothing"],
)
def test_whole_columns_and_texts_are_left_alone(stack: object) -> None:
    assert not list(pandas_rows.find(profile(ROWS, stack)))  # type: ignore[arg-type]


REPEATED = """
def rates(month):
    return [month * k for k in range(1000)]

def bill(orders):
    for order in orders:
        total = order * rates("2026-01")[3]

def log(message):
    print(message)

for _ in range(100):
    rates("2026-01")
"""


def test_a_call_that_is_always_the_same_is_found_where_a_loop_makes_it() -> None:
    called = ran(3.0, at(6, "bill"), at(2, "rates"))
    seen = profile(
        REPEATED, called, repeats=[Repeats(function="rates (program.py:1)", calls=50, repeated=49, arguments=1)]
    )

    (found,) = recompute.find(seen)

    assert (found.at, found.share, round(found.expected)) == (at(6, "bill"), 1.0, 150)


def test_a_function_of_a_library_that_is_given_the_same_again_is_found_too() -> None:
    source = (
        "def nodes(self, x):\n    at = leggauss(self.order)\n    return x + at\nfor low in edges:\n    nodes(rule, low)"
    )
    inside = library("numpy/polynomial/legendre.py", "leggauss", 1500)
    again = Repeats(function=f"leggauss ({inside.place}:1490)", calls=50, repeated=49, arguments=1)

    (found,) = recompute.find(profile(source, ran(3.0, at(5), at(2, "nodes"), inside), repeats=[again]))

    assert (found.at, found.share) == (at(2, "nodes"), 1.0)


def test_a_few_different_calls_are_found_where_they_are_made_and_the_function_is_to_be_cached() -> None:
    called = ran(3.0, at(6, "bill"), at(2, "rates"))
    seen = profile(
        REPEATED, called, repeats=[Repeats(function="rates (program.py:1)", calls=50, repeated=40, arguments=10)]
    )

    (found,) = recompute.find(seen)

    assert (found.at, found.fix) == (at(6, "bill"), "@functools.cache\ndef rates(month):")


def test_what_draws_from_a_generator_of_the_modules_is_not_the_same_again() -> None:
    source = (
        "rng = default_rng(0)\ndef load(n):\n    return rng.integers(0, 9, n)\nfor i in range(9):\n    use(load(9), i)"
    )
    repeats = [Repeats(function="load (program.py:2)", calls=50, repeated=49, arguments=1)]

    assert not list(recompute.find(profile(source, ran(3.0, at(5), at(3, "load")), repeats=repeats)))


def test_many_calls_with_few_different_arguments_are_told_by_how_often_two_looks_meet_the_same() -> None:
    source = "def price(age):\n    return table[age]\ndef all(people):\n    for one in people:\n        price(one.age)"
    call = at(5, "all")
    seen = profile(
        source,
        ran(3.0, call, at(2, "price")),
        repeats=[Repeats(function="price (program.py:1)", calls=60, repeated=6, arguments=54)],
        types={str(call): {"people": "list[Person] 30000"}},
    )

    (found,) = recompute.find(seen)

    assert (found.at, round(found.expected)) == (call, 100)


GROWTH = """
@lru_cache
def light(water):
    return spectrum(water)
def step(colonies):
    for colony in colonies:
        colony.size *= light(Water(colony.depth))
for year in range(50):
    step(colonies)
"""


def test_calls_are_as_many_as_all_loops_around_them_make_and_a_cache_that_never_knows_them_is_told_so() -> None:
    call = at(6, "step")
    seen = profile(
        GROWTH,
        ran(3.0, at(8), call, at(3, "light")),
        repeats=[Repeats(function="light (program.py:1)", calls=60, repeated=6, arguments=54)],
        types={str(call): {"colonies": "list[Colony] 600"}},
    )

    (found,) = recompute.find(seen)

    assert (found.at, round(found.expected)) == (call, 100)  # 30,000 calls, some 300 different ones
    assert found.advice.startswith("Its cache does not know them again") and not found.fix


def test_a_loop_that_only_repeats_one_call_means_to() -> None:
    called = ran(3.0, at(12), at(2, "rates"))
    seen = profile(
        REPEATED, called, repeats=[Repeats(function="rates (program.py:1)", calls=50, repeated=49, arguments=1)]
    )

    assert not list(recompute.find(seen))


def test_a_function_that_writes_is_not_to_be_called_once() -> None:
    called = ran(3.0, at(6, "bill"), at(9, "log"))
    seen = profile(
        REPEATED, called, repeats=[Repeats(function="log (program.py:8)", calls=50, repeated=49, arguments=1)]
    )

    assert not list(recompute.find(seen))


def test_an_expression_that_nothing_in_the_loop_changes_is_found() -> None:
    source = "for value in values:\n    ranks.append(sorted(values).index(value))"

    (found,) = recompute.find(profile(source, ran(3.0, at(2))))

    assert (found.at, found.fix) == (at(2), "value = sorted(values)  # above the loop")


def test_an_expression_of_what_the_loop_changes_is_not() -> None:
    source = "for value in values:\n    kept = sorted(kept + [value])"

    assert not list(recompute.find(profile(source, ran(3.0, at(2)))))


def test_the_length_of_a_list_is_not_computed_again_and_again() -> None:
    seen = profile("for i in many:\n    total += min(len(values), i)", ran(4.0, at(2)))

    assert not list(recompute.find(seen))


@pytest.mark.parametrize(
    ("body", "types"),
    [
        (
            "out[i] = image[i - r : i + r + 1].mean()",
            {"image": "ndarray[float64] 90000", "out": "ndarray[float64] 90000"},
        ),
        ("price *= 1 + rng.gauss(0, 1) * option.rate", {"price": "float", "rng": "Random", "option.rate": "float"}),
    ],
    ids=["a window of an array", "draws, and a field of a named tuple"],
)
def test_small_pieces_and_draws_are_numbers_too(body: str, types: dict[str, str]) -> None:
    seen = profile(f"for i in range(n):\n    {body}", ran(4.0, at(2)), types={str(at(2)): types | {"option": "Option"}})

    assert list(python_loop.find(seen))
