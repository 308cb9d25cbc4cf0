# code: import-time
# kind: seeded
import random
import statistics

import torch  # HERE


def any_report(any_values):
    return statistics.median(any_values), statistics.quantiles(any_values, n=10)


def any_embed(any_texts):
    return torch.stack([torch.tensor([float(len(any_text))]) for any_text in any_texts])


random.seed(1)
print(any_report([random.gauss(0, 1) for _ in range(vary(200000))]))
