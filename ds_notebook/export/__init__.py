"""A run in the format of another tool: `export_run` writes it whole or not at all."""

from ds_notebook.export.config import ExportConfig
from ds_notebook.export.write import Exported, export_run

__all__ = ["ExportConfig", "Exported", "export_run"]
