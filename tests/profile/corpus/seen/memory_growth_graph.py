# code: memory-growth
# kind: seeded
# also: low-precision
import torch
from torch import nn

torch.manual_seed(0)
any_model = nn.Sequential(nn.Linear(64, 512), nn.Tanh(), nn.Linear(512, 1))
any_optimizer = torch.optim.SGD(any_model.parameters(), lr=0.001)
any_history = []


def any_fit(any_steps):
    for any_step in range(any_steps):
        any_inputs = torch.randn(600, 64)
        any_loss = any_model(any_inputs).square().mean()
        any_optimizer.zero_grad()
        any_loss.backward(retain_graph=True)
        any_optimizer.step()
        any_history.append(any_loss)  # HERE


any_fit(vary(500))
