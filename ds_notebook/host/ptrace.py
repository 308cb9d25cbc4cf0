"""Whether a profiler started by this process may stop it and read its memory."""

from __future__ import annotations

import functools
import sys

# Runs in a child, so a filter that kills the caller kills only the child. Nothing is stopped or read:
# the address 0 is refused with EFAULT after the permission was granted, and no process has the last pid.
_PROBE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
here, there = Piece(ctypes.addressof(ctypes.create_string_buffer(8)), 8), Piece(None, 8)
size, zero = ctypes.c_ulong(1), ctypes.c_ulong(0)
libc.process_vm_readv(os.getppid(), ctypes.byref(here), size, ctypes.byref(there), size, zero)
may_read = ctypes.get_errno() == 14  # EFAULT
PTRACE_SEIZE, ESRCH = ctypes.c_long(0x4206), 3
libc.ptrace(PTRACE_SEIZE, ctypes.c_long(0x7FFFFFFF), None, None)
may_stop = ctypes.get_errno() == ESRCH
print("yes" if may_read and may_stop else "no")
"""


@functools.cache
def can_ptrace() -> bool:
    """Whether a child may stop and read this process, as a sampling profiler beside it does.

    Refused by seccomp filters, by Yama's ptrace_scope and by missing capabilities; tried
    once in a child process (about 30 ms), the answer is kept. False where there is no Linux.
    """
    if sys.platform != "linux" or not sys.executable:
        return False
    import subprocess  # slow to import, and only `ds doctor` and the profiler ask

    try:
        # -I and -S: nothing of the user's is imported into the child
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _PROBE],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.stdout.strip() == b"yes"
