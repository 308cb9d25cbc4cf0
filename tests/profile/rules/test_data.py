"""Rules about batches and their loaders."""

from __future__ import annotations

import pytest

from ds_notebook.profile.folded import Frame
from ds_notebook.profile.observed import Loader
from ds_notebook.profile.rules import data_wait, loader_workers
from ds_notebook.profile.rules._seconds import imports
from tests.profile.rules.made import BACKWARD, FETCH, IMPORT, NEXT, ONE_PROCESS, START, at, library, profile, ran

TRAINING = """
class Scans(Dataset):
    def __getitem__(self, index):
        return decode(self.files[index])

loader = DataLoader(Scans(), batch_size=32, num_workers=16)
for epoch in range(20):
    for x, y in loader:
        loss = loss_fn(model(x), y)
        loss.backward()
"""
DECODES = at(3, "Scans.__getitem__")


def test_decoding_in_the_training_process_waits_for_data_at_the_line_that_decodes() -> None:
    seen = profile(
        TRAINING,
        ran(6.0, at(7), NEXT, ONE_PROCESS, FETCH, DECODES),
        ran(4.0, at(9), BACKWARD),
        loaders=[Loader(num_workers=0, batches=100, iterators=1)],
    )

    (found,) = data_wait.find(seen)

    assert (found.at, found.share, found.facts) == (DECODES, 0.6, {"num_workers": 2})
    # All work on both cores takes 5 s, which is longer than the 4 s of training and than half of the data.
    assert found.expected == pytest.approx(10 / (5 + 2 * 0.05))


def test_where_the_code_says_that_there_are_no_workers_that_is_what_is_wrong() -> None:
    seen = profile(
        TRAINING.replace("num_workers=16", "num_workers=0"),
        ran(6.0, at(7), NEXT, ONE_PROCESS, FETCH, DECODES),
        ran(4.0, at(9), BACKWARD),
        loaders=[Loader(num_workers=0, batches=100, iterators=1)],
    )

    assert ([found.at for found in loader_workers.find(seen)], list(data_wait.find(seen))) == ([at(5)], [])


def test_a_store_that_makes_samples_wait_gains_from_more_workers_than_cores() -> None:
    seen = profile(
        TRAINING,
        ran(8.0, at(7), NEXT, ONE_PROCESS, FETCH, DECODES, busy=0.01),
        ran(2.0, at(9), BACKWARD),
        loaders=[Loader(num_workers=0, batches=100, iterators=1)],
    )

    (found,) = data_wait.find(seen)

    assert found.facts == {"num_workers": 4}
    assert found.expected > 4


def test_a_generator_in_the_training_loop_is_a_wait_for_data_too() -> None:
    seen = profile(
        """
        def batches():
            for path in paths:
                yield decode(path)

        for x, y in batches():
            loss_fn(model(x), y).backward()
        """,
        ran(3.0, at(5), at(3, "batches")),
        ran(3.0, at(6), BACKWARD),
    )

    (found,) = data_wait.find(seen)

    assert found.at == at(3, "batches")


MADE_IN_THE_LOOP = """
def batch(step):
    return decode(files[step])
def learn(x, y):
    model(x, y).backward()
def fit():
    while step < 100:
        x, y = batch(step)
        learn(x, y)
        step += 1
"""


def test_a_batch_made_in_the_body_of_a_loop_is_waited_for_whatever_function_trains() -> None:
    loading = library("torch/utils/data/dataloader.py", "<module>")
    seen = profile(
        MADE_IN_THE_LOOP,
        ran(0.1, at(1), IMPORT, loading),
        ran(6.0, at(7, "fit"), at(2, "batch")),
        ran(4.0, at(8, "fit"), at(4, "learn"), BACKWARD),
    )

    assert [found.at for found in data_wait.find(seen)] == [at(2, "batch")]


def test_samples_that_torch_only_stacks_are_not_worth_a_worker() -> None:
    seen = profile(
        TRAINING,
        ran(3.0, at(7), NEXT, ONE_PROCESS, FETCH),
        ran(3.0, at(9), BACKWARD),
        loaders=[Loader(num_workers=0, batches=100, iterators=1)],
    )

    assert not list(data_wait.find(seen))


def test_a_loader_whose_workers_keep_up_does_not_wait() -> None:
    seen = profile(
        TRAINING,
        ran(0.05, at(7), NEXT),
        ran(6.0, at(9), BACKWARD),
        ran(6.0, FETCH, DECODES, lane="process 12 loader worker 0"),
        loaders=[Loader(num_workers=2, batches=100, iterators=1, persistent=True)],
    )

    assert not list(data_wait.find(seen))


def test_workers_started_anew_for_each_epoch_are_found_where_the_loader_is_made() -> None:
    seen = profile(
        TRAINING,
        ran(5.0, at(7), START),
        ran(1.0, at(7), NEXT),
        ran(2.0, at(9), BACKWARD),
        ran(0.5, FETCH, DECODES, lane="process 12 loader worker 0"),
        loaders=[Loader(num_workers=16, batches=100, iterators=20)],
    )

    (found,) = loader_workers.find(seen)

    assert (found.at, found.facts) == (at(5), {"num_workers": 2})
    assert found.expected == pytest.approx(8 / (2 + 5 * 2 / 16 / 20 + 0.25))


def test_a_loader_made_anew_for_each_epoch_starts_its_workers_as_often() -> None:
    seen = profile(
        TRAINING,
        ran(5.0, at(7), START),
        ran(3.0, at(7), NEXT),
        ran(2.0, at(9), BACKWARD),
        ran(2.0, FETCH, DECODES, lane="process 12 loader worker 0"),
        loaders=[Loader(num_workers=2, batches=5, iterators=1)] * 20,
    )

    assert [found.at for found in loader_workers.find(seen)] == [at(5)]


def test_two_workers_on_two_cores_that_are_kept_busy_are_well_chosen() -> None:
    seen = profile(
        TRAINING,
        ran(2.0, at(7), NEXT),
        ran(2.0, at(9), BACKWARD),
        ran(3.5, FETCH, DECODES, lane="process 12 loader worker 0"),
        ran(3.5, FETCH, DECODES, lane="process 13 loader worker 1"),
        loaders=[Loader(num_workers=2, batches=100, iterators=1, persistent=True)],
    )

    assert not list(loader_workers.find(seen))


def test_code_that_a_library_makes_while_it_is_imported_is_none_of_the_users() -> None:
    loading = library("torch/utils/data/dataloader.py", "<module>")
    made = Frame("__create_fn__", "<string>", 1)
    seen = profile(TRAINING, ran(6.0, at(1), IMPORT, loading, made))
    seen.sources["<string>"] = []

    assert not list(data_wait.find(seen))
    assert imports(seen, seen.stacks[0])


def test_a_number_of_workers_in_a_dict_of_options_is_named_where_it_stands() -> None:
    source = TRAINING.replace("num_workers=16", "**options").replace(
        "loader =", 'options = {"num_workers": 1}\nloader ='
    )
    seen = profile(
        source,
        ran(6.0, at(8), NEXT),
        ran(2.0, at(10), BACKWARD),
        ran(6.0, FETCH, DECODES, lane="process 12 loader worker 0"),
        loaders=[Loader(num_workers=1, batches=100, iterators=1, persistent=True)],
    )

    assert ([found.at for found in loader_workers.find(seen)], list(data_wait.find(seen))) == ([at(5)], [])
