# code: tiny-batches
# kind: seeded
# also: import-time
# gain: 1.9
# ruff: noqa
"""Score sensor readings by how badly a small network rebuilds them and list the worst."""

import torch

torch.set_num_threads(1)


def any_readings(any_count):
    any_hidden = torch.randn(any_count, 5)
    return torch.tanh(any_hidden @ torch.randn(5, 32)) + 0.05 * torch.randn(any_count, 32)


def any_network():
    return torch.nn.Sequential(
        torch.nn.Linear(32, 48),
        torch.nn.LayerNorm(48),
        torch.nn.Tanh(),
        torch.nn.Linear(48, 5),
        torch.nn.Linear(5, 48),
        torch.nn.Tanh(),
        torch.nn.Linear(48, 32),
    ).eval()


class any_Scorer:
    def __init__(self, any_model, any_group):
        self.any_model = any_model
        self.any_group = any_group

    def any_errors(self, any_rows):
        any_found = []
        for any_part in any_rows.split(self.any_group):
            any_rebuilt = self.any_model(any_part)  # HERE
            any_found.append((any_rebuilt - any_part).square().mean(1))
        return torch.cat(any_found)


def main():
    torch.manual_seed(6)
    any_rows = any_readings(160000)
    with torch.inference_mode():
        any_errors = any_Scorer(any_network(), any_group=vary(8)).any_errors(any_rows)  # HERE
    # The readings are drawn from few causes, so their spectrum should fall off after five.
    any_spectrum = torch.linalg.svdvals(any_rows.double())
    print(
        "worst",
        [round(v, 3) for v in any_errors.topk(3).values.tolist()],
        "fall",
        round(float(any_spectrum[5] / any_spectrum[0]), 3),
    )


if __name__ == "__main__":
    main()
