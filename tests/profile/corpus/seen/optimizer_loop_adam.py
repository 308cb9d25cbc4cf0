# code: optimizer-loop
# kind: seeded
import torch
from torch import nn

torch.manual_seed(0)


class any_Tower(nn.Module):
    def __init__(self, any_depth):
        super().__init__()
        self.any_tables = nn.ModuleList(nn.Linear(48, 48) for _ in range(any_depth))

    def forward(self, any_x):
        for any_layer in self.any_tables:
            any_x = any_x + torch.tanh(any_layer(any_x))
        return any_x


def any_learn(any_model, any_steps):
    any_optimizer = torch.optim.Adam(any_model.parameters(), lr=1e-3, foreach=False)  # HERE
    any_inputs, any_targets = torch.randn(32, 48), torch.randn(32, 48)
    for _ in range(any_steps):
        any_loss = (any_model(any_inputs) - any_targets).square().mean()
        any_optimizer.zero_grad()
        any_loss.backward()
        any_optimizer.step()  # HERE
    return any_loss.item()


print(any_learn(any_Tower(60), vary(150)))
