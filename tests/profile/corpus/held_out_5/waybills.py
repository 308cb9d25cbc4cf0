# code: n-plus-one
# kind: seeded
# gain: 2.5
# ruff: noqa
"""Prints the day's transport manifests of a haulage firm from its dispatch database."""

import gc
import hashlib
import random
import tempfile
import zlib
from pathlib import Path

from jinja2 import Environment
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

DEPOTS = ["Ghent", "Lille", "Breda", "Trier", "Metz", "Aachen", "Namur", "Venlo"]

MANIFEST = """\
MANIFEST {{ day }}
{% for trip in trips -%}
{{ trip.reference }}  {{ trip.origin }} -> {{ trip.target }}  {{ trip.plate }}
{% for load in trip.any_loads -%}
{#- #}    {{ load.pallets }} x {{ load.goods }} ({{ load.kilos }} kg)
{% endfor -%}
{% endfor %}
"""


class Base(DeclarativeBase):
    pass


class Trip(Base):
    __tablename__ = "trip"
    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str]
    origin: Mapped[str]
    target: Mapped[str]
    plate: Mapped[str]
    any_loads: Mapped[list["Load"]] = relationship(back_populates="trip", order_by="Load.id")  # HERE


class Load(Base):
    __tablename__ = "load"
    id: Mapped[int] = mapped_column(primary_key=True)
    trip_id: Mapped[int] = mapped_column(ForeignKey("trip.id"), index=True)
    goods: Mapped[str]
    pallets: Mapped[int]
    kilos: Mapped[int]
    trip: Mapped[Trip] = relationship(back_populates="any_loads")


def fill(engine, trips, seed):
    """Trips between random depots, each with a Poisson-like handful of loads."""
    rng = random.Random(seed)
    rows, loads = [], []
    for number in range(1, trips + 1):
        origin, target = rng.sample(DEPOTS, 2)
        rows.append(
            {
                "id": number,
                "reference": f"WB{number:06d}",
                "origin": origin,
                "target": target,
                "plate": f"{rng.randrange(1, 3)}-{rng.randrange(100, 999)}-XK",
            }
        )
        for _ in range(1 + min(2, int(rng.expovariate(1.2)))):
            pallets = rng.randrange(1, 9)
            goods = rng.choice(["steel", "paper", "tiles", "malt", "salt", "glass"])
            loads.append(
                {"trip_id": number, "goods": goods, "pallets": pallets, "kilos": pallets * rng.randrange(90, 700)}
            )
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(Trip.__table__.insert(), rows)
        connection.execute(Load.__table__.insert(), loads)
    return len(loads)


class Dispatch:
    def __init__(self, engine):
        self.engine = engine
        self.template = Environment(autoescape=False).from_string(MANIFEST)

    def trips(self, session):
        return session.scalars(select(Trip).order_by(Trip.origin, Trip.reference)).all()  # HERE

    def manifest(self, day):
        with Session(self.engine) as session:
            return self.template.render(day=day, trips=self.trips(session))  # HERE


def archive(text, level=9):
    """The manifest as it is stored: packed by blocks, each with its digest."""
    stored = []
    data = text.encode()
    for start in range(0, len(data), 65536):
        block = data[start : start + 65536]
        stored.append((hashlib.sha256(block).hexdigest(), zlib.compress(block, level)))
    return stored


def main():
    gc.set_threshold(100_000, 50, 100)
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'dispatch.db'}")
        loads = fill(engine, vary(9000), seed=11)
        text = Dispatch(engine).manifest("2026-03-02")
        stored = archive(text)
        engine.dispose()
    print(f"{loads} loads on {text.count('->')} trips, {len(text)} characters, {len(stored)} blocks")


if __name__ == "__main__":
    main()
