# code: serialization
# kind: seeded
# gain: 5.8
# ruff: noqa
"""Posts a year of journal entries of a small trading group and closes its books."""

import hashlib
import json
import lzma
import random
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
COMPANIES = ["Holding", "Trade", "Freight", "Retail"]


class Refused(Exception):
    """The entry does not balance or overdraws a guarded account."""


class Books:
    """Accounts by company and number; amounts are whole cents."""

    def __init__(self, accounts):
        self.state = {
            company: {
                str(number): {"debit": 0, "credit": 0, "entries": 0, "limit": 10_000_000 if number < 2000 else None}
                for number in accounts
            }
            for company in COMPANIES
        }
        self.refused = 0

    def post(self, entry):
        any_before = json.dumps(self.state)  # HERE
        try:
            self._apply(entry)
        except Refused:
            self.refused += 1
            self.state = json.loads(any_before)

    def _apply(self, entry):
        total = 0
        for company, number, cents in entry["lines"]:
            account = self.state[company][number]
            account["debit" if cents > 0 else "credit"] += abs(cents)
            account["entries"] += 1
            limit = account["limit"]
            if limit is not None and account["credit"] - account["debit"] > limit:
                raise Refused(number)
            total += cents
        if total:
            raise Refused(entry["id"])

    def trial_balance(self):
        sums = defaultdict(int)
        for accounts in self.state.values():
            for number, account in accounts.items():
                sums[number[0]] += account["debit"] - account["credit"]
        return dict(sums)


def journal(count, accounts, seed):
    """Sales, freight and purchases with VAT, 0.4% of them out of balance by a typing error."""
    rng = random.Random(seed)
    numbers = [str(number) for number in accounts]
    for i in range(count):
        net = Decimal(rng.lognormvariate(6.0, 1.1)).quantize(CENT, ROUND_HALF_UP)
        vat = (net * Decimal(rng.choice(["0.07", "0.19", "0.21"]))).quantize(CENT, ROUND_HALF_UP)
        company, other = rng.sample(COMPANIES, 2)
        net_cents, vat_cents = int(net * 100), int(vat * 100)
        lines = [
            [company, rng.choice(numbers), net_cents],
            [company, rng.choice(numbers), vat_cents],
            [other, rng.choice(numbers), -net_cents - vat_cents],
        ]
        if rng.random() < 0.004:
            lines[1][2] += 90
        yield {"id": i, "lines": lines}


def statements(books, journal_entries):
    """The yearly statement of every account as stored: text, packed, with its digest."""
    lines = defaultdict(list)
    for entry in journal_entries:
        for company, number, cents in entry["lines"]:
            lines[company, number].append(
                f"{entry['id']:>8} {'D' if cents > 0 else 'C'} {abs(cents) // 100:>9}.{abs(cents) % 100:02d}"
            )
    packed = {}
    for (company, number), rows in sorted(lines.items()):
        account = books.state[company][number]
        head = f"{company} {number}\ncarried {account['debit'] - account['credit']}\n"
        text = (head + "\n".join(rows)).encode()
        packed[company, number] = (hashlib.sha256(text).hexdigest(), lzma.compress(text, preset=6))
    return packed


def main():
    accounts = range(1000, 9000, 100)
    books = Books(accounts)
    entries = list(journal(vary(10_000), accounts, seed=3))
    for entry in entries:
        books.post(entry)
    balance = books.trial_balance()
    packed = statements(books, entries)
    size = sum(len(data) for _, data in packed.values())
    print(
        f"refused {books.refused}, sum {sum(balance.values())}, classes {len(balance)}, {len(packed)} statements of {size} bytes"
    )


if __name__ == "__main__":
    main()
