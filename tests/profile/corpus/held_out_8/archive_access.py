# code: none
# kind: healthy
# ruff: noqa
"""Replays requests to a document archive against its access rules and reports what was refused to whom."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

import numpy as np

any_REQUESTS = vary(1400000)
ROLES = ("reader", "author", "editor", "lawyer", "auditor", "printer", "guest", "board")
ACTIONS = ("view", "print", "edit", "share", "delete")


@dataclass(frozen=True, slots=True)
class Rule:
    roles: frozenset[str]
    pattern: str
    actions: frozenset[str]
    grant: bool


def make_rules(rng: random.Random) -> list[Rule]:
    """Later rules win over earlier ones; the first lets everybody view everything."""
    rules = [Rule(frozenset(ROLES), "*", frozenset(("view",)), True)]
    for number in range(90):
        pattern = f"/d{rng.randrange(12)}/" + rng.choice(("*", "s1*", "s?", "*3", f"s{rng.randrange(30)}"))
        roles = frozenset(rng.sample(ROLES, rng.randint(1, 4)))
        rules.append(Rule(roles, pattern, frozenset(rng.sample(ACTIONS, rng.randint(1, 3))), number % 3 > 0))
    return rules


RULES = make_rules(random.Random(6))


@lru_cache(maxsize=4096)
def granted(role: str, folder: str) -> frozenset[str]:
    """What a role may do in a folder."""
    allowed: set[str] = set()
    for rule in RULES:
        if role in rule.roles and fnmatchcase(folder, rule.pattern):
            allowed = allowed | rule.actions if rule.grant else allowed - rule.actions
    return frozenset(allowed)


def requests(count: int, rng: np.random.Generator) -> Iterator[str]:
    """Lines of user, role, action and path; few users and folders make most of the requests."""
    users = [f"u{number:04d};{ROLES[number * 7 // 3 % 8]}" for number in range(3000)]
    user_shares = 1 / (np.arange(len(users)) + 5)
    folders = [f"/d{number % 12}/s{number // 12}" for number in range(360)]
    rng.shuffle(folders)
    folder_shares = 1 / (np.arange(len(folders)) + 3)
    while count > 0:
        size = min(count, 100000)
        who = rng.choice(len(users), size, p=user_shares / user_shares.sum()).tolist()
        what = rng.choice(len(ACTIONS), size, p=(0.6, 0.15, 0.14, 0.09, 0.02)).tolist()
        where = rng.choice(len(folders), size, p=folder_shares / folder_shares.sum()).tolist()
        for user, action, folder in zip(who, what, where):
            yield f"{users[user]};{ACTIONS[action]};{folders[folder]}"
        count -= size


class Monitor:
    def __init__(self) -> None:
        self.refused: Counter[tuple[str, str]] = Counter()
        self.served: Counter[str] = Counter()
        self.streak: defaultdict[str, int] = defaultdict(int)
        self.blocked: set[str] = set()

    def watch(self, line: str) -> None:
        user, role, action, folder = line.split(";")
        if action in granted(role, folder):
            self.served[folder] += 1
            self.streak[user] = 0
            return
        self.refused[role, action] += 1
        self.streak[user] += 1
        if self.streak[user] >= 12:
            self.blocked.add(user)


def main() -> None:
    any_monitor = Monitor()
    for any_line in requests(any_REQUESTS, np.random.default_rng(9)):
        any_monitor.watch(any_line)
    (role, action), times = any_monitor.refused.most_common(1)[0]
    print(
        f"{any_monitor.served.total()} served, most refused: {action} to {role} ({times}), {len(any_monitor.blocked)} blocked"
    )
    info = granted.cache_info()
    print(f"{info.currsize} decisions made, {info.hits} reused")


if __name__ == "__main__":
    main()
