"""The description is up to date, and requests made up from it find no fault in a real server."""

from __future__ import annotations

import json
import urllib.parse

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ds_notebook.lab.openapi import FILE, description, text
from ds_notebook.lab.routes import ROUTES
from tests.lab.test_requests import a_run

PATHS = description()["paths"]
SCHEMAS = description()["components"]["schemas"]
REQUESTS = [(path, method) for path, item in PATHS.items() for method in item if method != "parameters"]

NAMES = st.sampled_from(["..", ".", "", "root", "linked", "@DS_RUNS", "ds_runs", "outside", "secret", "~", "%2e%2e"])
RUN_PATHS = st.lists(NAMES | st.text(max_size=8), min_size=1, max_size=6).map("/".join).filter(bool)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ORDERS = st.fixed_dictionaries(
    {"command": st.sampled_from(SCHEMAS["Order"]["properties"]["command"]["enum"]) | st.text(max_size=5)},
    optional={"name": st.text(max_size=200) | st.none(), "value": st.floats() | JSON},
)
BODIES = (ORDERS | JSON).map(lambda body: json.dumps(body).encode()) | st.binary(max_size=50)


def query_of(parameters):
    """Pairs for a query: what the description says, or anything else."""
    names = [parameter["name"] for parameter in parameters if parameter["in"] == "query"]
    values = st.integers().map(str) | RUN_PATHS | st.text(max_size=10)
    return st.lists(st.tuples(st.sampled_from(names), values), max_size=25) if names else st.just([])


@pytest.fixture(scope="module")
def known(server):
    """Paths of folders that hold a run, for requests that get further than the door."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DS_RUNS", str(server.root / "fuzzed/ds_runs"))
        return [f"fuzzed/ds_runs/{a_run().id}" for _ in range(3)]


def test_the_file_is_what_the_messages_say():
    assert FILE.read_text(encoding="utf-8") == text(), "run: python -m ds_notebook.lab.openapi"


def test_every_route_is_described():
    described = {path.removeprefix("/").replace("{path}", "(.+)") for path in PATHS}

    assert {route for route, _ in ROUTES} == described | {"follow"}


@pytest.mark.parametrize(("path", "method"), REQUESTS, ids=[f"{method} {path}" for path, method in REQUESTS])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_asked_the_answer_is_described(server, known, path, method, data):
    operation = PATHS[path][method]
    runs = RUN_PATHS if method == "delete" else RUN_PATHS | st.sampled_from(known)
    asked = path.removeprefix("/").replace("{path}", urllib.parse.quote(data.draw(runs), safe="/%"))
    query = urllib.parse.urlencode(data.draw(query_of(operation.get("parameters", []))), errors="surrogatepass")
    body = data.draw(BODIES) if "requestBody" in operation else b""

    answer = server.ask(f"{asked}?{query}", method.upper(), body)

    assert answer.status < 500
    if str(answer.status) in operation["responses"]:
        is_as_described(answer, operation["responses"][str(answer.status)])
    else:  # the path was another route's, or nobody's
        assert answer.status in (404, 405)
    assert server.opened_outside.read_text() == ""


def is_as_described(answer, described):
    for kind, content in described.get("content", {}).items():
        assert answer.headers["Content-Type"].startswith(kind)
        if kind == "application/json":
            schema = content["schema"] | {"components": {"schemas": SCHEMAS}}
            jsonschema.validate(answer.json(), schema)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists((ORDERS | JSON).map(json.dumps) | st.text(max_size=20), max_size=5), path=RUN_PATHS)
def test_whatever_is_said_over_the_socket_it_stays_open(server, words, path):
    with server.socket() as page:
        for word in words:
            page.connection.send(word)
            page.say(ack=1 << 20)
        page.say(follow=path)

        assert page.take_until(lambda message: message.get("path") == path)
    assert server.opened_outside.read_text() == ""
