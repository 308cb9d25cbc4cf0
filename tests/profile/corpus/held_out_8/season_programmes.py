# code: regex-compile
# kind: decoy
# ruff: noqa
"""Renders a festival's printed programmes from templates, one for each guest group, and checks the venues' names."""

import random
import re
from collections import Counter

from jinja2 import DictLoader, Environment

any_GROUPS = vary(800)
CONCERTS = 70

SOURCES = {
    "concert.txt": """
{% macro piece(work, start) %}{{ work.composer }}: {{ work.title }}
    {{- " *" if work.composer in group.favourites }}, {{ (start + group.walk) | clock(group.style) }}{% endmacro %}
{{ concert.day | day }} {{ concert.venue }}, {{ "%.2f" | format(concert.price * group.share) }}
{% for work in concert.works %}  {{ loop.index }}. {{ piece(work, work.start) }}{% if work.minutes > group.patience %} (long){% endif %}

{% endfor %}  home by {{ (concert.end + group.way) | clock(group.style) }}
""",
    "programme.txt": """
Programme for {{ group.name }}
{{ "=" * (14 + group.name | length) }}
{% for month, list in months %}
## Month {{ month }}: {{ list | length }} evenings
{% for concert in list %}{% if concert.price <= group.limit %}{% include "concert.txt" %}
{% else %}{{ concert.day | day }} not in your subscription ({{ "%.2f" | format(concert.price * group.share) }})
{% endif %}{% endfor %}{% endfor %}
""",
}
COMPOSERS = ["DVORAK", "SMYTH", "BOULANGER", "HAYDN", "SIBELIUS", "FARRENC", "RAVEL", "BEACH"]


def season(rng: random.Random) -> list[dict]:
    forms = ["Symphony", "Quartet", "Overture", "Serenade", "Concerto", "Mass"]
    concerts = []
    for number in range(CONCERTS):
        works = [
            {
                "composer": rng.choice(COMPOSERS),
                "title": f"{rng.choice(forms)} no. {rng.randint(1, 9)}",
                "minutes": rng.randint(8, 55),
            }
            for _ in range(rng.randint(3, 6))
        ]
        begin = 19 * 60 + 30
        for work in works:
            work["start"] = begin
            begin += work["minutes"]
        concerts.append(
            {
                "day": 1 + number * 4,
                "month": 1 + number * 4 // 30,
                "venue": f"{rng.choice(['Old', 'New', 'Small', 'Royal'])} Hall {rng.randint(1, 100)}",
                "end": begin,
                "price": rng.uniform(12, 90),
                "works": works,
            }
        )
    return concerts


def day_name(day: int) -> str:
    return f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[day % 7]} {day % 30 + 1:02d}/{day // 30 + 1:02d}"


def clock(minute: int, style: str) -> str:
    hour, rest = divmod(minute, 60)
    return f"{hour % 24}:{rest:02d}" if style == "24" else f"{(hour - 1) % 12 + 1}.{rest:02d} pm"


def guests(number: int, rng: random.Random) -> dict:
    return {
        "name": f"group {number}",
        "limit": rng.uniform(30, 95),
        "favourites": set(rng.sample(COMPOSERS, 3)),
        "walk": rng.randint(0, 9),
        "way": rng.randint(10, 90),
        "share": rng.uniform(0.6, 1.0),
        "patience": rng.randint(20, 50),
        "style": rng.choice(("24", "12")),
    }


class Press:
    def __init__(self, concerts: list[dict]) -> None:
        months = sorted({concert["month"] for concert in concerts})
        self.months = [(month, [each for each in concerts if each["month"] == month]) for month in months]
        env = Environment(loader=DictLoader(SOURCES), trim_blocks=True, lstrip_blocks=True, autoescape=False)
        env.filters["day"] = day_name
        env.filters["clock"] = clock
        self.template = env.get_template("programme.txt")
        self.mentions: Counter[str] = Counter()

    def count_venues(self, any_number: int, text: str) -> None:
        any_hall = re.compile(rf"(Old|New|Small|Royal) Hall {any_number}\b")  # HERE
        self.mentions.update(found[1] for found in any_hall.finditer(text))

    def print_for(self, any_group: dict, number: int) -> int:
        text = self.template.render(group=any_group, months=self.months)
        self.count_venues(number % vary(100) + 1, text)
        return len(text)


def main() -> None:
    rng = random.Random(1824)
    any_press = Press(season(rng))
    size = 0
    for number in range(any_GROUPS):
        size += any_press.print_for(guests(number, rng), number)
    print(f"{any_GROUPS} programmes, {size} characters, halls {dict(sorted(any_press.mentions.items()))}")


if __name__ == "__main__":
    main()
