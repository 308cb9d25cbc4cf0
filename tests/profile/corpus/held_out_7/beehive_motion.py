# code: memory-growth
# kind: seeded
# gain: 2.9
# ruff: noqa
"""Watch the entrance of a beehive: subtract the recent background from each frame and count the bees that move."""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

HEIGHT, WIDTH = 150, 200
RECENT = 12


def frames(rng, count):
    """Bees as dark spots that walk about on a board whose light drifts slowly."""
    board = 150 + 25 * ndimage.gaussian_filter(rng.standard_normal((HEIGHT, WIDTH)), 4) * 14
    place = rng.uniform([8, 8], [HEIGHT - 8, WIDTH - 8], (26, 2))
    heading = rng.uniform(0, 2 * np.pi, 26)
    for t in range(count):
        heading += rng.normal(0, 0.3, 26)
        place += 2.4 * np.column_stack([np.sin(heading), np.cos(heading)])
        place %= [HEIGHT, WIDTH]
        spots = np.zeros((HEIGHT, WIDTH))
        spots[place[:, 0].astype(int), place[:, 1].astype(int)] = 1
        light = 1 + 0.08 * np.sin(t / 120)
        frame = light * board - 2600 * ndimage.gaussian_filter(spots, 2.2) + rng.normal(0, 2, (HEIGHT, WIDTH))
        yield t, frame.clip(0, 255).astype(np.float32)


@dataclass
class any_Watch:
    """Keeps what the background is made of."""

    any_kept: list = field(default_factory=list)
    levels: list = field(default_factory=list)

    def background(self, frame):
        self.any_kept.append(frame)  # HERE
        cube = np.stack(self.any_kept)  # HERE
        return cube[-RECENT:].mean(axis=0)

    def moving(self, frame):
        """Labelled blobs that are darker than the background."""
        away = self.background(frame) - frame  # HERE
        level = away.std()
        self.levels.append(float(level))
        mask = ndimage.binary_opening(ndimage.gaussian_filter(away, 1.0) > 1.6 * level, iterations=1)
        label, count = ndimage.label(mask)
        if not count:
            return np.zeros((0, 2)), np.zeros(0)
        index = np.arange(1, count + 1)
        size = ndimage.sum_labels(mask, label, index)
        centre = np.array(ndimage.center_of_mass(away, label, index))
        return centre[size > 5], size[size > 5]


def main():
    rng = np.random.default_rng(62)
    watch = any_Watch()
    crossings, sizes, counts = 0, [], []
    before = np.zeros((0, 2))
    for t, frame in frames(rng, vary(520)):
        centres, size = watch.moving(frame)  # HERE
        counts.append(len(centres))
        sizes.extend(size.tolist())
        if len(before) and len(centres):
            gap = np.linalg.norm(before[:, None] - centres[None], axis=-1)
            nearest = gap.argmin(axis=1)
            near = gap[np.arange(len(before)), nearest] < 7
            crossings += int(((before[:, 1] < WIDTH / 2) != (centres[nearest, 1] < WIDTH / 2))[near].sum())
        before = centres
    print(
        f"{len(counts)} frames, {np.mean(counts):.1f} bees a frame of {np.median(sizes):.0f} pixels, "
        f"{crossings} crossings, contrast {np.mean(watch.levels):.2f}"
    )


if __name__ == "__main__":
    main()
