# code: n-plus-one
# kind: seeded
# gain: 1.7
# ruff: noqa
"""Blood pressure of the patients of a clinic: a table of trends, from a database of visits."""

import sqlite3

import numpy as np
import pandas as pd


def any_database(any_patients, any_visits):
    any_rng = np.random.default_rng(41)
    any_base = sqlite3.connect(":memory:")
    any_born = pd.DataFrame({"patient": np.arange(any_patients), "born": any_rng.integers(1930, 2005, any_patients)})
    any_born.to_sql("patients", any_base, index=False)
    any_who = any_rng.integers(0, any_patients, any_visits)
    any_day = any_rng.integers(0, 1000, any_visits)
    any_table = pd.DataFrame(
        {"patient": any_who, "day": any_day, "pressure": 118 + any_day * 0.004 + any_rng.normal(0, 9, any_visits)}
    )
    any_table.to_sql("visits", any_base, index=False)
    any_base.execute("create index visits_of on visits (patient, day)")
    return any_base


class any_Chart:
    """What is known of the patients, by way of one connection."""

    def __init__(self, any_base):
        self.any_base = any_base

    def any_frame(self, any_text, any_values=()):
        return pd.read_sql_query(any_text, self.any_base, params=any_values)  # HERE

    def any_patients(self):
        return self.any_frame("select patient, born from patients order by patient")

    def any_series(self, any_patient):
        any_text = "select day, pressure from visits where patient = ? order by day"
        return self.any_frame(any_text, (any_patient,))  # HERE

    def any_all(self):
        any_keys = self.any_patients()["patient"].tolist()
        return {any_key: self.any_series(any_key) for any_key in any_keys}  # HERE


def any_trend(any_visits):
    if len(any_visits) < 3:
        return 0.0, 0.0
    any_day = any_visits["day"].to_numpy(dtype=float)
    any_pressure = any_visits["pressure"].to_numpy()
    any_away = any_day - any_day.mean()
    return any_pressure.mean(), float(any_away @ any_pressure / max(any_away @ any_away, 1e-9))


def any_report(any_chart):
    any_series = any_chart.any_all()
    any_rows = [any_trend(any_visits) for any_visits in any_series.values()]
    any_table = pd.DataFrame(any_rows, columns=["mean", "slope"], index=list(any_series))
    any_born = any_chart.any_patients().set_index("patient")["born"]
    return any_table.groupby(any_born // 10 * 10).mean()


if __name__ == "__main__":
    any_base = any_database(vary(4200), vary(120000))
    print(any_report(any_Chart(any_base)).round(4))
