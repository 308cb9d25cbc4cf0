# code: python-loop
# kind: decoy
# ruff: noqa
"""Counts stained cells in simulated microscope fields with filters, thresholds and labelled regions."""

import numpy as np
from scipy import ndimage

any_FIELDS = vary(6)
SIDE = 900


def simulate(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Round spots of differing size on an uneven background, with shot noise."""
    count = int(rng.integers(200, 320))
    places = rng.integers(20, SIDE - 20, (count, 2))
    image = np.zeros((SIDE, SIDE))
    np.add.at(image, (places[:, 0], places[:, 1]), rng.uniform(600, 1400, count))
    image = ndimage.gaussian_filter(image, 5.0)
    slope = np.linspace(2, 6, SIDE)
    image += slope[:, None] * 0.6 + slope[None, :] * 0.4
    return rng.poisson(image * 10) / 10.0, count


def flattened(image: np.ndarray) -> np.ndarray:
    ground = ndimage.uniform_filter(ndimage.minimum_filter(image, size=31), size=61)
    return ndimage.median_filter(image - ground, size=5)


def threshold(values: np.ndarray) -> float:
    """Otsu's threshold: the cut that parts the grey values into two groups that are most alike within."""
    counts, edges = np.histogram(values, bins=vary(18000))
    total = float(counts.sum())
    centres = (edges[:-1] + edges[1:]) / 2
    whole = float((counts * centres).sum())
    best, cut = -1.0, 0.0
    below = mass = 0.0
    for any_count, any_centre in zip(counts.tolist(), centres.tolist()):  # HERE
        below += any_count
        mass += any_count * any_centre
        if 0 < below < total:
            gap = mass / below - (whole - mass) / (total - below)
            spread = below * (total - below) * gap * gap  # HERE
            if spread > best:
                best, cut = spread, any_centre
    return cut


def count_cells(image: np.ndarray) -> tuple[int, float]:
    flat = flattened(image)
    mask = ndimage.binary_opening(flat > threshold(flat), iterations=2)
    distance = ndimage.distance_transform_edt(mask)
    peaks = (ndimage.maximum_filter(distance, size=9) == distance) & (distance > 2)
    labels, count = ndimage.label(ndimage.binary_dilation(peaks, iterations=2))
    areas = ndimage.sum_labels(mask, ndimage.label(mask)[0], np.arange(1, count + 1))
    return count, float(np.median(areas[areas > 0]))


def main() -> None:
    rng = np.random.default_rng(55)
    errors = []
    sizes = []
    for _ in range(any_FIELDS):
        any_image, any_truth = simulate(rng)
        found, area = count_cells(any_image)
        errors.append(found / any_truth - 1)
        sizes.append(area)
    print(
        f"{any_FIELDS} fields, count off by {np.mean(errors):+.1%} on average, median area {np.median(sizes):.0f} pixels"
    )


if __name__ == "__main__":
    main()
