# code: none
# kind: healthy
# ruff: noqa
"""Simulates how an alloy separates into two phases on a large grid by a semi-implicit spectral method."""

import numpy as np
from scipy import fft

any_SIDE = vary(800)
STEPS = 70


class PhaseField:
    """Cahn and Hilliard's equation on a periodic square; float32 fields, two transforms a step."""

    def __init__(self, side: int, mean: float, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.field = (mean + 0.1 * rng.standard_normal((side, side))).astype(np.float32)
        wave = 2 * np.pi * fft.fftfreq(side).astype(np.float32)
        half = 2 * np.pi * fft.rfftfreq(side).astype(np.float32)
        self.square = wave[:, None] ** 2 + half[None, :] ** 2
        self.mobility = np.float32(0.6)
        self.step_size = np.float32(0.5)
        stiff = self.mobility * self.step_size * (self.square**2 + 2 * self.square)
        self.damping = 1 / (1 + stiff)
        self.gain = self.mobility * self.step_size * self.square
        self.spectrum = fft.rfft2(self.field, workers=2)

    def advance(self) -> None:
        any_force = self.field * self.field
        any_force -= np.float32(3.0)
        any_force *= self.field
        transformed = fft.rfft2(any_force, workers=2, overwrite_x=True)
        transformed *= self.gain
        self.spectrum -= transformed
        self.spectrum *= self.damping
        self.field = fft.irfft2(self.spectrum, s=self.field.shape, workers=2)

    def energy(self) -> float:
        across = np.diff(self.field, axis=0, append=self.field[:1])
        along = np.diff(self.field, axis=1, append=self.field[:, :1])
        well = 0.25 * (1 - self.field**2) ** 2
        return float((well + 0.5 * (across**2 + along**2)).mean())

    def grain_size(self) -> float:
        power = np.abs(self.spectrum) ** 2
        power[0, 0] = 0
        return float(2 * np.pi * power.sum() / (power * np.sqrt(self.square)).sum())


def main() -> None:
    for mean in (0.0, 0.2, 0.35):
        alloy = PhaseField(any_SIDE, mean, 19)
        before = alloy.energy()
        for _ in range(STEPS):
            alloy.advance()
        print(f"mean {mean:.2f}: energy {before:.3f} -> {alloy.energy():.3f}, grains {alloy.grain_size():.1f} cells")


if __name__ == "__main__":
    main()
