"""What a machine says of itself."""

from __future__ import annotations

import json
import subprocess
import sys
import types
from pathlib import Path

import pytest

from ds_notebook.host import boot_id, facts, front_end, network_file_system
from ds_notebook.host.facts import cpu_flags
from ds_notebook.host.gpus import Gpu, parse_smi

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

SMI = "GPU-aa11, NVIDIA H100, 81559\nGPU-bb22, NVIDIA A100, 40960\n"


def test_facts_can_be_written_as_json():
    assert json.loads(json.dumps(facts().asdict()))["threads"] == facts().threads


def test_facts_are_asked_once():
    assert facts() is facts()


def test_there_is_always_one_thread_to_compute_with():
    assert 1 <= facts().threads <= max(1.0, facts().cores)


def test_importing_host_loads_nothing_heavy():
    heavy = ["psutil", "torch", "IPython", "numpy", "subprocess"]
    code = f"import sys, ds_notebook.host; print([name for name in {heavy} if name in sys.modules])"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert shown.strip() == "[]"


@pytest.mark.parametrize(("space", "expected"), [("4026531836", "abc"), ("4026532198", "abc-4026532198")])
def test_boot_id_tells_containers_of_one_machine_apart(tmp_path, space, expected):
    (tmp_path / "proc/sys/kernel/random").mkdir(parents=True)
    (tmp_path / "proc/sys/kernel/random/boot_id").write_text("abc\n")
    (tmp_path / "proc/self/ns").mkdir(parents=True)
    (tmp_path / "proc/self/ns/pid").symlink_to(f"pid:[{space}]")

    assert boot_id(tmp_path) == expected


def test_cpu_flags_are_those_that_decide_the_precision(tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("model name\t: x\nflags\t\t: fpu avx2 amx_bf16 amx_tile\n")

    assert cpu_flags(tmp_path) == ("avx2", "amx_bf16")


def test_cpu_flags_are_unknown_where_the_system_does_not_say(tmp_path):
    assert cpu_flags(tmp_path) is None


@pytest.mark.parametrize(
    ("folder", "expected"),
    [("/home/me/runs", "nfs4"), ("/home/me/fast/runs", None), ("/mnt/big disk/x", "cifs"), ("/tmp", None)],
)
def test_the_innermost_mount_says_whether_a_folder_is_on_the_network(tmp_path, folder, expected):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mounts").write_text(
        "/dev/a / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n"
        "/dev/b /home/me/fast ext4 rw 0 0\n//nas/big /mnt/big\\040disk cifs rw 0 0\n"
    )

    assert network_file_system(Path(folder), tmp_path) == expected


def test_without_ipython_the_front_end_is_plain(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)

    assert front_end() == "plain"


@pytest.mark.parametrize(("shell", "expected"), [({"kernel": 1}, "kernel"), ({}, "terminal")])
def test_a_shell_with_a_kernel_is_a_notebook(monkeypatch, shell, expected):
    fake = types.SimpleNamespace(get_ipython=lambda: types.SimpleNamespace(**shell))
    monkeypatch.setitem(sys.modules, "IPython", fake)

    assert front_end() == expected


H100, A100 = Gpu(name="NVIDIA H100", memory_bytes=81559 << 20), Gpu(name="NVIDIA A100", memory_bytes=40960 << 20)


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, (H100, A100)),
        ("", ()),
        ("-1", ()),
        ("1", (A100,)),
        ("1,0", (A100, H100)),
        ("GPU-bb", (A100,)),
        ("0,7,1", (H100,)),
    ],
)
def test_gpus_are_those_that_cuda_visible_devices_leaves(visible, expected):
    assert parse_smi(SMI, visible) == expected


@pytest.mark.parametrize("text", ["", "No devices were found\n", "NVIDIA-SMI has failed, because\n"])
def test_a_broken_driver_means_no_gpu(text):
    assert parse_smi(text, None) == ()
