"""What the wheel takes from outside the packages, where it exists."""

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
        build_data["shared_data"][str(root / "labextension/server-config/ds-notebook.json")] = SERVER_CONFIG
        built = root / "labextension" / "dist"
        if built.is_dir():
            build_data["shared_data"][str(built)] = LAB_EXTENSION
        if version == "editable":  # a checkout has them in notebooks/ already
            return
        for notebook in sorted((root / "notebooks").glob("*.ipynb")):
            build_data["force_include"][str(notebook)] = f"ds_notebook/notebooks/{notebook.name}"
