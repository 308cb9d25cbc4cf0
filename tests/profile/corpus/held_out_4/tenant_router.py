# code: regex-compile
# kind: seeded
# gain: 4.3
# ruff: noqa
"""Dispatch recorded requests of a multi-tenant API and sum up what each tenant used."""

import hashlib
import lzma
import random
import re
import statistics
from collections import Counter, defaultdict
from typing import NamedTuple

RESOURCES = ["orders", "invoices", "carts", "users", "reports", "hooks", "labels", "returns"]
TEMPLATES = [f"/{name}" for name in RESOURCES] + [f"/{name}/{{id}}" for name in RESOURCES]
TEMPLATES += [f"/{name}/{{id}}/notes/{{note}}" for name in RESOURCES[:5]]


class Request(NamedTuple):
    tenant: str
    method: str
    path: str
    size: int


class any_Route:
    def __init__(self, tenant, template):
        self.tenant = tenant
        self.template = template

    def any_match(self, path):
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[0-9a-f]+)", self.template)
        found = re.compile(f"^/t/{self.tenant}{pattern}/?$").match(path)  # HERE
        return found.groupdict() if found else None


class Api:
    def __init__(self, tenants):
        self.table = {tenant: [any_Route(tenant, template) for template in TEMPLATES] for tenant in tenants}
        self.usage = Counter()
        self.sizes = defaultdict(list)
        self.notes = defaultdict(set)
        self.journal = []
        self.seal = b""

    def dispatch(self, request):
        for route in self.table[request.tenant]:
            arguments = route.any_match(request.path)  # HERE
            if arguments is not None:
                return self.account(request, route, arguments)
        self.usage[request.tenant, "404"] += 1
        return 404

    def account(self, request, route, arguments):
        self.usage[request.tenant, request.method] += 1
        line = f"{request.method} {request.path} {request.size} {route.template}"
        self.seal = hashlib.pbkdf2_hmac("sha256", line.encode(), self.seal or b"first", 40)
        self.journal.append(f"{line} {self.seal.hex()}")
        self.sizes[request.tenant].append(request.size)
        if "note" in arguments:
            self.notes[request.tenant].add((arguments["id"], arguments["note"]))
        return 204 if request.method == "DELETE" else 200


def recorded(rng, tenants, count):
    for _ in range(count):
        tenant = rng.choice(tenants)
        path = f"/t/{tenant}/{rng.choice(RESOURCES)}"
        if rng.random() < 0.7:
            path += f"/{rng.getrandbits(40):x}"
            if rng.random() < 0.3:
                path += f"/notes/{rng.getrandbits(16):x}"
        yield Request(tenant, rng.choice(["GET", "GET", "POST", "DELETE"]), path, int(rng.lognormvariate(7, 1.2)))


def bill(api, tenants):
    """Base fee by calls, a surcharge for heavy tails, a discount for the largest third."""
    fees = {}
    for tenant in tenants:
        sizes = sorted(api.sizes[tenant])
        if not sizes:
            continue
        p95 = sizes[int(len(sizes) * 0.95)]
        ema, spikes = statistics.fmean(sizes), 0
        for size in api.sizes[tenant]:
            ema = 0.97 * ema + 0.03 * size
            spikes += size > 4 * ema
        fees[tenant] = 0.002 * len(sizes) + p95 * 1e-4 + 0.01 * spikes + 0.005 * len(api.notes[tenant])
    ranking = sorted(fees, key=fees.get, reverse=True)
    for tenant in ranking[: len(ranking) // 3]:
        fees[tenant] *= 0.9
    return fees


def archive(api):
    text = "\n".join(api.journal).encode()
    return len(lzma.compress(text, preset=7)) / max(len(text), 1)


def main():
    rng = random.Random(77)
    tenants = [f"acme{n:03d}" for n in range(vary(90))]
    api = Api(tenants)
    answers = Counter(api.dispatch(request) for request in recorded(rng, tenants, vary(5200)))
    fees = bill(api, tenants)
    print(
        dict(answers),
        f"total {sum(fees.values()):.2f}, highest {max(fees.values()):.2f}, journal to {archive(api):.0%}",
    )


if __name__ == "__main__":
    main()
