# code: serialization
# kind: seeded
# gain: 2.5
# ruff: noqa
"""Improves the monthly roster of a ferry company's crews by trying small changes and keeping the better ones."""

import json
import math
import random

any_TRIALS = vary(4600)
CREW = 60
DAYS = 28
POSTS = ("bridge", "engine", "deck", "galley")


class Roster:
    """The sailors with their papers, wishes and duties, as they come from the crewing office."""

    def __init__(self, sailors: list[dict], demand: dict[tuple[int, str], int]) -> None:
        self.sailors = sailors
        self.demand = demand

    def saved(self) -> str:
        return json.dumps(self.sailors)  # HERE

    def reset(self, text: str) -> None:
        self.sailors = json.loads(text)  # HERE


def first_roster(rng: random.Random) -> Roster:
    sailors = []
    for number in range(CREW):
        posts = sorted(rng.sample(POSTS, rng.randint(1, 2)))
        duties = [rng.choice(posts) if rng.random() < 0.64 else None for _ in range(DAYS)]
        sailors.append(
            {
                "name": f"sailor {number}",
                "posts": posts,
                "papers": [
                    f"{paper}-{rng.randrange(10**6):06d}" for paper in ("health", "radio", "rescue", "passport")
                ],
                "past": [rng.randint(12, 20) for _ in range(36)],
                "courses": {f"course {rng.randrange(900)}": 1990 + rng.randrange(36) for _ in range(10)},
                "wishes": sorted(rng.sample(range(DAYS), 5)),
                "duties": duties,
            }
        )
    return Roster(sailors, {(day, post): 8 + (day % 7 > 4) for day in range(DAYS) for post in POSTS})


def penalty(roster: Roster) -> float:
    """Unfilled and overfilled posts, duties on wished free days, long runs of duty, and uneven shares."""
    total = 0.0
    for sailor in roster.sailors:
        duties = sailor["duties"]
        busy = DAYS - duties.count(None)
        total += 0.3 * (busy - 17) ** 2 + 1.5 * sum(duties[day] is not None for day in sailor["wishes"])
        calendar = "".join([post[0] if post else " " for post in duties])
        total += 4.0 * sum([len(run) - 5 for run in calendar.split() if len(run) > 5])
    for day, column in enumerate(zip(*[sailor["duties"] for sailor in roster.sailors])):
        for post in POSTS:
            gap = roster.demand[day, post] - column.count(post)
            total += 3.0 * gap if gap > 0 else -gap
    return total


def change(roster: Roster, rng: random.Random) -> None:
    """Moves a duty to another sailor or another day, or adds and removes one."""
    sailor = rng.choice(roster.sailors)
    duties = sailor["duties"]
    kind = rng.random()
    day = rng.randrange(DAYS)
    if kind < 0.4:
        other = rng.choice(roster.sailors)
        if duties[day] in other["posts"] and other["duties"][day] is None:
            other["duties"][day], duties[day] = duties[day], None
    elif kind < 0.7:
        moved = rng.randrange(DAYS)
        duties[day], duties[moved] = duties[moved], duties[day]
    elif duties[day] is not None:
        duties[day] = None
    else:
        duties[day] = rng.choice(sailor["posts"])


def improve(roster: Roster, trials: int, rng: random.Random) -> tuple[float, int]:
    cost = penalty(roster)
    gains = 0
    any_kept = roster.saved()  # HERE
    for trial in range(trials):
        warmth = 6.0 * (1 - trial / trials) + 0.05
        change(roster, rng)
        new = penalty(roster)
        if new <= cost or rng.random() < math.exp((cost - new) / warmth):
            gains += new < cost
            cost = new
            any_kept = roster.saved()  # HERE
        else:
            roster.reset(any_kept)  # HERE
    return cost, gains


def main() -> None:
    rng = random.Random(1912)
    any_roster = first_roster(rng)
    before = penalty(any_roster)
    after, gains = improve(any_roster, any_TRIALS, rng)
    busy = [DAYS - sailor["duties"].count(None) for sailor in any_roster.sailors]
    print(f"penalty {before:.0f} -> {after:.0f} in {gains} gains, {min(busy)} to {max(busy)} duties each")


if __name__ == "__main__":
    main()
