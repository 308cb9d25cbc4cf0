"""Rules about threads, memory and disks."""

from __future__ import annotations

import pytest

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.observed import Gc, Model, Process, Statement
from ds_notebook.profile.rules import (
    disk_wait,
    gc_pauses,
    gil_contention,
    memory_growth,
    pandas_rows,
    thread_oversubscription,
)
from tests.profile.rules.made import BACKWARD, at, library, profile, ran

WAIT = library("threading.py", "Condition.wait")
POOL = """
def count(text):
    for word in text.split():
        table[word] += 1

with ThreadPoolExecutor(2) as pool:
    results = list(pool.map(count, texts))
"""


def test_threads_that_take_turns_in_python_are_found() -> None:
    seen = profile(
        POOL,
        ran(4.0, at(6), WAIT, busy=0.0),
        ran(4.0, at(3, "count"), busy=0.5, lane="thread pool_0"),
        ran(4.0, at(3, "count"), busy=0.5, lane="thread pool_1"),
    )

    (found,) = gil_contention.find(seen)

    assert (found.at, found.seen_at, found.share) == (at(5), at(3, "count"), 1.0)
    assert round(found.expected, 1) == 1.8


def test_threads_that_compute_outside_of_the_lock_use_both_cores() -> None:
    seen = profile(
        POOL,
        ran(4.0, at(6), WAIT, busy=0.0),
        ran(4.0, at(3, "count"), busy=0.95, lane="thread pool_0"),
        ran(4.0, at(3, "count"), busy=0.95, lane="thread pool_1"),
    )

    assert not list(gil_contention.find(seen))


def test_threads_whose_cores_others_took_do_not_wait_for_the_lock() -> None:
    packing = [ran(4.0, at(3, "count"), busy=0.4, lane=f"thread pool_{i}") for i in range(2)]
    stacks = [ran(4.0, at(6), WAIT, busy=0.01), *packing]
    compresses = POOL.replace("table[word] += 1", "zlib.compress(word)") + "import zlib"

    assert list(gil_contention.find(profile(POOL, *stacks, run_delay_s=2.0)))
    assert not list(gil_contention.find(profile(compresses, *stacks, run_delay_s=2.0)))


def test_threads_that_wait_for_a_network_are_what_threads_are_for() -> None:
    seen = profile(
        POOL,
        ran(4.0, at(6), WAIT, busy=0.0),
        ran(4.0, at(3, "count"), busy=0.01, lane="thread pool_0"),
        ran(4.0, at(3, "count"), busy=0.01, lane="thread pool_1"),
    )

    assert not list(gil_contention.find(seen))


def test_threads_whose_library_keeps_more_cores_busy_do_not_wait_for_the_lock() -> None:
    seen = profile(
        POOL,
        ran(4.0, at(6), WAIT, busy=0.0),
        ran(4.0, at(3, "count"), busy=0.4, lane="thread pool_0"),
        ran(4.0, at(3, "count"), busy=0.4, lane="thread pool_1"),
        cpu_s=7.0,
    )

    assert not list(gil_contention.find(seen))


THREADS = "torch.set_num_threads(16)\nfor _ in range(100):\n    x = torch.tanh(x)"


def test_more_threads_than_cores_are_found_where_they_were_asked_for() -> None:
    seen = profile(THREADS, ran(4.0, at(3)), torch_threads=16, cpu_s=6.0, run_delay_s=20.0)

    (found,) = thread_oversubscription.find(seen)

    assert (found.at, found.facts) == (at(1), {"threads": 16, "cores": 2.0})


def test_as_many_threads_as_cores_may_wait_for_others_on_the_machine() -> None:
    seen = profile(THREADS, ran(4.0, at(3)), torch_threads=2, busy_threads=5, cpu_s=2.0, run_delay_s=20.0)

    assert not list(thread_oversubscription.find(seen))


JOURNAL = """
for row in rows:
    file.write(row)
    os.fsync(file.fileno())
table = open("table.csv").read()
time.sleep(5)
"""


def test_a_flush_to_the_disk_for_each_row_is_found() -> None:
    (found,) = disk_wait.find(profile(JOURNAL, ran(3.0, at(3), busy=0.1, disk_s=2.5), ran(1.0, at(2))))

    assert (found.at, found.share) == (at(3), 0.75)


def test_a_file_that_is_in_memory_is_not_waited_for() -> None:
    assert not list(disk_wait.find(profile(JOURNAL, ran(3.0, at(4), busy=0.98))))


def test_a_flush_in_a_method_that_a_loop_of_its_caller_calls_is_one_for_each_row() -> None:
    source = """
    def put(row):
        os.fsync(file)
    for row in rows:
        put(row)
    """

    (found,) = disk_wait.find(profile(source, ran(3.0, at(4), at(2, "put"), busy=0.1)))

    assert (found.at, found.expected > 10) == (at(2, "put"), True)


def test_each_insert_that_sqlite_writes_by_itself_waits_for_the_disk() -> None:
    insert = Statement(shape="INSERT INTO t VALUES (?)", site=str(at(2)), count=900, seconds=0.0, driver="sqlite3")
    source = "for row in rows:\n    db.execute('INSERT INTO t VALUES (?)', row)"

    (found,) = disk_wait.find(profile(source, ran(3.0, at(2), busy=0.2), statements=[insert]))
    in_a_transaction = profile(source, ran(3.0, at(2), busy=1.0), statements=[insert])

    assert (found.at, list(disk_wait.find(in_a_transaction))) == (at(2), [])


def test_what_comes_by_a_socket_is_no_file() -> None:
    socket = Frame("SocketIO.readinto", "/usr/lib/python3.11/socket.py", 706)
    source = "for mast in masts:\n    answers.append(stream.readline())"

    assert not list(disk_wait.find(profile(source, ran(3.0, at(2), socket, busy=0.05))))


def test_a_thread_that_waits_for_another_program_opens_its_file_in_no_time() -> None:
    source = "def tool(path):\n    out = open(path)\n    run(command, stdout=out)\nlist(pool.map(tool, paths))"
    child = library("subprocess.py", "Popen._wait")
    seen = profile(
        source,
        ran(4.0, at(4), WAIT, busy=0.0),
        ran(0.05, at(2, "tool"), busy=0.1, lane="thread pool_0"),
        ran(3.95, at(3, "tool"), child, busy=0.0, lane="thread pool_0"),
    )

    assert not list(disk_wait.find(seen))


def test_sleep_is_no_disk() -> None:
    assert not list(disk_wait.find(profile(JOURNAL, ran(3.0, at(5), busy=0.0))))


def test_a_write_that_had_to_wait_for_a_core_did_not_wait_for_the_disk() -> None:
    crowded = profile(JOURNAL, ran(3.0, at(2), busy=0.25), cpu_s=0.75, run_delay_s=2.25)

    assert not list(disk_wait.find(crowded))


GROW = "for line in lines:\n    nodes.append(parse(line))\nprint(len(nodes))\nnodes.sort()"


def test_a_read_beside_a_thread_that_computes_waits_for_pythons_lock() -> None:
    text = "for path in paths:\n    data = path.read_bytes()"
    read = ran(2.0, at(2), busy=0.1)

    assert list(disk_wait.find(profile(text, read)))
    assert not list(disk_wait.find(profile(text, read, ran(2.0, at(1, "shows"), lane="thread display"))))


def test_pauses_are_found_at_the_line_that_they_hit() -> None:
    pauses = Gc(collections=500, seconds=2.0, by_line={str(at(2)): 1.9, str(at(3)): 0.1})

    (found,) = gc_pauses.find(profile(GROW, ran(4.0, at(2)), gc=pauses))

    assert (found.at, found.share) == (at(2), 0.5)


def test_a_tenth_of_the_time_is_no_reason_to_change_a_setting() -> None:
    assert not list(gc_pauses.find(profile(GROW, ran(4.0, at(2)), gc=Gc(collections=500, seconds=0.4))))


def test_one_long_pause_is_none_that_comes_again_and_again() -> None:
    assert not list(gc_pauses.find(profile(GROW, ran(4.0, at(2)), gc=Gc(collections=90, seconds=1.0, longest_s=0.9))))


KEEP = """
history = []
for x, y in loader:
    loss = loss_fn(model(x), y)
    loss.backward()
    history.append(loss)
print(sum(history))
"""
RISING = [(float(s), 10**9 + s * 10**8) for s in range(8)]


def test_losses_that_keep_their_graphs_are_found_where_they_are_kept() -> None:
    (found,) = memory_growth.find(profile(KEEP, ran(7.0, at(3)), memory=RISING))

    assert (found.at, found.costs_memory, found.fix) == (at(5), True, "history.append(loss.item())")


@pytest.mark.parametrize(("call", "found"), [("model(cells)", 1), ("model(cells).detach()", 0)])
def test_what_a_model_gives_is_kept_with_all_that_it_was_computed_from(call: str, found: int) -> None:
    source = f"maps = []\nfor draw in range(60):\n    maps.append({call})\nmean = torch.stack(maps).mean(0)"
    model = Model(name="SoilNet", num_parameters=6000, calls=60, trained_calls=60)
    types = {str(at(3)): {"model": "SoilNet", "cells": "Tensor[float32] 16000x12"}}

    seen = profile(source, ran(7.0, at(3)), memory=RISING, models=[model], types=types)

    assert len(list(memory_growth.find(seen))) == found


def test_memory_that_rises_and_stays_is_no_leak() -> None:
    settled = [(float(s), 10**9 + min(s, 2) * 10**8) for s in range(8)]

    assert not list(memory_growth.find(profile(KEEP, ran(7.0, at(3)), memory=settled)))


def test_results_that_are_used_later_are_no_leak() -> None:
    used = profile(
        "rows = []\nfor x in xs:\n    rows.append(f(x))\ntable = np.stack(rows)", ran(7.0, at(3)), memory=RISING
    )

    assert not list(memory_growth.find(used))


def test_a_cache_that_nobody_empties_is_found() -> None:
    seen = profile(
        """
        cache = {}
        def load(key):
            if key not in cache:
                cache[key] = read(key)
            return cache[key]
        for key in keys:
            load(key)
        """,
        ran(7.0, at(7), at(4, "load")),
        memory=RISING,
    )

    (found,) = memory_growth.find(seen)

    assert found.at == at(4, "load")


def test_what_another_method_looks_up_is_used_by_whichever_name_it_was_put_in() -> None:
    seen = profile(
        """
        class Index:
            def __init__(self):
                self.first = {}
            def add(self, text):
                first = self.first
                for word in text:
                    first.setdefault(word, text)
            def source(self, word):
                return self.first[word]
        for text in texts:
            index.add(text)
        """,
        ran(7.0, at(11), at(7, "Index.add")),
        memory=RISING,
    )

    assert not list(memory_growth.find(seen))


def test_what_is_looked_up_for_another_thing_is_used() -> None:
    seen = profile(
        """
        spans = {}
        def add(name, parent):
            above = spans.get(parent)
            spans[name] = Span(above)
        for name, parent in stream:
            add(name, parent)
        """,
        ran(7.0, at(6), at(4, "add")),
        memory=RISING,
    )

    assert not list(memory_growth.find(seen))


LIST_OF_A_CLASS = """
class Log:
    seen = []
    def add(self, x):
        Log.seen.append(x)
for x in xs:
    log.add(x)
"""
SUM_OF_LOSSES = """
total = 0
for x in xs:
    loss = f(x)
    loss.backward()
    total = total + loss
"""
CACHE_WITHOUT_LIMIT = """
@functools.cache
def load(key):
    return read(key)
for x in xs:
    load(x)
"""
CALLED_BY_A_LIBRARY = """
class Keep(Handler):
    def __init__(self):
        self.all = []
    def emit(self, x):
        self.all.append(x)
"""


@pytest.mark.parametrize(
    ("source", "line"),
    [(LIST_OF_A_CLASS, 4), (SUM_OF_LOSSES, 5), (CACHE_WITHOUT_LIMIT, 2), (CALLED_BY_A_LIBRARY, 5)],
)
def test_what_is_kept_out_of_sight_is_found(source: str, line: int) -> None:
    stacks = [ran(7.0, at(5), at(3, "load"))]

    assert [found.at.line for found in memory_growth.find(profile(source, *stacks, memory=RISING))] == [line]


def test_what_a_program_lets_go_of_at_its_end_had_grown_all_the_same() -> None:
    assert list(memory_growth.find(profile(KEEP, ran(7.0, at(3)), memory=[*RISING, (8.0, 10**8)])))


GATHERED = """
class Window:
    def push(self, block):
        self.samples = np.concatenate([self.samples, block]){cut}
for block in stream:
    window.push(block)
"""


def test_what_is_copied_to_add_a_little_is_found_where_it_costs_time() -> None:
    line = at(3, "Window.push")
    (found,) = memory_growth.find(profile(GATHERED.format(cut=""), ran(3.0, at(5), line), ran(1.0, at(4))))

    assert (found.at, found.share) == (line, 0.75)


def test_what_is_cut_to_a_length_does_not_grow() -> None:
    source = GATHERED.format(cut="\n        self.samples = self.samples[-100:]")

    assert not list(memory_growth.find(profile(source, ran(3.0, at(6), at(3, "Window.push")))))


def test_two_arrays_that_are_joined_once_are_no_growth() -> None:
    source = "table = np.concatenate([table, more])"

    assert not list(memory_growth.find(profile(source, ran(3.0, at(1)))))


TABLE = """
for path in paths:
    table = pd.concat([table, read(path)])
"""


def test_a_table_that_grows_is_a_matter_of_rows() -> None:
    seen = profile(TABLE, ran(3.0, at(2)), ran(1.0, at(1)))

    assert ([each.at for each in pandas_rows.find(seen)], list(memory_growth.find(seen))) == ([at(2)], [])


RUNNING_MEAN = """
class Watch:
    def look(self, field):
        self.states.append(field)
        return np.mean(self.states, axis=0)
    def __init__(self):
        self.states = []
while step():
    watch.look(field)
"""


def test_a_mean_over_all_that_was_gathered_at_each_step_costs_more_each_time() -> None:
    line = at(4, "Watch.look")

    (found,) = memory_growth.find(profile(RUNNING_MEAN, ran(3.0, at(8), line), ran(1.0, at(7))))

    assert (found.at, found.expected > 3) == (line, True)


def test_a_list_that_a_dataclass_begins_with_is_one() -> None:
    source = """
    @dataclass
    class Watch:
        kept: list = field(default_factory=list)
        def background(self, frame):
            self.kept.append(frame)
            return np.stack(self.kept)[-12:].mean(axis=0)
    for frame in frames:
        watch.background(frame)
    """
    line = at(6, "Watch.background")

    (found,) = memory_growth.find(profile(source, ran(3.0, at(8), line), ran(1.0, at(7))))

    assert (found.at, found.share) == (line, 0.75)


def test_a_mean_over_a_batch_that_is_emptied_does_not() -> None:
    source = RUNNING_MEAN.replace("    def __init__", "        self.states.clear()\n    def __init__")

    assert not list(memory_growth.find(profile(source, ran(3.0, at(9), at(4, "Watch.look")))))


CARRIED = """
for x, y in windows:
    out, state = model(x, state)
    loss_fn(out, y).backward(retain_graph=True)
"""


def test_a_state_that_is_handed_on_with_its_graph_makes_each_step_go_back_through_all() -> None:
    (found,) = memory_growth.find(profile(CARRIED, ran(3.0, at(3), BACKWARD), ran(1.0, at(2))))

    assert (found.at, found.fix) == (at(3), "state = state.detach()")


def test_a_state_that_is_cut_off_does_not() -> None:
    source = CARRIED.replace("loss_fn", "state = state.detach(); loss_fn")

    assert not list(memory_growth.find(profile(source, ran(3.0, at(3), BACKWARD), ran(1.0, at(2)))))


def test_what_others_read_of_an_object_is_used() -> None:
    source = """
    class Notebook:
        def __init__(self):
            self.notes = []
        def add(self, x):
            self.notes.append(x)
    for x in xs:
        notebook.add(x)
    words = [note.split() for note in notebook.notes]
    """

    assert not list(memory_growth.find(profile(source, ran(7.0, at(7), at(5, "Notebook.add")), memory=RISING)))


def test_what_a_function_keeps_for_itself_goes_when_it_returns() -> None:
    source = """
    def walk(graph, start):
        seen = set()
        for node in graph:
            seen.add(node)
    for start in graph:
        walk(graph, start)
        grow(graph)
    """

    seen = profile(source, ran(1.0, at(6), at(4, "walk")), ran(6.0, at(7)), memory=RISING)

    assert not list(memory_growth.find(seen))


def processes(busy_threads: int) -> Profile:
    wait = ran(4.0, at(3), WAIT, busy=0.0)
    children = [ran(4.0, at(2, "solve"), lane=f"process {number}") for number in (12, 13)]
    each = Process(cpu_s=4.0, run_delay_s=4.0, busy_threads=busy_threads)
    source = "def solve(matrix):\n    return np.linalg.eigh(matrix)\nlevels = pool.map(solve, matrices)"
    return profile(source, wait, *children, processes=[each, each])


def test_processes_that_each_have_a_pool_of_threads_are_found() -> None:
    (found,) = thread_oversubscription.find(processes(busy_threads=2))

    assert (found.at, found.facts, found.advice) == (
        at(2, "solve"),
        {"threads": 4, "cores": 2.0},
        "Give each process 1 thread.",
    )


def test_processes_of_one_thread_each_are_what_processes_are_for() -> None:
    assert not list(thread_oversubscription.find(processes(busy_threads=1)))


def test_a_state_of_an_object_is_carried_on_through_the_loop_before_the_backward_pass() -> None:
    source = """
    def block(self, hours):
        for hour in hours:
            ahead, self.memory = self.model(hour, self.memory)
        loss.backward(retain_graph=True)
    for hours in blocks:
        course.block(hours)
    """

    (found,) = memory_growth.find(profile(source, ran(3.0, at(6), at(4, "block"), BACKWARD), ran(1.0, at(5))))

    assert found.fix == "self.memory = self.memory.detach()"


def test_a_state_that_begins_anew_for_each_backward_pass_is_not() -> None:
    source = """
    for hours in blocks:
        memory = begin()
        for hour in hours:
            ahead, memory = model(hour, memory)
        loss.backward(retain_graph=True)
    """

    assert not list(memory_growth.find(profile(source, ran(3.0, at(5), BACKWARD), ran(1.0, at(4)))))


def test_a_cache_that_hardly_ever_computes_is_not_what_grows() -> None:
    seen = profile(CACHE_WITHOUT_LIMIT, ran(0.1, at(5), at(3, "load")), ran(6.9, at(4)), memory=RISING)

    assert not list(memory_growth.find(seen))
