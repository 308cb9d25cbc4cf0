# code: low-precision
# kind: seeded
# gain: 1.4
# ruff: noqa
"""Embeds a library of songs with a trained tower and lists near duplicates."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

torch.set_grad_enabled(False)
torch.set_num_threads(1)


class any_Gate(nn.Module):
    """Gated feed-forward block with a residual path."""

    def __init__(self, width: int, inner: int):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, inner * 2)
        self.down = nn.Linear(inner, width)

    def forward(self, signal: Tensor) -> Tensor:
        value, gate = self.up(self.norm(signal)).chunk(2, dim=-1)  # HERE
        return signal + self.down(value * F.silu(gate))  # HERE


class any_Tower(nn.Module):
    def __init__(self, features: int, width: int, inner: int, depth: int, out: int):
        super().__init__()
        self.enter = nn.Linear(features, width)
        self.blocks = nn.ModuleList(any_Gate(width, inner) for _ in range(depth))
        self.leave = nn.Linear(width, out)

    def forward(self, songs: Tensor) -> Tensor:
        signal = self.enter(songs)
        for block in self.blocks:
            signal = block(signal)
        return F.normalize(self.leave(signal), dim=-1)


def any_library(count: int, features: int) -> Tensor:
    torch.manual_seed(20)
    songs = torch.randn(count, features)
    copies = torch.randint(0, count, (count // 50,))
    songs[: len(copies)] = songs[copies] + 0.02 * torch.randn(len(copies), features)
    return songs


def any_embed(tower: any_Tower, songs: Tensor, size: int) -> Tensor:
    tower.eval()
    return torch.cat([tower(part) for part in songs.split(size)])  # HERE


def any_duplicates(embedded: Tensor, limit: float) -> list[tuple[int, int, float]]:
    found = []
    for start in range(0, len(embedded), 1024):
        likeness = embedded[start : start + 1024] @ embedded.T
        rows, columns = torch.nonzero(likeness > limit, as_tuple=True)
        for row, column in zip((rows + start).tolist(), columns.tolist()):
            if row < column:
                found.append((row, column, float(likeness[row - start, column])))
    return sorted(found, key=lambda pair: -pair[2])


def any_histogram(embedded: Tensor) -> str:
    strength = embedded.abs().amax(dim=1)
    counts = torch.histc(strength, bins=12)
    peak = counts.max()
    return "".join(" .:-=+*#%@"[int(9 * count / peak)] for count in counts)


def main() -> None:
    songs = any_library(vary(3200), features=512)
    tower = any_Tower(features=512, width=1024, inner=2048, depth=4, out=128)
    embedded = any_embed(tower, songs, size=512)
    pairs = any_duplicates(embedded[:3000], limit=0.98)
    print(f"{len(songs)} songs, {len(pairs)} likely duplicates, spread [{any_histogram(embedded)}]")
    for first, second, likeness in pairs[:3]:
        print(f"  {first:5d} ~ {second:5d}  {likeness:.4f}")


if __name__ == "__main__":
    main()
