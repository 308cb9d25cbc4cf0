# code: none
# kind: healthy
# ruff: noqa
"""Gaussian process for the water level at a harbour, fitted by its marginal likelihood."""

import math

import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def any_levels(count):
    generator = torch.Generator().manual_seed(61)
    hours = torch.sort(torch.rand(count, generator=generator) * 24 * 40).values
    level = 1.8 * torch.sin(2 * math.pi * hours / 12.42) + 0.5 * torch.sin(2 * math.pi * hours / 24.07)
    surge = 0.3 * torch.sin(hours / 60)
    return hours, level + surge + 0.1 * torch.randn(count, generator=generator)


class any_Kernel:
    """Two periodic terms, a slow one and white noise; parameters are kept as logarithms."""

    names = ("tide size", "tide wiggle", "day size", "slow size", "slow length", "noise")

    def __init__(self):
        start = torch.tensor([1.0, 1.0, 0.5, 0.3, 50.0, 0.2])
        self.logs = start.log().requires_grad_()

    def covariance(self, gaps):
        tide, wiggle, day, slow, length, _ = self.logs.exp()
        return (
            tide.square() * torch.exp(gaps.turn * (-2 / wiggle.square()))
            + day.square() * gaps.day
            + slow.square() * torch.exp(gaps.square * (-0.5 / length.square()))
        )

    def noise(self):
        return self.logs[5].exp().square()


class any_Gaps:
    """The parts of the kernel that do not depend on its parameters."""

    def __init__(self, left, right):
        gap = left[:, None] - right[None, :]
        self.square = gap.square()
        self.turn = torch.sin(math.pi * gap / 12.42).square()
        self.day = torch.exp(-2 * torch.sin(math.pi * gap / 24.07).square())


def any_factor(kernel, gaps):
    covariance = kernel.covariance(gaps)
    covariance.diagonal().add_(kernel.noise())
    return torch.linalg.cholesky(covariance)


def any_surprise(kernel, gaps, level):
    """Negative log marginal likelihood for each reading."""
    factor = any_factor(kernel, gaps)
    scaled = torch.linalg.solve_triangular(factor, level[:, None], upper=False)
    return (0.5 * scaled.square().sum() + factor.diagonal().log().sum()) / len(level)


def any_fit(kernel, gaps, level, steps, rate):
    """Gradient steps with a sign rule for each parameter, as in Rprop."""
    pace = torch.full_like(kernel.logs, rate)
    before = torch.zeros_like(kernel.logs)
    for _ in range(steps):
        (slope,) = torch.autograd.grad(any_surprise(kernel, gaps, level), kernel.logs)
        agree = slope * before
        pace = torch.where(agree > 0, pace * 1.2, torch.where(agree < 0, pace * 0.5, pace))
        with torch.no_grad():
            kernel.logs -= pace * slope.sign()
        before = slope
    with torch.no_grad():
        return float(any_surprise(kernel, gaps, level))


@torch.no_grad()
def any_forecast(kernel, hours, gaps, level, ahead):
    factor = any_factor(kernel, gaps)
    cross = kernel.covariance(any_Gaps(ahead, hours))
    mean = cross @ torch.cholesky_solve(level[:, None], factor)
    part = torch.linalg.solve_triangular(factor, cross.T, upper=False)
    spread = kernel.covariance(any_Gaps(ahead[:1], ahead[:1])) - part.square().sum(dim=0)
    return mean.squeeze(1), spread.squeeze(0).clamp(min=0).sqrt()


def main():
    hours, level = any_levels(vary(700))
    kernel = any_Kernel()
    gaps = any_Gaps(hours, hours)
    surprise = any_fit(kernel, gaps, level, steps=vary(18), rate=0.08)
    ahead = hours[-1] + torch.arange(0, 48, 0.1)
    mean, spread = any_forecast(kernel, hours, gaps, level, ahead)
    for name, value in zip(kernel.names, kernel.logs.detach().exp().tolist()):
        print(f"{name:12s} {value:8.3f}")
    print(f"surprise {surprise:.4f}, next high water {mean.max():.2f} m +- {spread[mean.argmax()]:.2f}")


if __name__ == "__main__":
    main()
