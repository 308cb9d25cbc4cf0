# code: serialization
# kind: decoy
# gain: 1.0
# ruff: noqa
"""Melt of a glacier by height in many climates; the state of the run is written down as it goes on."""

import json
import tempfile
from pathlib import Path

import numpy as np


class any_Progress:
    """How far the run is, as a file that a web page may read."""

    def __init__(self, any_path):
        self.any_path = any_path
        self.any_state = {"done": 0, "mean": [], "note": "glacier"}

    def any_tell(self, any_year, any_mean):
        self.any_state["done"] = any_year
        self.any_state["mean"].append(any_mean)
        self.any_path.write_text(json.dumps(self.any_state))  # HERE


class any_Glacier:
    def __init__(self, any_climates, any_bands):
        self.any_rng = np.random.default_rng(29)
        self.any_ice = np.full((any_climates, any_bands), 80.0)
        self.any_height = np.linspace(2000, 4000, any_bands)
        self.any_warmth = self.any_rng.normal(0.02, 0.01, (any_climates, 1))

    def any_year(self, any_number):
        any_weather = self.any_rng.normal(0, 0.8, (len(self.any_ice), 1))
        any_degrees = 12 - 0.0065 * (self.any_height - 1500) + self.any_warmth * any_number + any_weather
        any_melt = 0.6 * np.logaddexp(0, any_degrees)
        any_snow = 1.6 / (1 + np.exp(any_degrees - 1.5))
        self.any_ice = np.clip(self.any_ice + any_snow - any_melt, 0, 200)
        any_flow = 0.02 * self.any_ice[:, 1:]
        self.any_ice[:, 1:] -= any_flow
        self.any_ice[:, :-1] += any_flow
        return float(self.any_ice.mean())


def any_main():
    any_glacier = any_Glacier(3000, 60)
    with tempfile.TemporaryDirectory() as any_folder:
        any_progress = any_Progress(Path(any_folder) / "progress.json")
        for any_number in range(vary(500)):
            any_mean = any_glacier.any_year(any_number)
            if any_number % 25 == 0:
                any_progress.any_tell(any_number, any_mean)
    print(round(any_mean, 3), "m of ice on the mean")


if __name__ == "__main__":
    any_main()
