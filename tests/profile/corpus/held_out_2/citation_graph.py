# code: gc-pauses
# kind: seeded
# gain: 1.67
# ruff: noqa
"""Papers and what they cite: records are kept whole in memory so that later questions are quick."""

import random
from dataclasses import dataclass, field


@dataclass
class any_Paper:
    any_key: int
    any_year: int
    any_authors: tuple
    any_cites: list = field(default_factory=list)
    any_cited: list = field(default_factory=list)
    any_notes: dict = field(default_factory=dict)


class any_Library:
    """All papers, by key, by year and by author."""

    def __init__(self):
        self.any_papers = {}
        self.any_by_author = {}

    def any_add(self, any_paper):
        self.any_papers[any_paper.any_key] = any_paper  # HERE
        for any_author in any_paper.any_authors:
            self.any_by_author.setdefault(any_author, []).append((any_paper.any_year, any_paper))  # HERE

    def any_link(self, any_from, any_to, any_page):
        any_one, any_other = self.any_papers[any_from], self.any_papers[any_to]
        any_one.any_cites.append((any_other, any_page))  # HERE
        any_other.any_cited.append([any_one, any_page])  # HERE

    def any_index(self, any_author):
        """The h-index of one author."""
        any_counts = sorted((len(any_paper.any_cited) for _, any_paper in self.any_by_author[any_author]), reverse=True)
        return sum(any_count > any_at for any_at, any_count in enumerate(any_counts))


def any_records(any_count):
    any_rng = random.Random(21)
    for any_key in range(any_count):
        any_authors = (any_rng.random(), any_rng.random())
        any_authors = tuple(int(any_share * any_share * 4000) for any_share in any_authors)
        yield any_Paper(any_key, 1990 + any_key * 30 // any_count, any_authors, any_notes={"seen": [any_key]})  # HERE


def any_loaded(any_count, any_links):
    any_library = any_Library()
    for any_paper in any_records(any_count):  # HERE
        any_library.any_add(any_paper)
    any_random = random.Random(22).random
    for any_number in range(any_links):
        any_from = 1 + int(any_random() * (any_count - 1))
        any_library.any_link(any_from, int(any_random() * any_from), any_number % 17)  # HERE
    return any_library


def any_main():
    any_library = any_loaded(vary(150000), vary(700000))
    any_indices = {any_author: any_library.any_index(any_author) for any_author in any_library.any_by_author}
    any_best = sorted(any_indices.items(), key=lambda any_pair: -any_pair[1])[:5]
    print(len(any_library.any_papers), "papers;", any_best)


if __name__ == "__main__":
    any_main()
