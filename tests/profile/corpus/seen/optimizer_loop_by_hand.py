# code: optimizer-loop
# kind: seeded
import torch
from torch import nn

torch.manual_seed(0)
any_model = nn.Sequential(*[nn.Linear(40, 40) for _ in range(80)])
any_momenta = [torch.zeros_like(any_weight) for any_weight in any_model.parameters()]
any_inputs, any_targets = torch.randn(24, 40), torch.randn(24, 40)


def any_update(any_rate):
    with torch.no_grad():
        for any_weight, any_momentum in zip(any_model.parameters(), any_momenta, strict=True):  # HERE
            any_momentum.mul_(0.9)  # HERE
            any_momentum.add_(any_weight.grad)  # HERE
            any_weight.sub_(any_rate * any_momentum)  # HERE
            any_weight.grad = None  # HERE


for _ in range(vary(400)):
    any_loss = (any_model(any_inputs) - any_targets).square().mean()
    any_loss.backward()
    any_update(1e-4)
print(any_loss.item())
