"""The closed loop: each remedy is run beside the program as it is, and what it did is measured and compared."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import msgspec

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.rules._seconds import wall_s
from ds_notebook.profile.trials.bench import Bench, Outcome, run_on
from ds_notebook.profile.trials.copied import NUM_LINES, Change, Task
from ds_notebook.profile.trials.equal import differences
from ds_notebook.profile.trials.remedies import remedies
from ds_notebook.profile.trials.remedy import CannotTry, Remedy, Rewriting

MOST_REMEDIES = 5
"""The most promising; the others are only advised."""
SHORT_S = 5.0
"""A program of less is run again, with each remedy and without, until the two fastest runs of both agree."""
AGREE = 1.1
PATIENCE_S = 20.0
"""For which one remedy's runs, and those without it, are repeated until they agree."""
GRACE_S = 10.0
LEAST_AGAIN = 0.3
"""Of the profiled time; a copy in a kernel that takes less does something else."""
TIMES_AS_LONG = 3.0
"""A copy may take so many times the profiled time, and `GRACE_S`, before it is killed."""


class Trial(msgspec.Struct):
    """What came of one remedy."""

    found: Found
    words: str
    """The remedy, as a sentence begins: "Two workers"."""
    not_tried: str = ""
    """Why it was only advised; the rest is empty then."""
    failed: str = ""
    """What stopped the program with the remedy, and not without."""
    before_s: list[float] = []
    after_s: list[float] = []
    differs: dict[str, str] = {}
    """By name: what another value the remedy led to."""
    compared: list[str] = []
    left_out: list[str] = []
    """Names that differ from run to run anyway, or are of kinds that are not compared."""
    fix: str = ""
    """The code that was tried, where it is the user's own, rewritten."""

    @property
    def measured(self) -> float | None:
        """How many times as fast the whole was with the remedy; None where that is not known.

        The faster run counts on each side: whatever else the machine does only makes one slower.
        """
        return min(self.before_s) / min(self.after_s) if self.before_s and self.after_s else None

    @property
    def equal(self) -> bool | None:
        """Whether it came to the same; None where nothing could be compared."""
        return None if not self.compared else not self.differs


def trials(
    findings: Sequence[Found], profile: Profile, bench: Bench, *, runs: int = 1, patience_s: float = PATIENCE_S
) -> Iterator[Trial]:
    """Try the remedies of `findings`, the most promising first; `profile` saw `runs` runs of the program.

    Short programs run again, up to `patience_s` for each remedy, until the two fastest runs of both sides agree.

    Nothing runs where no remedy can be tried. A copy of the program as it is runs first: what that may not do is
    the reason why nothing is tried.
    """
    planned = [_planned(found, profile, bench, number) for number, found in enumerate(_with_remedy(findings))]
    ready = [plan for plan in planned if not plan.trial.not_tried]
    yield from (plan.trial for plan in planned if plan.trial.not_tried)
    if not ready:
        return
    series = _Series(bench, ready, TIMES_AS_LONG * profile.wall_s / runs + GRACE_S, patience_s)
    first = series.run(None)
    for plan in ready:
        if reason := first.refused or first.failed or _less_work(bench, first.seconds, wall_s(profile) / runs):
            plan.trial.not_tried = reason
        else:
            series.measure(plan)
        yield plan.trial


def _less_work(bench: Bench, seconds: float, profiled_s: float) -> str:
    """Why a copy is not the code that was profiled: it met a filled cache, an iterator at its end."""
    if not bench.goes_on or seconds >= LEAST_AGAIN * profiled_s:
        return ""
    return f"run again it takes {seconds:.2g} s instead of {profiled_s:.2g}: it finds its work done by the first run"


class _Plan(msgspec.Struct):
    trial: Trial
    remedy: Remedy
    rewriting: Rewriting | None = None

    def change(self) -> Change:
        change = Change(code=self.remedy.code, found=self.trial.found)
        if self.rewriting is not None:
            change.place, change.source = self.rewriting.place, self.rewriting.source
        return change


def _with_remedy(findings: Sequence[Found]) -> list[Found]:
    return [found for found in findings if found.code in remedies()]


def _planned(found: Found, profile: Profile, bench: Bench, number: int) -> _Plan:
    remedy = remedies()[found.code]
    plan = _Plan(Trial(found, remedy.words(found)), remedy)
    if number >= MOST_REMEDIES:
        plan.trial.not_tried = f"{MOST_REMEDIES} remedies that promise more were"
        return plan
    plan.trial.not_tried = (
        bench.objection(profile) or _statement_that_writes(profile) or remedy.objection(found, profile)
    )
    if not plan.trial.not_tried:
        try:
            plan.rewriting = remedy.rewritten(found, profile)
        except CannotTry as reason:
            plan.trial.not_tried = str(reason)
    plan.trial.fix = plan.rewriting.fix if plan.rewriting else ""
    return plan


def _statement_that_writes(profile: Profile) -> str:
    for statement in profile.observed.statements:
        if statement.shape.lstrip(" (\n\t").partition(" ")[0].upper() != "SELECT":
            return f"it sends a statement other than SELECT ({statement.shape:.40})"
    return ""


class _Series:
    """Copies one after the other, each remedy's between two of the program as it is."""

    def __init__(self, bench: Bench, plans: Sequence[_Plan], limit_s: float, patience_s: float) -> None:
        self._bench = bench
        self._limit_s = limit_s
        self._patience_s = patience_s
        # on both sides alike, so that no copy pays for an import that another does not
        self._libraries = sorted({name for plan in plans for name in plan.remedy.libraries})
        self._patched = sorted({name for plan in plans for name in plan.remedy.patches})
        self._baselines: list[Outcome] = []

    def run(self, plan: _Plan | None) -> Outcome:
        """One copy, with the remedy of a plan or without."""
        change, environment = (plan.change(), plan.remedy.environment(plan.trial.found)) if plan else (Change(), {})
        task = Task(change, "", self._libraries, self._patched)
        outcome = run_on(self._bench, task, environment, self._limit_s)
        if plan is None and not outcome.refused and not outcome.failed:
            self._baselines.append(outcome)
        return outcome

    def measure(self, plan: _Plan) -> None:
        """The remedy after the last baseline, and for a short program remedy, baseline, baseline, remedy ... again."""
        trial, until_s = plan.trial, time.monotonic() + self._patience_s
        trial.before_s = [self._baselines[-1].seconds]
        first = None
        for with_remedy in self._turns(trial, until_s):
            outcome = self.run(plan if with_remedy else None)
            if wrong := outcome.refused or outcome.failed:
                trial.failed, trial.before_s, trial.after_s = wrong, [], []
                return
            (trial.after_s if with_remedy else trial.before_s).append(round(outcome.seconds, 4))
            first = first or outcome
        assert first is not None
        self._compare(plan, first)

    def _turns(self, trial: Trial, until_s: float) -> Iterator[bool]:
        yield True
        pairs = [(True, False), (False, True)]
        while time.monotonic() < until_s and not _settled(trial):
            yield from pairs[0]
            pairs.reverse()

    def _compare(self, plan: _Plan, after: Outcome) -> None:
        trial, first = plan.trial, self._baselines[0]
        trial.differs = differences(first.values, after.values)
        if trial.differs and len(self._baselines) == 1:
            self.run(None)  # does it differ from itself, too?
        changing = {name for other in self._baselines[1:] for name in differences(first.values, other.values)}
        changing |= plan.rewriting.loop_names if plan.rewriting else frozenset()
        trial.differs = {name: words for name, words in trial.differs.items() if name not in changing}
        compared = first.values.keys() & after.values.keys() - changing
        trial.compared = sorted(compared - {NUM_LINES})  # how much was printed is no result
        trial.left_out = sorted(changing | set(first.unknown) | (first.values.keys() ^ after.values.keys()))


def _settled(trial: Trial) -> bool:
    return trial.before_s[0] >= SHORT_S or (_agree(trial.before_s) and _agree(trial.after_s))


def _agree(seconds: Sequence[float]) -> bool:
    fastest, *others = sorted(seconds)
    return bool(others) and others[0] <= AGREE * fastest
