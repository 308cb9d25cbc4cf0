# code: serialization
# kind: seeded
# also: recompute
# gain: 2.9
# ruff: noqa
"""Incoming shop events: each is looked at by a row of rules before its lines are booked."""

import json
import random
from collections import Counter


class any_Request:
    """What a caller sent: headers and a body."""

    def __init__(self, any_headers, any_body):
        self.any_headers = any_headers
        self.any_body = any_body

    def any_json(self):
        return json.loads(self.any_body)  # HERE


any_RULES = []


def any_rule(any_check):
    any_RULES.append(any_check)
    return any_check


@any_rule
def any_known_version(any_request):
    return any_request.any_json()["version"] in (2, 3)


@any_rule
def any_has_lines(any_request):
    return len(any_request.any_json().get("lines", ())) > 0


@any_rule
def any_known_shop(any_request):
    return any_request.any_json()["shop"] == any_request.any_headers["shop"]


@any_rule
def any_one_currency(any_request):
    return any_request.any_json()["currency"] in {"EUR", "USD", "CHF"}


@any_rule
def any_not_a_test(any_request):
    return not any_request.any_json()["test"]


class any_Books:
    def __init__(self):
        self.any_totals = Counter()
        self.any_refused = Counter()

    def any_take(self, any_request):
        for any_check in any_RULES:
            if not any_check(any_request):
                self.any_refused[any_check.__name__] += 1
                return
        any_event = any_request.any_json()
        for any_line in any_event["lines"]:
            self.any_totals[any_line["article"]] += any_line["count"]


def any_bodies(any_kinds):
    any_rng = random.Random(6)
    for any_number in range(any_kinds):
        any_lines = [
            {
                "article": f"A{any_rng.randrange(300)}",
                "count": any_rng.randrange(1, 5),
                "price": any_rng.randrange(100, 9000) / 100,
                "tags": ["web", "summer", "outlet"],
                "address": {"street": f"Street {any_rng.randrange(90)}", "town": "Basel", "code": "40" * 3},
            }
            for _ in range(140)
        ]
        any_event = {"version": 2 + any_number % 3, "shop": f"S{any_number % 9}", "currency": "EUR", "lines": any_lines}
        yield any_event["shop"], json.dumps(any_event | {"test": any_number % 13 == 0})


def any_main():
    any_books = any_Books()
    any_sent = list(any_bodies(90))
    for any_number in range(vary(2600)):
        any_shop, any_body = any_sent[any_number % len(any_sent)]
        any_books.any_take(any_Request({"shop": any_shop}, any_body))
    print(any_books.any_totals.most_common(4), dict(any_books.any_refused))


if __name__ == "__main__":
    any_main()
