"""Who may ask, and what can never be reached."""

from __future__ import annotations

import http.cookies
import os

import pytest
import websocket

from tests.lab.test_requests import a_run

ROUTES = [
    ("GET", "host"),
    ("GET", "runs"),
    ("GET", "runs/a/scene"),
    ("POST", "runs/a/commands"),
    ("DELETE", "runs/a"),
    ("GET", "runs/a/page"),
    ("GET", "runs/a/speedscope"),
    ("GET", "compare?run=a&run=b"),
    ("GET", "openapi.json"),
]


@pytest.fixture
def cookies_of_a_browser(server):
    """The header of a browser that has opened a page with the token, and the XSRF token in it."""
    first = server.ask("../../login?token=a-token-for-tests", authorization="")
    cookies = http.cookies.SimpleCookie()
    for header in first.cookies:
        cookies.load(header)
    text = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    return {"cookie": text}, cookies["_xsrf"].value


@pytest.fixture
def secret(server):
    """A run outside of the root, to which links lead from the inside: the links' paths."""
    run = server.outside / "secret"
    run.mkdir(exist_ok=True)
    (run / "events-1.jsonl").write_text('{"event":"note","level":"info","text":"SECRET"}\n')
    for name, target in (("linked", run), ("linked-folder", server.outside)):
        link = server.root / name
        if not link.is_symlink():
            os.symlink(target, link)
    return ["linked", "linked-folder/secret"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_is_answered_without_the_token(server, method, path):
    answer = server.ask(path, method, authorization="")

    assert answer.status == 403


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_wrong_token_is_no_token(server, method, path):
    assert server.ask(path, method, authorization="token wrong").status == 403


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_who_may_not_by_the_authorizer_is_refused(server, method, path):
    action = "read" if method == "GET" else "write"

    assert server.ask(path, method, **{"X-Refused": f"{action} ds_notebook"}).status == 403


def test_the_socket_asks_the_authorizer_too(server):
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        server.socket(header={"X-Refused": "read ds_notebook"})


def test_the_socket_is_closed_to_who_has_no_token(server):
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        server.socket(token="")


def test_the_socket_is_closed_to_a_page_of_another_site(server, cookies_of_a_browser):
    headers, _ = cookies_of_a_browser
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        server.socket(token="", origin="https://elsewhere.example", **headers)


def test_the_socket_is_open_to_a_browser_that_has_logged_in(server, cookies_of_a_browser):
    headers, _ = cookies_of_a_browser
    with server.socket(token="", origin=f"http://127.0.0.1:{server.port}", **headers) as page:
        page.say(follow="nothing")

        assert page.take()["problem"]


@pytest.mark.parametrize(("method", "path"), [("POST", "runs/a/commands"), ("DELETE", "runs/a")])
def test_a_cookie_alone_changes_nothing(server, method, path, folder, cookies_of_a_browser):
    headers, _ = cookies_of_a_browser
    run = a_run()

    answer = server.ask(path.replace("runs/a", f"runs/{folder}/{run.id}"), method, authorization="", **headers)

    assert answer.status == 403 and "XSRF" in answer.json()["message"].upper()
    assert run.path.exists()


def test_a_cookie_with_its_xsrf_token_does(server, folder, cookies_of_a_browser):
    headers, xsrf = cookies_of_a_browser
    run = a_run()

    answer = server.ask(f"runs/{folder}/{run.id}", "DELETE", authorization="", **headers, **{"X-XSRFToken": xsrf})

    assert answer.status == 204


def test_links_that_lead_out_are_refused(server, secret):
    for path in secret:
        answer = server.ask(f"runs/{path}/scene")

        assert answer.status == 400 and "leads out" in answer.json()["message"]
    assert server.opened_outside.read_text() == ""


@pytest.mark.parametrize(
    "path",
    [
        "../outside/secret",
        "%2e%2e/outside/secret",
        "..%2foutside%2fsecret",
        "a/..%2f..%2foutside/secret",
        "/etc",
        "%2fetc",
        "a%5c..%5c..",
        "a%00b",
        "@DS_RUNS/../outside/secret",
        "@DS_RUNS/..%2foutside%2fsecret",
        ".",
        "a//b",
        ".git",
        "a" * 1025,
        "%ff",
        "%0d%0aX-Header:1",
    ],
)
@pytest.mark.parametrize(
    ("method", "what"), [("GET", "/scene"), ("GET", "/page"), ("POST", "/commands"), ("DELETE", "")]
)
def test_a_path_that_is_none_is_refused(server, secret, path, method, what):
    answer = server.ask(f"runs/{path}{what}", method, b'{"command": "stop"}' if method == "POST" else b"")

    assert answer.status in (400, 404, 405)
    assert b"SECRET" not in answer.body and "X-Header" not in answer.headers
    assert (server.outside / "secret/events-1.jsonl").exists()
    assert server.opened_outside.read_text() == ""
