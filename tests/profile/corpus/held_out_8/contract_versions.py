# code: none
# kind: healthy
# ruff: noqa
"""Compares clauses of generated contract versions with the standard clauses, shared out over two processes."""

import random
from difflib import SequenceMatcher
from multiprocessing import Pool

any_CONTRACTS = vary(420)
SUBJECTS = ["supplier", "buyer", "carrier", "insurer", "agent", "licensor"]
VERBS = ["shall deliver", "may refuse", "must insure", "agrees to store", "undertakes to repair", "will invoice"]
OBJECTS = ["the goods", "each consignment", "all spare parts", "the software", "any defective unit", "the documents"]
TERMS = ["within ten days", "at its own cost", "after written notice", "unless agreed otherwise", "before shipment"]

_standard: list[SequenceMatcher] = []


def clause(rng: random.Random) -> list[str]:
    parts = []
    for _ in range(rng.randint(5, 9)):
        sentence = " ".join(map(rng.choice, (SUBJECTS, VERBS, OBJECTS, TERMS)))
        parts.extend(sentence.split())
    return parts


def prepare(clauses: list[list[str]]) -> None:
    """Once in each process: the matchers that hold the standard clauses."""
    for words in clauses:
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(words)
        _standard.append(matcher)


def negotiated(words: list[str], rng: random.Random) -> list[str]:
    changed = list(words)
    for _ in range(rng.randint(0, 12)):
        place = rng.randrange(len(changed))
        if rng.random() < 0.5:
            changed[place] = rng.choice(("promptly", "jointly", "partly", "not"))
        else:
            changed.insert(place, rng.choice(("reasonable", "written", "prior")))
    return changed


def review(number: int, contract: list[list[str]]) -> tuple[int, int, float]:
    """The number of clauses without a standard behind them, and the smallest likeness of the others."""
    strange = 0
    lowest = 1.0
    for words in contract:
        best = 0.0
        for matcher in _standard:
            matcher.set_seq1(words)
            if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
                best = max(best, matcher.ratio())
        if best < 0.6:
            strange += 1
        else:
            lowest = min(lowest, best)
    return number, strange, lowest


def review_one(task: tuple[int, list[list[str]]]) -> tuple[int, int, float]:
    return review(*task)


def main() -> None:
    rng = random.Random(90)
    standard = [clause(rng) for _ in range(24)]
    contracts = []
    for number in range(any_CONTRACTS):
        chosen = rng.sample(standard, 7)
        own = [clause(rng)] if rng.random() < 0.3 else []
        contracts.append((number, [negotiated(words, rng) for words in chosen] + own))
    with Pool(2, initializer=prepare, initargs=(standard,)) as any_pool:
        results = list(any_pool.imap_unordered(review_one, contracts, chunksize=4))
    worst = min(results, key=lambda result: result[2])
    print(
        f"{len(results)} contracts, {sum(r[1] for r in results)} strange clauses, least alike {worst[2]:.2f} in {worst[0]}"
    )


if __name__ == "__main__":
    main()
