"""Files of other profilers become a record that is drawn and judged like any other."""

from __future__ import annotations

import contextlib
import cProfile
import json
import marshal
import resource
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ds_notebook as ds
from ds_notebook.cli import main
from ds_notebook.errors import UsageError
from ds_notebook.export import ExportConfig, export_run
from ds_notebook.profile import profile_of
from ds_notebook.profile.formats import import_profile
from ds_notebook.profile.formats.imported import format_of
from ds_notebook.profile.formats.marshalled import read
from ds_notebook.rooms import scene_of
from tests.profile.made import stacks

RAW = """\
thread (22105): MainThread;<module> (small.py:8);main (small.py:7);fib (small.py:2) 30
thread (22105): MainThread;<module> (small.py:8);main (small.py:7) 10
thread (22108): parser;parse (small.py:4) 20
 7
"""
"""As py-spy 0.4 writes it with --format raw --threads."""


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def seconds_of(record) -> dict[tuple[str, ...], float]:
    return {
        (stack.lane, *(f"{frame.function}:{frame.line}" for frame in stack.frames)): round(stack.wall_s, 4)
        for stack in profile_of(record).stacks
    }


def speedscope_file(**profile: object) -> str:
    frames = [{"name": "main", "file": "a.py", "line": 3}, {"name": "work", "file": "a.py", "line": 9}]
    return json.dumps({"shared": {"frames": frames}, "profiles": [{"name": 'Thread 12 "MainThread"', **profile}]})


def test_py_spys_raw_stacks_have_their_lanes_and_seconds(runs, tmp_path):
    record = import_profile(written(tmp_path, "spy.txt", RAW))

    assert seconds_of(record) == {
        ("main", "<module>:8", "main:7", "fib:2"): 0.3,
        ("main", "<module>:8", "main:7"): 0.1,
        ("thread parser", "parse:4"): 0.2,
    }


def test_a_count_may_stand_for_other_seconds(runs, tmp_path, capsys):
    written(tmp_path, "spy.txt", RAW)

    assert main(["profile", "import", str(tmp_path / "spy.txt"), "--count-s", "1e-6"]) == 0
    assert "profile of spy.txt: finished, 40 µs" in capsys.readouterr().out


def test_children_of_py_spy_are_processes(runs, tmp_path):
    record = import_profile(written(tmp_path, "spy.txt", 'process 12:"python a.py";main (a.py:3) 5\n'))

    assert [stack.lane for stack in profile_of(record).stacks] == ["process 12 python a.py"]


def test_speedscopes_sampled_profiles_are_read(runs, tmp_path):
    content = speedscope_file(type="sampled", unit="milliseconds", samples=[[0, 1], [0], [0, 1]], weights=[5, 10, 7])

    record = import_profile(written(tmp_path, "a.json", content))

    assert seconds_of(record) == {("main", "main:3", "work:9"): 0.012, ("main", "main:3"): 0.01}


def test_speedscopes_evented_profiles_are_read(runs, tmp_path):
    events = [("O", 0, 0), ("O", 1, 1), ("C", 3, 1), ("C", 4, 0)]
    events = [{"type": kind, "at": at, "frame": frame} for kind, at, frame in events]

    record = import_profile(written(tmp_path, "a.json", speedscope_file(type="evented", unit="seconds", events=events)))

    assert seconds_of(record) == {("main", "main:3"): 2.0, ("main", "main:3", "work:9"): 2.0}


def test_what_was_exported_for_speedscope_comes_back(runs, tmp_path):
    with ds.start_run("mine", kind="profile") as run:
        run.emit(stacks((["main (a.py:3)", "work (cell 7:9)"], 0.3), (["main (a.py:3)"], 0.1)))
        run.emit(stacks((["load (a.py:5)"], 0.2), lane="thread loader"))

    back = import_profile(export_run(run.record, ExportConfig(to="speedscope", out=tmp_path / "a.json")).path)

    assert seconds_of(back) == seconds_of(run.record)


def busy(count):
    return sum(number * number for number in range(count))


def recursive(depth):
    return busy(20_000) + (recursive(depth - 1) if depth else 0)


def test_cprofiles_calls_become_stacks_that_add_up_to_its_time(runs, tmp_path):
    watched = cProfile.Profile()
    watched.runcall(recursive, 5)
    watched.dump_stats(tmp_path / "a.pstats")

    profile = profile_of(import_profile(tmp_path / "a.pstats"))

    heaviest = profile.stacks[0]
    assert [frame.function for frame in heaviest.frames[:2]] == ["recursive", "busy"]
    total_s = sum(times[2] for times in marshal.loads((tmp_path / "a.pstats").read_bytes()).values())
    assert sum(stack.wall_s for stack in profile.stacks) == pytest.approx(total_s, rel=0.02)


def test_the_view_says_what_an_imported_profile_cannot_tell(runs, tmp_path):
    watched = cProfile.Profile()
    watched.runcall(busy, 100_000)
    watched.dump_stats(tmp_path / "a.pstats")

    scene = scene_of(import_profile(tmp_path / "a.pstats"))

    assert scene.title.startswith("profile of a.pstats: finished") and "by cProfile, imported" in scene.title
    assert any("who called whom" in line for line in scene.panels[0].lines)


def test_sources_of_the_working_folder_are_kept_and_no_other_file_is(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "mine.py", "a = 1\nb = 2\n")
    secret = written(tmp_path.parent, "secret.py", "password = 1\n")

    record = import_profile(written(tmp_path, "spy.txt", f"main (mine.py:1);x ({secret}:1);y (../secret.py:1) 5\n"))

    assert profile_of(record).sources == {"mine.py": ["a = 1", "b = 2"]}


def broken_files():
    yield "empty", b""
    yield "no counts", "main;work\n"
    yield "no text", bytes(range(256)) * 20
    yield "nothing but a count", "12\n"
    yield "other json", '{"traceEvents": []}'
    yield "half a json", speedscope_file(type="sampled", unit="seconds", samples=[[0]], weights=[1])[:-20]
    yield "a frame that is not there", speedscope_file(type="sampled", unit="seconds", samples=[[7]], weights=[1])
    yield "more samples than weights", speedscope_file(type="sampled", unit="seconds", samples=[[0]], weights=[])
    yield "time that runs backwards", speedscope_file(type="sampled", unit="seconds", samples=[[0]], weights=[-1])
    endless = {"unit": "seconds", "samples": [[0], [0]], "weights": [1e308, 1e308]}
    yield "time without an end", speedscope_file(type="sampled", **endless)
    yield "json in json in json", '{"a":' * 100_000
    yield "half a pstats", marshal.dumps({("a", 1, "f"): (1, 1, 0.5, 0.5, {})})[:-5]
    yield "another marshal", marshal.dumps({("a", 1, "f"): 3})
    yield "not a number", marshal.dumps({("a", 1, "f"): (1, 1, 0.5, float("nan"), {})})
    yield "code", marshal.dumps({("a", 1, "f"): compile("1", "", "eval")})


BROKEN = dict(broken_files())


@pytest.mark.parametrize(("name", "content"), BROKEN.items(), ids=BROKEN)
def test_a_file_that_is_no_profile_is_one_sentence_and_leaves_no_run(runs, tmp_path, name, content):
    with pytest.raises(UsageError, match=r"^file cannot be read as a profile: .*\.$"):
        import_profile(written(tmp_path, "file", content))

    assert not runs.exists()


WHOLE = [
    RAW.encode(),
    speedscope_file(type="sampled", unit="seconds", samples=[[0, 1], [0]], weights=[0.5, 1]).encode(),
    marshal.dumps(
        {("a", 1, "f"): (1, 1, 0.5, 0.9, {("b", 2, "g"): (1, 1, 0.5, 0.9)}), ("b", 2, "g"): (1, 1, 1.0, 2.0, {})}
    ),
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(whole=st.sampled_from(WHOLE), at=st.floats(0, 1), put=st.binary(max_size=6), cut=st.integers(0, 6))
def test_a_damaged_file_is_read_or_refused_and_never_more(tmp_path, whole, at, put, cut):
    place = int(at * len(whole))
    path = written(tmp_path, "file", whole[:place] + put + whole[place + cut :])

    with contextlib.suppress(UsageError):
        for event in format_of(path).stacks(path, 0.01):
            assert all(0 <= number < len(event.frames) for stack in event.stacks for number in stack)


def test_a_file_that_is_not_there_is_one_sentence(runs, tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        import_profile(tmp_path / "none.json")


@pytest.mark.parametrize("start", [b'{"shared":', b"main;work 1\n", b"\xfb)\x03"])
def test_a_file_of_500_mb_is_refused_unread(runs, tmp_path, start):
    path = written(tmp_path, "huge", start)
    with open(path, "r+b") as file:
        file.truncate(500 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(UsageError, match="huge has 500 MB"):
        import_profile(path)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


def test_a_profile_of_bytes_is_not_one_of_time(runs, tmp_path):
    content = speedscope_file(type="sampled", unit="bytes", samples=[[0]], weights=[1])

    with pytest.raises(UsageError, match="counts bytes"):
        import_profile(written(tmp_path, "a.json", content))


def test_a_tuple_longer_than_its_file_takes_no_memory():
    with pytest.raises(ValueError, match="longer than the file"):
        read(b"{(\xff\xff\xff\x7f")


@pytest.mark.parametrize("value", [{("a", 1, "f" * 300): (1, 2, 0.5, 1e300, {("é", 2, "g"): (1, 1, 0.0, 0.0)})}, {}])
def test_the_reader_reads_what_marshal_writes(value):
    assert [read(marshal.dumps(value, version)) for version in (2, 4)] == [value, value]
