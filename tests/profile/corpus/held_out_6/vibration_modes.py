# code: none
# kind: healthy
# ruff: noqa
"""Finds the lowest vibration modes of a plate with random stiffness by subspace iteration."""

import numpy as np
from scipy import linalg
from threadpoolctl import threadpool_limits


class Plate:
    """A dense reduced model of a plate: springs between all pairs of points, weaker with distance."""

    def __init__(self, points, seed):
        rng = np.random.default_rng(seed)
        place = rng.uniform(0, 1, (points, 2))
        square = (place**2).sum(axis=1)
        apart = square[:, None] + square[None, :] - 2 * place @ place.T
        coupling = np.exp(-apart / 0.02) * rng.uniform(0.9, 1.1, (points, points))
        coupling = 0.5 * (coupling + coupling.T)
        np.fill_diagonal(coupling, 0.0)
        self.stiffness = np.diag(coupling.sum(axis=1) + 0.05) - coupling
        self.mass = rng.uniform(0.8, 1.2, points)

    def scaled(self):
        root = 1 / np.sqrt(self.mass)
        return root[:, None] * self.stiffness * root[None, :]


def lowest_modes(matrix, wanted, rounds, rng):
    """The eigenvalues at the lower end: iterates a block through the factored matrix until it settles."""
    factor = linalg.cho_factor(matrix, lower=True)
    block = np.linalg.qr(rng.standard_normal((len(matrix), wanted)))[0]
    any_values = np.zeros(wanted)
    for turn in range(rounds):
        block = np.linalg.qr(linalg.cho_solve(factor, block))[0]
        small = block.T @ matrix @ block
        values, mix = np.linalg.eigh(small)
        block = block @ mix
        if np.allclose(values[:20], any_values[:20], rtol=1e-10):
            break
        any_values = values
    return values, block, turn + 1


def response(values, block, frequencies, damping):
    """The amplitude of each point when the plate is shaken at each of the frequencies."""
    push = block.T @ np.ones(len(block))
    gain = push[None, :] / (values[None, :] - frequencies[:, None] ** 2 + 2j * damping * frequencies[:, None])
    return np.abs(gain @ block.T)


def main():
    rng = np.random.default_rng(17)
    plate = Plate(vary(2400), seed=18)
    matrix = plate.scaled()
    values, block, turns = lowest_modes(matrix, 120, 12, rng)
    amplitude = response(values, block, np.linspace(0.05, 4, 700), 0.02)
    loudest = amplitude.max(axis=1).argmax()
    left = np.linalg.norm(matrix @ block[:, 0] - values[0] * block[:, 0])
    print(f"{turns} rounds, modes {values[:3].round(4)}, rest {left:.1e}, loudest at {loudest}")


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
