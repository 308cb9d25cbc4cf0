# code: low-precision
# kind: seeded
# also: import-time
# gain: 1.5
# ruff: noqa
"""Rank passages for a set of questions: encode the passages with a wide network, keep the five nearest of each."""

import torch

torch.manual_seed(8)
torch.set_num_threads(1)  # one ranker runs on each core
any_WIDTHS = (768, 2048, 2048, 512)


def any_weights():
    return [torch.randn(any_out, any_in) / any_in**0.5 for any_in, any_out in zip(any_WIDTHS, any_WIDTHS[1:])]


def any_encode(any_rows, any_layers):
    for any_layer in any_layers:
        any_rows = torch.nn.functional.silu(torch.nn.functional.linear(any_rows, any_layer))  # HERE
    return torch.nn.functional.normalize(any_rows, dim=-1)


@torch.inference_mode()
def any_rank(any_batches):
    any_layers = any_weights()
    any_questions = any_encode(torch.randn(64, any_WIDTHS[0]), any_layers)
    any_best = []
    for _ in range(any_batches):
        any_passages = any_encode(torch.randn(512, any_WIDTHS[0]), any_layers)
        any_best.append((any_questions @ any_passages.T).topk(5).values)
    return torch.cat(any_best, dim=1).topk(5).values


print("mean of the best", round(float(any_rank(vary(28)).float().mean()), 2))
