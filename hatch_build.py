"""What the wheel takes from outside the packages, where it exists."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LAB_EXTENSION = "share/jupyter/labextensions/ds-notebook"
SERVER_CONFIG = "etc/jupyter/jupyter_server_config.d/ds-notebook.json"


class TakeAlong(BuildHookInterface):
    """Example notebooks go in as `ds_notebook/notebooks`, the built lab extension where Jupyter looks for it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        if version == "editable":  # a checkout has it all; `make front` links what Jupyter loads
            return
        build_data["shared_data"][str(root / "labextension/server-config/ds-notebook.json")] = SERVER_CONFIG
        front = root / "labextension"
        if (front / "dist").is_dir():
            build_data["shared_data"][str(front / "dist")] = LAB_EXTENSION
            if not runpy.run_path(str(front / "stamp.py"))["is_fresh"]():
                raise RuntimeError(
                    "labextension/dist was built from other sources than these, so it must not ship. Run: make front"
                )
            build_data["force_include"][str(front / "dist" / "widget.js")] = "ds_notebook/widgets/widget.js"
        for notebook in sorted((root / "notebooks").glob("*.ipynb")):
            build_data["force_include"][str(notebook)] = f"ds_notebook/notebooks/{notebook.name}"
