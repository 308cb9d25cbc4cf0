"""Profiles of other tools, read into a record of our own: py-spy, speedscope, cProfile, collapsed stacks."""

from ds_notebook.profile.formats.imported import import_profile

__all__ = ["import_profile"]
