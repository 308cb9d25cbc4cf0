# code: none
# kind: healthy
# ruff: noqa
"""Compares three kinds of models that foresee a fault of a cement kiln from its sensors."""

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler
from threadpoolctl import threadpool_limits


def hours(count, seed):
    """Forty sensors driven by six slow states; a fault is likely where two of the states meet."""
    rng = np.random.default_rng(seed)
    states = rng.standard_normal((count, 6))
    sensors = states @ rng.normal(0, 1, (6, 40)) + rng.normal(0, 0.7, (count, 40))
    logit = -3 + 2.2 * states[:, 0] * states[:, 1] + 1.5 * np.maximum(states[:, 2], 0) - 0.8 * states[:, 3]
    return sensors.astype(np.float32), rng.random(count) < 1 / (1 + np.exp(-logit))


class Contest:
    """Fits each of the models once and keeps its scores on the hours that were set aside."""

    def __init__(self, sensors, faults):
        split = train_test_split(sensors, faults, test_size=0.25, stratify=faults, random_state=1)
        self.train_x, self.test_x, self.train_y, self.test_y = split
        self.any_scores = {}

    def enter(self, name, model):
        model.fit(self.train_x, self.train_y)
        chance = model.predict_proba(self.test_x)[:, 1]
        self.any_scores[name] = (roc_auc_score(self.test_y, chance), average_precision_score(self.test_y, chance))
        return model


def main():
    contest = Contest(*hours(vary(20000), seed=2))
    with threadpool_limits(limits=1):
        contest.enter("trees", ExtraTreesClassifier(100, min_samples_leaf=5, n_jobs=2, random_state=3))
        contest.enter("boosting", HistGradientBoostingClassifier(max_iter=60, learning_rate=0.08, random_state=4))
        linear = make_pipeline(StandardScaler(), SplineTransformer(4), LogisticRegression(C=0.1, max_iter=150))
        contest.enter("splines", linear)
    for name, (auc, precision) in contest.any_scores.items():
        print(f"{name}: AUC {auc:.3f}, precision {precision:.3f}")


if __name__ == "__main__":
    main()
