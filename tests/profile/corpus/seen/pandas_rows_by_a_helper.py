# code: pandas-rows
# kind: seeded
import numpy as np
import pandas as pd

any_rng = np.random.default_rng(1)
any_size = vary(60000)
any_lines = pd.DataFrame({"price": any_rng.gamma(2, 10, any_size), "pieces": any_rng.integers(1, 9, any_size)})


def any_amount(any_at):
    return any_lines["price"].iloc[any_at] * any_lines["pieces"].iloc[any_at]  # HERE


any_lines["amount"] = [any_amount(any_at) for any_at in range(len(any_lines))]  # HERE
print(any_lines["amount"].sum())
