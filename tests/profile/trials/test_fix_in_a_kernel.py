"""`%ds_profile --fix` in a real kernel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jupyter_client.manager import start_new_kernel

from tests.magics.conftest import Kernel

LOOP = """
for _ in range(12):
    for number in range(600):
        hits += len(re.findall(f"(a|b)[0-9]*x{number}", "ax599"))
"""
TRIALS = "[(d.verdict, d.evidence['equal']) for d in profile.record.decisions if d.policy == 'trial']"
CELL = """
import re
hits = 0
def count(times):
    found = 0
    for _ in range(times):
        for number in range(600):
            found += len(re.findall(f"(a|b)[0-9]*x{number}", "ax599"))
    return found
"""


@pytest.fixture
def kernel(runs: object, tmp_path: object) -> Iterator[Kernel]:
    """A kernel with the extension loaded."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path), startup_timeout=60)
    try:
        kernel = Kernel(manager, client)
        kernel.run("%load_ext ds_notebook")
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_cell_that_begins_with_the_magic_is_tried_without_it(kernel: Kernel) -> None:
    cell = kernel.run("%%ds_profile --fix\nimport re\nhits = 0\n" + LOOP)

    assert cell.error == ""
    assert kernel.run(TRIALS).displays[0]["text/plain"] == "[('faster', True)]"


def test_a_statement_is_tried_in_a_copy_and_the_answer_says_what_that_measured(kernel: Kernel) -> None:
    kernel.run(CELL)

    cell = kernel.run("%ds_profile --fix hits = count(12)")

    assert cell.error == ""
    assert "Measured: " in cell.displays[0]["text/plain"]
    assert kernel.run(TRIALS).displays[0]["text/plain"] == "[('faster', True)]"
