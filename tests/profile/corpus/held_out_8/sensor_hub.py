# code: none
# kind: healthy
# ruff: noqa
"""Polls a hall of simulated sensors over local connections and raises alarms; each sensor needs time to measure."""

import asyncio
import math
import random
from collections import defaultdict
from statistics import fmean, pstdev

SENSORS = 24
any_ROUNDS = vary(40)
AT_ONCE = 8
SETTLING = (0.012, 0.045)


class SensorHall:
    """The other side: a server whose sensors take some milliseconds to settle before they answer."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.clock = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            number = int(line)
            await asyncio.sleep(self.rng.uniform(*SETTLING))
            self.clock += 1
            value = 20 + 3 * math.sin(self.clock / 200 + number) + self.rng.gauss(0, 0.2)
            if self.rng.random() < 0.01:
                value += 9
            writer.write(f"{number} {value:.3f}\n".encode())
            await writer.drain()
        writer.close()


class Channel:
    """One of the few lines into the hall; it carries one question at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, sensor: int) -> float:
        self.writer.write(f"{sensor}\n".encode())
        answer = await self.reader.readline()
        number, value = answer.split()
        assert int(number) == sensor
        return float(value)


class Hub:
    def __init__(self) -> None:
        self.past: defaultdict[int, list[float]] = defaultdict(list)
        self.alarms: list[tuple[int, int, float]] = []
        self.free: asyncio.Queue[Channel] = asyncio.Queue()

    async def connect(self, port: int) -> None:
        for _ in range(AT_ONCE):
            self.free.put_nowait(Channel(*await asyncio.open_connection("127.0.0.1", port)))

    async def poll(self, sensor: int, any_round: int) -> None:
        channel = await self.free.get()
        try:
            value = await channel.ask(sensor)
        finally:
            self.free.put_nowait(channel)
        recent = self.past[sensor][-20:]
        if len(recent) == 20 and abs(value - fmean(recent)) > 5 * max(pstdev(recent), 0.1):
            self.alarms.append((any_round, sensor, value))
        else:
            self.past[sensor].append(value)

    async def watch(self, rounds: int) -> None:
        for any_round in range(rounds):
            await asyncio.gather(*(self.poll(sensor, any_round) for sensor in range(SENSORS)))

    async def close(self) -> None:
        while not self.free.empty():
            channel = self.free.get_nowait()
            channel.writer.close()
            await channel.writer.wait_closed()


async def main() -> None:
    hall = SensorHall(3)
    server = await asyncio.start_server(hall.serve, "127.0.0.1", 0)
    any_hub = Hub()
    await any_hub.connect(server.sockets[0].getsockname()[1])
    await any_hub.watch(any_ROUNDS)
    await any_hub.close()
    server.close()
    await asyncio.sleep(0.05)
    readings = sum(map(len, any_hub.past.values()))
    print(f"{readings} readings from {len(any_hub.past)} sensors, {len(any_hub.alarms)} alarms")


if __name__ == "__main__":
    asyncio.run(main())
