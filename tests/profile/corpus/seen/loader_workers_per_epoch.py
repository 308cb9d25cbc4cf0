# code: loader-workers
# kind: seeded
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
any_count = vary(2000)
any_points = TensorDataset(torch.randn(any_count, 16), torch.randn(any_count, 1))


def any_train(any_model, any_epochs):
    any_optimizer = torch.optim.SGD(any_model.parameters(), lr=0.01)
    any_loader = DataLoader(any_points, batch_size=128, num_workers=12, shuffle=True)  # HERE
    for _ in range(any_epochs):
        for any_inputs, any_targets in any_loader:  # HERE
            any_loss = nn.functional.mse_loss(any_model(any_inputs), any_targets)
            any_optimizer.zero_grad()
            any_loss.backward()
            any_optimizer.step()


any_train(nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 1)), vary(6))
