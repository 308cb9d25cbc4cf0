"""From a line to jobs: notebooks, commands, sweeps, times and sizes; and what is wrong with a line, in a sentence."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from pathlib import Path

import numpy
import pytest

from ds_notebook.errors import UsageError
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.config import SubmitConfig
from ds_notebook.schedule.submitted import jobs_of, notebook_jobs, submit
from ds_notebook.schedule.typed import memory_bytes, moment
from tests.schedule.notebooks import write_notebook


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return write_notebook(tmp_path / "nightly.ipynb", "lr = depth = name = x = api_key = 1")


def test_a_notebook_with_options_is_one_job(notebook):
    (job,) = jobs_of(
        [str(notebook), "-p", "lr", "0.1", "--cpus", "2", "--priority", "5", "--retries", "2", "--memory", "2GB"]
    )

    assert (job.kind, job.name, job.parameters, job.cpus, job.priority, job.retries, job.memory_bytes, job.cwd) == (
        "notebook",
        "nightly",
        {"lr": 0.1},
        2.0,
        5,
        2,
        2_000_000_000,
        str(notebook.parent),
    )


def test_its_output_lies_in_a_folder_beside_it_named_by_the_job(notebook):
    (job,) = jobs_of([str(notebook)])

    assert job.output == str(notebook.parent / "ds_jobs" / f"nightly.{job.id}.ipynb")


def test_a_command_stands_behind_two_dashes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (job,) = jobs_of(["--cpus", "2", "--", sys.executable, "train.py", "--help", "--cpus", "3"])

    assert (job.kind, job.command[1:], job.cpus, job.cwd) == (
        "command",
        ["train.py", "--help", "--cpus", "3"],
        2.0,
        str(tmp_path),
    )


def test_a_latency_target_makes_it_a_service():
    (job,) = jobs_of(["--latency-target-ms", "150", "--", "sleep", "1"])

    assert (job.kind, job.latency_target_ms) == ("service", 150.0)


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (["lr = 1"], ""),
        (["lr: float = 1\nfor i in range(3): pass", "rate = 2"], ""),
        (["%time\nrate = 1"], ""),
        (["rate = 1", "lr = 2"], "nightly.ipynb has no parameter 'lr': the cell with the tag 'parameters' sets rate."),
        (["", "def f():\n    lr = 2"], "nightly.ipynb has no parameter 'lr': .* sets none."),
        ([None, "lr = 2"], "nightly.ipynb sets lr itself, after the parameter: give the cell .* the tag 'parameters'."),
        ([None, "print(lr)"], ""),
    ],
)
def test_a_parameter_that_would_change_nothing_is_refused(tmp_path, cells, sentence):
    path = write_notebook(tmp_path / "nightly.ipynb", *[cell or "" for cell in cells])
    if cells[0] is None:
        path.write_text(path.read_text().replace('"parameters"', '"other"'))

    with pytest.raises(UsageError, match=sentence) if sentence else nullcontext():
        jobs_of([str(path), "-p", "lr", "-0.1,-1e-3"])


def test_a_parameter_is_given_once(notebook):
    with pytest.raises(UsageError, match="A parameter is given twice"):
        jobs_of([str(notebook), "-p", "lr", "0.1", "-p", "lr", "0.2"])


def test_values_may_be_negative(notebook):
    jobs = jobs_of([str(notebook), "-p", "lr", "-0.1,-1e-3"])

    assert [job.parameters for job in jobs] == [{"lr": -0.1}, {"lr": -1e-3}]


def test_values_with_commas_between_are_a_job_for_each_combination(notebook):
    jobs = jobs_of([str(notebook), "-p", "lr", "0.1,0.01", "-p", "depth", "2,3", "-p", "name", "cnn"])

    assert [(job.name, job.parameters) for job in jobs] == [
        ("nightly lr=0.1 depth=2", {"lr": 0.1, "depth": 2, "name": "cnn"}),
        ("nightly lr=0.1 depth=3", {"lr": 0.1, "depth": 3, "name": "cnn"}),
        ("nightly lr=0.01 depth=2", {"lr": 0.01, "depth": 2, "name": "cnn"}),
        ("nightly lr=0.01 depth=3", {"lr": 0.01, "depth": 3, "name": "cnn"}),
    ]


def test_a_parameter_of_a_command_stands_in_it_in_braces():
    jobs = jobs_of(["-p", "lr", "0.1,0.01", "--", "echo", "--lr={lr}"])

    assert [job.command[1:] for job in jobs] == [["--lr=0.1"], ["--lr=0.01"]]


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("0.5", 0.5), ("true", True), ("None", None), ("a b", "a b"), ('"a,b"', "a,b"), ("1e-3", 0.001)],
)
def test_a_value_is_a_number_a_word_of_python_or_text(notebook, text, value):
    (job,) = jobs_of([str(notebook), "-p", "x", text])

    assert job.parameters == {"x": value}


def test_ids_differ_unless_one_is_given(notebook):
    ids = {jobs_of([str(notebook)])[0].id for _ in range(20)}

    assert (len(ids), jobs_of([str(notebook), "--id", "mine"])[0].id) == (20, "mine")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "Submit needs a notebook, or a command behind --"),
        ("gone.ipynb", "There is no notebook .*gone.ipynb. Check the path"),
        ("-- no-such-program", "There is no program 'no-such-program' to run"),
        ("-p x 1 -- sleep 1", r"Parameter x is not in the command: write it there as \{x\}"),
        ("--cpus 0 -- sleep 1", "cpus must be finite and above 0, got 0.0"),
        ("--memory much -- sleep 1", "memory 'much' is not a size. Write 500MB or 2GB"),
        ("--not-before soon -- sleep 1", "'soon' is no time. Write 2026-12-24T18:00, or from now: 30min, 2h"),
        ("--env A -- sleep 1", "env takes NAME=VALUE, got 'A'"),
        ("--env =x -- sleep 1", "env takes NAME=VALUE, got '=x'"),
        ("--not-before 1.2.3h -- sleep 1", "'1.2.3h' is no time"),
        ("-p x nan -- echo {x}", "Parameter x is nan: take text, a finite number, true, false or none"),
        ('-p x {"a":1} -- echo {x}', "Parameter x is {'a': 1}: take text"),
        ("--id ../x -- sleep 1", "'../x' cannot be a job's id"),
        ("--every often -- sleep 1", "every 'often' is no time as cron writes it"),
        ("--retires 2 -- sleep 1", "Option --retires is not known. Did you mean --retries?"),
    ],
)
def test_what_is_wrong_with_a_line_is_one_sentence(line, sentence):
    with pytest.raises(UsageError, match=sentence):
        jobs_of(line.split())


@pytest.mark.parametrize(
    ("text", "count"), [("500MB", 500_000_000), ("1.5 GB", 1_500_000_000), ("2GiB", 2 << 30), ("64k", 64_000)]
)
def test_sizes_are_read_as_people_write_them(text, count):
    assert memory_bytes(text) == count


def test_a_moment_is_from_now_or_by_the_calendar():
    now = time.mktime((2026, 12, 24, 17, 0, 0, 0, 0, -1))

    assert [moment("30min", now) - now, moment("2026-12-24T18:00", now) - now] == [1800, 3600]


def test_a_program_without_dashes_is_told_where_to_stand(tmp_path):
    (tmp_path / "report.py").write_text("print()")

    with pytest.raises(UsageError, match=r"report.py is not a notebook. A program stands behind --, as in: -- python"):
        jobs_of([str(tmp_path / "report.py")])


def test_an_array_is_a_sweep_of_plain_numbers(notebook):
    jobs = notebook_jobs(notebook, {"lr": numpy.logspace(-2, -1, 2)}, SubmitConfig())

    assert [(type(job.parameters["lr"]), job.parameters["lr"]) for job in jobs] == [(float, 0.01), (float, 0.1)]


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (5, "The target is of type int: give a notebook's path, or a list of words to run."),
        (["python", None], "A word of the command is None: take text, a path or a number."),
    ],
)
def test_a_target_that_is_neither_path_nor_words_is_refused(home, target, sentence):
    with pytest.raises(UsageError, match=sentence):
        submit(target)


def test_a_text_where_a_list_is_meant_is_a_list_of_one():
    assert SubmitConfig(after="job").after == ("job",)  # type: ignore[arg-type]  # not taken letter by letter


def test_an_output_with_a_parameter_in_its_name_is_one_for_each_job(notebook):
    jobs = jobs_of([str(notebook), "-p", "lr", "0.1,0.2", "--output", "out-{lr}.ipynb"])

    assert [Path(job.output).name for job in jobs] == ["out-0.1.ipynb", "out-0.2.ipynb"]


def test_jobs_that_would_write_one_output_are_refused(notebook):
    with pytest.raises(UsageError, match=r"2 jobs would write the same output: have \{lr\} in its name"):
        jobs_of([str(notebook), "-p", "lr", "0.1,0.2", "--output", "out.ipynb"])


def test_an_output_that_is_the_notebook_itself_is_refused(notebook):
    with pytest.raises(UsageError, match="is the notebook itself: name another file"):
        jobs_of([str(notebook), "--output", str(notebook.parent / ".." / notebook.parent.name / notebook.name)])


def test_a_secret_is_no_part_of_a_name(notebook):
    assert [job.name for job in jobs_of([str(notebook), "-p", "api_key", "abc,def"])] == ["nightly api_key=***"] * 2


def test_from_python_a_path_may_be_text_and_a_wrong_option_is_a_sentence(home, notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("DS_NOTEBOOK_JOB", str(tmp_path))  # from a job, which starts no scheduler
    (id,) = submit(notebook, output=str(tmp_path / "out.ipynb"), cwd=tmp_path, timeout_s=30)

    assert Schedule().job(id).output == str(tmp_path / "out.ipynb")
    for wrong, sentence in [({"cpus": "2"}, "Cpus '2' is not a number"), ({"cores": 2}, "Option cores is not known")]:
        with pytest.raises(UsageError, match=sentence):
            submit(notebook, **wrong)
