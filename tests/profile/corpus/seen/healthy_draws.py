# code: none
# kind: healthy
import numpy as np
import pandas as pd

any_rng = np.random.default_rng(0)


def any_sales(any_count):
    return pd.DataFrame({"shop": any_rng.integers(0, 200, any_count), "pieces": any_rng.poisson(3, any_count)})


def any_report(any_frame):
    any_sums = any_frame.groupby("shop")["pieces"].agg(["sum", "mean"])
    return any_sums.nlargest(5, "sum")


for _ in range(6):
    print(any_report(any_sales(vary(900_000))))
