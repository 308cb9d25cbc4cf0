# code: recompute
# kind: seeded
# gain: 2.5
# ruff: noqa
"""Heat exchanged by radiation between the rings of an evacuated furnace, run until the rings are steady."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


from dataclasses import dataclass, field

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.linalg import lu_factor, lu_solve

SIGMA = 5.670374e-8


@dataclass
class Ring:
    low: float
    high: float
    emissivity: float
    heat: float
    temperature: float = 600.0


@dataclass
class Furnace:
    radius: float
    rings: list[Ring] = field(default_factory=list)

    @classmethod
    def stacked(cls, count, height, radius, rng):
        edge = np.linspace(0, height, count + 1)
        middle = (edge[1:] + edge[:-1]) / 2
        heat = 5e4 * np.exp(-(((middle - height / 2) / (height / 5)) ** 2))
        grey = rng.uniform(0.5, 0.9, count)
        return cls(radius, [Ring(*row) for row in zip(edge[:-1], edge[1:], grey, heat)])


class Quadrature:
    """Integrals over rectangles of a smooth two-argument function."""

    def __init__(self, order):
        self.order = order

    def any_nodes(self, low, high):
        at, weight = leggauss(self.order)  # HERE
        half = (high - low) / 2
        return low + half * (at + 1), half * weight

    def integrate(self, call, first, second):
        x, wx = self.any_nodes(*first)  # HERE
        y, wy = self.any_nodes(*second)  # HERE
        return float(wx @ call(x[:, None], y[None, :]) @ wy)


def kernel(radius):
    """Exchange between infinitesimal rings of a cylinder, a distance apart along the axis."""

    def per_height(x, y):
        z = np.abs(x - y) / (2 * radius)
        return (1 - z * (z * z + 1.5) / (z * z + 1) ** 1.5) / (2 * radius)

    return per_height


def exchange(furnace, quadrature):
    n = len(furnace.rings)
    factor = np.zeros((n, n))
    call = kernel(furnace.radius)
    for i, a in enumerate(furnace.rings):
        for j, b in enumerate(furnace.rings[i:], i):
            area = quadrature.integrate(call, (a.low, a.high), (b.low, b.high))  # HERE
            factor[i, j] = area / (a.high - a.low)
            factor[j, i] = area / (b.high - b.low)
    return factor / np.maximum(1.0, factor.sum(axis=1, keepdims=True))


def settle(furnace, factor, step, rounds):
    """Radiosity and temperature in turn, with the ends open to a cold room."""
    grey = np.array([r.emissivity for r in furnace.rings])
    heat = np.array([r.heat for r in furnace.rings])
    kelvin = np.array([r.temperature for r in furnace.rings])
    inner = lu_factor(np.eye(len(grey)) - (1 - grey)[:, None] * factor)
    for _ in range(rounds):
        radiosity = lu_solve(inner, grey * SIGMA * kelvin**4)
        loss = grey / (1 - grey) * (SIGMA * kelvin**4 - radiosity)
        kelvin = np.maximum(300.0, kelvin + step * (heat - loss) / 4e4)
    return kelvin


def spread(furnace, factor, rng, draws):
    """Hottest ring when the emissivities are uncertain: many steady systems solved at once."""
    grey = np.clip(rng.normal([r.emissivity for r in furnace.rings], 0.03, (draws, len(furnace.rings))), 0.3, 0.97)
    heat = np.array([r.heat for r in furnace.rings])
    inner = np.eye(len(heat)) - (1 - grey)[:, :, None] * factor
    response = np.linalg.solve(inner, np.eye(len(heat)) * grey[:, None, :])
    balance = grey[:, :, None] / (1 - grey)[:, :, None] * (np.eye(len(heat)) - response)
    power = np.linalg.solve(balance, np.broadcast_to(heat, grey.shape)[:, :, None])[:, :, 0]
    return (np.maximum(power, 0) / SIGMA).max(axis=1) ** 0.25


def main():
    rng = np.random.default_rng(31)
    furnace = Furnace.stacked(40, 2.4, 0.35, rng)
    factor = exchange(furnace, Quadrature(vary(62)))  # HERE
    kelvin = settle(furnace, factor, 1.0, 2500)
    hottest = np.concatenate([spread(furnace, factor, rng, 500) for _ in range(16)])
    print(
        f"rings {kelvin.min():.0f}..{kelvin.max():.0f} K, escape {1 - factor.sum(axis=1).mean():.3f}, "
        f"bound {hottest.mean():.0f} +- {hottest.std():.1f} K"
    )


if __name__ == "__main__":
    main()
