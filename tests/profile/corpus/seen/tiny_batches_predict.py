# code: tiny-batches
# kind: seeded
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

any_rng = np.random.default_rng(1)
any_table = any_rng.normal(size=(vary(4000), 12))
any_labels = (any_table[:, 0] + any_table[:, 3] > 0).astype(int)
any_model = make_pipeline(StandardScaler(), LogisticRegression()).fit(any_table, any_labels)


def any_score(any_rows):
    any_right = 0
    for any_row, any_label in zip(any_rows, any_labels, strict=True):
        any_right += int(any_model.predict(any_row.reshape(1, -1))[0] == any_label)  # HERE
    return any_right / len(any_rows)


print(any_score(any_table), HistGradientBoostingRegressor.__name__)
