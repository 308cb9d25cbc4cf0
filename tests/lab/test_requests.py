"""What the front end asks for, of a real Jupyter server."""

from __future__ import annotations

import json
import os
import time

import pytest

import ds_notebook as ds
from tests.record.python import line_of, start_python

LOOP = """
import sys, time, ds_notebook as ds
with ds.start_run("the loop", total_steps=100_000) as run:
    print(run.id, flush=True)
    for step in run.steps(range(100_000)):
        run.log(loss=1 / (step + 1))
        time.sleep(0.02)
"""


def a_run(name="mine", steps=5, **more):
    """A finished run with the metric `loss`."""
    with ds.start_run(name, total_steps=steps, **more) as run:
        for step in run.steps(range(steps)):
            run.log(loss=1 / (step + 1))
    return run


def test_the_host_says_what_a_person_should_know(server):
    host = server.ask("host").json()

    assert host["version"] == ds.__version__
    assert host["idle_limit_s"] == 1200
    assert all(sentence.endswith(".") for sentence in host["missing"])


def test_the_list_has_the_runs_beside_a_notebook_newest_first(server, folder):
    first, second = a_run("first"), a_run("second")

    found = server.ask("runs?folder=" + folder.removesuffix("/ds_runs")).json()

    assert [run["id"] for run in found["runs"]][:2] == [second.id, first.id]
    assert {"path": folder, "problem": ""} in found["folders"]


def test_a_run_of_the_list_is_told_in_words(server, folder):
    run = a_run(steps=5, tags=["try"])

    found = next(each for each in server.ask(f"runs?folder={folder}").json()["runs"] if each["id"] == run.id)

    assert found["path"] == f"{folder}/{run.id}"
    assert (found["name"], found["kind"], found["state"], found["tags"]) == ("mine", "loop", "finished", ["try"])
    assert found["words"].startswith("finished, 5 of 5 steps, after")
    assert (found["headline"], found["progress"]) == ("loss 0.2", 1.0)


def test_a_notebook_in_a_folder_below_has_the_runs_folder_above(server, folder):
    below = server.root / folder / "../deep/deeper"
    below.mkdir(parents=True)

    found = server.ask(f"runs?folder={folder.removesuffix('ds_runs')}deep/deeper").json()

    assert found["folders"][0] == {"path": folder, "problem": ""}


def test_the_runs_of_the_variable_are_listed_without_a_notebook(server, monkeypatch):
    monkeypatch.setenv("DS_RUNS", str(server.ds_runs))
    run = a_run()

    paths = [each["path"] for each in server.ask("runs").json()["runs"]]

    assert f"@DS_RUNS/{run.id}" in paths
    assert server.ask(f"runs/@DS_RUNS/{run.id}/scene").json()["id"] == run.id


def test_a_folder_that_cannot_be_shown_has_its_sentence_and_spoils_nothing(server, folder):
    run = a_run()

    found = server.ask(f"runs?folder=../../etc&folder={folder}").json()

    assert "is no path" in found["folders"][0]["problem"]
    assert run.id in [each["id"] for each in found["runs"]]


def test_more_than_twenty_folders_are_refused(server):
    answer = server.ask("runs?" + "&".join(["folder=a"] * 21))

    assert answer.status == 400 and answer.json()["message"].startswith("21 folders are too many")


def test_fifty_runs_are_listed_fast(server, folder):
    for number in range(50):
        a_run(f"number {number}")
    server.ask(f"runs?folder={folder}")
    start = time.perf_counter()

    found = server.ask(f"runs?folder={folder}").json()

    assert time.perf_counter() - start < 0.5
    assert len([run for run in found["runs"] if run["path"].startswith(folder)]) == 50


def test_a_gate_that_fails_after_the_end_changes_the_words(server, folder):
    run = a_run()
    server.ask(f"runs?folder={folder}")
    with pytest.raises(ds.GateFailed):
        run.gate("loss < 0.01")

    found = server.ask(f"runs?folder={folder}").json()["runs"]

    assert "gate failed" in next(each["words"] for each in found if each["id"] == run.id)


def test_a_name_that_is_html_comes_as_text(server, folder):
    name = "<img src=x onerror=alert(1)>\x1b[31m\u202e"
    run = a_run(name)

    found = next(each for each in server.ask(f"runs?folder={folder}").json()["runs"] if each["id"] == run.id)
    scene = server.ask(f"runs/{found['path']}/scene")
    page = server.ask(f"runs/{found['path']}/page").body.decode()

    assert found["name"] == "<img src=x onerror=alert(1)>"
    assert scene.json()["scene"]["title"].startswith("<img src=x onerror=alert(1)>: finished")
    assert scene.headers["Content-Type"] == "application/json"
    assert "<img" not in page and "&lt;img" in page


def test_a_scene_is_what_the_view_draws(server, folder):
    run = a_run()

    message = server.ask(f"runs/{folder}/{run.id}/scene?width=400").json()

    assert (message["state"], message["commands"]) == ("finished", [])
    assert message["scene"]["panels"][-1]["series"][0]["y"] == [1.0, 0.5, 0.3333333, 0.25, 0.2]
    assert message["version"] == server.ask(f"runs/{folder}/{run.id}/scene?width=400").json()["version"]


def test_a_window_has_its_steps_alone_and_the_title_of_the_whole(server, folder):
    run = a_run(steps=10)

    scene = server.ask(f"runs/{folder}/{run.id}/scene?from=3&to=5").json()["scene"]

    assert scene["panels"][-1]["series"][0]["x"] == [3, 4, 5]
    assert "10 of 10 steps" in scene["title"]


def test_a_scene_of_many_long_curves_is_bounded(server, folder):
    with ds.start_run() as run:
        for step in run.steps(range(5000)):
            run.log(**{f"{kind}{letter}": step % 7 + 0.1234567 for kind in ("", "val_") for letter in "abcdefgh"})

    assert len(server.ask(f"runs/{folder}/{run.id}/scene").body) < 65_000


@pytest.mark.parametrize("query", ["from=5&to=3", "from=x", "width=1e400", "to=99999999999999999999"])
def test_a_window_that_makes_no_sense_is_refused(server, folder, query):
    run = a_run()

    assert server.ask(f"runs/{folder}/{run.id}/scene?{query}").status == 400


def test_a_page_is_one_file_that_the_browser_saves(server, folder):
    run = a_run()

    answer = server.ask(f"runs/{folder}/{run.id}/page")

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{run.id}.html"'
    assert b"<svg" in answer.body and b"<script" not in answer.body


def test_two_runs_are_drawn_beside_each_other(server, folder):
    paths = [f"{folder}/{a_run(name).id}" for name in ("one", "two")]

    answer = server.ask(f"compare?run={paths[0]}&run={paths[1]}")

    assert answer.status == 200 and answer.json()["scene"]["panels"]


def test_one_run_is_nothing_to_compare(server, folder):
    assert server.ask(f"compare?run={folder}/{a_run().id}").status == 400


def test_a_command_to_a_run_that_is_over_is_refused_with_the_reason(server, folder):
    run = a_run()

    answer = server.ask(f"runs/{folder}/{run.id}/commands", "POST", b'{"command": "stop"}')

    assert (answer.status, answer.json()["message"]) == (409, f"Run {run.id} is finished: nobody is there to obey.")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"command": "explode"}',
        b'{"command": "stop", "value": 1}',
        b'{"command": "set", "name": "lr"}',
        b'{"command": "set", "name": "lr", "value": "high"}',
        b'{"command": "stop", "path": "/etc"}',
        b"\xff",
        b"[" * 60_000,
    ],
)
def test_a_body_that_is_no_command_is_refused(server, folder, body):
    with ds.start_run() as run:
        answer = server.ask(f"runs/{folder}/{run.id}/commands", "POST", body)

    assert answer.status == 400 and answer.json()["message"]


def test_a_long_body_is_refused_before_it_is_read(server, folder):
    with ds.start_run() as run:
        answer = server.ask(f"runs/{folder}/{run.id}/commands", "POST", b" " * 70_000)

    assert answer.status == 413 and "longer than 65536 bytes" in answer.json()["message"]


def test_a_deleted_run_is_gone(server, folder):
    run = a_run()

    assert server.ask(f"runs/{folder}/{run.id}", "DELETE").status == 204
    assert not run.path.exists()
    assert server.ask(f"runs/{folder}/{run.id}", "DELETE").status == 404


def test_a_run_that_runs_is_not_deleted(server, folder):
    with ds.start_run() as run:
        answer = server.ask(f"runs/{folder}/{run.id}", "DELETE")

        assert (answer.status, answer.json()["message"]) == (
            409,
            f"Run {run.id} is running: stop it before you delete it.",
        )
        assert run.path.exists()


def test_a_folder_that_is_no_run_is_not_deleted(server, folder):
    assert server.ask(f"runs/{folder}", "DELETE").status == 404
    assert (server.root / folder).exists()


def test_a_damaged_record_is_said_to_be_so(server, folder):
    run = a_run()
    lines = '{"event":"metrics","at":1,"steps":[],"times_us":[],"values":{"loss":[]}}\n'
    (run.path / "events-stranger.jsonl").write_text(lines)

    answer = server.ask(f"runs/{folder}/{run.id}/scene")

    assert answer.status == 404 and "its record is damaged" in answer.json()["message"]
    assert server.ask(f"runs?folder={folder}").status == 200


def test_a_command_reaches_a_run_in_another_process(server, folder):
    with start_python(LOOP, server.root / folder) as process:
        run_id = line_of(process.stdout)
        sent = server.ask(f"runs/{folder}/{run_id}/commands", "POST", b'{"command": "stop"}')
        process.communicate(timeout=20)

    message = server.ask(f"runs/{folder}/{run_id}/scene").json()
    assert (sent.status, message["state"]) == (202, "stopped")
    assert message["commands"] == [{"id": sent.json()["id"], "word": "stop", "verdict": "applied", "reason": ""}]


def test_a_command_that_the_loop_does_not_take_comes_back_refused(server, folder):
    with start_python(LOOP, server.root / folder) as process:
        run_id = line_of(process.stdout)
        body = json.dumps({"command": "set", "name": "lr", "value": 0.5}).encode()
        server.ask(f"runs/{folder}/{run_id}/commands", "POST", body)
        time.sleep(0.2)
        server.ask(f"runs/{folder}/{run_id}/commands", "POST", b'{"command": "stop"}')
        process.communicate(timeout=20)

    first = server.ask(f"runs/{folder}/{run_id}/scene").json()["commands"][0]
    assert (first["word"], first["verdict"]) == ("set lr=0.5", "refused")
    assert "does not take" in first["reason"]


def test_the_description_is_served(server):
    assert server.ask("openapi.json").json()["openapi"] == "3.1.0"


def test_the_list_knows_no_link_out(server, folder):
    stranger = server.outside / "2026-01-01-linked-run"
    stranger.mkdir(exist_ok=True)
    (stranger / "events-1.jsonl").write_text("{}\n")
    os.symlink(stranger, server.root / folder / stranger.name)

    server.ask(f"runs?folder={folder}")

    assert server.opened_outside.read_text() == ""
