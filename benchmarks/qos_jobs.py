"""What contends for the cores in qos.py: a service under an open-loop load, a training, a neighbour.

python benchmarks/qos_jobs.py service SEED SECONDS
python benchmarks/qos_jobs.py training
python benchmarks/qos_jobs.py neighbour
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import ds_notebook as ds

REQUEST_CPU_NS = 3_000_000
CALM_PER_S, BURST_PER_S = 10.0, 250.0
PERIOD_S, BURST_FROM_S, BURST_TO_S = 20.0, 7.0, 13.0
LATENCIES = "latencies.json"
"""In the service's run: when its load began and ended, and every latency, as the record may thin them out."""


def arrivals(seed: int, seconds: float) -> Iterator[float]:
    """When requests come, in seconds from the start: a Poisson process with bursts, whatever becomes of the answers."""
    draw = random.Random(seed)
    at = 0.0
    while True:
        at += draw.expovariate(BURST_PER_S)
        if at >= seconds:
            return
        in_burst = BURST_FROM_S <= at % PERIOD_S < BURST_TO_S
        if in_burst or draw.random() < CALM_PER_S / BURST_PER_S:
            yield at


def serve(seed: int, seconds: float) -> None:
    """Answer one request after another; a latency counts from when the request was due, not from when it was taken."""
    due = list(arrivals(seed, seconds))
    latencies = []
    with ds.start_run("service", kind="service") as run:
        began_wall, began = time.time(), time.monotonic()
        for number, at in enumerate(due):
            time.sleep(max(0.0, began + at - time.monotonic()))
            answer()
            latencies.append(time.monotonic() - began - at)
            run.log(step=number, latency_s=latencies[-1])
        time.sleep(max(0.0, began + seconds - time.monotonic()))
        said = {"began": began_wall, "ended": time.time(), "latencies_s": latencies}
        Path(run.path, LATENCIES).write_text(json.dumps(said))


def answer() -> None:
    """A request: so much time of a core, however long that takes."""
    enough = time.thread_time_ns() + REQUEST_CPU_NS
    while time.thread_time_ns() < enough:
        pass


def train() -> None:
    """A small convolutional network on random pictures, until it is ended."""
    import torch
    from torch import nn
    from torch.utils.data import TensorDataset

    torch.manual_seed(0)
    pictures = TensorDataset(torch.randn(2048, 3, 32, 32), torch.randint(10, (2048,)))
    layers = [nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(4)]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 8 * 8, 10))
    config = ds.TrainConfig(epochs=10**6, batch_size=32, name="training", device="cpu")
    ds.Trainer(model, pictures, config=config).fit()


def burn() -> None:
    """A neighbour that wants one core and never ends."""
    while True:
        pass


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["service", seed, seconds]:
            serve(int(seed), float(seconds))
        case ["training"]:
            train()
        case ["neighbour"]:
            burn()
        case _:
            sys.exit(__doc__)
