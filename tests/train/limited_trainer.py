"""A training in a process that may have little memory: run as a program, so that a kill kills only it."""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

import torch
from torch import nn

import ds_notebook as ds
from ds_notebook.host.limits import read
from ds_notebook.record.events import Decision
from ds_notebook.train.batch import Parts
from ds_notebook.train.fitting_step import FittingStep
from ds_notebook.train.precision import precision_of


class Hungry(nn.Module):
    """About 80 kB of activations a sample, and little to compute."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(1, 1000)
        self.last = nn.Linear(1000, 1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        hidden = self.first(inputs)
        for _ in range(20):
            hidden = hidden.relu()
        out: torch.Tensor = self.last(hidden)
        return out


def batch_of(num_samples: int) -> Parts:
    torch.manual_seed(0)
    return Parts(torch.randn(num_samples, 1), torch.randn(num_samples, 1))


def in_a_cgroup(processes: str) -> None:
    """`micro_batch="auto"` where the whole batch would take 1.3 GB, in a cgroup that kills above its limit."""
    Path(processes).write_text(str(os.getpid()))
    config = ds.TrainConfig(micro_batch="auto")
    run = ds.Trainer(Hungry(), [batch_of(16384)] * 2, config=config).fit()
    decision = next(each for each in run.record.decisions if each.policy == "micro-batch")
    print(json.dumps({"chosen": int(decision.verdict.split()[0]), **decision.evidence}))


def under_an_rlimit() -> None:
    """A batch that is refused memory; then the same steps with the micro-batch that was found."""
    batch = batch_of(6000)
    stepped(batch_of(64), micro_batch=None)
    data_kb = next(line for line in read(Path("/proc/self/status")).splitlines() if line.startswith("VmData"))
    limits = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (int(data_kb.split()[1]) * 1024 + (300 << 20), limits[1]))
    weights, decisions = stepped(batch, micro_batch=None)
    resource.setrlimit(resource.RLIMIT_DATA, limits)
    others, _ = stepped(batch, micro_batch=decisions[-1].evidence["after"])
    equal = all(torch.equal(one, other) for one, other in zip(weights, others, strict=True))
    print(json.dumps({"verdicts": [each.verdict for each in decisions], "equal": equal}))


def stepped(batch: Parts, micro_batch: int | None) -> tuple[list[torch.Tensor], list[Decision]]:
    """The weights after two steps, and what was said in them."""
    torch.manual_seed(0)
    model, decisions = Hungry(), list[Decision]()
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    precision = precision_of("fp32", torch.device("cpu"), model)
    step = FittingStep(model, optimizer, precision, nn.functional.mse_loss, said=decisions.append)
    step.micro_batch = micro_batch
    for _ in range(2):
        step.gradients(batch)
        step.update()
    return [weight.detach() for weight in model.parameters()], decisions


if __name__ == "__main__":
    torch.set_num_threads(1)
    {"cgroup": in_a_cgroup, "rlimit": under_an_rlimit}[sys.argv[1]](*sys.argv[2:])
