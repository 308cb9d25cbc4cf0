# code: optimizer-loop
# kind: seeded
# also: import-time
# gain: 1.7
# ruff: noqa
"""Two-tower recommender on synthetic clicks: learns user and item vectors with a group of its own for the towers."""

import torch
from torch import nn

torch.manual_seed(3)
torch.set_num_threads(1)  # the box is shared

USERS = 60000
ITEMS = 30000
WIDTH = 24


class any_Towers(nn.Module):
    def __init__(self):
        super().__init__()
        self.any_users = nn.Embedding(USERS, WIDTH)
        self.any_items = nn.Embedding(ITEMS, WIDTH)
        self.any_mix = nn.Sequential(nn.Linear(WIDTH, 64), nn.GELU(), nn.Linear(64, WIDTH))

    def forward(self, any_user, any_item):
        return (self.any_mix(self.any_users(any_user)) * self.any_mix(self.any_items(any_item))).sum(-1)


def any_optimiser_for(any_model):
    any_groups = [
        {"params": list(any_model.any_mix.parameters()), "lr": 1e-3},
        {"params": [any_model.any_users.weight, any_model.any_items.weight], "lr": 1e-2},
    ]
    return torch.optim.Adam(any_groups, betas=(0.9, 0.98))  # HERE


def any_clicks(any_count, any_size):
    for _ in range(any_count):
        any_user = torch.randint(USERS, (any_size,))
        any_item = torch.randint(ITEMS, (any_size,))
        yield any_user, any_item, ((any_user + any_item) % 3 == 0).float()


def any_fit():
    any_model = any_Towers()
    any_optimiser = any_optimiser_for(any_model)
    any_last = 0.0
    for any_user, any_item, any_label in any_clicks(vary(220), 1024):
        any_loss = nn.functional.binary_cross_entropy_with_logits(any_model(any_user, any_item), any_label)
        any_optimiser.zero_grad()
        any_loss.backward()
        any_optimiser.step()  # HERE
        any_last = any_loss.detach()
    print("last loss", round(float(any_last), 4))


if __name__ == "__main__":
    any_fit()
