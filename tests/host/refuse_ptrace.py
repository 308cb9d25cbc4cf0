"""Runs a command as a host would that refuses ptrace and process_vm_readv (seccomp, EPERM); x86-64 Linux only."""

from __future__ import annotations

import ctypes
import os
import struct
import sys

LOAD_NUMBER, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
PTRACE, PROCESS_VM_READV = 101, 310
ALLOW, REFUSE = 0x7FFF0000, 0x00050001
FILTER = (
    (LOAD_NUMBER, 0, 0, 0),
    (JUMP_IF_EQUAL, 2, 0, PTRACE),
    (JUMP_IF_EQUAL, 1, 0, PROCESS_VM_READV),
    (RETURN, 0, 0, ALLOW),
    (RETURN, 0, 0, REFUSE),
)
NO_NEW_PRIVILEGES, SET_SECCOMP, MODE_FILTER = 38, 22, 2

code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in FILTER))
program = ctypes.create_string_buffer(struct.pack("@HP", len(FILTER), ctypes.addressof(code)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
assert libc.prctl(SET_SECCOMP, MODE_FILTER, program, 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execv(sys.argv[1], sys.argv[1:])
