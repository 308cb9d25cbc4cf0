# code: tiny-batches
# kind: seeded
# gain: 2.4
# ruff: noqa
"""Learn ratings of books from readers, genres and publishing years, then recommend."""

import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

warnings.filterwarnings("ignore")


def library(rng, readers, books, ratings):
    taste = rng.normal(size=(readers, 6))
    flavour = rng.normal(size=(books, 6))
    genre = rng.integers(0, 14, books)
    year = rng.integers(1900, 2026, books)
    reader_of = rng.integers(0, readers, ratings)
    book_of = np.minimum(rng.geometric(6.0 / books, ratings) - 1, books - 1)
    score = 3.2 + 0.45 * (taste[reader_of] * flavour[book_of]).sum(1) + 0.1 * (genre[book_of] % 3)
    score = np.clip(score + rng.normal(0, 0.5, ratings), 1, 5)
    return reader_of, book_of, genre, year, score.astype(np.float32)


class Taste(nn.Module):
    def __init__(self, readers, books, genres, size=24):
        super().__init__()
        self.reader = nn.Embedding(readers, size)
        self.book = nn.Embedding(books, size)
        self.genre = nn.Embedding(genres, 8)
        self.tower = nn.Sequential(
            nn.Linear(2 * size + 9, 48), nn.ReLU(), nn.Linear(48, 24), nn.ReLU(), nn.Linear(24, 1)
        )
        self.offset = nn.Parameter(torch.tensor(3.2))

    def forward(self, reader, book, genre, year):
        r, b = self.reader(reader), self.book(book)
        features = torch.cat([r, b, self.genre(genre), year[:, None]], dim=1)
        return self.offset + 0.1 * (r * b).sum(1) + self.tower(features).squeeze(1)


class any_Fitter:
    def __init__(self, model, any_rows_a_step):
        self.model = model
        self.any_rows_a_step = any_rows_a_step
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.02, fused=True)
        self.average = None

    def any_pass(self, columns, target):
        for rows in torch.randperm(len(target)).split(self.any_rows_a_step):  # HERE
            guess = self.model(*(column[rows] for column in columns))  # HERE
            loss = F.smooth_l1_loss(guess, target[rows])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            value = loss.item()
            self.average = value if self.average is None else 0.99 * self.average + 0.01 * value


@torch.inference_mode()
def recommend(model, reader, genre, year, already, wanted=5):
    books = torch.arange(len(genre))
    guess = model(torch.full_like(books, reader), books, genre, year)
    guess[list(already)] = -np.inf
    return guess.topk(wanted).indices.tolist()


@torch.inference_mode()
def error(model, columns, target):
    return (model(*columns) - target).pow(2).mean().sqrt().item()


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    rng = np.random.default_rng(1)
    readers, books = 900, 1400
    reader_of, book_of, genre, year, score = library(rng, readers, books, ratings=vary(34000))
    genre_t = torch.from_numpy(genre)
    year_t = torch.from_numpy((year - 1963) / 63).float()
    reader_t, book_t, target = torch.from_numpy(reader_of), torch.from_numpy(book_of), torch.from_numpy(score)
    columns = (reader_t, book_t, genre_t[book_t], year_t[book_t])
    cut = len(target) * 9 // 10
    model = Taste(readers, books, 14)
    fitter = any_Fitter(model, any_rows_a_step=7)  # HERE
    fitter.any_pass([column[:cut] for column in columns], target[:cut])
    print(
        f"average loss {fitter.average:.3f}, held-out error {error(model, [c[cut:] for c in columns], target[cut:]):.3f}"
    )
    for reader in rng.choice(readers, 3, replace=False):
        read = set(book_of[reader_of == reader].tolist())
        print(f"reader {reader}: {recommend(model, int(reader), genre_t, year_t, read)}")


if __name__ == "__main__":
    main()
