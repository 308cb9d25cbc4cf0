# code: none
# kind: healthy
# ruff: noqa
"""Clouds in pictures of the sky: a small convolutional network, trained on pictures that all fit in memory."""

import torch
from torch import nn
from torch.nn import functional


class any_Sky:
    """Made-up pictures with the mask of their clouds; flips are done for a whole batch at once."""

    def __init__(self, any_count, any_side):
        any_source = torch.Generator().manual_seed(24)
        any_rough = torch.rand(any_count, 1, any_side // 8, any_side // 8, generator=any_source)
        any_smooth = functional.interpolate(any_rough, size=any_side, mode="bilinear")
        self.any_masks = (any_smooth > 0.55).float()
        any_tint = torch.tensor([0.3, 0.5, 0.9]).view(1, 3, 1, 1)
        any_grain = 0.1 * torch.randn(any_count, 3, any_side, any_side, generator=any_source)
        self.any_pictures = any_tint + (0.9 - any_tint) * any_smooth + any_grain
        self.any_source = any_source

    def any_batches(self, any_size):
        any_order = torch.randperm(len(self.any_masks), generator=self.any_source)
        for any_some in any_order.split(any_size):
            any_pictures, any_masks = self.any_pictures[any_some], self.any_masks[any_some]
            if torch.rand((), generator=self.any_source) < 0.5:
                any_pictures, any_masks = any_pictures.flip(3), any_masks.flip(3)
            yield any_pictures, any_masks


class any_Segmenter(nn.Module):
    def __init__(self):
        super().__init__()
        self.any_down = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.any_middle = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 16, 3, padding=1))
        self.any_up = nn.Conv2d(16, 1, 1)

    def forward(self, any_pictures):
        any_small = self.any_up(torch.relu(self.any_middle(self.any_down(any_pictures))))
        return functional.interpolate(any_small, scale_factor=2, mode="bilinear")


def any_fit(any_net, any_sky, any_epochs):
    any_optimizer = torch.optim.Adam(any_net.parameters(), lr=2e-3)
    for any_epoch in range(any_epochs):
        any_losses = []
        for any_pictures, any_masks in any_sky.any_batches(64):
            any_loss = functional.binary_cross_entropy_with_logits(any_net(any_pictures), any_masks)
            any_optimizer.zero_grad(set_to_none=True)
            any_loss.backward()
            any_optimizer.step()
            any_losses.append(any_loss.detach())
        print(any_epoch, round(float(torch.stack(any_losses).mean()), 4))


if __name__ == "__main__":
    torch.manual_seed(11)
    any_fit(any_Segmenter(), any_Sky(vary(360), 48), vary(4))
