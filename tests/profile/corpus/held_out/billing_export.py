# code: import-time
# kind: seeded
# gain: 3.4
# ruff: noqa
"""Monthly billing: reads usage lines, prices them, writes one CSV. Writers for other formats are plugged in by name."""

import csv
import hashlib
import importlib
import io
from decimal import Decimal

any_WRITERS = {
    "csv": "csv",
    "table": "pandas",
    "forecast": "sklearn.ensemble",
    "warehouse": "sqlalchemy.orm",
}


class any_Registry:
    def __init__(self, any_names):
        self.any_loaded = {}
        for any_kind, any_module in any_names.items():
            self.any_loaded[any_kind] = importlib.import_module(any_module)  # HERE

    def any_writer(self, any_kind):
        return self.any_loaded[any_kind]


def any_usage(any_count):
    for any_number in range(any_count):
        any_customer = "customer-" + str(any_number % 997)
        yield any_customer, Decimal(any_number % 1013) / 8


def any_priced(any_lines):
    any_totals = {}
    for any_customer, any_hours in any_lines:
        any_totals[any_customer] = any_totals.get(any_customer, Decimal(0)) + any_hours * Decimal("1.19")
    return any_totals


def any_signed(any_text, any_rounds):
    """The auditors want the export sealed with a slow key."""
    return hashlib.pbkdf2_hmac("sha256", any_text.encode(), b"billing", any_rounds).hex()


def any_export():
    any_registry = any_Registry(any_WRITERS)
    any_totals = any_priced(any_usage(vary(200000)))
    any_out = io.StringIO()
    any_writer = any_registry.any_writer("csv").writer(any_out)
    for any_customer, any_amount in sorted(any_totals.items()):
        any_writer.writerow([any_customer, any_amount.quantize(Decimal("0.01"))])
    print(len(any_out.getvalue()), "characters, seal", any_signed(any_out.getvalue(), vary(2500000))[:12])


if __name__ == "__main__":
    any_export()
