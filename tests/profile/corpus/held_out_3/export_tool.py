# code: import-time
# kind: seeded
# gain: 4.04
# ruff: noqa
"""A small command line tool that turns a log of orders into a report in one of several formats."""

import csv
import importlib
import io
import json
import random
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

# format: (library it needs, name of the function here)
FORMATS = {
    "csv": ("csv", "any_to_csv"),
    "json": ("json", "any_to_json"),
    "table": ("pandas", "any_to_table"),
    "forecast": ("sklearn.linear_model", "any_to_forecast"),
    "tensor": ("torch", "any_to_tensor"),
}


class any_Registry:
    """Knows which formats work on this machine."""

    def __init__(self):
        self.available = {}

    def discover(self):
        for name, (library, function) in FORMATS.items():
            try:
                self.available[name] = (importlib.import_module(library), globals()[function])  # HERE
            except ImportError:
                print(f"format {name} is off: {library} is missing", file=sys.stderr)
        return self

    def write(self, name, totals):
        library, function = self.available[name]
        return function(library, totals)


def any_to_csv(library, totals):
    buffer = io.StringIO()
    writer = library.writer(buffer)
    writer.writerow(["region", "product", "amount"])
    writer.writerows([*key, f"{amount:.2f}"] for key, amount in sorted(totals.items()))
    return buffer.getvalue()


def any_to_json(library, totals):
    return library.dumps([{"region": r, "product": p, "amount": a} for (r, p), a in totals.items()])


def any_to_table(library, totals):
    return library.Series(totals).unstack().to_string()


def any_to_forecast(library, totals):
    amounts = list(totals.values())
    model = library.LinearRegression().fit([[n] for n in range(len(amounts))], amounts)
    return str(model.predict([[len(amounts)]])[0])


def any_to_tensor(library, totals):
    return repr(library.tensor(list(totals.values())))


def any_write_log(path, count):
    rng = random.Random(1)
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle)
        for number in range(count):
            writer.writerow([number, f"region-{rng.randrange(9)}", f"P{rng.randrange(70):02d}", rng.random() * 80])


def any_total(path):
    totals = defaultdict(float)
    with path.open(newline="") as handle:
        for _, region, product, amount in csv.reader(handle):
            totals[region, product] += float(amount)
    return totals


def main(argv):
    wanted = argv[1] if len(argv) > 1 else "csv"
    folder = Path(tempfile.mkdtemp())
    try:
        log = folder / "orders.csv"
        any_write_log(log, vary(330000))
        registry = any_Registry().discover()  # HERE
        text = registry.write(wanted, any_total(log))
        (folder / f"report.{wanted}").write_text(text)
        print(json.dumps({"format": wanted, "bytes": len(text)}))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv)
