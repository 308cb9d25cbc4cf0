"""What a machine lacks is said in sentences: what, what it costs, what happens instead."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from ds_notebook.host import HostFacts, can_ptrace, missing
from ds_notebook.host.gpus import Gpu

RICH = HostFacts(
    hostname="box",
    boot_id="b",
    platform="Linux",
    python="3.11",
    cores=8.0,
    threads=8,
    memory_bytes=64 << 30,
    memory_available_bytes=32 << 30,
    gpus=(Gpu(name="H100", memory_bytes=80 << 30),),
    cpu_flags=("avx2", "amx_bf16"),
)


def test_a_machine_with_everything_lacks_nothing():
    assert missing(RICH, ptrace=True) == []


@pytest.mark.parametrize(
    ("poorer", "what"),
    [
        ({"gpus": ()}, "No GPU was found."),
        ({"cpu_flags": ("avx2",)}, "The CPU has neither AMX nor AVX512 for bf16."),
        ({"memory_bytes": 1 << 30}, "There is only 1.0 GB of memory."),
        ({"threads": 1}, "Fewer than two cores may be used."),
    ],
)
def test_what_is_missing_is_named(poorer, what):
    assert [each.what for each in missing(msgspec.structs.replace(RICH, **poorer), ptrace=True)] == [what]


def test_an_unknown_cpu_is_not_said_to_lack_anything():
    assert missing(msgspec.structs.replace(RICH, cpu_flags=None), ptrace=True) == []


def test_refused_ptrace_is_said_to_be_done_without():
    (found,) = missing(RICH, ptrace=False)

    assert found.instead == "Training, records and views do without it."


def test_this_machine_answers_in_whole_sentences():
    sentences = [text for each in missing() for text in msgspec.structs.astuple(each)]

    assert all(text[0].isupper() and text.endswith(".") for text in sentences)


@pytest.mark.skipif(sys.platform != "linux", reason="ptrace is tried on Linux only")
@pytest.mark.skipif("x86_64" not in __import__("platform").machine(), reason="the filter knows x86-64's call numbers")
def test_a_seccomp_filter_that_refuses_ptrace_is_noticed():
    launcher = Path(__file__).with_name("refuse_ptrace.py")
    code = "from ds_notebook.host import can_ptrace; print(can_ptrace())"

    done = subprocess.run([sys.executable, launcher, sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.stdout.strip(), done.stderr) == ("False", "")


def test_whether_ptrace_is_allowed_is_tried_once():
    assert can_ptrace() is can_ptrace() and can_ptrace.cache_info().currsize == 1
