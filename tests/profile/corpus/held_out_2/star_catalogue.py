# code: serialization
# kind: decoy
# gain: 1.0
# ruff: noqa
"""Stars by their colours: mixtures of Gaussians are fitted to a catalogue, piece by piece, and the runs are noted."""

import json

import numpy as np

any_SETTINGS = {
    "groups": 24,
    "decay": 0.7,
    "floor": 0.02,
    "bands": ["u", "g", "r", "i", "z", "y"],
    "paths": {"catalogue": "made up", "notes": "none", "versions": list(range(30))},
}


def any_settings():
    """A copy which a fit may write in."""
    return json.loads(json.dumps(any_SETTINGS))  # HERE


class any_Mixture:
    def __init__(self, any_first):
        any_own = any_settings()
        any_count = any_own["groups"]
        self.any_means = any_first[:any_count].copy()
        self.any_spread = np.ones_like(self.any_means)
        self.any_share = np.full(any_count, 1 / any_count)

    def any_belonging(self, any_stars):
        any_scale = 1 / self.any_spread
        any_away = any_stars**2 @ any_scale.T - 2 * any_stars @ (self.any_means * any_scale).T
        any_away += (self.any_means**2 * any_scale).sum(1)
        any_logs = np.log(self.any_share) - 0.5 * (any_away + np.log(self.any_spread).sum(1))
        any_top = any_logs.max(axis=1, keepdims=True)
        any_parts = np.exp(any_logs - any_top)
        any_sum = any_parts.sum(axis=1, keepdims=True)
        return any_parts / any_sum, float((np.log(any_sum) + any_top).mean())

    def any_update(self, any_stars, any_round):
        any_own = any_settings()
        any_own["rate"] = (any_round + 2) ** -any_own["decay"]
        any_parts, any_fit = self.any_belonging(any_stars)
        any_weight = any_parts.sum(axis=0) + 1e-6
        any_means = any_parts.T @ any_stars / any_weight[:, None]
        any_spread = any_parts.T @ any_stars**2 / any_weight[:, None] - any_means**2
        self.any_share += any_own["rate"] * (any_weight / any_weight.sum() - self.any_share)
        self.any_means += any_own["rate"] * (any_means - self.any_means)
        self.any_spread += any_own["rate"] * (np.maximum(any_spread, any_own["floor"]) - self.any_spread)
        return any_fit


def any_catalogue(any_count):
    any_rng = np.random.default_rng(30)
    any_centres = any_rng.normal(0, 2, (24, 6))
    return any_centres[any_rng.integers(0, 24, any_count)] + any_rng.normal(0, 0.4, (any_count, 6))


def any_main():
    any_stars = any_catalogue(vary(300000))
    any_mixture = any_Mixture(any_stars)
    any_fits = []
    for any_round in range(5):
        for any_piece in np.array_split(any_stars, len(any_stars) // 4000):
            any_fits.append(any_mixture.any_update(any_piece, len(any_fits)))
    print(len(any_fits), round(any_fits[0], 3), round(float(np.mean(any_fits[-50:])), 3))


if __name__ == "__main__":
    any_main()
