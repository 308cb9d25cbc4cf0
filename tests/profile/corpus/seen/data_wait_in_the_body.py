# code: data-wait
# kind: seeded
import gzip

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)
any_rng = np.random.default_rng(0)
any_files = [gzip.compress(any_rng.integers(0, 9, (64, 1500)).astype(np.int32).tobytes(), 1) for _ in range(24)]


class any_Learner:
    def __init__(self):
        self.any_net = nn.Sequential(nn.Linear(1500, 256), nn.ReLU(), nn.Linear(256, 9))
        self.any_optimizer = torch.optim.SGD(self.any_net.parameters(), lr=0.01)

    def any_batch(self, any_step):
        any_raw = gzip.decompress(any_files[any_step % len(any_files)])  # HERE
        any_counts = np.frombuffer(any_raw, dtype=np.int32).reshape(64, 1500)  # HERE
        any_sorted = np.log1p(np.sort(any_counts, axis=1)).astype(np.float32)  # HERE
        return torch.from_numpy(any_sorted), torch.from_numpy(any_counts[:, 0].astype(np.int64))

    def any_learn(self, any_inputs, any_targets):
        any_loss = nn.functional.cross_entropy(self.any_net(any_inputs), any_targets)
        self.any_optimizer.zero_grad()
        any_loss.backward()
        self.any_optimizer.step()

    def any_fit(self, any_steps):
        any_step = 0
        while any_step < any_steps:
            any_inputs, any_targets = self.any_batch(any_step)  # HERE
            self.any_learn(any_inputs, any_targets)
            any_step += 1


any_Learner().any_fit(vary(600))
