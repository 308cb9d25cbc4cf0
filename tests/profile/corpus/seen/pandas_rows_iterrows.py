# code: pandas-rows
# kind: seeded
import numpy as np
import pandas as pd

any_rng = np.random.default_rng(3)
any_trips = pd.DataFrame({"km": any_rng.random(vary(80000)) * 30}).assign(minutes=lambda any_t: any_t["km"] * 3)


def any_bill(any_frame):
    any_bills = []
    for _, any_trip in any_frame.iterrows():  # HERE
        any_fare = 2.5 + 1.2 * any_trip["km"]  # HERE
        if any_trip["minutes"] > 40:  # HERE
            any_fare *= 0.9
        any_bills.append(any_fare)
    return any_bills


any_trips["fare"] = any_bill(any_trips)
print(any_trips["fare"].sum())
