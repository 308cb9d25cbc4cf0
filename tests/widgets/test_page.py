"""In VS Code and Colab a run's output is a widget while it goes on, and the still once it is over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from ds_notebook.host import DRAWN_BY_LAB
from ds_notebook.widgets.anywidget import _BUILT, WIDGET_TYPE
from ds_notebook.widgets.bundle import RUN_TYPE
from ds_notebook.widgets.page import draws_widgets_only

VS_CODE = {"VSCODE_PID": "4711"}


@pytest.mark.parametrize(
    ("environment", "modules", "expected"),
    [
        ({}, (), False),
        (VS_CODE, (), True),
        ({**VS_CODE, DRAWN_BY_LAB: "1"}, (), False),
        ({"JPY_SESSION_NAME": "/srv/digits-jvsc-6a1b0f.ipynb", DRAWN_BY_LAB: "1"}, (), True),
        ({"JPY_SESSION_NAME": "/srv/digits.ipynb"}, (), False),
        ({}, ("google", "google.colab"), True),
    ],
    ids=["terminal", "VS Code", "a server started in VS Code", "VS Code on a server", "JupyterLab", "Colab"],
)
def test_vs_code_and_colab_are_recognised(
    environment: dict[str, str], modules: tuple[str, ...], expected: bool
) -> None:
    assert draws_widgets_only(environment, modules) is expected


@pytest.fixture
def client(runs: Path) -> Iterator[Any]:
    """A kernel as VS Code starts it."""
    pytest.importorskip("anywidget")
    if not any(path.is_file() for path in _BUILT):
        pytest.skip("The widget's JavaScript is not built: cd labextension && npm run build.")
    environment = {name: value for name, value in os.environ.items() if name != DRAWN_BY_LAB} | VS_CODE
    manager, client = start_new_kernel(kernel_name="python3", env=environment, startup_timeout=60)
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def outputs(client: Any, code: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The contents that the cell's output had, one after the other, and what became of its widgets' comms."""
    shown, comms = [], []

    def take(message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        assert kind != "error", content
        if kind in ("display_data", "update_display_data"):
            shown.append(content["data"])
        elif kind in ("comm_open", "comm_close"):
            comms.append(kind)

    client.execute_interactive(code, timeout=60, output_hook=take)
    return shown, comms


def test_a_run_in_vs_code_is_a_widget_with_the_still_beside_it_and_in_the_end_the_still_alone(client: Any) -> None:
    shown, comms = outputs(
        client,
        "%load_ext ds_notebook\nimport ds_notebook as ds\n"
        "with ds.start_run('mine') as run:\n    for step in run.steps(range(3)): run.log(loss=step)",
    )

    assert set(shown[0]) == {WIDGET_TYPE, RUN_TYPE, "image/png", "text/plain"}
    assert shown[0]["text/plain"].startswith("mine: running")
    assert set(shown[-1]) == {RUN_TYPE, "image/png", "text/plain"}
    assert shown[-1]["text/plain"].startswith("mine: finished")
    assert comms.count("comm_open") == comms.count("comm_close") > 0
