# code: thread-oversubscription
# kind: seeded
import torch

torch.set_num_threads(32)  # HERE


def any_filter(any_signal, any_rounds):
    for _ in range(any_rounds):
        any_signal = torch.tanh(any_signal * 1.01 + 0.1).sub_(0.05)  # HERE
    return any_signal


print(any_filter(torch.randn(200_000), vary(1500)).mean())
