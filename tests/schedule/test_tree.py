"""A job's processes are found and ended, whatever shape their tree has."""

from __future__ import annotations

import subprocess
import sys

DEEP = """
import os, sys, time
from ds_notebook.schedule.tree import descendants, kill_below

sys.setrecursionlimit(100)  # as a thousand deep with the usual limit, in a moment
ready, told = os.pipe()
if os.fork() == 0:
    for _ in range(199):
        if os.fork():
            os.wait()
            os._exit(0)
    os.write(told, b".")
    time.sleep(10)
    os._exit(0)
os.read(ready, 1)
print(len(descendants(os.getpid())))
kill_below(os.getpid())
"""


def test_processes_are_found_however_many_are_each_the_child_of_the_one_before():
    shown = subprocess.run([sys.executable, "-c", DEEP], capture_output=True, text=True)

    assert (shown.stdout, shown.stderr) == ("200\n", "")
