# code: disk-wait
# kind: seeded
# gain: 4.0
# ruff: noqa
"""A search over the settings of a ridge regression; a journal in a file keeps every trial safe."""

import json
import logging
import os
import tempfile
from pathlib import Path

import numpy as np


class any_Journal(logging.FileHandler):
    """A log file in which a line that was written stays written."""

    def flush(self):
        super().flush()
        if self.stream is not None:
            os.fsync(self.stream.fileno())  # HERE


class any_Search:
    def __init__(self, any_logger, any_rows, any_columns):
        any_rng = np.random.default_rng(19)
        any_data = any_rng.normal(size=(any_rows, any_columns))
        any_target = any_data @ any_rng.normal(size=any_columns) + any_rng.normal(0, 3, any_rows)
        any_half = any_rows // 2
        self.any_gram = any_data[:any_half].T @ any_data[:any_half]
        self.any_moment = any_data[:any_half].T @ any_target[:any_half]
        self.any_unseen = any_data[any_half:], any_target[any_half:]
        self.any_logger = any_logger
        self.any_rng = any_rng

    def any_proposed(self):
        return {"penalty": float(10 ** self.any_rng.uniform(-3, 4)), "shrink": float(self.any_rng.uniform(0.5, 1))}

    def any_loss(self, any_settings):
        any_tilted = self.any_gram + any_settings["penalty"] * np.eye(len(self.any_gram))
        any_weights = np.linalg.solve(any_tilted, self.any_moment) * any_settings["shrink"]
        any_data, any_target = self.any_unseen
        return float(np.square(any_data @ any_weights - any_target).mean())

    def any_trial(self, any_number):
        any_settings = self.any_proposed()
        self.any_logger.info(json.dumps({"trial": any_number, "event": "start"} | any_settings))  # HERE
        any_loss = self.any_loss(any_settings)
        self.any_logger.info(json.dumps({"trial": any_number, "event": "end", "loss": any_loss}))  # HERE
        return any_loss


def any_logger(any_path):
    any_made = logging.getLogger("journal")
    any_made.setLevel(logging.INFO)
    any_made.propagate = False
    any_handler = any_Journal(any_path)
    any_made.addHandler(any_handler)
    return any_made, any_handler


def any_main():
    with tempfile.TemporaryDirectory() as any_folder:
        any_made, any_handler = any_logger(Path(any_folder) / "journal.jsonl")
        any_search = any_Search(any_made, 1200, 60)
        any_losses = [any_search.any_trial(any_number) for any_number in range(vary(2500))]
        any_made.removeHandler(any_handler)
        any_handler.close()
        any_lines = len((Path(any_folder) / "journal.jsonl").read_text().splitlines())
    print(any_lines, "lines, best", int(np.argmin(any_losses)), round(min(any_losses), 4))


if __name__ == "__main__":
    any_main()
