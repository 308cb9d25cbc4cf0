# code: none
# kind: healthy
# ruff: noqa
"""Predict the yield of orchards with a forest and say which inputs matter."""

import warnings

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import KFold

warnings.filterwarnings("ignore")
INPUTS = ["rain", "frost", "age", "density", "nitrogen", "sun", "wind", "soil", "slope", "bees", "pruned", "height"]


def orchards(seed: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(rows, len(INPUTS))).astype(np.float32)
    harvest = (
        3 * np.tanh(inputs[:, 0])
        - 1.5 * np.maximum(inputs[:, 1], 0) ** 2
        + inputs[:, 2] * (inputs[:, 3] > 0)
        + np.sin(2 * inputs[:, 4]) * inputs[:, 5]
        + 0.4 * inputs[:, 9]
    )
    harvest += rng.normal(0, 0.6, rows)
    inputs[rng.random(inputs.shape) < 0.03] = np.nan
    return inputs, harvest


def forest(smallest_leaf: int, trees: int) -> RandomForestRegressor:
    return RandomForestRegressor(
        n_estimators=trees, min_samples_leaf=smallest_leaf, max_features=0.5, max_samples=0.5, n_jobs=2, random_state=0
    )


def cross_validate(inputs: np.ndarray, harvest: np.ndarray, smallest_leaf: int, trees: int) -> float:
    errors = []
    for train, held in KFold(n_splits=3, shuffle=True, random_state=1).split(inputs):
        model = forest(smallest_leaf, trees).fit(inputs[train], harvest[train])
        errors.append(mean_absolute_error(harvest[held], model.predict(inputs[held])))
    return float(np.mean(errors))


def importance(model, inputs: np.ndarray, harvest: np.ndarray, seed: int) -> dict[str, float]:
    """How much worse the error gets when one input is shuffled."""
    rng = np.random.default_rng(seed)
    base = mean_absolute_error(harvest, model.predict(inputs))
    result = {}
    for column, name in enumerate(INPUTS):
        shuffled = inputs.copy()
        rng.shuffle(shuffled[:, column])
        result[name] = mean_absolute_error(harvest, model.predict(shuffled)) - base
    return result


def main() -> None:
    inputs, harvest = orchards(seed=17, rows=vary(24_000))
    candidates = {leaf: cross_validate(inputs, harvest, leaf, trees=10) for leaf in (3, 12)}
    smallest_leaf = min(candidates, key=candidates.get)
    cut = len(inputs) * 4 // 5
    model = forest(smallest_leaf, trees=40).fit(inputs[:cut], harvest[:cut])
    matters = importance(model, inputs[cut:], harvest[cut:], seed=2)
    ranking = sorted(matters, key=matters.get, reverse=True)
    print({leaf: round(error, 4) for leaf, error in candidates.items()}, "chosen", smallest_leaf)
    print("matters most:", ", ".join(f"{name} {matters[name]:.2f}" for name in ranking[:5]))


if __name__ == "__main__":
    main()
