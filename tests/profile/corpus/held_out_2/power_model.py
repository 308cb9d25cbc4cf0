# code: disk-wait
# kind: decoy
# gain: 1.0
# ruff: noqa
"""Load of a power grid a day ahead: a small network, and after each round its weights put safely on the disk."""

import io
import os
import tempfile
from pathlib import Path

import torch
from torch import nn


class any_Saver:
    """Writes weights so that a crash leaves the old or the new ones."""

    def __init__(self, any_folder):
        self.any_folder = Path(any_folder)

    def any_save(self, any_net, any_round):
        any_bytes = io.BytesIO()
        torch.save(any_net.state_dict(), any_bytes)
        any_part = self.any_folder / "weights.part"
        with any_part.open("wb") as any_file:
            any_file.write(any_bytes.getvalue())
            any_file.flush()
            os.fsync(any_file.fileno())  # HERE
        any_part.replace(self.any_folder / f"weights-{any_round % 2}.pt")


class any_Network(nn.Module):
    def __init__(self, any_hours, any_width):
        super().__init__()
        self.any_body = nn.Sequential(
            nn.Linear(any_hours, any_width), nn.GELU(), nn.Linear(any_width, any_width), nn.GELU()
        )
        self.any_head = nn.Linear(any_width, 24)

    def forward(self, any_past):
        return self.any_head(self.any_body(any_past))


def any_load(any_days):
    any_source = torch.Generator().manual_seed(27)
    any_clock = torch.arange(any_days * 24, dtype=torch.float32)
    any_daily = torch.sin(any_clock * (2 * torch.pi / 24)) + 0.4 * torch.cos(any_clock * (2 * torch.pi / 168))
    any_series = any_daily + 0.2 * torch.randn(any_days * 24, generator=any_source)
    any_windows = any_series.unfold(0, 168 + 24, 3)
    return any_windows[:, :168].contiguous(), any_windows[:, 168:].contiguous()


def any_fit(any_net, any_past, any_ahead, any_saver, any_rounds):
    any_optimizer = torch.optim.SGD(any_net.parameters(), lr=0.05, momentum=0.9)
    for any_round in range(any_rounds):
        any_total = 0.0
        for any_x, any_y in zip(any_past.split(1024), any_ahead.split(1024)):
            any_loss = nn.functional.mse_loss(any_net(any_x), any_y)
            any_optimizer.zero_grad()
            any_loss.backward()
            any_optimizer.step()
            any_total += float(any_loss.detach())
        any_saver.any_save(any_net, any_round)
        print(any_round, round(any_total, 4))


def any_main():
    torch.manual_seed(6)
    any_past, any_ahead = any_load(vary(400))
    with tempfile.TemporaryDirectory() as any_folder:
        any_fit(any_Network(168, 384), any_past, any_ahead, any_Saver(any_folder), 4)


if __name__ == "__main__":
    any_main()
