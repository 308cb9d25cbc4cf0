# code: tiny-batches
# kind: seeded
# gain: 7.1
# ruff: noqa
"""Heart rhythm from windows of an electrocardiogram. A step is taken after every so many windows, as in the paper."""

import math

import torch
from torch import nn


class any_Accumulator:
    """Sums gradients over pieces of a batch, and steps once the batch is whole."""

    def __init__(self, any_net, any_optimizer, any_every):
        self.any_net = any_net
        self.any_optimizer = any_optimizer
        self.any_every = any_every
        self.any_seen = 0

    def any_feed(self, any_windows, any_kinds):
        any_loss = nn.functional.cross_entropy(self.any_net(any_windows), any_kinds) / self.any_every  # HERE
        any_loss.backward()  # HERE
        self.any_seen += 1
        if self.any_seen % self.any_every == 0:
            self.any_optimizer.step()
            self.any_optimizer.zero_grad()
        return any_loss.detach()


class any_Rhythm(nn.Module):
    def __init__(self, any_kinds):
        super().__init__()
        self.any_filters = nn.Conv1d(1, 12, 9, stride=3)
        self.any_mix = nn.Conv1d(12, 12, 5, stride=2)
        self.any_head = nn.Sequential(nn.LayerNorm(12), nn.Linear(12, 24), nn.GELU(), nn.Linear(24, any_kinds))

    def forward(self, any_windows):
        any_signal = torch.relu(self.any_filters(any_windows[:, None]))
        return self.any_head(torch.relu(self.any_mix(any_signal)).mean(2))  # HERE


def any_recordings(any_count):
    any_source = torch.Generator().manual_seed(19)
    any_kinds = torch.randint(0, 3, (any_count,), generator=any_source)
    any_clock = torch.linspace(0, 2 * math.pi, 120)
    any_clean = torch.sin(any_clock * (3 + any_kinds[:, None]))
    return any_clean + 0.5 * torch.randn(any_count, 120, generator=any_source), any_kinds


def any_fit(any_net, any_windows, any_kinds, any_epochs, any_piece=2, any_whole=64):
    any_optimizer = torch.optim.AdamW(any_net.parameters(), lr=3e-3)
    any_accumulator = any_Accumulator(any_net, any_optimizer, any_whole // any_piece)
    for any_epoch in range(any_epochs):
        any_loss = sum(
            any_accumulator.any_feed(any_some, any_their)
            for any_some, any_their in zip(any_windows.split(any_piece), any_kinds.split(any_piece))
        )
        print(any_epoch, round(float(any_loss), 3))


def any_main():
    torch.manual_seed(3)
    any_net = any_Rhythm(3)
    any_windows, any_kinds = any_recordings(vary(1280))
    any_fit(any_net, any_windows, any_kinds, vary(1))
    with torch.inference_mode():
        any_right = (any_net(any_windows).argmax(1) == any_kinds).float().mean()
    print("right", round(float(any_right), 3))


if __name__ == "__main__":
    any_main()
