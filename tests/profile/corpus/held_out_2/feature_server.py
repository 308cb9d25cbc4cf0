# code: memory-growth
# kind: seeded
# gain: 1.2
# ruff: noqa
"""Answers for a recommender: windows of a shopper's past become features, asked for over and over by a made-up crowd."""

import hashlib
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # one request at a time

import numpy as np


class any_Past:
    """What each shopper did, as a signal by the hour."""

    def __init__(self, any_shoppers, any_hours):
        any_rng = np.random.default_rng(26)
        self.any_signals = any_rng.gamma(1.5, 1.0, (any_shoppers, any_hours)).astype(np.float32)

    def any_window(self, any_shopper, any_end, any_length):
        return self.any_signals[any_shopper, any_end - any_length : any_end]


class any_Features:
    """Features of a request; those of earlier requests are kept for a quick answer."""

    any_SCALES = (2, 3, 5, 8, 13, 21, 34, 55)

    def __init__(self, any_past):
        self.any_past = any_past
        self.any_kept = {}

    def any_name(self, any_shopper, any_end, any_request):
        return hashlib.blake2b(f"{any_shopper}:{any_end}:{any_request}".encode(), digest_size=8).hexdigest()

    def any_computed(self, any_shopper, any_end):
        any_window = self.any_past.any_window(any_shopper, any_end, 2800).astype(np.float64)
        any_sums = np.concatenate([[0.0], np.cumsum(any_window)])
        any_rows = np.empty((len(self.any_SCALES), 1024), dtype=np.float32)
        for any_at, any_scale in enumerate(self.any_SCALES):
            any_means = (any_sums[any_scale:] - any_sums[:-any_scale]) / any_scale
            any_rows[any_at] = np.log1p(any_means[-1024:])
        return any_rows

    def any_of(self, any_shopper, any_end, any_request):
        any_name = self.any_name(any_shopper, any_end, any_request)
        if any_name not in self.any_kept:
            self.any_kept[any_name] = self.any_computed(any_shopper, any_end)  # HERE
        return self.any_kept[any_name]


class any_Ranker:
    def __init__(self, any_width):
        any_rng = np.random.default_rng(4)
        self.any_first = any_rng.normal(0, 0.02, (any_width, 64)).astype(np.float32)
        self.any_second = any_rng.normal(0, 0.1, (64, 500)).astype(np.float32)

    def any_top(self, any_features):
        any_hidden = np.maximum(any_features.reshape(1, -1) @ self.any_first, 0)
        return int((any_hidden @ self.any_second).argmax())


def any_crowd(any_requests, any_shoppers, any_hours):
    any_rng = np.random.default_rng(13)
    any_who = any_rng.integers(0, any_shoppers, any_requests).tolist()
    any_when = any_rng.integers(2900, any_hours, any_requests).tolist()
    yield from zip(any_who, any_when, range(any_requests))


def any_main():
    any_shoppers, any_hours = 400, 9000
    any_features = any_Features(any_Past(any_shoppers, any_hours))
    any_ranker = any_Ranker(8 * 1024)
    any_chosen = np.zeros(500, dtype=int)
    for any_shopper, any_end, any_request in any_crowd(vary(11000), any_shoppers, any_hours):
        any_chosen[any_ranker.any_top(any_features.any_of(any_shopper, any_end, any_request))] += 1
    print("most often", any_chosen.argsort()[-3:][::-1], any_chosen.max())


if __name__ == "__main__":
    any_main()
