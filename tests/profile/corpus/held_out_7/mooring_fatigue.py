# code: thread-oversubscription
# kind: seeded
# gain: 6.2
# ruff: noqa
"""Spectral fatigue of a floating turbine's mooring over many sea states, on several processes."""

import multiprocessing as mp
from typing import NamedTuple

import numpy as np

LINKS = vary(380)


class Sea(NamedTuple):
    height: float
    period: float
    seed: int


def scatter(count):
    rng = np.random.default_rng(12)
    height = rng.gamma(2.5, 1.0, count)
    period = 4 + 2.5 * np.sqrt(height) + rng.normal(0, 0.8, count)
    return [Sea(*row) for row in zip(height.tolist(), np.maximum(period, 3.5).tolist(), range(count))]


def jonswap(omega, sea):
    peak = 2 * np.pi / sea.period
    width = np.where(omega <= peak, 0.07, 0.09)
    lift = 3.3 ** np.exp(-((omega - peak) ** 2) / (2 * width**2 * peak**2))
    shape = omega**-5.0 * np.exp(-1.25 * (peak / omega) ** 4) * lift
    return shape * (sea.height / 4) ** 2 / (shape.sum() * (omega[1] - omega[0]))


def line(sea):
    """Mass, damping and stiffness of a chain whose pretension depends on the sea."""
    rng = np.random.default_rng(sea.seed)
    mass = np.diag(rng.uniform(0.9, 1.1, LINKS))
    pull = 900.0 * (1 + 0.05 * sea.height)
    stiff = pull * (2 * np.eye(LINKS) - np.eye(LINKS, k=1) - np.eye(LINKS, k=-1))
    drag = 0.3 * mass + 0.002 * stiff + 0.02 * sea.height * np.eye(LINKS)
    return mass, drag, stiff


def any_damage(sea):
    """Dirlik-free narrow-band damage of the worst link."""
    omega = np.linspace(0.25, 2.6, 10)
    mass, drag, stiff = line(sea)
    force = np.exp(-np.arange(LINKS) / 30.0)[:, None] * np.eye(LINKS)[:, :60]
    spectrum = jonswap(omega, sea)
    tension = np.empty((len(omega), LINKS))
    for i, w in enumerate(omega):
        response = np.linalg.solve(-w * w * mass + 1j * w * drag + stiff, force)  # HERE
        tension[i] = np.linalg.norm(np.diff(response, axis=0, prepend=0), axis=1) ** 2 * spectrum[i]
    step = omega[1] - omega[0]
    m0 = tension.sum(axis=0) * step
    m2 = (tension * omega[:, None] ** 2).sum(axis=0) * step
    rate = np.sqrt(m2 / m0) / (2 * np.pi)
    damage = rate * (np.sqrt(8 * m0) * 1e3) ** 3.0
    return float(damage.max()), int(damage.argmax())


def main():
    seas = scatter(14)
    with mp.get_context("fork").Pool(4) as any_crew:  # HERE
        found = any_crew.map(any_damage, seas, chunksize=1)  # HERE
    total = sum(damage for damage, _ in found)
    worst = max(range(len(seas)), key=lambda i: found[i][0])
    print(
        f"{len(seas)} sea states, damage {total:.3g}, most in Hs {seas[worst].height:.1f} m at link {found[worst][1]}"
    )


if __name__ == "__main__":
    main()
