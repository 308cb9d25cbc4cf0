"""The IPython magics over ds_notebook: each is a door (line -> config -> one call), its view comes with the run."""

from ds_magics._extension import load

__all__ = ["load"]
