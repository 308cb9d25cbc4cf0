# code: none
# kind: healthy
# ruff: noqa
"""The level of a river a day ahead, from rain and levels of the days before: a recurrent network on windows."""

import torch
from torch import nn


class any_River(nn.Module):
    def __init__(self, any_inputs, any_width):
        super().__init__()
        self.any_memory = nn.GRU(any_inputs, any_width, batch_first=True)
        self.any_head = nn.Linear(any_width, 1)

    def forward(self, any_windows):
        any_states, _ = self.any_memory(any_windows)
        return self.any_head(any_states[:, -1])[:, 0]


class any_Windows:
    """Windows over one long record, cut without a copy and gathered a batch at a time."""

    def __init__(self, any_days, any_length):
        any_source = torch.Generator().manual_seed(28)
        any_rain = torch.rand(any_days, 3, generator=any_source).pow(6) * 20
        any_soaked = torch.nn.functional.avg_pool1d(any_rain.T[None], 15, 1, 7, count_include_pad=False)[0].T
        any_level = any_soaked.sum(1, keepdim=True) * 0.3 + torch.randn(any_days, 1, generator=any_source) * 0.05
        any_record = torch.cat([any_rain, any_level], dim=1)
        self.any_record = (any_record - any_record.mean(0)) / any_record.std(0)
        self.any_cut = self.any_record.unfold(0, any_length, 1).transpose(1, 2)[:-1]
        self.any_next = self.any_record[any_length:, 3]

    def any_batches(self, any_size, any_seed):
        any_order = torch.randperm(len(self.any_next), generator=torch.Generator().manual_seed(any_seed))
        for any_some in any_order.split(any_size):
            yield self.any_cut[any_some], self.any_next[any_some]


def any_epoch(any_net, any_optimizer, any_batches):
    any_losses = []
    for any_windows, any_next in any_batches:
        any_loss = nn.functional.mse_loss(any_net(any_windows), any_next)
        any_optimizer.zero_grad()
        any_loss.backward()
        any_optimizer.step()
        any_losses.append(any_loss.detach())
    return torch.stack(any_losses).mean()


def any_main():
    torch.manual_seed(9)
    any_net = any_River(4, 96)
    any_optimizer = torch.optim.Adam(any_net.parameters(), lr=3e-3)
    any_windows = any_Windows(vary(9000), 30)
    for any_number in range(4):
        any_loss = any_epoch(any_net, any_optimizer, any_windows.any_batches(256, any_number))
        print(any_number, round(float(any_loss), 4))


if __name__ == "__main__":
    any_main()
