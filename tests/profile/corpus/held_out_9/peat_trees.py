# code: none
# kind: healthy
# ruff: noqa
"""Predict the depth of peat from airborne gamma radiation with forests, and judge them on blocks left out."""

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import GroupKFold


def any_survey(points, rng):
    """Gamma counts fall exponentially with peat depth; depth is smooth in space with a step at the bog's edge."""
    east, north_ = rng.uniform(0, 10, (2, points))
    depth = 1.5 + np.sin(east) * np.cos(0.7 * north_) + 1.2 * (east + north_ > 11) + rng.normal(0, 0.15, points)
    depth = np.clip(depth, 0.05, None)
    potassium = 2.2 * np.exp(-depth / 0.6) + rng.normal(0, 0.08, points)
    thorium = 7.5 * np.exp(-depth / 0.7) + rng.normal(0, 0.3, points)
    slope = np.abs(np.cos(east)) + rng.gamma(1.5, 0.3, points)
    wet = 10 - slope + 0.8 * depth + rng.normal(0, 0.7, points)
    noise = rng.normal(0, 1, (points, 6))
    block = (east // 2).astype(int) * 5 + (north_ // 2).astype(int)
    return np.column_stack([potassium, thorium, potassium / (np.abs(thorium) + 0.5), slope, wet, noise]), depth, block


class BlockJudge:
    """Scores of a model on blocks that it has not seen."""

    def __init__(self, folds):
        self.folds = GroupKFold(folds)

    def any_scores(self, model, x, y, block):
        scores = []
        for fitted, left_out in self.folds.split(x, y, block):
            model.fit(x[fitted], y[fitted])
            scores.append(r2_score(y[left_out], model.predict(x[left_out])))
        return np.array(scores)


def permuted(model, x, y, rng, repeats=2):
    """Loss of score when a column is shuffled, all columns of one repeat in one prediction."""
    base = r2_score(y, model.predict(x))
    losses = np.zeros((repeats, x.shape[1]))
    for r in range(repeats):
        mixed = np.tile(x, (x.shape[1], 1, 1))
        for j in range(x.shape[1]):
            mixed[j, :, j] = rng.permutation(x[:, j])
        guess = model.predict(mixed.reshape(-1, x.shape[1])).reshape(x.shape[1], -1)
        losses[r] = [base - r2_score(y, g) for g in guess]
    return losses.mean(0)


def main():
    rng = np.random.default_rng(3)
    x, y, block = any_survey(vary(5000), rng)
    judge = BlockJudge(4)
    makers = {
        "extra": ExtraTreesRegressor(60, min_samples_leaf=3, random_state=0),
        "random": RandomForestRegressor(40, min_samples_leaf=3, max_features=0.5, random_state=0),
    }
    scores = {name: judge.any_scores(model, x, y, block) for name, model in makers.items()}
    best = max(scores, key=lambda n: scores[n].mean())
    final = makers[best].fit(x, y)
    fresh, depth, _ = any_survey(3000, rng)
    losses = permuted(final, fresh, depth, rng)
    for name, values in scores.items():
        print(f"{name}: {values.mean():.3f} +- {values.std():.3f}")
    print(f"{best} leans most on column {int(losses.argmax())}")


main()
