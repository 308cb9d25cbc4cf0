# code: data-wait
# kind: seeded
# also: python-loop
import zlib

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class any_Scans(Dataset):
    def __init__(self, any_count):
        any_noise = np.random.default_rng(0).integers(0, 9, (any_count, 256 * 256), dtype=np.uint8)
        self.any_packed = [zlib.compress(any_row.tobytes()) for any_row in any_noise]

    def __len__(self):
        return len(self.any_packed)

    def __getitem__(self, any_index):
        any_pixels = np.frombuffer(zlib.decompress(self.any_packed[any_index]), np.uint8)  # HERE
        any_image = np.sort(any_pixels.reshape(256, 256).astype(np.float32), axis=0)  # HERE
        return torch.from_numpy(any_image[::8, ::8].copy()).flatten(), any_index % 10


def any_fit(any_model, any_batches, any_epochs):
    any_optimizer = torch.optim.SGD(any_model.parameters(), lr=0.01)
    for _ in range(any_epochs):
        for any_inputs, any_targets in any_batches:
            any_loss = nn.functional.cross_entropy(any_model(any_inputs), any_targets)
            any_optimizer.zero_grad()
            any_loss.backward()
            any_optimizer.step()


any_net = nn.Sequential(nn.Linear(1024, 200), nn.ReLU(), nn.Linear(200, 10))
any_fit(any_net, DataLoader(any_Scans(vary(300)), batch_size=32), vary(10))
