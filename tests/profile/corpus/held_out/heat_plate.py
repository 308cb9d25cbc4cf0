# code: serialization
# kind: seeded
# gain: 1.7
# ruff: noqa
# Heat flow on a plate, explicit scheme. State is kept in a file every few steps so a run can be picked up again.
import json
import os
import shutil
import tempfile

import numpy as np

any_dir = tempfile.mkdtemp()
any_file = os.path.join(any_dir, "plate.json")

n = 240
any_plate = np.zeros((n, n))
any_plate[60:90, 60:90] = 100.0
any_source = np.random.default_rng(1).random((n, n)) * 0.01


def any_advance(any_plate, any_steps):
    for _ in range(any_steps):
        any_core = any_plate[1:-1, 1:-1]
        any_around = any_plate[:-2, 1:-1] + any_plate[2:, 1:-1] + any_plate[1:-1, :-2] + any_plate[1:-1, 2:]
        any_next = any_plate.copy()
        any_next[1:-1, 1:-1] = any_core + 0.2 * (any_around - 4 * any_core) + any_source[1:-1, 1:-1]
        any_plate = any_next
    return any_plate


def any_keep(any_step, any_plate):
    with open(any_file + ".part", "w") as any_out:
        json.dump({"step": any_step, "plate": any_plate.tolist()}, any_out)  # HERE
    os.replace(any_file + ".part", any_file)


try:
    for any_round in range(vary(22)):
        any_plate = any_advance(any_plate, 180)
        any_keep(any_round, any_plate)
    with open(any_file) as any_in:
        any_back = json.load(any_in)
    print("step", any_back["step"], "mean", round(float(np.mean(any_back["plate"])), 4))
finally:
    shutil.rmtree(any_dir)
