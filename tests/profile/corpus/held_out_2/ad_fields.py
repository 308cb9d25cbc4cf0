# code: optimizer-loop
# kind: seeded
# gain: 2.9
# ruff: noqa
"""Click rates from some hundred categorical fields, each with a table of its own, trained by the sign of the momentum."""

import torch
from torch import nn


class any_SignMomentum(torch.optim.Optimizer):
    """Steps of one size along the sign of a mix of momentum and gradient."""

    def __init__(self, any_parameters, lr=1e-3, any_mix=0.9, any_keep=0.98, any_decay=0.01):
        super().__init__(any_parameters, {"lr": lr, "mix": any_mix, "keep": any_keep, "decay": any_decay})

    @torch.no_grad()
    def step(self):
        for any_group in self.param_groups:
            for any_weight in any_group["params"]:
                if any_weight.grad is None:
                    continue
                any_state = self.state[any_weight]
                if not any_state:
                    any_state["momentum"] = torch.zeros_like(any_weight)
                self.any_move(any_weight, any_weight.grad, any_state["momentum"], any_group)  # HERE

    def any_move(self, any_weight, any_slope, any_momentum, any_group):
        any_weight.mul_(1 - any_group["lr"] * any_group["decay"])  # HERE
        any_direction = any_momentum.mul(any_group["mix"]).add_(any_slope, alpha=1 - any_group["mix"]).sign_()  # HERE
        any_weight.add_(any_direction, alpha=-any_group["lr"])  # HERE
        any_momentum.lerp_(any_slope, 1 - any_group["keep"])  # HERE


class any_Fields(nn.Module):
    def __init__(self, any_sizes, any_width):
        super().__init__()
        self.any_tables = nn.ParameterList(torch.randn(any_size, any_width) * 0.1 for any_size in any_sizes)
        self.any_bias = nn.Parameter(torch.zeros(1))
        any_ends = torch.tensor(any_sizes).cumsum(0)
        self.register_buffer("any_starts", any_ends - torch.tensor(any_sizes))

    def forward(self, any_values):
        any_all = torch.cat(list(self.any_tables))
        any_found = nn.functional.embedding_bag(any_values + self.any_starts, any_all, mode="sum")
        any_square = any_found.square().sum(1)
        return 0.5 * any_square + any_found.sum(1) + self.any_bias


class any_Clicks:
    def __init__(self, any_sizes, any_rows):
        any_source = torch.Generator().manual_seed(9)
        any_draws = torch.rand(any_rows, len(any_sizes), generator=any_source)
        self.any_values = (any_draws * torch.tensor(any_sizes)).long()
        self.any_clicked = (any_draws[:, :5].sum(1) > 2.5).float()

    def any_batches(self, any_size):
        return zip(self.any_values.split(any_size), self.any_clicked.split(any_size))


def any_main():
    torch.manual_seed(1)
    any_sizes = [6 + any_number % 11 for any_number in range(450)]
    any_net = any_Fields(any_sizes, 6)
    any_optimizer = any_SignMomentum(any_net.parameters(), lr=2e-3)
    any_clicks = any_Clicks(any_sizes, vary(8000))
    for any_epoch in range(vary(1)):
        any_total = 0.0
        for any_values, any_clicked in any_clicks.any_batches(128):
            any_loss = nn.functional.binary_cross_entropy_with_logits(any_net(any_values), any_clicked)
            any_optimizer.zero_grad()
            any_loss.backward()
            any_optimizer.step()
            any_total += float(any_loss.detach())
        print(any_epoch, round(any_total, 3))


if __name__ == "__main__":
    any_main()
