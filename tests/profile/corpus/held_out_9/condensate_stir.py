# code: none
# kind: healthy
# ruff: noqa
"""Stir a Bose-Einstein condensate with a laser beam and count the vortices, by split steps in Fourier space."""

import numpy as np
from scipy import fft

SIDE = 384
STRENGTH = 180.0
STEP = 0.002


class any_Condensate:
    """Wave function on a square grid in a harmonic trap, in trap units."""

    def __init__(self, width):
        self.x = np.linspace(-width / 2, width / 2, SIDE, endpoint=False)
        k = 2 * np.pi * fft.fftfreq(SIDE, width / SIDE)
        self.cell = (width / SIDE) ** 2
        radius2 = self.x[:, None] ** 2 + self.x[None, :] ** 2
        self.trap = 0.5 * radius2
        self.kinetic = np.exp(-0.5j * STEP * (k[:, None] ** 2 + k[None, :] ** 2))
        self.psi = np.sqrt(np.maximum(0, 6.0 - self.trap) / STRENGTH).astype(np.complex128)
        self._norm()

    def _norm(self):
        self.psi /= np.sqrt(np.vdot(self.psi, self.psi).real * self.cell)

    def any_stir(self, time):
        """The beam goes round at a speed above the critical one, and fades in."""
        at = (1.6 * np.cos(2.4 * time), 1.6 * np.sin(2.4 * time))
        beam = np.exp(-((self.x - at[0]) ** 2) / 0.18)[:, None] * np.exp(-((self.x - at[1]) ** 2) / 0.18)[None, :]
        return min(1.0, time) * 14.0 * beam

    def advance(self, time):
        density = self.psi.real**2 + self.psi.imag**2
        potential = self.trap + self.any_stir(time) + STRENGTH * density
        phase = np.exp(-0.5j * STEP * potential)
        self.psi *= phase
        spectrum = fft.fft2(self.psi, overwrite_x=True)
        spectrum *= self.kinetic
        self.psi = fft.ifft2(spectrum, overwrite_x=True)
        self.psi *= phase

    def vortices(self):
        """Windings of the phase round each grid cell, where there is fluid."""
        phase = np.angle(self.psi)
        turn = np.zeros((SIDE - 1, SIDE - 1))
        corners = [phase[:-1, :-1], phase[1:, :-1], phase[1:, 1:], phase[:-1, 1:]]
        for a, b in zip(corners, corners[1:] + corners[:1]):
            gap = b - a
            turn += gap - 2 * np.pi * np.round(gap / (2 * np.pi))
        fluid = np.abs(self.psi[:-1, :-1]) ** 2 > 1e-4
        winding = np.round(turn / (2 * np.pi))
        return int((winding[fluid] > 0).sum()), int((winding[fluid] < 0).sum())

    def energy(self):
        density = np.abs(self.psi) ** 2
        return float((density * (self.trap + 0.5 * STRENGTH * density)).sum() * self.cell)


def main():
    gas = any_Condensate(width=14.0)
    steps = vary(300)
    history = []
    for step in range(steps):
        gas.advance(step * STEP)
        if step % 60 == 59:
            history.append((step, gas.energy(), *gas.vortices()))
    for step, energy, up, down in history[-3:]:
        print(f"step {step}: energy {energy:.3f}, {up} vortices and {down} opposed")


main()
