"""`--fix`: what a profile's findings advise is tried on copies of the program, measured, and compared for equality."""

from ds_notebook.profile.trials.forked import ForkBench
from ds_notebook.profile.trials.loop import latest_findings, try_remedies
from ds_notebook.profile.trials.said import sentence
from ds_notebook.profile.trials.script import ScriptBench
from ds_notebook.profile.trials.trial import Trial

__all__ = ["ForkBench", "ScriptBench", "Trial", "latest_findings", "sentence", "try_remedies"]
