"""Twelve models of different kinds, each with its batches and its loss: what `precision.py` measures."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from ds_notebook.train.batch import Parts

NUM_BATCHES = 4
Loss = Callable[[Tensor, Tensor], Tensor]


class Workload(NamedTuple):
    """A model with random data of the right shapes: time is measured here, and losses are only compared."""

    model: nn.Module
    batches: list[Parts]
    loss_fn: Loss


def mlp(width: int, depth: int, num_inputs: int) -> nn.Module:
    hidden = [layer for _ in range(depth - 1) for layer in (nn.Linear(width, width), nn.ReLU())]
    return nn.Sequential(nn.Linear(num_inputs, width), nn.ReLU(), *hidden, nn.Linear(width, 10))


def conv_block(num_in: int, num_out: int) -> list[nn.Module]:
    return [nn.Conv2d(num_in, num_out, 3, padding=1), nn.BatchNorm2d(num_out), nn.ReLU()]


def cnn() -> nn.Module:
    blocks = [nn.Sequential(*conv_block(*channels), nn.MaxPool2d(2)) for channels in ((3, 64), (64, 128), (128, 256))]
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


def small_cnn() -> nn.Module:
    """About the quickstart's."""
    return nn.Sequential(
        *conv_block(1, 16), *conv_block(16, 32), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(512, 10)
    )


def depthwise_cnn() -> nn.Module:
    def block(num_in: int, num_out: int) -> list[nn.Module]:
        depthwise = nn.Conv2d(num_in, num_in, 3, padding=1, groups=num_in)
        return [depthwise, nn.Conv2d(num_in, num_out, 1), nn.BatchNorm2d(num_out), nn.ReLU()]

    layers = [*conv_block(3, 32), *block(32, 64), *block(64, 128), nn.MaxPool2d(2), *block(128, 256)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


def conv1d_net() -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(1, 32, 9, stride=2, padding=4),
        nn.ReLU(),
        nn.Conv1d(32, 64, 9, stride=2, padding=4),
        nn.ReLU(),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


def autoencoder() -> nn.Module:
    widths = (784, 256, 64, 16, 64, 256, 784)
    return nn.Sequential(*[layer for pair in pairwise(widths) for layer in (nn.Linear(*pair), nn.GELU())][:-1])


def encoder(width: int, depth: int) -> nn.Module:
    layer = nn.TransformerEncoderLayer(width, width // 64, 4 * width, batch_first=True, norm_first=True)
    return nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)


class Transformer(nn.Module):
    """Predicts a token at each place: 256 wide, 4 layers."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(256, 256)
        self.encoder = encoder(256, 4)
        self.head = nn.Linear(256, 256)

    def forward(self, tokens: Tensor) -> Tensor:
        outputs: Tensor = self.head(self.encoder(self.embedding(tokens)))
        return outputs.transpose(1, 2)


class TinyViT(nn.Module):
    """Patches of 4 x 4, 128 wide, 3 layers."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 128, 4, stride=4)
        self.places = nn.Parameter(torch.zeros(64, 128))
        self.encoder = encoder(128, 3)
        self.head = nn.Linear(128, 10)

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patches(images).flatten(2).transpose(1, 2) + self.places
        outputs: Tensor = self.head(self.encoder(patches).mean(dim=1))
        return outputs


class LSTM(nn.Module):
    """The last state of 64 steps."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(32, 128, batch_first=True)
        self.head = nn.Linear(128, 10)

    def forward(self, series: Tensor) -> Tensor:
        outputs: Tensor = self.head(self.lstm(series)[0][:, -1])
        return outputs


class WideAndDeep(nn.Module):
    """Ten columns of categories and ten of numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10_000, 16)
        self.wide = nn.Linear(10, 10)
        self.deep = mlp(128, 2, 170)

    def forward(self, categories: Tensor, numbers: Tensor) -> Tensor:
        embedded = self.embedding(categories).flatten(1)
        outputs: Tensor = self.wide(numbers) + self.deep(torch.cat([embedded, numbers], dim=1))
        return outputs


def classes(*shape: int, num_classes: int = 10) -> Tensor:
    return torch.randint(0, num_classes, shape)


def classifier(model: nn.Module, *shape: int) -> Workload:
    batches = [Parts(torch.randn(shape), classes(shape[0])) for _ in range(NUM_BATCHES)]
    return Workload(model, batches, cross_entropy)


def transformer() -> Workload:
    tokens = [classes(16, 128, num_classes=256) for _ in range(NUM_BATCHES)]
    return Workload(Transformer(), [Parts(each, each) for each in tokens], cross_entropy)


def text_classifier() -> Workload:
    batches = [Parts(classes(64, 50, num_classes=20_000), classes(64)) for _ in range(NUM_BATCHES)]
    return Workload(nn.Sequential(nn.EmbeddingBag(20_000, 64), nn.Linear(64, 10)), batches, cross_entropy)


def autoencoding() -> Workload:
    pictures = [torch.rand(128, 784) for _ in range(NUM_BATCHES)]
    return Workload(autoencoder(), [Parts(each, each) for each in pictures], mse_loss)


def wide_and_deep() -> Workload:
    batches = [
        Parts((classes(256, 10, num_classes=10_000), torch.randn(256, 10)), classes(256)) for _ in range(NUM_BATCHES)
    ]
    return Workload(WideAndDeep(), batches, cross_entropy)


WORKLOADS: dict[str, Callable[[], Workload]] = {
    "MLP 128, batch 64": lambda: classifier(mlp(128, 2, 64), 64, 64),
    "MLP 4 x 1024, batch 256": lambda: classifier(mlp(1024, 4, 1024), 256, 1024),
    "transformer 256 wide, 4 layers, batch 16 x 128": transformer,
    "CNN 64-128-256, batch 16 x 32 x 32": lambda: classifier(cnn(), 16, 3, 32, 32),
    "small CNN, batch 64 x 8 x 8": lambda: classifier(small_cnn(), 64, 1, 8, 8),
    "LSTM 128, batch 32 x 64": lambda: classifier(LSTM(), 32, 64, 32),
    "embedding + linear on text, batch 64 x 50": text_classifier,
    "autoencoder 784-256-64-16, batch 128": autoencoding,
    "depthwise CNN, batch 16 x 32 x 32": lambda: classifier(depthwise_cnn(), 16, 3, 32, 32),
    "wide and deep on a table, batch 256": wide_and_deep,
    "ViT 128 wide, 3 layers, batch 32 x 32 x 32": lambda: classifier(TinyViT(), 32, 3, 32, 32),
    "1-d CNN on signals, batch 32 x 512": lambda: classifier(conv1d_net(), 32, 1, 512),
}
