"""Runs a command as a host would that lets no process read or stop another (seccomp, EPERM); x86-64 Linux only."""

from __future__ import annotations

import ctypes
import os
import struct
import sys

LOAD_NUMBER, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
REFUSED_CALLS = {
    "ptrace": 101,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "pidfd_open": 434,
    "pidfd_getfd": 438,
}
ALLOW, REFUSE = 0x7FFF0000, 0x00050001
NO_NEW_PRIVILEGES, SET_SECCOMP, MODE_FILTER, DROP_CAPABILITY = 38, 22, 2, 24
CAP_SYS_PTRACE = 19


def instructions() -> list[tuple[int, int, int, int]]:
    """A refused call jumps over the calls behind it, and over "allow"."""
    numbers = list(REFUSED_CALLS.values())
    checks = [(JUMP_IF_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    return [(LOAD_NUMBER, 0, 0, 0), *checks, (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]


def refuse() -> None:
    """From here on, for this process and all that it starts."""
    filter_ = b"".join(struct.pack("=HBBI", *each) for each in instructions())
    code = ctypes.create_string_buffer(filter_)
    program = ctypes.create_string_buffer(struct.pack("@HP", len(filter_) // 8, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(DROP_CAPABILITY, CAP_SYS_PTRACE, 0, 0, 0)  # only root has it to drop
    assert libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    assert libc.prctl(SET_SECCOMP, MODE_FILTER, program, 0, 0) == 0, os.strerror(ctypes.get_errno())


if __name__ == "__main__":
    refuse()
    os.execv(sys.argv[1], sys.argv[1:])
