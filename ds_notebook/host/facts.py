"""What this machine has, asked once and kept: for a run's record, for `ds doctor`, for choices that rest on it."""

from __future__ import annotations

import functools
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any, Literal

import msgspec

from ds_notebook.host.gpus import Gpu, find_gpus
from ds_notebook.host.limits import ROOT, allowed_cores, memory, read

FrontEnd = Literal["kernel", "terminal", "plain"]

_CPU_FLAGS = ("avx2", "avx512_bf16", "amx_bf16", "bf16")  # the last is how ARM says it
_DEMO_HOSTS = {
    "BINDER_SERVICE_HOST": "binder",
    "BINDER_LAUNCH_HOST": "binder",
    "COLAB_RELEASE_TAG": "colab",
    "KAGGLE_KERNEL_RUN_TYPE": "kaggle",
}
_NETWORK_FILE_SYSTEMS = {
    *(
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "panfs",
        "smb3",
        "smbfs",
        "wekafs",
    ),
    *("fuse.ceph", "fuse.gcsfuse", "fuse.glusterfs", "fuse.juicefs", "fuse.s3fs", "fuse.sshfs"),
}


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The machine as this process sees it, limits of its container included."""

    hostname: str
    boot_id: str
    platform: str
    python: str
    cores: float
    """Cores the process may keep busy; a share of one where a quota says so."""
    threads: int
    """Compute threads worth starting: whole `cores`, at least 1."""
    memory_bytes: int | None
    memory_available_bytes: int | None
    """As it was when first asked; `memory_available_bytes()` asks again."""
    gpus: tuple[Gpu, ...] = ()
    cpu_flags: tuple[str, ...] | None = None
    """Which of avx2, avx512_bf16, amx_bf16 and ARM's bf16 the CPU has; None where the system does not say."""
    front_end: FrontEnd = "plain"
    demo_host: str | None = None
    """"binder", "colab" or "kaggle" where recognised: small, shared and gone after a while."""

    def asdict(self) -> dict[str, Any]:  # any JSON: goes into the record as it is
        """Plain dicts, lists, strings and numbers."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


DRAWN_BY_LAB = "DS_NOTEBOOK_DRAWN_BY_LAB"
"""Set by a Jupyter server with our extension for the kernels it starts: their pages draw runs from the record."""


@functools.cache
def facts() -> HostFacts:
    """The facts of this machine: about 20 ms the first time (longer with a GPU), then kept."""
    cores = allowed_cores()
    total_bytes, available_bytes = memory()
    return HostFacts(
        hostname=platform.node(),
        boot_id=boot_id(),
        platform=platform.platform(),
        python=platform.python_version(),
        cores=cores,
        threads=max(1, int(cores)),
        memory_bytes=total_bytes,
        memory_available_bytes=available_bytes,
        gpus=find_gpus(),
        cpu_flags=cpu_flags(),
        front_end=front_end(),
        demo_host=next((name for key, name in _DEMO_HOSTS.items() if key in os.environ), None),
    )


def boot_id(root: Path = ROOT) -> str:
    """Names this boot of the machine and, in a container, its space of process numbers.

    The same process number in two containers of one machine is two processes, so the
    container is part of the name: equal ids mean that a pid can be looked up.
    """
    boot = read(root / "proc/sys/kernel/random/boot_id").strip()
    if not boot:
        import psutil  # slow to import, and only needed off Linux

        return f"{platform.node()}-{round(psutil.boot_time())}"
    try:
        pid_space = os.readlink(root / "proc/self/ns/pid")
    except OSError:
        return boot
    return boot if pid_space == "pid:[4026531836]" else f"{boot}-{pid_space[5:-1]}"  # the number of the first space


def memory_available_bytes() -> int | None:
    """Bytes that can still be had now before the container or the machine runs out."""
    return memory().available_bytes


def front_end() -> FrontEnd:
    """Whether a notebook's kernel, an IPython terminal or plain Python runs this; IPython is not imported for it."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_ipython() if get_ipython else None
    if shell is None:
        return "plain"
    return "kernel" if hasattr(shell, "kernel") else "terminal"


def network_file_system(folder: Path, root: Path = ROOT) -> str | None:
    """Type of the network file system that `folder` lies on, such as "nfs4"; None for a local one or where unknown."""
    place = folder.absolute().resolve()
    best, kind = -1, ""
    for line in read(root / "proc/self/mounts").splitlines():
        fields = line.split(" ")
        mount = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[1]))  # a space is \040
        if place.is_relative_to(mount) and len(mount.parts) >= best:  # a later mount hides an earlier one
            best, kind = len(mount.parts), fields[2]
    return kind if kind in _NETWORK_FILE_SYSTEMS else None


def cpu_flags(root: Path = ROOT) -> tuple[str, ...] | None:
    """Those of the CPU's flags that decide which precision is fast; None where the system does not say."""
    try:
        with open(root / "proc/cpuinfo", errors="replace") as lines:
            line = next((line for line in lines if line.startswith(("flags", "Features"))), None)
    except OSError:
        return None
    if line is None:
        return None
    flags = set(line.partition(":")[2].split())
    return tuple(flag for flag in _CPU_FLAGS if flag in flags)
