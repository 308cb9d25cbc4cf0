"""The alarm that takes a busy main thread's samples: it rings while the thread is busy, and harms nothing."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import pytest

import ds_notebook as ds
from ds_notebook.profile import profile_of
from ds_notebook.profile.capture.alarm import Alarm
from tests.profile.test_sampler import work

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread takes all samples")


@contextmanager
def ringing(every_s: float = 0.01) -> Iterator[list[str]]:
    """The functions that an alarm rang in."""
    rang: list[str] = []
    alarm = Alarm(every_s, lambda frame: rang.append(frame.f_code.co_name))
    assert alarm.set()
    try:
        yield rang
    finally:
        alarm.clear()


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in range(signal.SIGRTMIN, signal.SIGRTMAX + 1)]


def test_it_rings_in_the_function_that_is_busy() -> None:
    with ringing() as rang:
        work(0.5)

    assert 10 < len(rang) <= 55 and set(rang) <= {"work"}


def test_a_call_that_waits_for_the_system_is_not_cut_short() -> None:
    c_library = ctypes.CDLL(None)
    with ringing() as rang:
        work(0.05)
        began_s = time.perf_counter()
        for _ in range(5):
            c_library.usleep(50_000)  # returns at once where a signal comes
        waited_s = time.perf_counter() - began_s

    assert waited_s >= 0.25 and rang


def test_afterwards_nobody_has_a_handler_and_nothing_rings() -> None:
    before = handlers()
    with ringing() as rang:
        work(0.05)
    heard = len(rang)
    work(0.05)

    assert handlers() == before and len(rang) == heard


def test_two_alarms_have_a_signal_each() -> None:
    with ringing() as first, ringing() as second:
        work(0.2)

    assert first and second


def test_another_thread_than_the_main_one_has_none() -> None:
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(Alarm(0.01, lambda frame: None).set()))
    thread.start()
    thread.join()

    assert answers == [False]


def test_more_often_than_the_system_looks_at_its_timers_it_does_not_ring() -> None:
    assert not Alarm(1e-4, lambda frame: None).set()


def test_an_event_loop_that_signals_wake_is_left_in_peace() -> None:
    async def waits() -> bool:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, print)
        return Alarm(0.01, lambda frame: None).set()

    assert not asyncio.run(waits())


def test_a_forked_child_hears_nothing() -> None:
    with ringing() as rang:
        child = os.fork()
        if child == 0:
            rang.clear()
            work(0.1)
            os._exit(len(rang))
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0


def test_a_busy_main_thread_is_seen_by_the_alarm_and_one_that_waits_by_the_thread(runs: Path) -> None:
    with ds.profiled() as run:
        began_s = time.perf_counter()
        work(0.5)
        worked_s = time.perf_counter() - began_s
        time.sleep(0.5)

    profile = profile_of(run.record)
    seconds = {"work(0.5)": 0.0, "time.sleep(0.5)": 0.0}
    for stack in profile.main():
        seconds[profile.line(stack.frames[0]).strip()] += stack.wall_s
    assert seconds == pytest.approx({"work(0.5)": worked_s, "time.sleep(0.5)": 0.5}, abs=0.1)


class Interrupt(BaseException):
    pass


def test_interrupts_at_any_instant_reach_the_users_code_and_leave_the_profile_whole(runs: Path) -> None:
    draw, interrupted = random.Random(0), 0

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with ds.profiled(rate_hz=200) as run:
            for _ in range(200):
                with suppress(Interrupt):
                    signal.setitimer(signal.ITIMER_REAL, draw.uniform(0.001, 0.01))
                    try:
                        work(0.02)
                    except Interrupt:
                        interrupted += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert interrupted > 190 and gc.isenabled()
    assert run.record.state == "finished" and profile_of(run.record).observed.remarks == []
    assert not [thread.name for thread in threading.enumerate() if thread.name == "ds-profile"]
