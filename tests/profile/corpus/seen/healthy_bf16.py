# code: none
# kind: healthy
import torch
from torch import nn

torch.manual_seed(0)
any_model = nn.Sequential(nn.Linear(1024, 1024), nn.GELU(), nn.Linear(1024, 1024), nn.GELU(), nn.Linear(1024, 8))
any_optimizer = torch.optim.SGD(any_model.parameters(), lr=0.001)
for any_step in range(vary(40)):
    any_inputs, any_targets = torch.randn(256, 1024), torch.randn(256, 8)
    with torch.autocast("cpu", torch.bfloat16):
        any_loss = nn.functional.mse_loss(any_model(any_inputs).float(), any_targets)
    any_optimizer.zero_grad()
    any_loss.backward()
    any_optimizer.step()
print(any_loss.item())
