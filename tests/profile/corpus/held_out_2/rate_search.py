# code: thread-oversubscription
# kind: seeded
# gain: 1.34
# ruff: noqa
"""Searches learning rate and width for a small network: several trials side by side, the best by held back error."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

import torch
from torch import nn


@dataclass(frozen=True)
class any_Trial:
    any_rate: float
    any_width: int
    any_seed: int = 0

    def any_network(self, any_inputs):
        any_source = torch.Generator().manual_seed(self.any_seed)
        any_sizes = [any_inputs, self.any_width, self.any_width, 1]
        any_weights = [
            torch.randn(any_out, any_in, generator=any_source) * any_in**-0.5
            for any_in, any_out in zip(any_sizes, any_sizes[1:])
        ]
        return [any_weight.requires_grad_() for any_weight in any_weights]


class any_Search:
    any_THREADS = 16

    def __init__(self, any_rows, any_inputs, any_steps):
        any_source = torch.Generator().manual_seed(7)
        self.any_table = torch.randn(any_rows, any_inputs, generator=any_source)
        self.any_truth = torch.sin(self.any_table[:, :4].sum(1, keepdim=True))
        self.any_steps = any_steps

    def any_said(self, any_weights, any_table):
        for any_weight in any_weights[:-1]:
            any_table = torch.tanh(any_table @ any_weight.T)
        return any_table @ any_weights[-1].T

    def any_run(self, any_trial):
        torch.set_num_threads(self.any_THREADS)  # HERE
        any_weights = any_trial.any_network(self.any_table.shape[1])
        any_train = len(self.any_table) * 3 // 4
        any_optimizer = torch.optim.SGD(any_weights, lr=any_trial.any_rate, momentum=0.9)
        for _ in range(self.any_steps):
            any_said = self.any_said(any_weights, self.any_table[:any_train])  # HERE
            any_loss = nn.functional.mse_loss(any_said, self.any_truth[:any_train])
            any_optimizer.zero_grad()
            any_loss.backward()  # HERE
            any_optimizer.step()
        with torch.no_grad():
            any_rest = self.any_said(any_weights, self.any_table[any_train:])
            return float(nn.functional.mse_loss(any_rest, self.any_truth[any_train:]))

    def any_best(self, any_trials, any_at_once):
        with ThreadPoolExecutor(any_at_once) as any_pool:
            any_errors = list(any_pool.map(self.any_run, any_trials))  # HERE
        return min(zip(any_errors, any_trials), key=lambda any_pair: any_pair[0])


def any_main():
    any_trials = [any_Trial(*any_pair) for any_pair in product((0.003, 0.01, 0.03), (48, 80, 112, 144))]
    any_error, any_trial = any_Search(vary(1000), 32, vary(40)).any_best(any_trials, 6)
    print(any_trial, round(any_error, 4))


if __name__ == "__main__":
    any_main()
