# code: recompute
# kind: seeded
# gain: 3.4
# ruff: noqa
"""Screen near-infrared spectra of olive oils for adulteration, by their distance from genuine oils."""

import os
from dataclasses import dataclass

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy import linalg, signal, stats

BANDS = 420


@dataclass
class any_Reference:
    """Spectra of genuine oils and what follows from them."""

    spectra: np.ndarray
    ridge_part: float = 0.02

    @property
    def centre(self):
        return np.median(self.spectra, axis=0)  # HERE

    @property
    def any_precision(self):
        """Inverse of the regularised covariance."""
        scatter = np.cov(self.spectra, rowvar=False)  # HERE
        scatter += self.ridge_part * np.trace(scatter) / len(scatter) * np.eye(len(scatter))
        return linalg.inv(scatter)  # HERE

    def distance(self, lot):
        gap = lot - self.centre  # HERE
        return np.einsum("ij,jk,ik->i", gap, self.any_precision, gap, optimize=True)  # HERE


def oils(count, share, rng):
    """Four absorption bands with random heights; hazelnut oil adds a fifth, in the share given; noise and a slope."""
    x = np.linspace(0, 1, BANDS)
    places, widths = np.array([0.15, 0.37, 0.58, 0.8]), np.array([0.05, 0.03, 0.06, 0.04])
    bands = np.exp(-0.5 * ((x[None] - places[:, None]) / widths[:, None]) ** 2)
    heights = rng.normal(1.0, 0.08, (count, 4))
    extra = np.exp(-0.5 * ((x - 0.46) / 0.02) ** 2)
    spectra = heights @ bands + share * extra[None] + rng.normal(0, 0.01, (count, BANDS))
    return spectra + rng.normal(0, 0.05, (count, 1)) * x[None]


def smooth(spectra):
    """Second derivative by local cubics, then each spectrum to zero mean and unit variance."""
    bent = signal.savgol_filter(spectra, 15, 3, deriv=2, axis=1)
    return (bent - bent.mean(1, keepdims=True)) / bent.std(1, keepdims=True)


def lots(count, rng):
    for number in range(count):
        share = 0.0 if rng.random() < 0.7 else rng.uniform(0.02, 0.2)
        yield number, share, smooth(oils(150, share, rng))


def main():
    rng = np.random.default_rng(77)
    reference = any_Reference(smooth(oils(3000, 0.0, rng)))
    limit = np.quantile(reference.distance(smooth(oils(2000, 0.0, rng))), 0.95)
    flagged, shares = [], []
    for number, share, spectra in lots(vary(75), rng):
        over = int((reference.distance(spectra) > limit).sum())  # HERE
        p_value = stats.binomtest(over, len(spectra), 0.05, alternative="greater").pvalue
        flagged.append(p_value < 0.001)
        shares.append(share)
    flagged, shares = np.array(flagged), np.array(shares)
    missed = int((~flagged & (shares > 0)).sum())
    print(f"{flagged.sum()} of {len(flagged)} lots flagged, {missed} missed")


main()
