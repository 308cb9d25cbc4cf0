# code: n-plus-one
# kind: seeded
# gain: 2.8
# ruff: noqa
"""Explode the bill of materials of every product into purchase quantities."""

import random
import shutil
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Numeric, String, Table, create_engine, insert, select

metadata = MetaData()
parts = Table(
    "parts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(40)),
    Column("unit_price", Numeric(10, 2, asdecimal=False)),
)
structure = Table(
    "structure",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("assembly", ForeignKey("parts.id"), index=True),
    Column("component", ForeignKey("parts.id")),
    Column("quantity", Integer),
)


def load_catalogue(connection, rng, products, assemblies, raw):
    """Products contain assemblies, assemblies contain smaller assemblies or raw parts."""
    total = products + assemblies + raw
    connection.execute(
        insert(parts),
        [{"id": n, "name": f"part-{n:05d}", "unit_price": round(rng.uniform(0.1, 40), 2)} for n in range(1, total + 1)],
    )
    rows = []
    for parent in range(1, products + assemblies + 1):
        lowest = max(parent, products) + 1
        for _ in range(rng.randint(3, 5)):
            component = rng.randint(lowest, min(total, lowest + 160 + assemblies // 3))
            rows.append({"assembly": parent, "component": component, "quantity": rng.randint(1, 4)})
    connection.execute(insert(structure), rows)
    connection.commit()


class any_Exploder:
    def __init__(self, connection):
        self.connection = connection
        self.deepest = 0

    def any_components(self, part_id):
        query = select(structure.c.component, structure.c.quantity).where(structure.c.assembly == part_id)
        return self.connection.execute(query).all()  # HERE

    def any_explode(self, part_id, factor, needed, depth=0):
        self.deepest = max(self.deepest, depth)
        below = self.any_components(part_id)  # HERE
        if not below:
            needed[part_id] += factor
            return
        for component, quantity in below:
            self.any_explode(component, factor * quantity, needed, depth + 1)


def price_list(connection):
    return dict(connection.execute(select(parts.c.id, parts.c.unit_price)).all())


def cost_sheet(needed, prices, surcharge):
    cost = Decimal(0)
    for part_id, count in needed.items():
        line = Decimal(str(prices[part_id])) * count
        if count > 50:
            line *= Decimal("0.93")
        cost += line * surcharge
    return cost.quantize(Decimal("0.01"))


def price_risk(needed, prices, scenarios, seed):
    """90% quantile over the median of the product's cost when markets move in five sectors."""
    rng = np.random.default_rng(seed)
    ids = np.fromiter(needed, dtype=np.int64)
    base = np.array([prices[part_id] * needed[part_id] for part_id in ids.tolist()])
    sector = rng.lognormal(0, 0.15, (scenarios, 5))[:, ids % 5]
    own = rng.lognormal(0, 0.05, (scenarios, len(ids)))
    costs = (sector * own) @ base
    return float(np.quantile(costs, 0.9) / np.median(costs))


def main():
    rng = random.Random(11)
    folder = Path(tempfile.mkdtemp(prefix="bom-"))
    try:
        engine = create_engine(f"sqlite:///{folder / 'plant.db'}")
        metadata.create_all(engine)
        products = vary(105)
        with engine.connect() as connection:
            load_catalogue(connection, rng, products, 240, vary(900))
            prices = price_list(connection)
            exploder = any_Exploder(connection)
            totals = Counter()
            sheets = {}
            risks = {}
            for product in range(1, products + 1):
                needed = Counter()
                exploder.any_explode(product, 1, needed)
                sheets[product] = cost_sheet(needed, prices, Decimal("1.08"))
                risks[product] = price_risk(needed, prices, scenarios=vary(2500), seed=product)
                totals.update(needed)
        engine.dispose()
    finally:
        shutil.rmtree(folder)
    dearest = max(sheets, key=sheets.get)
    print(f"{len(totals)} raw parts, {sum(totals.values())} pieces, {exploder.deepest} levels")
    print(
        f"dearest product {dearest}: {sheets[dearest]}, riskiest {max(risks, key=risks.get)} at {max(risks.values()):.3f}"
    )


if __name__ == "__main__":
    main()
