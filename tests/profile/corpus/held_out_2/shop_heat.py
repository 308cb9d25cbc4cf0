# code: pandas-rows
# kind: decoy
# gain: 1.0
# ruff: noqa
"""Where people stand in a shop: positions from cameras are smoothed and counted, a short table at the end says it."""

import numpy as np
import pandas as pd


class any_Floor:
    """The floor of the shop as fields."""

    def __init__(self, any_width, any_depth, any_field):
        self.any_shape = int(any_depth / any_field), int(any_width / any_field)
        self.any_field = any_field

    def any_counted(self, any_frame):
        any_down = (any_frame["y"] / self.any_field).astype(int).clip(0, self.any_shape[0] - 1)
        any_right = (any_frame["x"] / self.any_field).astype(int).clip(0, self.any_shape[1] - 1)
        any_flat = np.bincount(any_down * self.any_shape[1] + any_right, minlength=np.prod(self.any_shape))
        return any_flat.reshape(self.any_shape)


def any_seen(any_people, any_steps):
    any_rng = np.random.default_rng(29)
    any_person = np.repeat(np.arange(any_people), any_steps)
    any_moves = any_rng.normal(0, 0.4, (any_people, any_steps, 2)).cumsum(axis=1)
    any_places = (any_rng.uniform(0, 30, (any_people, 1, 2)) + any_moves).reshape(-1, 2) % 30
    return pd.DataFrame(
        {
            "person": any_person,
            "second": np.tile(np.arange(any_steps), any_people),
            "x": any_places[:, 0],
            "y": any_places[:, 1],
            "camera": any_rng.integers(0, 8, len(any_person)),
        }
    )


def any_smoothed(any_frame):
    any_paths = any_frame.groupby("person")[["x", "y"]]
    any_mean = any_paths.rolling(5, min_periods=1).mean().reset_index(drop=True)
    return any_frame.assign(x=any_mean["x"], y=any_mean["y"])


def any_by_camera(any_frame):
    any_steps = np.hypot(any_frame["x"].diff(), any_frame["y"].diff())
    any_steps = any_steps.where(any_frame["second"] > 0, 0.0)
    any_table = any_frame.assign(step=any_steps).groupby(["camera", any_frame["second"] // 60])
    return any_table.agg(walked=("step", "sum"), people=("person", "nunique"), far=("step", "max")).reset_index()


def any_lines(any_table):
    for _, any_row in any_table.iterrows():  # HERE
        any_mark = "*" if any_row["walked"] > any_table["walked"].median() else " "
        yield f"{any_mark} camera {any_row['camera']:.0f} minute {any_row['second']:.0f}: {any_row['people']:.0f}"


def any_main():
    any_frame = any_smoothed(any_seen(vary(4500), 540))
    any_heat = any_Floor(30, 30, 1.5).any_counted(any_frame)
    print("fullest field", np.unravel_index(any_heat.argmax(), any_heat.shape), any_heat.max())
    any_text = list(any_lines(any_by_camera(any_frame)))
    print("\n".join(any_text[:4]), len(any_text))


if __name__ == "__main__":
    any_main()
