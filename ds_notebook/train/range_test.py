"""The learning-rate range test on a trainer's own model and data; everything is put back afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from ds_notebook.record.events import Decision
from ds_notebook.record.run import Run
from ds_notebook.train.batch import placed
from ds_notebook.train.data import Batches
from ds_notebook.train.lr_range import RangeTest
from ds_notebook.train.modes import Modes
from ds_notebook.train.optim import set_learning_rate
from ds_notebook.train.state import TrainingState


def test_rates(run: Run, state: TrainingState, batches: Iterable[Any], test: RangeTest) -> None:
    """Train on `batches` with rising rates until `test` has seen enough; its suggestion becomes a Decision."""
    with state.undone():
        Modes(state.model).train()
        for loaded in run.steps(batches):
            rate = test.rate(run.step)
            set_learning_rate(state.step.optimizer, None, rate)
            loss = state.step.gradients(placed(loaded, state.device)).item()
            state.step.update()
            run.log(loss=loss, lr=rate)
            test.add(loss)
            if test.should_stop:
                break
    found = test.suggestion()
    verdict = "nothing to suggest" if found.rate is None else f"{found.rate:.2g}"
    run.emit(Decision(policy="lr-range", subject=run.id, verdict=verdict, reason=found.sentence))


def endless(batches: Batches) -> Iterator[Any]:
    """Epoch after epoch, as long as there are batches in them."""
    for epoch in count():
        before_any = True
        for batch in batches.epoch(epoch):
            before_any = False
            yield batch
        if before_any:
            return
