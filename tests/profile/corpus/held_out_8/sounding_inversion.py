# code: thread-oversubscription
# kind: seeded
# gain: 1.8
# ruff: noqa
"""Inverts electrical soundings for layer resistivities by gradient descent from many starts, in two processes."""

from multiprocessing import Pool

import torch

any_SOUNDINGS = vary(6)
STARTS = 48
LAYERS = 6
SPACINGS = 24
KERNEL = 32
STEPS = 48
THREADS = 16


def prepare() -> None:
    torch.set_num_threads(THREADS)  # HERE
    torch.manual_seed(0)


def apparent(log_resistivity: torch.Tensor, log_depth: torch.Tensor) -> torch.Tensor:
    """Pekeris' recursion from the deepest layer up, summed over the kernel of each electrode spacing."""
    spacing = torch.logspace(0, 2.5, SPACINGS)
    wave = torch.logspace(-1.5, 1.5, KERNEL)[None, None, :] / spacing[None, :, None]
    resistivity = log_resistivity.exp()
    depth = log_depth.exp()
    kernel = resistivity[:, -1, None, None].expand(-1, SPACINGS, KERNEL)
    for layer in range(LAYERS - 2, -1, -1):
        bend = torch.tanh(wave * depth[:, layer, None, None])  # HERE
        own = resistivity[:, layer, None, None]
        kernel = (kernel + own * bend) / (1 + kernel * bend / own)  # HERE
    weight = torch.exp(-((torch.linspace(-2, 2, KERNEL)) ** 2))
    return torch.log((kernel * weight).sum(2) / weight.sum())


def observed(number: int) -> torch.Tensor:
    gen = torch.Generator().manual_seed(number)
    truth = 3.0 + 1.2 * torch.randn(1, LAYERS, generator=gen)
    depth = 0.8 + 0.5 * torch.rand(1, LAYERS - 1, generator=gen)
    return apparent(truth, depth)[0] + 0.02 * torch.randn(SPACINGS, generator=gen)


def invert(number: int) -> tuple[int, float, list[float]]:
    """The best of many descents, and its resistivities from the top down."""
    data = observed(number)
    gen = torch.Generator().manual_seed(1000 + number)
    resistivity = (3.0 + torch.randn(STARTS, LAYERS, generator=gen)).requires_grad_()
    depth = (1.0 + 0.4 * torch.randn(STARTS, LAYERS - 1, generator=gen)).requires_grad_()
    opt = torch.optim.Adam([resistivity, depth], lr=0.08, fused=True)
    for _ in range(STEPS):
        misfit = ((apparent(resistivity, depth) - data) ** 2).mean(1)
        rough = (resistivity.diff(dim=1) ** 2).mean(1)
        opt.zero_grad(set_to_none=True)
        (misfit + 0.003 * rough).sum().backward()  # HERE
        opt.step()
    best = int(misfit.detach().argmin())
    return number, float(misfit[best].detach()), resistivity[best].detach().exp().tolist()


def main() -> None:
    with Pool(2, initializer=prepare) as any_crew:  # HERE
        results = any_crew.map(invert, range(any_SOUNDINGS), chunksize=1)  # HERE
    worst = max(results, key=lambda result: result[1])
    mean = sum(result[1] for result in results) / len(results)
    print(f"{len(results)} soundings, mean misfit {mean:.4f}, worst {worst[1]:.4f} in {worst[0]}")
    print("top layers:", " ".join(f"{result[2][0]:.0f}" for result in results))


if __name__ == "__main__":
    main()
