# code: python-loop
# kind: decoy
# ruff: noqa
"""Predict the gloss of pottery glazes from their oxides with a forest and check it by leaving kilns out."""

import os

os.environ["OMP_NUM_THREADS"] = "1"


import numpy as np
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.metrics import r2_score
from sklearn.model_selection import GroupKFold, cross_val_predict

OXIDES = ["SiO2", "Al2O3", "B2O3", "CaO", "MgO", "K2O", "Na2O", "ZnO", "TiO2", "Fe2O3"]


def glazes(rng, count):
    share = rng.dirichlet([9, 2, 1, 2, 1, 1, 1, 0.7, 0.4, 0.4], count)
    kiln = rng.integers(0, 12, count)
    flux = share[:, 3:8].sum(axis=1)
    ratio = share[:, 0] / (share[:, 1] + 0.02)
    gloss = 60 + 25 * np.tanh(1.2 * np.log(ratio / 4)) - 90 * (flux - 0.3) ** 2 - 60 * share[:, 8]
    gloss += rng.normal(0, 1.5, 12)[kiln] + rng.normal(0, 2, count)
    return share, kiln, gloss


def any_drift(residual, memory):
    """Smoothed residual in the order of firing, round after round until the start is forgotten."""
    level, out = 0.0, []
    for r in residual:  # HERE
        level = memory * level + (1 - memory) * r  # HERE
        out.append(level)
    return np.array(out)


def main():
    rng = np.random.default_rng(71)
    share, kiln, gloss = glazes(rng, vary(1100))
    logs = np.log(share + 0.005)
    forest = ExtraTreesRegressor(140, min_samples_leaf=2, random_state=0)
    by_forest = cross_val_predict(forest, logs, gloss, groups=kiln, cv=GroupKFold(6))
    process = GaussianProcessRegressor(
        RBF(np.full(len(OXIDES), 2.0)) + WhiteKernel(0.1), normalize_y=True, optimizer=None
    )
    by_process = cross_val_predict(process, logs, gloss, groups=kiln, cv=GroupKFold(6))
    drift = [
        np.abs(any_drift((gloss - guess).tolist() * 80, 0.9995)).max() for guess in (by_forest, by_process)
    ]  # HERE
    forest.fit(logs, gloss)
    first = sorted(zip(forest.feature_importances_, OXIDES), reverse=True)[:3]
    print(
        f"forest R2 {r2_score(gloss, by_forest):.3f}, process R2 {r2_score(gloss, by_process):.3f}, "
        f"drift {drift[0]:.2f}/{drift[1]:.2f}, most by " + ", ".join(name for _, name in first)
    )


if __name__ == "__main__":
    main()
