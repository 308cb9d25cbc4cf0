# code: none
# kind: healthy
# ruff: noqa
"""Counts the ways to cover boards with holes by dominoes and trominoes of limited number, by exact-cover search."""

import random

SHAPES = {
    "I": ((0, 0), (0, 1), (0, 2)),
    "L": ((0, 0), (0, 1), (1, 0)),
    "S": ((0, 0), (1, 0), (1, 1), (2, 1)),
    "T": ((0, 0), (0, 1), (0, 2), (1, 1)),
}


def turned(shape):
    """All distinct turns and reflections, moved to the corner."""
    found = set()
    for flip in (1, -1):
        cells = [(r, flip * c) for r, c in shape]
        for _ in range(4):
            cells = [(c, -r) for r, c in cells]
            top, left = min(r for r, _ in cells), min(c for _, c in cells)
            found.add(frozenset((r - top, c - left) for r, c in cells))
    return found


TURNED = {name: turned(shape) for name, shape in SHAPES.items()}


class Board:
    def __init__(self, rows, columns, holes, rng):
        cells = [(r, c) for r in range(rows) for c in range(columns)]
        self.cells = set(cells) - set(rng.sample(cells, holes))
        self.by_cell = {cell: set() for cell in self.cells}
        self.places = {}
        for name, forms in TURNED.items():
            for form in forms:
                for r, c in cells:
                    put = frozenset((r + dr, c + dc) for dr, dc in form)
                    if put <= self.cells:
                        self.places[name, put] = put
                        for cell in put:
                            self.by_cell[cell].add((name, put))

    def choose(self, place):
        """Takes the cells of a place and all places that touch it off the board; returns what to put back."""
        removed = []
        for cell in self.places[place]:
            for other in self.by_cell[cell]:
                for touched in self.places[other]:
                    if touched != cell:
                        self.by_cell[touched].discard(other)
            removed.append((cell, self.by_cell.pop(cell)))
        return removed

    def restore(self, removed):
        while removed:
            cell, options = removed.pop()
            self.by_cell[cell] = options
            for other in options:
                for touched in self.places[other]:
                    if touched in self.by_cell:
                        self.by_cell[touched].add(other)


class Cover:
    def __init__(self, board, stock, limit):
        self.any_board = board
        self.stock = dict(stock)
        self.limit = limit
        self.nodes = self.found = 0

    def search(self):
        self.nodes += 1
        by_cell = self.any_board.by_cell
        if not by_cell:
            self.found += 1
            return
        if self.nodes > self.limit:
            return
        cell = min(by_cell, key=lambda c: (len(by_cell[c]), c))
        for place in sorted(by_cell[cell], key=lambda p: (p[0], sorted(p[1]))):
            name = place[0]
            if self.stock[name]:
                self.stock[name] -= 1
                removed = self.any_board.choose(place)
                self.search()
                self.any_board.restore(removed)
                self.stock[name] += 1


def main():
    rng = random.Random(23)
    found = nodes = 0
    for _ in range(6):
        cover = Cover(Board(7, 7, rng.randint(4, 7), rng), {"I": 5, "L": 6, "S": 3, "T": 3}, vary(15000))
        cover.search()
        found += cover.found
        nodes += cover.nodes
    print(f"{found} covers, {nodes} nodes")


if __name__ == "__main__":
    main()
