# code: python-loop
# kind: seeded
# gain: 3.1
# ruff: noqa
"""Posters in few colours: photographs are brought to a palette, and the palette is moved to the middle of its pixels."""

import numpy as np


class any_Palette:
    def __init__(self, any_colours):
        self.any_colours = any_colours

    @staticmethod
    def any_apart(any_one, any_other):
        return (any_one[0] - any_other[0]) ** 2 + (any_one[1] - any_other[1]) ** 2 + (any_one[2] - any_other[2]) ** 2  # HERE

    def any_nearest(self, any_pixel):
        return min(range(len(self.any_colours)), key=lambda any_at: self.any_apart(any_pixel, self.any_colours[any_at]))  # HERE

    def any_indexed(self, any_picture):
        any_flat = any_picture.reshape(-1, 3).tolist()
        return np.array([self.any_nearest(any_pixel) for any_pixel in any_flat])  # HERE

    def any_moved(self, any_picture, any_index):
        any_flat = any_picture.reshape(-1, 3)
        any_counts = np.bincount(any_index, minlength=len(self.any_colours))
        any_sums = [
            np.bincount(any_index, any_flat[:, any_channel], len(self.any_colours)) for any_channel in range(3)
        ]
        any_means = np.stack(any_sums, axis=1) / np.maximum(any_counts, 1)[:, None]
        any_kept = np.where(any_counts[:, None] > 0, any_means, self.any_colours)
        return any_Palette([tuple(any_colour) for any_colour in any_kept.tolist()])


def any_photograph(any_rng, any_side):
    any_down, any_right = np.mgrid[0:any_side, 0:any_side] / any_side
    any_sky = np.stack([0.3 + 0.3 * any_down, 0.5 + 0.2 * any_right, 0.9 - 0.5 * any_down], axis=2)
    for _ in range(6):
        any_y, any_x, any_size = any_rng.uniform(0.1, 0.9, 3)
        any_spot = np.exp(-((any_down - any_y) ** 2 + (any_right - any_x) ** 2) * 40 / any_size)
        any_sky += any_spot[:, :, None] * any_rng.normal(0, 0.4, 3)
    return np.clip(any_sky, 0, 1)


def any_posterised(any_picture, any_colours, any_rounds):
    any_rng = np.random.default_rng(2)
    any_palette = any_Palette([tuple(any_colour) for any_colour in any_rng.random((any_colours, 3)).tolist()])
    for _ in range(any_rounds):
        any_index = any_palette.any_indexed(any_picture)
        any_palette = any_palette.any_moved(any_picture, any_index)
    any_drawn = np.array(any_palette.any_colours)[any_index].reshape(any_picture.shape)
    return any_drawn, float(np.abs(any_drawn - any_picture).mean())


def any_main():
    any_rng = np.random.default_rng(10)
    for any_number in range(2):
        any_picture = any_photograph(any_rng, vary(110))
        any_poster, any_error = any_posterised(any_picture, 12, 5)
        print(any_number, any_poster.shape, round(any_error, 4))


if __name__ == "__main__":
    any_main()
