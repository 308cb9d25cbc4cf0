# code: n-plus-one
# kind: seeded
# gain: 2.0
# ruff: noqa
"""Date undated tree cores against the master chronology of a dendrochronological archive."""

import tempfile
from pathlib import Path

import numpy as np
import sqlalchemy as sa

meta = sa.MetaData()
core = sa.Table(
    "core",
    meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("site", sa.String(12)),
    sa.Column("species", sa.String(12)),
)
ring = sa.Table(
    "ring",
    meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("core_id", sa.Integer, index=True),
    sa.Column("year", sa.Integer),
    sa.Column("width", sa.Float),
)


def any_fill(engine, cores, rng):
    """Ring widths follow a common climate signal with a core-wise mean and noise."""
    climate = rng.normal(0, 1, 600)
    starts = rng.integers(0, 560, cores)
    rows = []
    for i, start in enumerate(starts.tolist(), 1):
        widths = np.exp(0.3 * climate[start : start + 16] + rng.normal(0, 0.2, 16))
        rows += [(i, 1400 + start + j, w) for j, w in enumerate(widths.tolist())]
    with engine.begin() as conn:
        conn.execute(
            core.insert(), [{"site": f"S{i % 40}", "species": "oak" if i % 3 else "pine"} for i in range(cores)]
        )
        conn.exec_driver_sql("INSERT INTO ring (core_id, year, width) VALUES (?, ?, ?)", rows)
    return climate


class Archive:
    def __init__(self, conn):
        self.conn = conn

    def any_summary(self, core_id):
        """First year, last year and mean width of a core."""
        query = sa.select(sa.func.min(ring.c.year), sa.func.max(ring.c.year), sa.func.avg(ring.c.width))  # HERE
        return self.conn.execute(query.where(ring.c.core_id == core_id)).one()  # HERE

    def sites(self, species):
        """Mean width of the site, and the span of years it covers."""
        found = {}
        for row in self.conn.execute(sa.select(core.c.id, core.c.site).where(core.c.species == species)).all():  # HERE
            first, last, mean = self.any_summary(row.id)  # HERE
            spans = found.setdefault(row.site, [])
            spans.append((first, last, mean))
        return {
            site: (min(s[0] for s in v), max(s[1] for s in v), float(np.mean([s[2] for s in v])))
            for site, v in found.items()
        }


def cross_date(master, segments):
    """Best offset of each segment: normalised correlation at all offsets."""
    best = []
    windows = np.lib.stride_tricks.sliding_window_view(master, segments.shape[1])
    windows = (windows - windows.mean(1, keepdims=True)) / windows.std(1, keepdims=True)
    for block in np.array_split(segments, 40):
        scaled = (block - block.mean(1, keepdims=True)) / block.std(1, keepdims=True)
        best.append((scaled @ windows.T).argmax(1))
    return np.concatenate(best)


def main():
    rng = np.random.default_rng(31)
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'rings.db'}")
        meta.create_all(engine)
        climate = any_fill(engine, vary(13000), rng)
        with engine.connect() as conn:
            archive = Archive(conn)
            sites = archive.sites("oak")
        engine.dispose()
    truth = rng.integers(0, 520, 60_000)
    segments = np.stack([climate[t : t + 80] for t in truth]) + rng.normal(0, 0.8, (60_000, 80))
    right = (cross_date(climate, segments) == truth).mean()
    widest = max(sites, key=lambda s: sites[s][2])
    print(f"{len(sites)} sites, widest rings at {widest}, {right:.3f} of the segments dated right")


main()
