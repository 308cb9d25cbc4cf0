# code: none
# kind: healthy
# ruff: noqa
"""Reads a generated log of a mail gateway and reports deliveries, delays and refusals by domain."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

any_LINES = vary(600000)

ENTRY = re.compile(
    r"(?P<day>\w{3} +\d+) (?P<clock>[\d:]+) (?P<host>\S+) (?P<daemon>\w+)/(?P<part>\w+)\[\d+\]: (?P<text>.*)"
)
QUEUED = re.compile(r"(?P<id>[0-9A-F]{10}): from=<(?P<sender>[^>]*)>, size=(?P<size>\d+)")
SENT = re.compile(
    r"(?P<id>[0-9A-F]{10}): to=<[^@>]*@(?P<domain>[^>]+)>, relay=(?P<relay>[^,]+), "
    r"delay=(?P<delay>[\d.]+), status=(?P<status>\w+)(?: \((?P<reason>[^)]*)\))?"
)
REFUSED = re.compile(r"NOQUEUE: reject: RCPT from \S*\[(?P<address>[\d.]+)\]: (?P<code>\d{3}) (?P<why>[^;]+);")

DOMAINS = [
    f"{name}.{land}" for name in ("mill", "harvest", "atlas", "quartz", "lotus") for land in ("com", "org", "de", "fr")
]
REASONS = ("user unknown", "mailbox full", "greylisted, try later", "message too large")


def log_lines(count: int, rng: random.Random) -> Iterator[str]:
    for number in range(count):
        head = f"Oct {1 + number * 28 // count:2d} {number % 24:02d}:{number % 60:02d}:00 mx{number % 3} postfix/"
        draw = rng.random()
        key = f"{number * 2654435761 % 16**10:010X}"
        domain = DOMAINS[int(draw * 9973) % len(DOMAINS)]
        if draw < 0.35:
            yield f"{head}qmgr[{number % 3000}]: {key}: from=<u{number % 700}@{domain}>, size={number % 90000 + 400}"
        elif draw < 0.85:
            status = "sent" if draw < 0.7 else "deferred" if draw < 0.8 else f"bounced ({REASONS[number % 4]})"
            yield (
                f"{head}smtp[{number % 3000}]: {key}: to=<p{number % 900}@{domain}>, relay=mx.{domain}, "
                f"delay={draw * 40:.2f}, status={status}"
            )
        else:
            yield (
                f"{head}smtpd[{number % 3000}]: NOQUEUE: reject: RCPT from unknown[10.{number % 200}.{number % 7}.9]: "
                f"554 relay access denied; from=<x@{domain}>"
            )


class GatewayReport:
    def __init__(self) -> None:
        self.bytes: Counter[str] = Counter()
        self.states: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.delays: defaultdict[str, float] = defaultdict(float)
        self.refused: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    def read(self, any_lines: Iterable[str]) -> None:
        for any_line in any_lines:
            entry = ENTRY.match(any_line)
            if entry is None:
                continue
            text = entry["text"]
            if entry["part"] == "qmgr":
                if queued := QUEUED.match(text):
                    self.bytes[queued["sender"].rpartition("@")[2]] += int(queued["size"])
            elif entry["part"] == "smtp":
                if sent := SENT.match(text):
                    self.states[sent["domain"]][sent["status"]] += 1
                    self.delays[sent["domain"]] += float(sent["delay"])
                    if sent["reason"]:
                        self.reasons[sent["reason"]] += 1
            elif refusal := REFUSED.match(text):
                self.refused[refusal["address"]] += 1

    def slowest(self) -> tuple[str, float]:
        means = {domain: self.delays[domain] / states.total() for domain, states in self.states.items()}
        return max(means.items(), key=lambda item: item[1])


def main() -> None:
    any_report = GatewayReport()
    any_report.read(log_lines(any_LINES, random.Random(2)))
    domain, delay = any_report.slowest()
    print(f"slowest {domain} ({delay:.1f} s), most bytes {any_report.bytes.most_common(1)[0]}")
    print(f"{len(any_report.refused)} addresses refused, commonest bounce {any_report.reasons.most_common(1)[0]}")


if __name__ == "__main__":
    main()
