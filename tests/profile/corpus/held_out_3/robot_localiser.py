# code: thread-oversubscription
# kind: seeded
# gain: 1.5
# ruff: noqa
"""Tracks a robot on a map with a learned motion model and a bank of particles."""

import argparse
import math

import torch


def any_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--particles", type=int, default=vary(600))
    parser.add_argument("--steps", type=int, default=vary(500))
    # the value of the lab's workstation
    parser.add_argument("--threads", type=int, default=vary(20))
    return parser.parse_args()


class any_Motion(torch.nn.Module):
    """Predicts the next pose from the pose and the wheel speeds."""

    def __init__(self, width=96):
        super().__init__()
        self.layers = torch.nn.ModuleList(
            [torch.nn.Linear(5, width), torch.nn.Linear(width, width), torch.nn.Linear(width, width)]
        )
        self.out = torch.nn.Linear(width, 3)

    def forward(self, pose, wheels):
        hidden = torch.cat([pose, wheels], dim=1)
        for layer in self.layers:
            hidden = torch.tanh(layer(hidden))  # HERE
        return pose + 0.05 * self.out(hidden)


class any_Map:
    def __init__(self, beacons, generator):
        self.beacons = torch.rand(beacons, 2, generator=generator) * 10 - 5

    def ranges(self, pose):
        return torch.cdist(pose[:, :2], self.beacons)


class any_Filter:
    def __init__(self, count, motion, landmarks, generator):
        self.pose = torch.randn(count, 3, generator=generator)
        self.weight = torch.full((count,), 1 / count)
        self.motion = motion
        self.landmarks = landmarks
        self.generator = generator

    def advance(self, wheels):
        jitter = torch.randn(self.pose.shape, generator=self.generator) * 0.02
        self.pose = self.motion(self.pose, wheels.expand(len(self.pose), 2)) + jitter

    def observe(self, measured):
        error = (self.landmarks.ranges(self.pose) - measured).square().mean(dim=1)
        self.weight = torch.softmax(self.weight.log() - error / 0.5, dim=0)

    def resample(self):
        if 1 / self.weight.square().sum() < len(self.weight) / 2:
            chosen = torch.multinomial(self.weight, len(self.weight), True, generator=self.generator)
            self.pose = self.pose[chosen]
            self.weight = torch.full_like(self.weight, 1 / len(self.weight))

    def estimate(self):
        return (self.pose * self.weight[:, None]).sum(dim=0)


@torch.inference_mode()
def any_drive(bank, truth, motion, landmarks, steps):
    errors = torch.empty(steps)
    for step in range(steps):
        wheels = torch.tensor([[math.sin(step / 30), math.cos(step / 45)]])
        truth = motion(truth, wheels)
        bank.advance(wheels)
        bank.observe(landmarks.ranges(truth))
        bank.resample()
        errors[step] = (bank.estimate()[:2] - truth[0, :2]).norm()
    return errors


if __name__ == "__main__":
    options = any_options()
    torch.set_num_threads(options.threads)  # HERE
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(2)
    motion = any_Motion()
    landmarks = any_Map(40, generator)
    bank = any_Filter(options.particles, motion, landmarks, generator)
    errors = any_drive(bank, torch.zeros(1, 3), motion, landmarks, options.steps)
    print(f"error {errors[:50].mean():.3f} at first, {errors[-50:].mean():.3f} at last, worst {errors.max():.3f}")
