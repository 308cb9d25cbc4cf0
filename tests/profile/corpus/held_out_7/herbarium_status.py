# code: n-plus-one
# kind: seeded
# gain: 3.6
# ruff: noqa
"""Fill a herbarium database with sheets and their determinations, then report how names have moved over the years."""

import os

os.environ["OMP_NUM_THREADS"] = "1"


import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, create_engine, func, select

meta = MetaData()
sheet = Table(
    "sheet",
    meta,
    Column("id", Integer, primary_key=True),
    Column("cabinet", String(8)),
    Column("altitude", Integer),
)
determination = Table(
    "determination",
    meta,
    Column("id", Integer, primary_key=True),
    Column("sheet_id", ForeignKey("sheet.id")),
    Column("year", Integer),
    Column("taxon", String(24)),
    Index("by_sheet", "sheet_id", "year"),
)


def fill(link, rng, count):
    altitude = rng.integers(50, 2900, count)
    cabinet = rng.integers(0, 40, count)
    link.execute(
        sheet.insert(),
        [
            {"id": i, "cabinet": f"C{c:02d}", "altitude": a}
            for i, (c, a) in enumerate(zip(cabinet.tolist(), altitude.tolist()))
        ],
    )
    owner = np.repeat(np.arange(count), rng.integers(1, 6, count))
    year = rng.integers(1890, 2024, len(owner))
    taxon = np.clip(altitude[owner] // 60 + rng.integers(-3, 4, len(owner)), 0, 60)
    link.execute(
        determination.insert(),
        [
            {"sheet_id": s, "year": y, "taxon": f"Carex sp. {t}"}
            for s, y, t in zip(owner.tolist(), year.tolist(), taxon.tolist())
        ],
    )


class Cabinet:
    """Reads sheets; knows of each its name now."""

    def __init__(self, link):
        self.link = link

    def any_name(self, number):
        query = (
            select(determination.c.taxon)
            .where(determination.c.sheet_id == number)
            .order_by(determination.c.year.desc(), determination.c.id.desc())
            .limit(1)
        )
        return self.link.execute(query).scalar_one()  # HERE

    def sheets(self):
        for row in self.link.execute(select(sheet.c.id, sheet.c.cabinet, sheet.c.altitude).order_by(sheet.c.id)).all():
            yield row, self.any_name(row.id)  # HERE


def ordination(names, altitude, axes=3):
    """Principal axes of the taxon by altitude-belt table."""
    taxa, code = np.unique(names, return_inverse=True)
    belt = np.clip(altitude // 12, 0, 249)
    counts = np.zeros((len(taxa), 250))
    np.add.at(counts, (code, belt), 1)
    counts = np.sqrt(counts)
    left, weight, _ = np.linalg.svd(counts - counts.mean(0), full_matrices=False)
    return taxa, left[:, :axes] * weight[:axes]


def stability(names, altitude, rng, rounds=60):
    """How far the first axis moves when sheets are drawn anew."""
    names, altitude = np.array(names), np.array(altitude)
    first = []
    for _ in range(rounds):
        pick = rng.integers(0, len(names), len(names))
        first.append(np.abs(ordination(names[pick], altitude[pick])[1][:, 0]).max())
    return float(np.std(first))


def main():
    rng = np.random.default_rng(14)
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'herbarium.db'}")
        meta.create_all(engine)
        with engine.begin() as link:
            fill(link, rng, vary(15000))
        with engine.connect() as link:
            names, altitude, per = [], [], Counter()
            for row, name in Cabinet(link).sheets():  # HERE
                names.append(name)
                altitude.append(row.altitude)
                per[row.cabinet] += 1
            changes = link.execute(select(func.count()).select_from(determination)).scalar_one() - len(names)
        engine.dispose()
    print(
        f"{len(names)} sheets, {changes} older names, fullest {per.most_common(1)[0]}, "
        f"spread of the first axis {stability(names, altitude, rng, 25):.3f}"
    )


if __name__ == "__main__":
    main()
