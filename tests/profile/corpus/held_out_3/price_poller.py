# code: none
# kind: healthy
# ruff: noqa
"""Collects quotes from a partner whose contract allows a fixed number of calls per second."""

import asyncio
import math
import random
import time
from dataclasses import dataclass, field


@dataclass
class any_Quota:
    """Spaces the calls evenly: the partner blocks clients that go faster."""

    per_second: float
    _next: float = 0.0
    waited: float = 0.0

    async def turn(self):
        now = time.monotonic()
        self._next = max(self._next, now) + 1 / self.per_second
        pause = self._next - now
        self.waited += pause
        await asyncio.sleep(pause)


class any_Partner:
    """Stands for the partner's service: answers after a while, sometimes asks to come again."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.calls = 0
        self.open = 0
        self.busiest = 0

    async def quote(self, symbol):
        self.calls += 1
        self.open += 1
        self.busiest = max(self.busiest, self.open)
        try:
            await asyncio.sleep(self.rng.uniform(0.02, 0.09))
            if self.rng.random() < 0.04:
                raise TimeoutError(symbol)
            return 100 * math.exp(self.rng.gauss(0, 0.2))
        finally:
            self.open -= 1


@dataclass
class any_Book:
    prices: dict = field(default_factory=dict)
    missed: list = field(default_factory=list)

    def any_index(self):
        logs = [math.log(price) for price in self.prices.values()]
        return math.exp(sum(logs) / len(logs))

    def any_spread(self):
        ordered = sorted(self.prices.values())
        return ordered[int(len(ordered) * 0.9)] - ordered[int(len(ordered) * 0.1)]


async def any_worker(queue, partner, quota, book):
    while True:
        symbol, attempt = await queue.get()
        await quota.turn()
        try:
            book.prices[symbol] = await partner.quote(symbol)
        except TimeoutError:
            if attempt < 3:
                queue.put_nowait((symbol, attempt + 1))
            else:
                book.missed.append(symbol)
        finally:
            queue.task_done()


async def any_collect(symbols, per_second, workers):
    queue = asyncio.Queue()
    for symbol in symbols:
        queue.put_nowait((symbol, 1))
    partner, quota, book = any_Partner(71), any_Quota(per_second), any_Book()
    tasks = [asyncio.create_task(any_worker(queue, partner, quota, book)) for _ in range(workers)]
    await queue.join()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return partner, quota, book


def main():
    symbols = [f"{a}{b}{c}" for a in "ABCDEF" for b in "KLMNOP" for c in "QRSTUVWXYZ"][: vary(280)]
    began = time.monotonic()
    partner, quota, book = asyncio.run(any_collect(symbols, per_second=110, workers=24))
    rate = partner.calls / (time.monotonic() - began)
    print(f"{len(book.prices)} quotes, index {book.any_index():.2f}, spread {book.any_spread():.2f}")
    print(f"{rate:.0f} calls a second, {partner.busiest} at once, missed {book.missed}")


if __name__ == "__main__":
    main()
