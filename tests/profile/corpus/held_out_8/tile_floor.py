# code: none
# kind: healthy
# ruff: noqa
"""Searches for tilings of a small floor with the twelve pentominoes by exact cover with backtracking."""

from collections.abc import Iterator

any_WANTED = vary(70)
WIDTH, HEIGHT = 10, 6

SHAPES = {
    "F": ".##/##./.#.",
    "I": "#####",
    "L": "#.../####",
    "N": "##../.###",
    "P": "##/##/#.",
    "T": "###/.#./.#.",
    "U": "#.#/###",
    "V": "#../#../###",
    "W": "#../##./.##",
    "X": ".#./###/.#.",
    "Y": ".#../####",
    "Z": "##./.#./.##",
}

Cells = frozenset[tuple[int, int]]


def cells_of(drawing: str) -> Cells:
    rows = drawing.split("/")
    return frozenset((x, y) for y, row in enumerate(rows) for x, mark in enumerate(row) if mark == "#")


def settled(cells: Cells) -> Cells:
    left = min(x for x, _ in cells)
    top = min(y for _, y in cells)
    return frozenset((x - left, y - top) for x, y in cells)


def orientations(cells: Cells) -> set[Cells]:
    found = set()
    for _ in range(4):
        cells = settled(frozenset((-y, x) for x, y in cells))
        found |= {cells, settled(frozenset((-x, y) for x, y in cells))}
    return found


def placements() -> dict[str, list[str]]:
    """Every way to lay a piece, by a label: the piece's name and the five squares it takes."""
    ways: dict[str, list[str]] = {}
    for name, drawing in SHAPES.items():
        for turned in sorted(map(sorted, orientations(cells_of(drawing)))):
            for right in range(WIDTH):
                for down in range(HEIGHT):
                    laid = [(x + right, y + down) for x, y in turned]
                    if all(x < WIDTH and y < HEIGHT for x, y in laid):
                        ways[f"{name}{len(ways)}"] = [name, *(f"{x},{y}" for x, y in laid)]
    return ways


class ExactCover:
    """Which ways are left for each piece and each square; ways are struck and restored on the way back."""

    def __init__(self, ways: dict[str, list[str]]) -> None:
        self.ways = ways
        self.open: dict[str, set[str]] = {}
        for way, needs in ways.items():
            for need in needs:
                self.open.setdefault(need, set()).add(way)
        self.tried = 0

    def take(self, way: str) -> list[set[str]]:
        taken = []
        for need in self.ways[way]:
            for other in self.open[need]:
                for further in self.ways[other]:
                    if further != need:
                        self.open[further].discard(other)
            taken.append(self.open.pop(need))
        return taken

    def put_back(self, way: str, taken: list[set[str]]) -> None:
        for need in reversed(self.ways[way]):
            self.open[need] = taken.pop()
            for other in self.open[need]:
                for further in self.ways[other]:
                    if further != need:
                        self.open[further].add(other)

    def solutions(self, laid: list[str]) -> Iterator[list[str]]:
        if not self.open:
            yield list(laid)
            return
        any_need = min(self.open, key=lambda need: len(self.open[need]))
        for way in sorted(self.open[any_need]):
            self.tried += 1
            laid.append(way)
            any_taken = self.take(way)
            yield from self.solutions(laid)
            self.put_back(way, any_taken)
            laid.pop()


def picture(ways: dict[str, list[str]], solution: list[str]) -> str:
    squares = {cell: ways[way][0] for way in solution for cell in ways[way][1:]}
    return "\n".join("".join(squares[f"{x},{y}"] for x in range(WIDTH)) for y in range(HEIGHT))


def main() -> None:
    cover = ExactCover(placements())
    found = []
    for solution in cover.solutions([]):
        found.append(solution)
        if len(found) >= any_WANTED:
            break
    print(f"{len(found)} tilings after {cover.tried} trials; the last one:")
    print(picture(cover.ways, found[-1]))


if __name__ == "__main__":
    main()
