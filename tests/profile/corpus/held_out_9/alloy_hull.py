# code: none
# kind: healthy
# ruff: noqa
"""Learn the formation enthalpy of ternary alloys from their composition, and search for stable ones."""

import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(77)
ELEMENTS = 24


def any_alloys(count, generator):
    """Three elements of 24 with Dirichlet-like shares; the enthalpy is a sum of pair terms with a size misfit."""
    scores = torch.rand(count, ELEMENTS, generator=generator)
    chosen = scores.topk(3, dim=1).indices
    share = torch.rand(count, 3, generator=generator).log().neg()
    share = share / share.sum(1, keepdim=True)
    x = torch.zeros(count, ELEMENTS).scatter_(1, chosen, share)
    pairs = torch.randn(ELEMENTS, ELEMENTS, generator=torch.Generator().manual_seed(3))
    pairs = (pairs + pairs.T) / 2
    radius = torch.linspace(1.1, 1.9, ELEMENTS)
    mean = x @ radius
    misfit = x @ radius.square() - mean.square()
    y = ((x @ pairs) * x).sum(1) + 2 * misfit + 0.01 * torch.randn(count, generator=generator)
    return x, y


class EnthalpyNet(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.enter = nn.Linear(ELEMENTS, width)
        self.middle = nn.ModuleList([nn.Linear(width, width) for _ in range(3)])
        self.leave = nn.Linear(width, 1)

    def forward(self, x):
        h = nn.functional.silu(self.enter(x))
        for layer in self.middle:
            h = h + nn.functional.silu(layer(h))
        return self.leave(h).squeeze(1)


class any_Trainer:
    def __init__(self, net, rate, steps):
        self.net = net
        self.optimizer = torch.optim.AdamW(net.parameters(), lr=rate, fused=True)
        self.plan = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, max_lr=rate, total_steps=steps)

    def epoch(self, x, y, size):
        self.net.train()
        order = torch.randperm(len(x))
        total = torch.zeros(())
        for chosen in order.split(size):
            self.optimizer.zero_grad(set_to_none=True)
            loss = nn.functional.huber_loss(self.net(x[chosen]), y[chosen], delta=0.1)
            loss.backward()
            self.optimizer.step()
            self.plan.step()
            total += loss.detach() * len(chosen)
        return float(total) / len(x)

    @torch.inference_mode()
    def error(self, x, y, size=8192):
        self.net.eval()
        return float(torch.cat([(self.net(a) - b).abs() for a, b in zip(x.split(size), y.split(size))]).mean())


def main():
    generator = torch.Generator().manual_seed(1)
    x, y = any_alloys(vary(24000), generator)
    x_test, y_test = any_alloys(8_000, generator)
    epochs, size = 5, 1024
    net = EnthalpyNet(width=320)
    trainer = any_Trainer(net, 3e-3, epochs * -(-len(x) // size))
    for epoch in range(epochs):
        loss = trainer.epoch(x, y, size)
        print(f"epoch {epoch}: loss {loss:.5f}")
    candidates, _ = any_alloys(30_000, generator)
    with torch.inference_mode():
        guess = torch.cat([net(part) for part in candidates.split(8192)])
    best = guess.topk(5, largest=False).values
    print(f"test error {trainer.error(x_test, y_test):.4f}, lowest enthalpies {[round(v, 3) for v in best.tolist()]}")


main()
