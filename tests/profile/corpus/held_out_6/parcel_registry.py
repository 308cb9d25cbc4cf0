# code: gc-pauses
# kind: seeded
# gain: 1.56
# ruff: noqa
"""Replays a land registry: parcels are split and sold, and the owners' holdings are kept up to date."""

import random
from collections import defaultdict


class Deed:
    """A sale of a parcel."""

    def __init__(self, parcel, seller, buyer, price):
        self.parcel = parcel
        self.seller = seller
        self.buyer = buyer
        self.price = price
        self.remarks = []


class Parcel:
    """A piece of land, its owner and its past."""

    def __init__(self, number, area, owner):
        self.number = number
        self.area = area
        self.owner = owner
        self.deeds = []
        self.parts = []
        self.marks = {"use": "field"}


class Registry:
    def __init__(self, parcels, owners, rng):
        self.rng = rng
        self.owners = [f"owner {i}" for i in range(owners)]
        self.holdings = defaultdict(set)
        self.parcels = []
        for number in range(parcels):
            self.any_enter(rng.lognormvariate(1, 0.5), rng.choice(self.owners))

    def any_enter(self, area, owner):
        parcel = Parcel(len(self.parcels), area, owner)  # HERE
        self.parcels.append(parcel)
        self.holdings[owner].add(parcel.number)
        return parcel

    def sell(self, number, buyer):
        parcel = self.parcels[number]
        deed = Deed(parcel, parcel.owner, buyer, 1000 * parcel.area * self.rng.uniform(0.8, 1.3))  # HERE
        parcel.deeds.append(deed)
        self.holdings[parcel.owner].discard(number)
        self.holdings[buyer].add(number)
        parcel.owner = buyer
        return deed

    def split(self, number):
        parcel = self.parcels[number]
        share = self.rng.uniform(0.3, 0.7)
        part = self.any_enter(parcel.area * share, parcel.owner)
        parcel.area *= 1 - share
        parcel.parts.append(part)

    def chain_of_title(self, number):
        return [deed.seller for deed in self.parcels[number].deeds] + [self.parcels[number].owner]


def replay(registry, events):
    rng = registry.rng
    volume = 0.0
    for _ in range(events):
        number = int(len(registry.parcels) * rng.random())
        if rng.random() < 0.75:
            volume += registry.sell(number, rng.choice(registry.owners)).price
        else:
            registry.split(number)
    return volume


def main():
    registry = Registry(vary(250000), 4000, random.Random(8))
    volume = replay(registry, 600000)
    largest = max(registry.holdings, key=lambda owner: len(registry.holdings[owner]))
    longest = max((len(registry.chain_of_title(p.number)) for p in registry.parcels[::7]))
    print(f"{volume / 1e9:.2f} billion, {largest} holds {len(registry.holdings[largest])}, {longest} owners at most")


if __name__ == "__main__":
    main()
