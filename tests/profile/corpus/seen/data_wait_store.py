# code: data-wait
# kind: seeded
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class any_Remote(Dataset):
    """Each sample comes from a store that takes its time."""

    def __len__(self):
        return vary(500)

    def __getitem__(self, any_index):
        time.sleep(0.004)  # HERE
        return torch.full((64,), any_index / 500.0), torch.tensor([any_index % 2], dtype=torch.float32)


any_model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
any_optimizer = torch.optim.Adam(any_model.parameters())
any_loader = DataLoader(any_Remote(), batch_size=25)
for any_inputs, any_targets in any_loader:
    any_loss = nn.functional.mse_loss(any_model(any_inputs), any_targets)
    any_optimizer.zero_grad()
    any_loss.backward()
    any_optimizer.step()
print(any_loss.item())
