# code: n-plus-one
# kind: decoy
# ruff: noqa
"""Vibration modes of alloy plates whose stiffness lies in a small database."""

import sqlite3

import numpy as np
from numpy.linalg import eigh


def fill(connection, plates):
    connection.execute("create table alloy(name text primary key, modulus real, density real)")
    connection.execute("create table plate(id integer primary key, alloy text, thickness real)")
    alloys = [(f"al-{n}", 60e9 + n * 1.3e9, 2600 + 9 * n) for n in range(25)]
    connection.executemany("insert into alloy values (?, ?, ?)", alloys)
    rows = [(n, f"al-{n % 25}", 0.002 + 0.0001 * (n % 11)) for n in range(plates)]
    connection.executemany("insert into plate values (?, ?, ?)", rows)
    connection.commit()


def any_alloy(connection, name):
    return connection.execute("select modulus, density from alloy where name = ?", (name,)).fetchone()  # HERE


def strip_alloys(name, strips, rng):
    """A plate is rolled from strips: most of the named alloy, some of its neighbours."""
    number = int(name.removeprefix("al-"))
    return [f"al-{(number + step) % 25}" for step in rng.integers(-1, 2, strips)]


def second_difference(points):
    return 2 * np.eye(points) - np.eye(points, k=1) - np.eye(points, k=-1)


def stiffness(laplace, modulus, thickness, rng):
    """Bending stiffness of a square plate; one modulus a node, and a thickness that varies a little."""
    local = modulus * (thickness * (1 + 0.02 * rng.standard_normal(len(laplace)))) ** 3 / 10.9
    return laplace @ (local[:, None] * laplace)


def modes(matrix, density, thickness, spacing):
    values, shapes = eigh(matrix)
    return np.sqrt(np.maximum(values, 0) / (density * thickness)) / (2 * np.pi * spacing**2), shapes


def response(hertz, shapes, tapped, sweep):
    """Amplitude at every frequency of the sweep after a tap on one node, summed over all modes."""
    share = shapes[tapped] ** 2
    return (share / (np.abs(hertz**2 - sweep[:, None] ** 2) + 0.02 * hertz**2 + 1)).sum(axis=1)


def likeness(shapes, reference):
    """Modal assurance: 1 where two plates move alike."""
    return (shapes * reference).sum(axis=0) ** 2


def main():
    rng = np.random.default_rng(14)
    points = 24
    connection = sqlite3.connect(":memory:")
    fill(connection, plates=vary(34))
    reference = None
    lowest, loudest, alike = [], [], []
    one = second_difference(points)
    laplace = np.kron(one, np.eye(points)) + np.kron(np.eye(points), one)
    sweep = np.linspace(5, 900, 300)
    for number, name, thickness in connection.execute("select id, alloy, thickness from plate order by id").fetchall():
        strips = [any_alloy(connection, strip) for strip in strip_alloys(name, points * 3, rng)]  # HERE
        modulus = np.repeat([facts[0] for facts in strips], points // 3)
        density = np.mean([facts[1] for facts in strips])
        matrix = stiffness(laplace, modulus, thickness, rng)
        hertz, shapes = modes(matrix, density, thickness, spacing=0.02)
        reference = shapes if reference is None else reference
        lowest.append((hertz[0], number))
        loudest.append(sweep[response(hertz, shapes, points * 7 + 5, sweep).argmax()])
        alike.append(likeness(shapes, reference)[:20].mean())
    connection.close()
    lowest.sort()
    hertz = np.array([value for value, _ in lowest])
    print(f"{len(lowest)} plates, lowest mode {hertz[0]:.1f} to {hertz[-1]:.1f} Hz, softest plate {lowest[0][1]}")
    print(f"mean likeness of the modes {np.mean(alike):.2f}, loudest at {np.median(loudest):.0f} Hz")


if __name__ == "__main__":
    main()
