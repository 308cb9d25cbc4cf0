# code: none
# kind: healthy
# ruff: noqa
"""Fits a neural surrogate of a pump's efficiency map to simulated test-bench points and reports its error."""

import torch
from torch import nn

any_POINTS = vary(20000)
EPOCHS = 5
BATCH = 1024


def bench_points(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs: flow, head, speed, viscosity and twenty wear readings; output: efficiency and power."""
    gen = torch.Generator().manual_seed(seed)
    inputs = torch.rand(count, 24, generator=gen)
    flow, head, speed, visc = inputs[:, :4].unbind(1)
    wear = inputs[:, 4:].mean(1)
    best = 0.45 + 0.3 * speed
    eta = 0.85 - 1.4 * (flow - best) ** 2 - 0.1 * visc * head - 0.2 * wear
    power = flow * head * (1 + visc) / eta.clamp(min=0.2)
    targets = torch.stack([eta, power], 1)
    return inputs, targets + 0.01 * torch.randn(targets.shape, generator=gen)


class Surrogate(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(24, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, 2),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


def train_epoch(model: Surrogate, opt: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor) -> float:
    total = torch.zeros(())
    steps = 0
    for rows in torch.randperm(len(x)).split(BATCH):
        loss = nn.functional.huber_loss(model(x[rows]), y[rows], delta=0.2)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        total += loss.detach()
        steps += 1
    return float(total) / steps


def worst_corner(model: Surrogate, x: torch.Tensor, y: torch.Tensor) -> float:
    with torch.inference_mode():
        miss = (model(x) - y).abs().amax(1)
    corner = (x[:, 0] > 0.9) & (x[:, 1] > 0.9)
    return float(miss[corner].max()) if corner.any() else 0.0


def main() -> None:
    torch.manual_seed(5)
    torch.set_num_threads(1)  # the bench computer keeps its other core for recording
    any_x, any_y = bench_points(any_POINTS, 1)
    check_x, check_y = bench_points(4000, 2)
    model = Surrogate(448)
    opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-3, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(opt, EPOCHS)
    history = []
    for _ in range(EPOCHS):
        history.append(train_epoch(model, opt, any_x, any_y))
        schedule.step()
    print(f"loss {history[0]:.4f} -> {history[-1]:.4f}, worst corner {worst_corner(model, check_x, check_y):.3f}")


if __name__ == "__main__":
    main()
