# code: pandas-rows
# kind: seeded
# gain: 8.2
# ruff: noqa
"""Heat load of dairy cows from barn climate loggers, and the milk that it costs."""

import numpy as np
import pandas as pd

LIMITS = {"Holstein": 68.0, "Jersey": 72.0, "Simmental": 70.0}


def any_loggers(barns, hours, seed):
    """Temperature has a yearly and a daily wave, humidity falls with it, wind is Weibull, breeds are by barn."""
    rng = np.random.default_rng(seed)
    clock = pd.date_range("2024-03-01", periods=hours, freq="h")
    frames = []
    for barn in range(barns):
        day = 2 * np.pi * np.arange(hours) / 24
        temperature = 14 + 9 * np.sin(day / 365 - 0.6) + 6 * np.sin(day - 2.0) + rng.normal(0, 1.5, hours)
        humidity = np.clip(75 - 1.8 * (temperature - 14) + rng.normal(0, 6, hours), 20, 100)
        frames.append(
            pd.DataFrame(
                {
                    "barn": barn,
                    "breed": list(LIMITS)[barn % 3],
                    "time": clock,
                    "temperature": temperature,
                    "humidity": humidity,
                    "wind": rng.weibull(1.8, hours) * 1.4,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


class HeatLoad:
    def __init__(self, frame):
        self.frame = frame
        self.frame["index"] = 0.0
        self.frame["excess"] = 0.0

    def any_score(self):
        """Temperature-humidity index with a relief by wind above 1.5 m/s, and its excess over the breed's limit."""
        frame = self.frame
        for i in frame.index:  # HERE
            t = frame.at[i, "temperature"]  # HERE
            value = 1.8 * t + 32 - (0.55 - 0.0055 * frame.at[i, "humidity"]) * (1.8 * t - 26)  # HERE
            wind = frame.at[i, "wind"]
            if wind > 1.5 and t < 35:
                value -= 1.99 * (wind - 1.5)
            frame.at[i, "index"] = value  # HERE
            over = value - LIMITS[frame.at[i, "breed"]]
            if over > 0:
                frame.at[i, "excess"] = over  # HERE
        return self

    def per_day(self):
        day = self.frame["time"].dt.floor("D")
        return self.frame.groupby(["barn", day]).agg(
            load=("excess", "sum"), peak=("index", "max"), night=("index", "min")
        )


def milk(days, rng, draws=400):
    """Bootstrap over days of the slope of milk yield on the heat load of the day before."""
    load = days["load"].groupby("barn").shift(1).fillna(0).to_numpy()
    litres = 31 - 0.035 * load + rng.normal(0, 1.5, len(load))
    slopes = np.empty(draws)
    for d in range(draws):
        chosen = rng.integers(0, len(load), len(load))
        x, y = load[chosen], litres[chosen]
        x = x - x.mean()
        slopes[d] = (x @ y) / (x @ x)
    return slopes


def main():
    frame = any_loggers(barns=12, hours=vary(5000), seed=6)
    days = HeatLoad(frame).any_score().per_day()
    rolling = frame.set_index("time").groupby("barn")["index"].rolling("72h").mean()
    slopes = milk(days, np.random.default_rng(1), draws=6000)
    low, high = np.quantile(slopes, [0.025, 0.975])
    print(
        f"{len(days)} barn days, worst three days {rolling.max():.1f}, {low:.4f} to {high:.4f} litres per unit of load"
    )


if __name__ == "__main__":
    main()
