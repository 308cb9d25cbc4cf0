"""What comes over the page's socket, from a real Jupyter server."""

from __future__ import annotations

import os
import shutil
import signal
import time

import msgspec
import pytest
import websocket

import ds_notebook as ds
from ds_notebook.lab.outbox import MOST_ON_THEIR_WAY
from tests.lab.test_requests import LOOP, a_run
from tests.record.python import line_of, start_python


def is_scene(message):
    return "scene" in message


def last_step(message):
    return message["scene"]["panels"][-1]["series"][0]["x"][-1]


def curve_is_there(message):
    return is_scene(message) and any(panel["shape"] == "lines" for panel in message["scene"]["panels"])


def is_closed(page):
    try:
        return page.connection.recv_data()[0] == websocket.ABNF.OPCODE_CLOSE
    except (OSError, websocket.WebSocketConnectionClosedException):  # closed without a word
        return True


@pytest.fixture
def loop(server, folder):
    """A run in a process of its own, ended with the test: the process and the run's path."""
    with start_python(LOOP, server.root / folder) as process:
        try:
            yield process, f"{folder}/{line_of(process.stdout)}"
        finally:
            process.kill()
            process.communicate()


def test_a_run_that_goes_on_sends_newer_scenes(server, loop):
    _, path = loop
    with server.socket() as page:
        page.say(follow=path, width=800)
        first = page.take_until(curve_is_there)

        newer = page.take_until(lambda message: is_scene(message) and last_step(message) > last_step(first))

    assert (newer["path"], newer["state"]) == (path, "running")
    assert newer["version"] != first["version"]


def test_a_run_sends_no_more_than_five_scenes_a_second(server, loop):
    _, path = loop
    with server.socket() as page:
        page.say(follow=path)
        page.take_until(curve_is_there)
        deadline, num_scenes = time.monotonic() + 2, 0
        while time.monotonic() < deadline:
            num_scenes += is_scene(page.take())

    assert 2 <= num_scenes <= 11


def test_a_run_that_is_over_is_sent_once(server, folder):
    run = a_run()
    with server.socket() as page:
        page.say(follow=f"{folder}/{run.id}")
        page.take_until(is_scene)
        page.connection.settimeout(1.5)

        with pytest.raises(websocket.WebSocketTimeoutException):
            page.take()


def test_a_page_that_is_slow_gets_few_scenes_and_then_the_newest(server, loop):
    _, path = loop
    with server.socket() as page:
        page.say(follow=path)
        taken = [page.take(acknowledge=False) for _ in range(MOST_ON_THEIR_WAY)]
        page.connection.settimeout(1.5)
        with pytest.raises(websocket.WebSocketTimeoutException):
            page.take(acknowledge=False)  # meanwhile six more scenes were made
        page.connection.settimeout(20)
        page.say(ack=page.num_received)

        newest = page.take()

    assert last_step(newest) > last_step(taken[-1]) + 20


def test_a_killed_run_is_lost_within_five_seconds(server, loop):
    process, path = loop
    with server.socket() as page:
        page.say(follow=path)
        before = page.take_until(curve_is_there)
        os.kill(process.pid, signal.SIGKILL)

        lost = page.take_until(lambda message: is_scene(message) and message["state"] == "lost", within_s=5)

    assert last_step(lost) >= last_step(before)
    assert "lost" in lost["scene"]["title"] and "commands" not in lost["scene"]


def test_a_deleted_run_is_a_problem_in_one_sentence(server, folder):
    run = a_run()
    with server.socket() as page:
        page.say(follow=f"{folder}/{run.id}")
        page.take_until(is_scene)
        shutil.rmtree(run.path)

        gone = page.take_until(lambda message: "problem" in message)

    assert gone["path"] == f"{folder}/{run.id}"
    assert gone["problem"].endswith("it was moved or deleted.")


def test_a_command_is_asked_and_then_applied(server, loop):
    _, path = loop
    with server.socket() as page:
        page.say(follow=path)
        page.take_until(is_scene)
        command = server.ask(f"runs/{path}/commands", "POST", b'{"command": "pause"}').json()["id"]

        message = page.take_until(
            lambda message: is_scene(message) and any(each["verdict"] != "asked" for each in message["commands"])
        )
        server.ask(f"runs/{path}/commands", "POST", b'{"command": "stop"}')
        stopped = page.take_until(lambda message: is_scene(message) and message["state"] == "stopped")

    assert message["state"] == "paused"
    assert message["commands"] == [{"id": command, "word": "pause", "verdict": "applied", "reason": ""}]
    assert [each["verdict"] for each in stopped["commands"]] == ["applied", "applied"]


def test_two_pages_with_different_windows_see_their_own_steps(server, folder):
    path = f"{folder}/{a_run(steps=10).id}"
    with server.socket() as one, server.socket() as other:
        one.say(follow=path, from_=2, to=4)
        other.say(follow=path)

        assert one.take_until(is_scene)["scene"]["panels"][-1]["series"][0]["x"] == [2, 3, 4]
        assert last_step(other.take_until(is_scene)) == 9


def test_an_unfollowed_run_is_heard_of_no_more(server, loop):
    _, path = loop
    with server.socket() as page:
        page.say(follow=path)
        page.take_until(is_scene)
        page.say(unfollow=path)
        page.connection.settimeout(0.6)
        try:
            page.take()  # one may have been on its way
            page.take()
            heard = page.take()
        except websocket.WebSocketTimeoutException:
            heard = None

    assert heard is None


def test_a_new_run_comes_into_the_list(server, folder):
    with server.socket() as page:
        page.say(list=[folder.removesuffix("/ds_runs")])
        page.take_until(lambda message: "runs" in message)
        run = a_run()

        found = page.take_until(lambda message: run.id in [each["id"] for each in message.get("runs", [])])

    assert {"path": folder, "problem": ""} in found["folders"]


@pytest.mark.parametrize("path", ["../outside/run", "/etc", "@DS_RUNS/../outside/run", "nothing/here", "a\\b", ""])
def test_a_path_without_a_run_is_a_problem(server, path):
    with server.socket() as page:
        page.say(follow=path)

        assert page.take()["path"] == path


@pytest.mark.parametrize(
    "words", ["", "[]", "{", '{"ack": "x"}', '{"follow": 3}', '{"follow": "a", "from": 3, "to": 1}']
)
def test_words_that_are_none_of_ours_are_answered_with_a_problem(server, words):
    with server.socket() as page:
        page.connection.send(words)

        assert page.take()["problem"]


def test_a_page_cannot_follow_without_bound(server):
    with server.socket() as page:
        for number in range(250):
            page.say(follow=f"no/{number}")

        assert page.take_until(lambda message: "at most" in message["problem"])


def test_a_message_that_is_too_long_ends_the_socket(server):
    with server.socket() as page:
        page.say(follow="a" * 70_000)

        assert is_closed(page)


def test_eight_live_views_leave_the_server_quick(server, loop):
    _, path = loop
    with server.socket() as page:
        for width in range(8):  # each a look of its own
            page.say(follow=path, width=500 + width)
            page.take_until(curve_is_there)
        times_s = []
        for _ in range(20):
            start = time.perf_counter()
            server.ask("openapi.json")
            times_s.append(time.perf_counter() - start)

    assert sorted(times_s)[10] < 0.1


def test_a_lost_run_that_is_taken_up_again_runs(server, loop):
    process, path = loop
    process.kill()
    process.wait()
    lost = ds.open_run(server.root / path).started
    with server.socket() as page, ds.start_run() as mine:
        page.say(follow=path)
        page.take_until(lambda message: is_scene(message) and message["state"] == "lost")
        here = mine.record.started
        again = msgspec.structs.replace(lost, at=time.time(), pid=here.pid, process_started=here.process_started)
        (server.root / path / "events-second.jsonl").write_bytes(msgspec.json.encode(again) + b"\n")

        assert page.take_until(lambda message: is_scene(message) and message["state"] == "running")
