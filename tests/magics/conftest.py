"""A real kernel, and what a cell run in it gives."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from jupyter_client.manager import KernelManager, start_new_kernel


@dataclass
class Cell:
    """What a front end holds of a cell that has run."""

    displays: list[dict[str, Any]] = field(default_factory=list)
    """Each output as it stands at the end: updates by display id have been applied."""
    num_updates: int = 0
    text: str = ""
    error: str = ""


class Kernel:
    """Runs cells as a notebook would."""

    def __init__(self, manager: KernelManager, client: Any) -> None:
        self.manager = manager
        self.client = client

    def start(self, code: str) -> str:
        return str(self.client.execute(code))

    def finish(self, message_id: str) -> Cell:
        cell, by_id = Cell(), {}
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "display_data" | "execute_result":
                    cell.displays.append(content["data"])
                    by_id[content.get("transient", {}).get("display_id")] = len(cell.displays) - 1
                case "update_display_data" if content["transient"]["display_id"] in by_id:  # or an earlier cell's
                    cell.num_updates += 1
                    cell.displays[by_id[content["transient"]["display_id"]]] = content["data"]
                case "stream":
                    cell.text += content["text"]
                case "error":
                    cell.error = "\n".join(content["traceback"])
                case "status" if content["execution_state"] == "idle":
                    return cell

    def run(self, code: str) -> Cell:
        return self.finish(self.start(code))


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel with the extension loaded, its runs in a folder of its own."""
    folder = tmp_path_factory.mktemp("kernel")
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder), startup_timeout=60)
    kernel = Kernel(manager, client)
    try:
        setup = f"import os; os.environ['DS_RUNS'] = {str(folder / 'ds_runs')!r}; os.environ['OMP_NUM_THREADS'] = '1'"
        assert kernel.run(setup).error == ""
        assert kernel.run("%load_ext ds_notebook").error == ""
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
