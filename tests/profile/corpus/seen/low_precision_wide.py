# code: low-precision
# kind: seeded
import torch
from torch import nn

torch.manual_seed(0)


def any_steps(any_model, any_count):
    any_optimizer = torch.optim.SGD(any_model.parameters(), lr=0.001)
    any_inputs = torch.randn(256, 1024)
    any_targets = torch.randn(256, 8)
    for _ in range(any_count):
        any_loss = nn.functional.mse_loss(any_model(any_inputs), any_targets)  # HERE
        any_optimizer.zero_grad()
        any_loss.backward()  # HERE
        any_optimizer.step()
    return any_loss.item()


any_model = nn.Sequential(nn.Linear(1024, 1024), nn.GELU(), nn.Linear(1024, 1024), nn.GELU(), nn.Linear(1024, 8))
print(any_steps(any_model, vary(120)))
