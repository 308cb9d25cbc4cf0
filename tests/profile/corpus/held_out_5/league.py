# code: pandas-rows
# kind: seeded
# gain: 5.5
# ruff: noqa
"""Plays a handball league by a Poisson model, keeps its table and tests the home advantage."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd


def fixtures(clubs, seasons, seed):
    """Each club meets each other at home once a season; goals are Poisson with club strengths."""
    rng = np.random.default_rng(seed)
    names = np.array([f"HC {i:02d}" for i in range(clubs)])
    attack, defence = rng.normal(0, 0.12, (2, clubs))
    frames = []
    for season in range(seasons):
        home, away = np.divmod(rng.permutation(clubs * clubs), clubs)
        keep = home != away
        home, away = home[keep], away[keep]
        frames.append(
            pd.DataFrame(
                {
                    "season": season,
                    "home": names[home],
                    "away": names[away],
                    "home_goals": rng.poisson(27.0 * np.exp(attack[home] - defence[away] + 0.05)),
                    "away_goals": rng.poisson(27.0 * np.exp(attack[away] - defence[home])),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


class Table:
    """Points, goals and games of each club."""

    def __init__(self, clubs):
        columns = ["games", "points", "scored", "conceded"]
        self.any_rows = pd.DataFrame(0, index=sorted(clubs), columns=columns)

    def enter(self, club, scored, conceded):
        points = 2 if scored > conceded else int(scored == conceded)
        self.any_rows.loc[club, "games"] += 1  # HERE
        self.any_rows.loc[club, "points"] += points  # HERE
        self.any_rows.loc[club, "scored"] += scored  # HERE
        self.any_rows.loc[club, "conceded"] += conceded  # HERE

    def play(self, matches):
        for home, away, home_goals, away_goals in zip(
            matches["home"], matches["away"], matches["home_goals"], matches["away_goals"]
        ):
            self.enter(home, home_goals, away_goals)
            self.enter(away, away_goals, home_goals)
        return self

    def ranked(self):
        table = self.any_rows.assign(difference=self.any_rows["scored"] - self.any_rows["conceded"])
        return table.sort_values(["points", "difference", "scored"], ascending=False)


def home_advantage(matches, rounds, seed):
    """Mean goal difference at home and its p-value under random swaps of the sides."""
    rng = np.random.default_rng(seed)
    margin = (matches["home_goals"] - matches["away_goals"]).to_numpy(float)
    seen = margin.mean()
    beyond = 0
    for _ in range(rounds):
        signs = rng.integers(0, 2, (200, len(margin)), dtype=np.int8) * 2 - 1
        beyond += int((signs @ margin / len(margin) >= seen).sum())
    return seen, beyond / (rounds * 200)


def rating(matches, sweeps):
    """Strengths by damped least squares on the goal differences."""
    clubs = sorted(set(matches["home"]))
    place = pd.Series(range(len(clubs)), index=clubs)
    h, a = place[matches["home"]].to_numpy(), place[matches["away"]].to_numpy()
    margin = (matches["home_goals"] - matches["away_goals"]).to_numpy(float)
    strength = np.zeros(len(clubs))
    for _ in range(sweeps):
        error = margin - margin.mean() - strength[h] + strength[a]
        step = np.bincount(h, error, len(clubs)) - np.bincount(a, error, len(clubs))
        strength += 0.9 * step / (2 * len(matches) / len(clubs))
    return pd.Series(strength, index=clubs).sort_values(ascending=False)


def main():
    matches = fixtures(18, vary(12), seed=8)
    tables = {season: Table(set(group["home"])).play(group).ranked() for season, group in matches.groupby("season")}
    champions = pd.Series([table.index[0] for table in tables.values()])
    advantage, p = home_advantage(matches, 90, seed=9)
    best = rating(matches, 400)
    print(f"{champions.nunique()} champions, home +{advantage:.2f} (p={p:.4f}), strongest {best.index[0]}")


if __name__ == "__main__":
    main()
