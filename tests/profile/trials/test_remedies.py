"""Each remedy on a program that has the fault."""

from __future__ import annotations

import pytest

from ds_notebook.profile.trials.said import verdict
from tests.profile.trials.conftest import Tried

CROSSES = """
    import random

    random.seed(1)


    def weigh(price, count):
        return price * count if price > count else price - count


    def crosses(prices, counts):
        total = 0.0
        kept = []
        for price in prices:
            for count in counts:
                total += weigh(price, count)  # HERE
            kept.append(total)
        return total, kept


    prices = [random.random() for _ in range(400)]
    total, kept = crosses(prices, prices[:300])
"""


def test_a_numeric_loop_is_compiled_with_the_functions_that_it_calls(tried: Tried) -> None:
    trial = tried(CROSSES, "python-loop", inside="crosses")

    assert trial.equal and {"total", "kept"} <= set(trial.compared)
    assert "total, kept" not in trial.fix and "@numba.njit\ndef compiled_weigh(price, count):" in trial.fix


def test_a_loop_over_objects_is_not_compiled_and_the_reason_is_said(tried: Tried) -> None:
    trial = tried(
        """
        words = [str(i) for i in range(1000)]
        seen = {}
        for word in words:
            seen[word] = seen.get(word, 0) + len(word)  # HERE
        """,
        "python-loop",
    )

    assert verdict(trial) == "failed"
    assert trial.failed.startswith("numba cannot compile it")


def test_arithmetic_on_rows_becomes_arithmetic_on_columns(tried: Tried) -> None:
    trial = tried(
        """
        import pandas as pd

        df = pd.DataFrame({"a": range(30_000), "b": 2.0})
        df["c"] = df.apply(lambda row: row["a"] * row["b"] + 1.0, axis=1)  # HERE
        """,
        "pandas-rows",
    )

    assert trial.equal and "df" in trial.compared
    assert trial.fix == "df['c'] = df['a'] * df['b'] + 1.0"


def test_a_loop_over_rows_goes_over_plain_records(tried: Tried) -> None:
    trial = tried(
        """
        import pandas as pd

        df = pd.DataFrame({"a": range(20_000), "b": 2.0})
        total = 0.0
        for _, row in df.iterrows():  # HERE
            if row["a"] > 5:
                total += row["a"] * row["b"]
        """,
        "pandas-rows",
    )

    assert trial.equal and "total" in trial.compared


@pytest.mark.parametrize("call", ["json.loads(json.dumps(rows))", "pickle.loads(pickle.dumps(rows))"])
def test_another_encoder_answers_where_the_round_trip_is_equal(call: str, tried: Tried) -> None:
    trial = tried(
        f"""
        import json, pickle

        rows = [{{"id": i, "values": [i / 7] * 30}} for i in range(1500)]
        for _ in range(20):
            back = {call}  # HERE
        """,
        "serialization",
        function=call.partition("(")[0],
    )

    assert trial.equal and "back" in trial.compared


def test_a_function_that_is_given_the_same_again_keeps_its_results(tried: Tried) -> None:
    trial = tried(
        """
        def weight(n):  # HERE
            return sum(i * i % 7 for i in range(n))


        weights = [weight(n % 3 + 4000) for n in range(2000)]
        """,
        "recompute",
        function="weight (PLACE:2)",
    )

    assert verdict(trial) == "faster" and trial.equal


def test_a_property_keeps_what_it_computed(tried: Tried) -> None:
    trial = tried(
        """
        class Scores:
            @property
            def ranked(self):  # HERE
                return sum(i * i % 7 for i in range(4000))


        scores = Scores()
        places = [scores.ranked for n in range(2000)]
        """,
        "recompute",
        function="Scores.ranked (PLACE:3)",
    )

    assert verdict(trial) == "faster" and trial.equal


def test_what_a_loop_computes_from_the_same_values_is_computed_above_it(tried: Tried) -> None:
    trial = tried(
        """
        numbers = list(range(20_000))
        ranks = []
        for i in range(1000):
            ranks.append(sum(numbers) - i)  # HERE
        """,
        "recompute",
        fix="value = sum(numbers)  # above the loop",
    )

    assert verdict(trial) == "faster" and trial.equal
    assert trial.fix.startswith("computed_once = sum(numbers)\nfor i in range(1000):")


def test_a_collector_that_looks_less_often_leaves_more_time(tried: Tried) -> None:
    trial = tried(
        """
        import gc

        held = [[i] for i in range(300_000)]
        count = len(held)
        for _ in range(15):
            gc.collect()  # HERE
        """,
        "gc-pauses",
    )

    assert verdict(trial) == "faster" and trial.equal
