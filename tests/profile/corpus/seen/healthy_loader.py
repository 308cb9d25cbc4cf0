# code: none
# kind: healthy
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
any_count = vary(12000)
any_data = TensorDataset(torch.randn(any_count, 64), torch.randint(0, 10, (any_count,)))
any_model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
any_optimizer = torch.optim.Adam(any_model.parameters(), lr=1e-3, fused=True)
any_loader = DataLoader(any_data, batch_size=256, shuffle=True)
for any_epoch in range(vary(4)):
    any_losses = []
    for any_inputs, any_targets in any_loader:
        any_loss = nn.functional.cross_entropy(any_model(any_inputs), any_targets)
        any_optimizer.zero_grad()
        any_loss.backward()
        any_optimizer.step()
        any_losses.append(any_loss.detach())
    print(any_epoch, torch.stack(any_losses).mean().item())
