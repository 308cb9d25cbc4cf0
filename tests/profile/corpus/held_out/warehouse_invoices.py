# code: n-plus-one
# kind: seeded
# gain: 2.2
# ruff: noqa
"""Print the day's invoice totals per region from the warehouse database."""

import tempfile
from collections import defaultdict
from pathlib import Path

from sqlalchemy import ForeignKey, create_engine, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Line(Base):
    __tablename__ = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    pieces: Mapped[int]
    price: Mapped[float]


class Invoice(Base):
    __tablename__ = "invoice"
    id: Mapped[int] = mapped_column(primary_key=True)
    region: Mapped[str]
    lines: Mapped[list[Line]] = relationship()

    @property
    def any_total(self) -> float:
        return sum(any_line.pieces * any_line.price for any_line in self.lines)  # HERE


def any_fill(any_engine, any_invoices):
    Base.metadata.create_all(any_engine)
    with any_engine.begin() as any_connection:
        any_connection.execute(
            insert(Invoice), [{"id": i, "region": "NESW"[i % 4]} for i in range(1, any_invoices + 1)]
        )
        any_connection.execute(
            insert(Line),
            [
                {"invoice_id": 1 + i % any_invoices, "pieces": 1 + i % 7, "price": i % 90 / 4}
                for i in range(4 * any_invoices)
            ],
        )


def any_report(any_session):
    any_by_region = defaultdict(float)
    for any_invoice in any_session.scalars(select(Invoice).order_by(Invoice.id)):
        any_by_region[any_invoice.region] += any_invoice.any_total
    return any_by_region


def any_main():
    with tempfile.TemporaryDirectory() as any_folder:
        any_engine = create_engine("sqlite:///" + str(Path(any_folder) / "warehouse.db"))
        any_fill(any_engine, vary(6000))
        with Session(any_engine) as any_session:
            for any_region, any_amount in sorted(any_report(any_session).items()):
                print(any_region, round(any_amount, 2))
        any_engine.dispose()


any_main()
