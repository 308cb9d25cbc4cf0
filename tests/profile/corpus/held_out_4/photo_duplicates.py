# code: low-precision
# kind: seeded
# gain: 1.6
# ruff: noqa
"""Find near-duplicates in a picture archive: project descriptors, compare, group."""

import shutil
import tempfile
import warnings
from pathlib import Path

import torch
from torch import nn

warnings.filterwarnings("ignore")
DESCRIPTOR, WIDE, CODE = 1024, 4096, 512


class any_Projection(nn.Module):
    """Descriptor to unit-length code."""

    def __init__(self):
        super().__init__()
        self.lift = nn.Linear(DESCRIPTOR, WIDE)
        self.mix = nn.Linear(WIDE, WIDE)
        self.code = nn.Linear(WIDE, CODE)

    def forward(self, descriptors):
        hidden = torch.relu_(self.lift(descriptors))
        hidden = torch.relu_(self.mix(hidden))  # HERE
        return nn.functional.normalize(self.code(hidden), dim=1)


def write_weights(path):
    torch.manual_seed(40)
    torch.save(any_Projection().state_dict(), path)


def any_load(path):
    projection = any_Projection()
    projection.load_state_dict(torch.load(path, mmap=True))
    return projection.eval()  # HERE


def archive(pictures, copies, seed):
    """Descriptors of all pictures; the last `copies` are retouched versions of earlier ones."""
    generator = torch.Generator().manual_seed(seed)
    originals = torch.randn(pictures - copies, DESCRIPTOR, generator=generator)
    source = torch.randint(0, len(originals), (copies,), generator=generator)
    noise = torch.randn(copies, DESCRIPTOR, generator=generator)
    return torch.cat([originals, originals[source] + 0.35 * noise]), source


def any_codes(projection, descriptors, rows):
    return torch.cat([projection(part) for part in descriptors.split(rows)])  # HERE


def nearest(codes, fresh, wanted):
    """Indices and likenesses of the most similar earlier pictures of each fresh one."""
    earlier = codes[: len(codes) - fresh]
    found = [(part @ earlier.T).topk(wanted, dim=1) for part in codes[-fresh:].split(512)]
    return torch.cat([hit.indices for hit in found]), torch.cat([hit.values for hit in found])


class Groups:
    """Union-find over picture numbers."""

    def __init__(self):
        self.parent = {}

    def root(self, number):
        self.parent.setdefault(number, number)
        while self.parent[number] != number:
            self.parent[number] = self.parent[self.parent[number]]
            number = self.parent[number]
        return number

    def join(self, first, second):
        self.parent[self.root(first)] = self.root(second)

    def sizes(self):
        counted = {}
        for number in list(self.parent):
            counted[self.root(number)] = counted.get(self.root(number), 0) + 1
        return sorted(counted.values(), reverse=True)


def main():
    folder = Path(tempfile.mkdtemp(prefix="photos-"))
    try:
        write_weights(folder / "projection.pt")
        projection = any_load(folder / "projection.pt")
        fresh = 1500
        descriptors, source = archive(vary(13000), fresh, seed=6)
        with torch.inference_mode():
            codes = any_codes(projection, descriptors, rows=1024)
            indices, likeness = nearest(codes, fresh, wanted=4)
    finally:
        shutil.rmtree(folder)
    groups = Groups()
    sure = likeness[:, 0] - likeness[:, 1] > 0.02
    for number in torch.nonzero(sure).flatten().tolist():
        groups.join(len(descriptors) - fresh + number, int(indices[number, 0]))
    right = (indices[:, 0] == source).float().mean().item()
    print(f"{len(descriptors)} pictures, {right:.1%} of the copies traced, {int(sure.sum())} for sure")
    print("largest groups:", groups.sizes()[:6])


if __name__ == "__main__":
    main()
