"""A run in several processes: each writes a file of its own, and only the producer speaks for the run."""

from __future__ import annotations

import multiprocessing
import os
import pickle

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

import ds_notebook as ds
from ds_notebook.record import Run
from ds_notebook.record.events import Note, RunEnded, Span
from ds_notebook.record.files import event_files, read_from
from tests.record.python import run_python, speak


class Noisy(Dataset[torch.Tensor]):
    """Writes to the run from whichever process loads its items."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> torch.Tensor:
        with self.run.span("load", lane=f"worker {os.getpid() != PARENT}"):
            self.run.log(item=index)
        return torch.tensor(float(index))


PARENT = os.getpid()


def writers(run: Run) -> dict[int, list[object]]:
    """Events by the process that wrote them."""
    return {int(path.name.split("-")[1]): list(read_from(path, 0)[0]) for path in event_files(run.path)}


def test_forked_loader_workers_write_files_of_their_own(runs):
    with ds.start_run() as run:
        loader = DataLoader(Noisy(run), batch_size=2, num_workers=2, multiprocessing_context="fork")
        for batch in run.steps(loader):
            run.log(loss=batch.mean())

    by_process = writers(run)
    spans = {pid: [event.lane for event in events if isinstance(event, Span)] for pid, events in by_process.items()}
    assert sorted(map(tuple, spans.values())) == [(), ("worker True",) * 4, ("worker True",) * 4]
    assert spans[os.getpid()] == []
    assert run.record.columns()["loss"][2] == [0.5, 2.5, 4.5, 6.5]
    assert sorted(run.record.columns()["item"][2]) == list(range(8))


def test_a_forked_child_leaves_the_parents_file_and_lock_alone(runs):
    code = """
        import os, sys
        import ds_notebook as ds
        run = ds.start_run()
        run.log(loss=1)
        run.log(loss=2)  # waits to be written: the parent's, not the child's
        if os.fork() == 0:
            run.note("child")
            run.end("failed", "not the child's to say")
            sys.exit(3)
        os.wait()
        print(run.record.state, flush=True)
        run.end()
    """
    shown = run_python(code, runs)

    (record,) = ds.runs()
    assert (shown.strip(), record.state) == ("running", "finished")
    assert record.columns()["loss"][2] == [1.0, 2.0]
    assert [type(event) for path in event_files(record.path) for event in read_from(path, 0)[0]].count(RunEnded) == 1


def test_a_fork_while_another_thread_writes_does_not_hang_the_child(runs):
    code = """
        import os, threading
        import ds_notebook as ds
        run = ds.start_run()
        over = threading.Event()
        def write():
            while not over.is_set():
                run.note("x" * 1000)
        writing = threading.Thread(target=write)
        writing.start()
        for _ in range(30):
            if os.fork() == 0:
                run.note("child")
                os._exit(0)
            os.wait()
        over.set()
        writing.join()
        run.end()
    """
    run_python(code, runs)

    (record,) = ds.runs()
    assert [note.text for note in record.notes].count("child") == 30
    assert record.state == "finished"


def test_a_run_sent_to_a_spawned_process_is_an_additional_writer(runs):
    with ds.start_run() as run:
        process = multiprocessing.get_context("spawn").Process(target=speak, args=(run,))
        process.start()
        process.join()
        process.close()
        state = run.record.state

    assert (state, run.record.state) == ("running", "finished")
    assert [note.text for note in run.record.notes] == ["from a spawned process"]
    assert run.record.columns()["loss"][2] == [1.0]


def test_an_additional_writer_ends_nothing_and_gives_its_file_back(runs):
    with ds.start_run() as run:
        before = os.listdir("/proc/self/fd")
        with pickle.loads(pickle.dumps(run)) as other:
            other.emit(Note(level="info", text="hello"))
        assert os.listdir("/proc/self/fd") == before

    assert run.record.state == "finished" and run.record.notes[0].text == "hello"


def test_an_additional_writer_of_a_deleted_run_raises_nothing(runs):
    pickled = pickle.dumps(Run(runs / "gone", None))

    with pytest.warns(UserWarning, match="No such file"):
        pickle.loads(pickled).note("hello")
