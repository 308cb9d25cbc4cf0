# code: regex-compile
# kind: seeded
# gain: 1.7
# ruff: noqa
"""Takes the names of patients and staff out of ward notes before they go to research."""

import random
import re
from collections import Counter
from dataclasses import dataclass

SYLLABLES = "ar ben cor dal el fen gri hol in jor kel lam mar nor ost per quin ros sel tor ul ver wil yan".split()
PHRASES = (
    "seen on the round with {first} {last} present",
    "Mr {last} slept well and took breakfast",
    "{last}, {first} complains of pain in the left knee",
    "wound dry, no fever, blood pressure {a}/{b}",
    "called the daughter of {first} about the transfer",
    "oxygen at {a} percent, heart rate {b}, pain {c} of ten",
    "physiotherapy: walked {a} m on the corridor with a frame",
    "medication of {last} unchanged, potassium {c}.{a} mmol",
)
NUMBER = re.compile(r"(\d+)(?:\.\d+)?(?: of ten| percent| mmol| m\b|/\d+)")
SPACES = re.compile(r"\s{2,}")


@dataclass(frozen=True)
class Patient:
    number: int
    first: str
    last: str


def admissions(count, rng):
    def name(parts):
        return "".join(rng.choices(SYLLABLES, k=parts)).capitalize()

    return [Patient(number, name(2), name(3)) for number in range(count)]


def ward_book(patients, days, rng):
    """Every day every patient has a note of three to six phrases, in the order of the round."""
    for day in range(days):
        for patient in rng.sample(patients, len(patients)):
            phrases = rng.choices(PHRASES, k=rng.randrange(3, 7))
            numbers = {"a": rng.randrange(60, 180), "b": rng.randrange(50, 99), "c": rng.randrange(0, 10)}
            note = ". ".join(p.format(first=patient.first, last=patient.last, **numbers) for p in phrases)
            yield day, patient, note + "."


class Cleaner:
    """Replaces a patient's name by a stable mark."""

    def __init__(self, salt):
        self.salt = salt
        self.replaced = Counter()

    def mark(self, patient):
        return f"[P{(patient.number * 7919 + self.salt) % 100_003:05d}]"

    def any_hidden(self, note, patient):
        first, last = re.escape(patient.first), re.escape(patient.last)
        name = rf"\b(?:(?:Mrs?\s+)?{first}\s+{last}|{last},\s*{first}|(?:Mrs?\s+)?{last}|{first})\b"
        note, times = re.subn(name, self.mark(patient), note)  # HERE
        self.replaced[patient.number] += times
        return SPACES.sub(" ", note)


def values(note):
    return [int(found) for found in NUMBER.findall(note)]


def similar(notes, pairs, rng):
    """Mean share of common three-letter groups of random pairs of notes."""
    groups = {}
    total = 0.0
    for _ in range(pairs):
        chosen = rng.sample(range(len(notes)), 2)
        for i in chosen:
            if i not in groups:
                groups[i] = {notes[i][k : k + 3] for k in range(len(notes[i]) - 2)}
        a, b = (groups[i] for i in chosen)
        total += len(a & b) / len(a | b)
    return total / pairs


def main():
    rng = random.Random(71)
    patients = admissions(vary(1000), rng)
    cleaner = Cleaner(salt=404)
    notes, numbers = [], Counter()
    for _, patient, note in ward_book(patients, 11, rng):
        clean = cleaner.any_hidden(note, patient)
        numbers.update(values(clean))
        notes.append(clean)
    alike = similar(notes, 25_000, rng)
    left = sum(patient.last in note for note in notes[:500] for patient in patients[:100])
    print(f"{len(notes)} notes, {sum(cleaner.replaced.values())} names hidden, {left} left, likeness {alike:.2f}")


if __name__ == "__main__":
    main()
