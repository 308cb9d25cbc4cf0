"""The profile that "Open in speedscope" opens, of a real Jupyter server."""

from __future__ import annotations

import ds_notebook as ds
from ds_notebook.record.events import Stacks
from tests.lab.test_requests import a_run


def a_profile():
    with ds.start_run("prog.py", kind="profile") as run:
        run.emit(Stacks(frames=["main (prog.py:3)", "work (cell 7:2)"], stacks=[[0, 1], [0]], weights_s=[0.4, 0.1]))
    return run


def test_a_profile_is_answered_in_speedscopes_words(server, folder):
    run = a_profile()

    answer = server.ask(f"runs/{folder}/{run.id}/speedscope")

    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["profiles"][0]["weights"] == [0.4, 0.1]


def test_a_browser_needs_no_token_beside_its_cookie(server, folder):
    run = a_profile()
    first = server.ask("../../login?token=a-token-for-tests", authorization="")
    cookie = "; ".join(header.partition(";")[0] for header in first.cookies)
    page = f"http://127.0.0.1:{server.port}/speedscope.html"

    answer = server.ask(f"runs/{folder}/{run.id}/speedscope", authorization="", cookie=cookie, referer=page)

    assert answer.status == 200


def test_a_run_without_a_profile_is_refused_in_a_sentence(server, folder):
    answer = server.ask(f"runs/{folder}/{a_run().id}/speedscope")

    assert (answer.status, "holds no profile" in answer.json()["message"]) == (400, True)


def test_the_list_says_what_a_profile_took_without_its_name(server, folder):
    run = a_profile()

    found = next(each for each in server.ask(f"runs?folder={folder}").json()["runs"] if each["id"] == run.id)

    assert (found["name"], found["words"]) == ("prog.py", "finished, 500 ms")
