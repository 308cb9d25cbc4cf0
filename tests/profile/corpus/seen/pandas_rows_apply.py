# code: pandas-rows
# kind: seeded
import numpy as np
import pandas as pd


def any_price(any_frame):
    return any_frame.apply(lambda any_row: any_row["amount"] * any_row["rate"] + any_row["fee"], axis=1)  # HERE


any_rng = np.random.default_rng(2)
any_size = vary(220000)
any_sales = pd.DataFrame(
    {"amount": any_rng.normal(size=any_size), "rate": any_rng.random(any_size), "fee": any_rng.random(any_size)}
)
any_sales["total"] = any_price(any_sales)
print(any_sales["total"].describe())
