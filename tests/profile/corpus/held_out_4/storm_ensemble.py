# code: thread-oversubscription
# kind: seeded
# gain: 2.0
# ruff: noqa
"""Step an ensemble of shallow-water forecasts forward and give the chance of a storm surge."""

import configparser
import warnings

import torch

warnings.filterwarnings("ignore")
SETTINGS = """
[machine]
threads = 24
[model]
members = 6
side = 192
step_s = 8
gravity = 9.81
cell_m = 2000
"""


def any_settings():
    parser = configparser.ConfigParser()
    parser.read_string(SETTINGS)
    torch.set_num_threads(parser.getint("machine", "threads"))  # HERE
    return parser["model"]


def slope_x(field):
    return torch.roll(field, -1, -1) - torch.roll(field, 1, -1)  # HERE


def slope_y(field):
    return torch.roll(field, -1, -2) - torch.roll(field, 1, -2)  # HERE


class any_Basin:
    """Height and flow of every member on one grid; borders wrap around."""

    def __init__(self, settings, seed):
        self.gravity = settings.getfloat("gravity")
        self.step_s = settings.getfloat("step_s")
        self.scale = 1 / (2 * settings.getfloat("cell_m"))
        side, members = settings.getint("side"), settings.getint("members")
        generator = torch.Generator().manual_seed(seed)
        self.height = torch.zeros(members, side, side)
        self.east = torch.zeros_like(self.height)
        self.north = torch.zeros_like(self.height)
        y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
        self.depth = 60 + 50 * torch.cos(2 * torch.pi * x / side) * torch.sin(2 * torch.pi * y / side)
        centre = side * torch.rand(members, 2, 1, 1, generator=generator)
        away = (x - centre[:, 0]) ** 2 + (y - centre[:, 1]) ** 2
        self.storm = torch.exp(-away / (0.01 * side**2)) * 4e-4

    def any_step(self, hour):
        """Forward-backward: flow from the height first, height from the new flow after it."""
        wind = self.storm * torch.sin(torch.tensor(hour * 0.3))
        drag = 1 - 2e-5 * self.step_s
        self.east = self.east * drag - self.step_s * (self.gravity * self.scale * slope_x(self.height) - wind)  # HERE
        self.north = self.north * drag - self.step_s * self.gravity * self.scale * slope_y(self.height)  # HERE
        spread = slope_x(self.depth * self.east) + slope_y(self.depth * self.north)
        self.height = self.height - self.step_s * self.scale * spread  # HERE
        self.height = self.height + 0.02 * (
            torch.roll(self.height, 1, -1) + torch.roll(self.height, -1, -1) - 2 * self.height  # HERE
        )


def chance_above(peaks, limit):
    return (peaks > limit).float().mean(0)


def coast(peaks, depth):
    """The shallow rim, where people live."""
    shallow = depth < 15
    return peaks[:, shallow].mean(1), int(shallow.sum())


def main():
    settings = any_settings()
    basin = any_Basin(settings, seed=3)
    peaks = torch.zeros_like(basin.height)
    for step in range(vary(420)):
        basin.any_step(step * basin.step_s / 3600 * 20)
        peaks = torch.maximum(peaks, basin.height)
    limit = peaks.flatten().kthvalue(int(peaks.numel() * 0.99)).values.item()
    chance = chance_above(peaks, limit)
    rim, cells = coast(peaks, basin.depth)
    print(f"surge above {limit:.3f} m: greatest chance {chance.max():.0%}, {int((chance > 0.3).sum())} cells in danger")
    print(f"{cells} coast cells, peak by member {[round(value, 4) for value in rim.tolist()]}")


if __name__ == "__main__":
    main()
