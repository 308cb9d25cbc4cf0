# code: disk-wait
# kind: seeded
# gain: 2.4
# ruff: noqa
"""Steps a snow cover model over a mountain grid and keeps its hourly fields in a file."""

import tempfile
from pathlib import Path

import numpy as np
from scipy import ndimage

LAPSE = -6.5e-3


class Store:
    """Hourly fields in one .npy file that other programs can map."""

    def __init__(self, path, hours, shape):
        self.any_fields = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(hours, *shape))
        self.hour = 0

    def keep(self, field):
        self.any_fields[self.hour] = field
        self.any_fields.flush()  # HERE
        self.hour += 1

    def maximum(self):
        return float(self.any_fields.max())


def terrain(size, seed):
    """Heights by filtered noise with a power-law spectrum, 600 to 3400 m."""
    rng = np.random.default_rng(seed)
    kx, ky = np.fft.fftfreq(size), np.fft.rfftfreq(size)
    power = 1.0 / np.maximum(np.hypot(kx[:, None], ky[None, :]), 1 / size) ** 1.7
    field = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(size, size))) * power, s=(size, size))
    field = (field - field.min()) / np.ptp(field)
    return 600.0 + 2800.0 * field


def hourly_weather(hours, seed):
    """Temperature at sea level with daily and synoptic waves, and showers as a two-state chain."""
    rng = np.random.default_rng(seed)
    t = np.arange(hours)
    warm = 15.0 + 4.0 * np.sin(2 * np.pi * (t - 9) / 24) + 5.0 * np.sin(2 * np.pi * t / 190) + rng.normal(0, 0.6, hours)
    wet = ndimage.uniform_filter1d(rng.random(hours), 9) > 0.53
    return warm, np.where(wet, rng.gamma(2.0, 0.9, hours), 0.0)


class SnowCover:
    """Degree-hour melt, liquid storage and drift along the wind."""

    def __init__(self, height):
        self.height = height
        self.ice = np.zeros_like(height)
        self.liquid = np.zeros_like(height)
        gy, gx = np.gradient(ndimage.gaussian_filter(height, 2.0))
        self.lee = np.clip(1.0 + 0.01 * (gx + 0.4 * gy), 0.4, 1.6)

    def step(self, sea_level, rain, wind):
        air = sea_level + LAPSE * self.height
        solid = np.clip((1.8 - air) / 2.4, 0.0, 1.0)
        self.ice += rain * solid * self.lee
        melt = np.minimum(self.ice, 0.16 * np.maximum(air, 0.0))
        self.ice -= melt
        self.liquid = np.minimum(self.liquid + melt + rain * (1 - solid), 0.06 * self.ice)
        freeze = np.minimum(self.liquid, 0.05 * np.maximum(-air, 0.0))
        self.ice += freeze
        self.liquid -= freeze
        if wind > 0.7:
            self.ice = ndimage.gaussian_filter1d(self.ice, 0.8, axis=1)
        return self.ice + self.liquid


def main():
    size, hours = 120, vary(1300)
    height = terrain(size, seed=61)
    warm, rain = hourly_weather(hours, seed=62)
    wind = np.random.default_rng(63).random(hours)
    cover = SnowCover(height)
    covered = np.empty(hours)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "swe.npy", hours, height.shape)
        for hour in range(hours):
            water = cover.step(warm[hour], rain[hour], wind[hour])
            covered[hour] = (water > 1.0).mean()
            store.keep(water)
        top = store.maximum()
        del store
    print(f"{hours} hours, cover {covered[-1]:.0%}, at most {covered.max():.0%}, deepest {top:.0f} mm")


if __name__ == "__main__":
    main()
