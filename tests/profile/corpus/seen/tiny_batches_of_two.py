# code: tiny-batches
# kind: seeded
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
any_count = vary(5000)
any_data = TensorDataset(torch.randn(any_count, 20), torch.randint(0, 4, (any_count,)))
any_model = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 4))
any_optimizer = torch.optim.SGD(any_model.parameters(), lr=0.01)


def any_epoch():
    any_loader = DataLoader(any_data, batch_size=2, shuffle=True)  # HERE
    for any_inputs, any_targets in any_loader:  # HERE
        any_loss = nn.functional.cross_entropy(any_model(any_inputs), any_targets)
        any_optimizer.zero_grad()
        any_loss.backward()
        any_optimizer.step()


any_epoch()
