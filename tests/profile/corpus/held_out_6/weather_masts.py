# code: none
# kind: healthy
# ruff: noqa
"""Polls the masts of a wind farm over sockets from a few threads and summarises their readings."""

import json
import random
import socket
import socketserver
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from statistics import fmean, quantiles


class Mast(socketserver.StreamRequestHandler):
    """Answers a line with the number of a mast with its readings, once its slow bus has delivered them."""

    def handle(self):
        for line in self.rfile:
            number, turn = map(int, line.split())
            rng = random.Random(number * 1000 + turn)
            time.sleep(rng.uniform(0.02, 0.12))
            wind = [round(rng.weibullvariate(8, 2), 2) for _ in range(60)]
            self.wfile.write(json.dumps({"mast": number, "turn": turn, "wind": wind}).encode() + b"\n")


class Farm(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


class Line:
    """An open connection to the farm; each thread has its own."""

    def __init__(self, address):
        self.any_socket = socket.create_connection(address)
        self.stream = self.any_socket.makefile("rwb")

    def ask(self, mast, turn):
        self.stream.write(f"{mast} {turn}\n".encode())
        self.stream.flush()
        return json.loads(self.stream.readline())

    def close(self):
        self.stream.close()
        self.any_socket.close()


def poll(address, lines, mast, turn, lock):
    with lock:
        line = lines.pop() if lines else None
    line = line or Line(address)
    try:
        return line.ask(mast, turn)
    finally:
        with lock:
            lines.append(line)


def survey(address, masts, turns, threads):
    lines, lock, answers = [], threading.Lock(), {}
    with ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(poll, address, lines, mast, turn, lock) for turn in range(turns) for mast in range(masts)]
        for job in as_completed(jobs):
            answer = job.result()
            answers.setdefault(answer["mast"], []).extend(answer["wind"])
    for line in lines:
        line.close()
    return answers


def main():
    with Farm(("127.0.0.1", 0), Mast) as farm:
        threading.Thread(target=farm.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        answers = survey(farm.server_address, vary(30), 22, threads=14)
        farm.shutdown()
    means = {mast: fmean(sorted(wind)) for mast, wind in answers.items()}
    gusts = {mast: quantiles(sorted(wind), n=100)[-1] for mast, wind in answers.items()}
    best = max(means, key=means.get)
    print(f"{len(means)} masts, best {best}: {means[best]:.2f} m/s, gusts {gusts[best]:.1f} m/s")


if __name__ == "__main__":
    main()
