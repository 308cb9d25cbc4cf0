# code: n-plus-one
# kind: seeded
# gain: 2.24
# ruff: noqa
"""Month-end statements of a small wholesaler, kept in SQLite through the ORM."""

import random
import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Date, ForeignKey, Numeric, String, create_engine, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class any_Supplier(Base):
    __tablename__ = "supplier"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))


class any_Invoice(Base):
    __tablename__ = "invoice"
    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    issued: Mapped[date] = mapped_column(Date)
    supplier: Mapped[any_Supplier] = relationship()
    entries: Mapped[list["any_Entry"]] = relationship(order_by="any_Entry.id")

    @property
    def any_total(self):
        return sum(entry.quantity * entry.price for entry in self.entries)  # HERE

    def as_row(self):
        return {
            "number": f"INV-{self.id:06d}",
            "supplier": self.supplier.name,
            "due": self.issued + timedelta(days=30),
            "total": self.any_total,
        }


class any_Entry(Base):
    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    label: Mapped[str] = mapped_column(String(40))
    quantity: Mapped[int]
    price: Mapped[float] = mapped_column(Numeric(10, 2, asdecimal=False))


def any_populate(engine, invoices):
    rng = random.Random(11)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(any_Supplier), [{"id": n, "name": f"Supplier {n}"} for n in range(1, 31)])
        connection.execute(
            insert(any_Invoice),
            [
                {
                    "id": n,
                    "supplier_id": rng.randint(1, 30),
                    "issued": date(2025, 10, 1) + timedelta(days=n % 31),
                }
                for n in range(1, invoices + 1)
            ],
        )
        connection.execute(
            insert(any_Entry),
            [
                {
                    "invoice_id": n,
                    "label": f"item {k}",
                    "quantity": rng.randint(1, 9),
                    "price": round(rng.uniform(1, 90), 2),
                }
                for n in range(1, invoices + 1)
                for k in range(3)
            ],
        )


def any_statements(session):
    query = select(any_Invoice).order_by(any_Invoice.issued)
    per_supplier = {}
    for invoice in session.scalars(query):
        row = invoice.as_row()  # HERE
        per_supplier.setdefault(row["supplier"], []).append(row)
    return per_supplier


def render(name, rows):
    lines = [f"Statement for {name}", "-" * 40]
    lines += [f"{row['number']}  due {row['due']:%d %b}  {row['total']:>10.2f}" for row in rows]
    lines.append(f"{'Total':>22} {sum(row['total'] for row in rows):>16.2f}")
    return "\n".join(lines)


def main():
    folder = Path(tempfile.mkdtemp())
    try:
        engine = create_engine(f"sqlite:///{folder / 'ledger.db'}")
        any_populate(engine, vary(6000))
        with Session(engine) as session:
            statements = any_statements(session)
        for name, rows in statements.items():
            (folder / f"{name}.txt").write_text(render(name, rows))
        print(len(statements), "statements written")
        engine.dispose()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
