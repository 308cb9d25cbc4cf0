"""What is counted beside the samples: one file a library or a subject, each restored exactly at the profile's end."""

from ds_notebook.profile.capture.hooks.encodings import encodings
from ds_notebook.profile.capture.hooks.gc_pauses import gc_pauses
from ds_notebook.profile.capture.hooks.machine import machine
from ds_notebook.profile.capture.hooks.names import names_on_hot_lines
from ds_notebook.profile.capture.hooks.packages import packages
from ds_notebook.profile.capture.hooks.patterns import patterns
from ds_notebook.profile.capture.hooks.predictions import predictions
from ds_notebook.profile.capture.hooks.repeats import repeats
from ds_notebook.profile.capture.hooks.sql import sql
from ds_notebook.profile.capture.hooks.steps import steps
from ds_notebook.profile.capture.hooks.torch_seen import torch_seen
from ds_notebook.profile.capture.scope import Hook

HOOKS: tuple[Hook, ...] = (
    *(sql, encodings, patterns, torch_seen, predictions, packages, steps, repeats, names_on_hot_lines),
    *(gc_pauses, machine),
)
"""The last is installed last and removed first: `gc_pauses` and `machine` measure nothing of the others."""
