"""Rules about libraries that are called too often: databases, encoders, expressions, imports."""

from __future__ import annotations

from typing import Any

import pytest

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.observed import Encoding, Observed, Patterns, Statement
from ds_notebook.profile.rules import import_time, n_plus_one, regex_compile, serialization
from tests.profile.rules.made import IMPORT, at, library, profile, ran

ORDERS = """
for order in orders:
    row = db.execute("SELECT name FROM customers WHERE id = ?", (order,)).fetchone()
    db.execute("INSERT INTO bills VALUES (?)", (order,))
"""


def statement(line: int, shape: str, count: int) -> Statement:
    return Statement(shape=shape, site=str(at(line)), count=count, seconds=0.0)


def test_the_same_select_from_one_line_is_found_with_its_count() -> None:
    seen = profile(
        ORDERS,
        ran(3.0, at(2), busy=0.05),
        ran(1.0, at(1)),
        statements=[statement(2, "SELECT name FROM customers WHERE id = ?", 300)],
    )

    (found,) = n_plus_one.find(seen)

    assert (found.at, found.share, found.facts["count"]) == (at(2), 0.75, 300)
    assert found.expected == pytest.approx(1 / (0.25 + 0.75 / 20))


def test_a_database_in_this_process_promises_less() -> None:
    seen = profile(ORDERS, ran(4.0, at(2)), statements=[statement(2, "SELECT name FROM customers WHERE id = ?", 300)])

    assert next(iter(n_plus_one.find(seen))).expected == pytest.approx(4.0)


def test_inserts_one_by_one_are_to_be_written_at_once() -> None:
    seen = profile(ORDERS, ran(4.0, at(3)), statements=[statement(3, "INSERT INTO bills VALUES (?)", 300)])

    assert "executemany" in next(iter(n_plus_one.find(seen))).advice


def test_a_few_statements_are_no_loop() -> None:
    seen = profile(ORDERS, ran(4.0, at(2)), statements=[statement(2, "SELECT name FROM customers WHERE id = ?", 3)])

    assert not list(n_plus_one.find(seen))


ASKED = """
def price(order):
    cursor = db.execute("SELECT price FROM articles WHERE id = ?", (order,))
    found = cursor.fetchone()
    return simulate(found)

for order in orders:
    price(order)
"""


def test_what_else_is_done_where_a_row_is_asked_for_is_no_query() -> None:
    stacks = [ran(seconds, at(7), at(line, "price")) for line, seconds in ((2, 0.5), (3, 0.5), (4, 3.0))]
    counted = Statement(
        shape="SELECT price FROM articles WHERE id = ?", site=str(at(2, "price")), count=9000, seconds=0.0
    )

    (found,) = n_plus_one.find(profile(ASKED, *stacks, statements=[counted]))

    assert (found.at, found.share) == (at(7), 0.25)


def test_a_function_that_hands_statements_on_is_a_part_of_the_way_to_the_database() -> None:
    source = """
    def ask(sql, *values):
        time.sleep(latency)
        return db.execute(sql, values)

    for order in orders:
        ask("SELECT price FROM articles WHERE id = ?", order)
    """
    counted = Statement(shape="SELECT price FROM articles WHERE id = ?", site=str(at(3, "ask")), count=300, seconds=0.0)

    (found,) = n_plus_one.find(profile(source, ran(3.0, at(6), at(2, "ask"), busy=0.0), statements=[counted]))

    assert (found.at, found.share) == (at(6), 1.0)


def test_the_same_question_again_is_not_one_for_each_row() -> None:
    seen = profile(ORDERS, ran(4.0, at(2)), statements=[statement(2, "SELECT count(*) FROM customers", 300)])

    assert not list(n_plus_one.find(seen))


def test_json_is_found_where_it_is_called() -> None:
    counted = Encoding(function="json.dumps", site=str(at(2)), count=1000, seconds=3.0, size_bytes=10_000_000)
    seen = profile("for order in orders:\n    send(json.dumps(order))", ran(4.0, at(2)), encodings=[counted])

    (found,) = serialization.find(seen)

    assert (found.at, found.share) == (at(2), 0.75)
    assert found.expected == pytest.approx(1 / (0.25 + 0.75 / 4))


def test_what_was_measured_on_the_users_own_payload_is_promised_and_said() -> None:
    counted = Encoding(
        function="json.dumps", site=str(at(1)), count=9, seconds=3.0, alternatives={"msgspec": 4.0, "orjson": 8.0}
    )

    (found,) = serialization.find(profile("json.dumps(order)", ran(4.0, at(1)), encodings=[counted]))

    assert found.expected == pytest.approx(1 / (0.25 + 0.75 / 8))
    assert found.evidence.endswith("on its own payload orjson takes 12% of that, msgspec 25%.")


def test_a_payload_that_no_other_encoder_can_do_promises_nothing() -> None:
    counted = Encoding(function="pickle.dumps", site=str(at(1)), count=9, seconds=3.0, alternatives={})

    assert next(serialization.find(profile("pickle.dumps(net)", ran(4.0, at(1)), encodings=[counted]))).expected == 1


def test_a_pickle_of_arrays_is_a_copy_and_left_alone() -> None:
    counted = Encoding(function="pickle.dumps", site=str(at(1)), count=10, seconds=1.0, size_bytes=2_000_000_000)

    assert not list(serialization.find(profile("pickle.dumps(array)", ran(4.0, at(1)), encodings=[counted])))


SEARCH = """
with ProcessPoolExecutor() as pool:
    for found in pool.map(partial(match, table), spectra):
        keep(found)
"""
WAITS = library("concurrent/futures/_base.py", "Future.result")
PICKLES = library("multiprocessing/reduction.py", "ForkingPickler.dumps")
READS = library("multiprocessing/queues.py", "Queue.get")


def searching(sending_s: float) -> Profile:
    return profile(
        SEARCH,
        ran(4.0, at(2), WAITS, library("threading.py", "Condition.wait"), busy=0.0),
        ran(sending_s, PICKLES, lane="thread QueueFeederThread"),
        ran(sending_s, READS, lane="process 7 ForkProcess-1"),
        ran(4.0 - 2 * sending_s, at(9, "match"), lane="process 7 ForkProcess-1"),
    )


def test_what_is_sent_to_a_pool_with_each_task_is_found_where_the_pool_is_waited_for() -> None:
    (found,) = serialization.find(searching(1.0))

    assert (found.at, found.share) == (at(2), 0.5)


def test_a_pool_that_computes_must_send_its_results() -> None:
    assert not list(serialization.find(searching(0.3)))


COMPILE = library("re/_compiler.py", "compile")
PATTERNS = """
import re
LINE = re.compile("a+")
for word in words:
    hits += len(re.findall(word, text))
"""


def test_patterns_compiled_in_a_loop_are_found() -> None:
    (found,) = regex_compile.find(profile(PATTERNS, ran(2.0, at(4), COMPILE), ran(2.0, at(4))))

    assert (found.at, found.share) == (at(4), 0.5)


def test_each_pattern_is_still_compiled_once() -> None:
    counted = Patterns(site=str(at(4)), compilations=3000, distinct=1000, seconds=3.0, first_s=1.0)

    (found,) = regex_compile.find(profile(PATTERNS, ran(3.0, at(4), COMPILE), ran(1.0, at(4)), patterns=[counted]))

    assert found.expected == pytest.approx(1 / (0.25 + 0.75 / 3))


def test_a_pattern_compiled_once_is_not() -> None:
    assert not list(regex_compile.find(profile(PATTERNS, ran(2.0, at(2), COMPILE), ran(2.0, at(4)))))


def test_patterns_that_a_package_compiles_while_it_loads_are_its_own() -> None:
    loading = library("html/parser.py", "<module>")

    assert not list(regex_compile.find(profile(PATTERNS, ran(2.0, at(1), IMPORT, loading, COMPILE))))


TOOL = """
import torch
import pandas as pd

def train(rows):
    return torch.tensor(rows)

def report(path):
    return pd.read_csv(path).mean()

print(report("sales.csv"))
"""
TORCH = library("torch/__init__.py", "<module>")
PANDAS = library("pandas/__init__.py", "<module>")
READ = library("pandas/io/parsers/readers.py", "read_csv")


def test_a_package_for_a_function_that_did_not_run_is_found() -> None:
    seen = profile(
        TOOL,
        ran(3.0, at(1), IMPORT, TORCH),
        ran(1.0, at(2), IMPORT, PANDAS),
        ran(2.0, at(10), at(8, "report"), READ),
    )

    (found,) = import_time.find(seen)

    assert (found.at, found.share) == (at(1), 0.5)


def test_a_package_that_is_used_is_worth_its_import() -> None:
    seen = profile(TOOL, ran(3.0, at(2), IMPORT, PANDAS), ran(2.0, at(10), at(8, "report"), READ))

    assert not list(import_time.find(seen))


def unneeded(source: str, **observed: Any) -> list[int]:
    """Lines of imports found in a program whose first line loads torch for a second, and whose last runs for one."""
    last = len(source.strip().split("\n"))
    seen = profile(source, ran(1.0, at(1), IMPORT, TORCH), ran(1.0, at(last)), **observed)
    return [found.at.line for found in import_time.find(seen)]


@pytest.mark.parametrize(
    "source",
    [
        "import torch\nprint(count(words))",
        "import torch\ndef mean(x: torch.Tensor) -> float:\n    return sum(x)\nprint(mean([1]))",
        "import torch\nclass Net(torch.nn.Module):\n    pass\nprint(count(words))",
        "import torch\ndef plain(x):\n    return x.tolist() if isinstance(x, torch.Tensor) else x\nplain(words)",
        "import torch\nif gpu:\n    torch.cuda.init()\nprint(count(words))",
        "import torch\n@register\ndef embed(x):\n    return torch.tensor(x)\nprint(count(words))",
        "import torch\nclass A:\n    def read(self):\n        torch.load()\nkinds = {'a': A}\nkinds['b']().read()",
        "backends = [importlib.import_module(name) for name in names]\nprint(count(words))",
        "import torch\ntorch.manual_seed(0)\nprint(count(words))",
    ],
)
def test_a_package_that_nothing_comes_to_is_found(source: str) -> None:
    assert unneeded(source) == [1]


@pytest.mark.parametrize(
    "source",
    [
        "import torch  # noqa: F401  (registers its types)\nprint(count(words))",
        "from __future__ import annotations\nprint(count(words))",
    ],
)
def test_an_import_with_a_reason_is_left_alone(source: str) -> None:
    assert unneeded(source) == []


def test_a_package_whose_objects_are_about_is_at_work() -> None:
    source = "import torch\nw = torch.rand(9, 9)\nfor _ in range(9):\n    w = w @ w"

    assert unneeded(source, packages=["torch"]) == []


def test_what_another_package_needs_is_not_saved() -> None:
    source = "import torch\nimport transformers\ntransformers.pipeline()\nprint(count(words))"

    assert unneeded(source, requires={"transformers": ["torch"]}, packages=["transformers"]) == []


def test_the_imports_of_a_cell_are_there_for_other_cells() -> None:
    stacks = [ran(2.0, Frame("<module>", "cell 3", 1), IMPORT, TORCH)]
    cell = Profile(stacks=stacks, observed=Observed(wall_s=2.0), sources={"cell 3": ["import torch"]})

    assert not list(import_time.find(cell))


def test_patterns_that_hardly_ever_come_again_gain_as_parts_of_one() -> None:
    counted = Patterns(site=str(at(4)), compilations=17510, distinct=17509, seconds=3.0, first_s=2.9999)

    (found,) = regex_compile.find(profile(PATTERNS, ran(3.0, at(4), COMPILE), ran(1.0, at(4)), patterns=[counted]))

    assert found.expected > 1.3


EMITTER = library("yaml/emitter.py", "Emitter.emit")
CONSTRUCTOR = library("yaml/constructor.py", "SafeConstructor.construct_yaml_map")
YAML = "plots = yaml.safe_load(text)\nyaml.safe_dump(plots, file)"


def test_yaml_that_is_written_in_python_is_found() -> None:
    (found,) = serialization.find(profile(YAML, ran(3.0, at(2), EMITTER), ran(1.0, at(1), CONSTRUCTOR)))

    assert (found.at, found.share, "CSafeDumper" in found.fix) == (at(2), 0.75, True)


def test_a_shelf_that_reads_and_writes_a_value_whole_is_found_beside_counted_encoders() -> None:
    counted = Encoding(site=str(at(1)), function="json.dumps", count=9, seconds=0.0, size_bytes=900)
    shelf = library("shelve.py", "Shelf.__setitem__")

    (found,) = serialization.find(
        profile("json.dumps(x)\nstore['all'] = members", ran(4.0, at(2), shelf), encodings=[counted])
    )

    assert (found.at, found.facts["function"]) == (at(2), "shelve")
