# code: none
# kind: healthy
# ruff: noqa
"""Compares regression models of soil carbon on generated survey plots, by cross-validation in spatial blocks."""

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor
from sklearn.inspection import permutation_importance
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

any_PLOTS = vary(2000)
NAMES = ["rain", "warmth", "slope", "clay", "sand", "ph", "depth", "height", "green", "wet", "north_face", "salt"]


def survey(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carbon follows rain, clay and height with thresholds; plots of a block share a hidden level."""
    values = rng.normal(size=(count, len(NAMES)))
    blocks = rng.integers(0, 30, count)
    level = rng.normal(0, 0.3, 30)[blocks]
    carbon = (
        1.5 * np.tanh(values[:, 0])
        + np.where(values[:, 3] > 0.4, 0.8, -0.2) * values[:, 6]
        - 0.5 * values[:, 1] * values[:, 9]
        + 0.4 * np.sin(2 * values[:, 7])
        + level
        + rng.normal(0, 0.3, count)
    )
    return values, carbon, blocks


def candidates() -> dict[str, object]:
    return {
        "ridge": make_pipeline(StandardScaler(), SplineTransformer(n_knots=6), RidgeCV(np.logspace(-2, 3, 12))),
        "trees": ExtraTreesRegressor(100, min_samples_leaf=3, n_jobs=2, random_state=4),
        "boosting": GradientBoostingRegressor(n_estimators=60, max_depth=4, subsample=0.6, random_state=4),
    }


def blocked_score(model, values: np.ndarray, carbon: np.ndarray, blocks: np.ndarray) -> tuple[float, float]:
    scores = []
    for train, test in GroupKFold(4).split(values, carbon, blocks):
        model.fit(values[train], carbon[train])
        scores.append(r2_score(carbon[test], model.predict(values[test])))
    return float(np.mean(scores)), float(np.std(scores))


def main() -> None:
    any_values, any_carbon, any_blocks = survey(any_PLOTS, np.random.default_rng(23))
    results = {}
    for any_name, model in candidates().items():
        results[any_name] = blocked_score(model, any_values, any_carbon, any_blocks)
    best = max(results, key=lambda name: results[name][0])
    final = candidates()[best].fit(any_values, any_carbon)
    weight = permutation_importance(final, any_values[:600], any_carbon[:600], n_repeats=3, random_state=1)
    leading = np.argsort(weight.importances_mean)[::-1][:3]
    print(", ".join(f"{name} {mean:.3f}+-{spread:.3f}" for name, (mean, spread) in results.items()))
    print("best:", best, "led by", *(NAMES[place] for place in leading))


if __name__ == "__main__":
    main()
