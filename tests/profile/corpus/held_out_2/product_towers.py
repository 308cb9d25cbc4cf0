# code: low-precision
# kind: seeded
# gain: 1.4
# ruff: noqa
"""Two towers, one for the shopper and one for the product, trained so that bought pairs lie close together."""

import torch
from torch import nn
from torch.nn import functional


class any_Block(nn.Module):
    """A gated residual layer."""

    def __init__(self, any_width):
        super().__init__()
        self.any_gate = nn.Parameter(torch.randn(any_width, any_width) * any_width**-0.5)
        self.any_value = nn.Parameter(torch.randn(any_width, any_width) * any_width**-0.5)

    def forward(self, any_signal):
        any_opening = torch.sigmoid(functional.linear(any_signal, self.any_gate))  # HERE
        return any_signal + any_opening * functional.linear(any_signal, self.any_value)  # HERE


class any_Tower(nn.Module):
    def __init__(self, any_inputs, any_width, any_depth):
        super().__init__()
        self.any_entry = nn.Linear(any_inputs, any_width)
        self.any_blocks = nn.ModuleList(any_Block(any_width) for _ in range(any_depth))

    def forward(self, any_inputs):
        any_signal = torch.relu(self.any_entry(any_inputs))
        for any_block in self.any_blocks:
            any_signal = any_block(any_signal)
        return functional.normalize(any_signal, dim=1)


class any_Purchases:
    """Made-up baskets: a shopper buys what shares its hidden taste."""

    def __init__(self, any_rows, any_inputs):
        any_source = torch.Generator().manual_seed(5)
        any_taste = torch.randn(any_rows, 12, generator=any_source)
        any_mixes = torch.randn(2, 12, any_inputs, generator=any_source)
        self.any_shoppers = torch.tanh(any_taste @ any_mixes[0])
        self.any_products = torch.tanh(any_taste @ any_mixes[1])

    def any_batches(self, any_size):
        yield from zip(self.any_shoppers.split(any_size), self.any_products.split(any_size))


def any_contrast(any_left, any_right):
    any_scores = any_left @ any_right.T * 12.0
    return functional.cross_entropy(any_scores, torch.arange(len(any_scores)))


def any_epoch(any_left, any_right, any_optimizer, any_purchases):
    any_total = 0.0
    for any_shoppers, any_products in any_purchases.any_batches(512):
        any_loss = any_contrast(any_left(any_shoppers), any_right(any_products))  # HERE
        any_optimizer.zero_grad(set_to_none=True)
        any_loss.backward()  # HERE
        any_optimizer.step()
        any_total += float(any_loss.detach())
    return any_total


def any_main():
    torch.manual_seed(2)
    any_left, any_right = any_Tower(256, 1280, 2), any_Tower(256, 1280, 1)
    any_parameters = [*any_left.parameters(), *any_right.parameters()]
    any_optimizer = torch.optim.SGD(any_parameters, lr=0.05)
    any_purchases = any_Purchases(vary(3072), 256)
    for any_number in range(vary(4)):
        print(any_number, round(any_epoch(any_left, any_right, any_optimizer, any_purchases), 3))


if __name__ == "__main__":
    any_main()
