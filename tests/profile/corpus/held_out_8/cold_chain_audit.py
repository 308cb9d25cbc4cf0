# code: pandas-rows
# kind: seeded
# gain: 2.7
# ruff: noqa
"""Audits the temperature loggers of refrigerated transports: limits, shares of time and costs by carrier."""

import numpy as np
import pandas as pd

any_READINGS = vary(52000)
SHIPMENTS = 700
GOODS = {"vaccine": (2.0, 8.0), "fish": (-1.0, 2.0), "fruit": (4.0, 12.0), "frozen": (-30.0, -18.0)}


def make_shipments(rng: np.random.Generator) -> pd.DataFrame:
    goods = rng.choice(list(GOODS), SHIPMENTS)
    return pd.DataFrame(
        {
            "shipment": np.arange(SHIPMENTS),
            "goods": goods,
            "carrier": rng.choice(["Arktos", "Borealis", "Gelida", "Nivalis", "Tramont"], SHIPMENTS),
            "worth": rng.lognormal(9, 0.8, SHIPMENTS).round(),
        }
    )


def make_readings(count: int, shipments: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The cargo follows its set point with a slow drift; doors are opened now and then."""
    shipment = np.sort(rng.integers(0, SHIPMENTS, count))
    middle = shipments["goods"].map({name: sum(limits) / 2 for name, limits in GOODS.items()}).to_numpy()
    drift = pd.Series(rng.normal(0, 0.3, count)).groupby(shipment).cumsum().to_numpy()
    door = rng.random(count) < 0.06
    return pd.DataFrame(
        {
            "shipment": shipment,
            "minute": np.arange(count) * 5,
            "warmth": middle[shipment] + 0.5 * drift + np.where(door, rng.exponential(4, count), 0.0),
            "door": door,
            "battery": 3.6 - rng.exponential(0.1, count),
        }
    )


class Audit:
    def __init__(self, readings: pd.DataFrame, shipments: pd.DataFrame) -> None:
        self.shipments = shipments
        self.table = readings.merge(shipments, on="shipment")

    def verdicts(self) -> list[str]:
        """What each reading means for the cargo."""
        verdicts = []
        for any_place in range(len(self.table)):  # HERE
            reading = self.table.iloc[any_place]  # HERE
            low, high = GOODS[reading["goods"]]
            if reading["battery"] < 3.1:
                verdicts.append("void")
            elif low <= reading["warmth"] <= high:
                verdicts.append("good")
            elif reading["door"] and reading["warmth"] <= high + 6:
                verdicts.append("door")
            else:
                verdicts.append("cold" if reading["warmth"] < low else "warm")
        return verdicts

    def shares(self) -> pd.DataFrame:
        marked = self.table.assign(verdict=self.verdicts())  # HERE
        counts = marked.groupby(["shipment", "verdict"]).size().unstack(fill_value=0)
        return counts.div(counts.sum(axis=1), axis=0)

    def smoothness(self, trials: int, rng: np.random.Generator) -> pd.Series:
        """Bootstrap spread of the mean warmth of each shipment."""
        warmth = self.table["warmth"].to_numpy()
        shipment = self.table["shipment"].to_numpy()
        sizes = np.bincount(shipment, minlength=SHIPMENTS)
        starts = np.cumsum(sizes) - sizes
        means = np.empty((trials, SHIPMENTS))
        for trial in range(trials):
            drawn = (rng.random(len(warmth)) * sizes[shipment]).astype(int) + starts[shipment]
            means[trial] = np.bincount(shipment, warmth[drawn], SHIPMENTS) / np.maximum(sizes, 1)
        return pd.Series(means.std(axis=0), name="spread")


def main() -> None:
    rng = np.random.default_rng(8)
    shipments = make_shipments(rng)
    any_audit = Audit(make_readings(any_READINGS, shipments, rng), shipments)
    shares = any_audit.shares()
    spread = any_audit.smoothness(600, rng)
    result = shipments.join(shares, on="shipment").join(spread)
    result["claim"] = np.where(result["warm"] > 0.25, result["worth"] * result["warm"], 0.0)
    by_carrier = result.groupby("carrier").agg(
        claims=("claim", "sum"), warm=("warm", "mean"), spread=("spread", "mean")
    )
    worst = by_carrier["claims"].idxmax()
    print(f"{len(any_audit.table)} readings, dearest carrier {worst}: {by_carrier.loc[worst, 'claims']:.0f}")
    print(f"warm {by_carrier['warm'].mean():.1%} of the time, spread {by_carrier['spread'].mean():.3f} K")


if __name__ == "__main__":
    main()
