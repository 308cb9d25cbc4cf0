# code: python-loop
# kind: seeded
# gain: 2.5
# ruff: noqa
"""Choose sites for radio masts by the part of the terrain that can be seen from them."""

import math

import numpy as np
from scipy import ndimage

CELL = 30.0
rng = np.random.default_rng(23)


def any_terrain(side):
    """Fractal relief: Gaussian noise with a spectrum falling as the power -2.2 of the wave number."""
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij"))
    k[0, 0] = 1.0
    noise = rng.normal(size=k.shape) + 1j * rng.normal(size=k.shape)
    field = np.fft.irfft2(noise * k**-2.2, (side, side))
    return 250.0 * (field - field.min()) / np.ptp(field)


def any_lit(relief, row, col, mast, bearings, reach):
    """Length of terrain in sight of a mast, over all bearings, out to the reach."""
    eye = relief[row, col] + mast
    side = relief.shape[0]
    seen = 0
    for b in range(bearings):  # HERE
        along, across = math.cos(2 * math.pi * b / bearings), math.sin(2 * math.pi * b / bearings)
        steepest = -math.inf
        for d in range(1, reach):  # HERE
            r, c = int(row + d * along), int(col + d * across)
            if not (0 <= r < side and 0 <= c < side):
                break
            slope = (relief[r, c] - eye) / (d * CELL)  # HERE
            if slope > steepest:  # HERE
                steepest = slope
                seen += 1
    return seen


relief = any_terrain(768)
relief = ndimage.gaussian_filter(relief, 1.5)

# candidates: the highest cell of each square, if it stands out of its surroundings
roughness = ndimage.maximum_filter(relief, size=29) - ndimage.minimum_filter(relief, size=29)
prominence = relief - ndimage.median_filter(relief, size=11)
peaks = (relief == ndimage.maximum_filter(relief, size=61)) & (prominence > 0.5)
candidates = np.argwhere(peaks)
candidates = candidates[np.argsort(-relief[peaks])][:40]

scores = {}
for row, col in candidates.tolist():
    scores[row, col] = any_lit(relief, row, col, mast=18.0, bearings=vary(1200), reach=260)  # HERE

ranked = sorted(scores, key=scores.get, reverse=True)
chosen = []
for site in ranked:
    if all(math.dist(site, other) * CELL > 4000 for other in chosen):
        chosen.append(site)

print(
    f"{len(candidates)} candidates, median roughness {np.median(roughness):.1f} m, {len(chosen)} masts, best at {ranked[0]}"
)
