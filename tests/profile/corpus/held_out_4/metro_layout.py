# code: none
# kind: healthy
# ruff: noqa
"""Lay out a large transfer graph in the plane by gradient descent on a spring energy."""

import warnings

import torch

warnings.filterwarnings("ignore")


def transfer_graph(stations, extra, seed):
    """Rings with random shortcuts: pairs of station numbers."""
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.arange(stations)
    ring = torch.stack([numbers, (numbers + 1) % stations])
    start = torch.randint(0, stations, (extra,), generator=generator)
    hop = (torch.randn(extra, generator=generator) * 40).long()
    return torch.cat([ring, torch.stack([start, (start + hop) % stations])], 1)


class Layout:
    def __init__(self, stations, edges, rate):
        angle = torch.arange(stations) / stations * 2 * torch.pi
        self.places = torch.stack([angle.cos(), angle.sin()], 1).mul_(10).requires_grad_()
        self.edges = edges
        self.optimizer = torch.optim.Adam([self.places], lr=rate, fused=True)
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, 60)

    def energy(self):
        """Springs pull neighbours to unit distance, random strangers repel."""
        near = self.places.index_select(0, self.edges[0]) - self.places.index_select(0, self.edges[1])
        attraction = (near.norm(dim=1) - 1).pow(2).mean()
        strangers = torch.randint(0, len(self.places), (len(self.places),))
        far = self.places - self.places.index_select(0, strangers)
        repulsion = torch.exp(-far.pow(2).sum(1) / 4).mean()
        return attraction + 2 * repulsion

    def improve(self):
        energy = self.energy()
        self.optimizer.zero_grad()
        energy.backward()
        self.optimizer.step()
        self.scheduler.step()
        return energy.detach()


@torch.no_grad()
def crossings(places, edges, samples):
    """Share of random pairs of edges that cross."""
    first, second = torch.randint(0, edges.shape[1], (2, samples))
    a, b = places[edges[0, first]], places[edges[1, first]]
    c, d = places[edges[0, second]], places[edges[1, second]]

    def side(p, q, r):
        return (q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0])

    meet = (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)
    return meet.float().mean().item()


def main():
    torch.manual_seed(0)
    stations = vary(150_000)
    layout = Layout(stations, transfer_graph(stations, 450_000, seed=4), rate=0.2)
    history = torch.stack([layout.improve() for _ in range(60)])
    edges = layout.edges
    length = (layout.places[edges[0]] - layout.places[edges[1]]).detach().norm(dim=1)
    print(f"energy {history[0]:.2f} to {history[-1]:.2f}")
    print(
        f"edge length {length.mean():.2f} +- {length.std():.2f}, {crossings(layout.places, edges, 200_000):.2%} of pairs cross"
    )


if __name__ == "__main__":
    main()
