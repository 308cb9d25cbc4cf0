"""The OpenAPI description, from the messages' own types; `python -m ds_notebook.lab.openapi` writes it."""

from __future__ import annotations

import json
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from ds_notebook import __version__
from ds_notebook.lab import messages

FILE = Path(__file__).with_name("openapi.json")
_SHOWN = (
    messages.Host,
    messages.RunList,
    messages.SceneMessage,
    messages.Comparison,
    messages.Order,
    messages.Accepted,
    messages.Refusal,
    messages.Problem,
    messages.Beat,
    messages.Asked,
)
_WHOLE = {"type": "integer"}
_TEXT = {"type": "string"}
_PATH = {
    "name": "path",
    "in": "path",
    "required": True,
    "description": "A run's folder, relative to the server's root; its slashes are not escaped.",
    "schema": _TEXT,
}


def description() -> dict[str, Any]:  # any JSON
    """The whole description, OpenAPI 3.1."""
    _, schemas = msgspec.json.schema_components(_SHOWN, ref_template="#/components/schemas/{name}")
    for schema in schemas.values():
        if "description" in schema:  # msgspec takes a docstring as it is indented, from 0.23 on without
            schema["description"] = cleandoc(schema["description"])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ds-notebook, the server half of the lab extension",
            "version": __version__,
            "description": "Relative to the server's base URL. The socket `follow` takes Asked and sends SceneMessage, "
            "RunList, Problem and Beat.",
        },
        "servers": [{"url": "/ds-notebook/api"}],
        "paths": {
            "/host": {"get": _answers("Host")},
            "/runs": {"get": _answers("RunList", 400, parameters=[_query("folder", many=True)])},
            "/runs/{path}/scene": {
                "parameters": [_PATH],
                "get": _answers(
                    "SceneMessage", 400, 404, parameters=[_query(name) for name in ("from", "to", "width")]
                ),
            },
            "/runs/{path}/commands": {
                "parameters": [_PATH],
                "post": _answers("Accepted", 400, 404, 409, 413, status=202, body="Order"),
            },
            "/runs/{path}": {"parameters": [_PATH], "delete": _answers("", 400, 404, 409, status=204)},
            "/runs/{path}/page": {"parameters": [_PATH], "get": _answers("text/html", 400, 404)},
            "/runs/{path}/speedscope": {
                "parameters": [_PATH],
                "get": _answers("speedscope", 400, 404),
            },
            "/compare": {"get": _answers("Comparison", 400, 404, parameters=[_query("run", many=True)])},
            "/openapi.json": {"get": {"responses": {"200": {"description": "this description"}}}},
        },
        "components": {"schemas": schemas},
    }


def _answers(
    what: str, *refusals: int, status: int = 200, body: str = "", parameters: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    answer: dict[str, Any] = {"responses": {str(status): _content(what)}}
    answer["responses"] |= {str(refusal): _content("Refusal") for refusal in (*refusals, 403)}
    if parameters:
        answer["parameters"] = parameters
    if body:
        answer["requestBody"] = {"required": True, **_content(body)}
    return answer


def _content(what: str) -> dict[str, Any]:
    if not what:
        return {"description": "done"}
    if what == "speedscope":
        return {
            "description": "speedscope's file format",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    if what == "text/html":
        return {"description": "a file", "content": {what: {"schema": _TEXT}}}
    return {"description": what, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{what}"}}}}


def _query(name: str, *, many: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "array", "items": _TEXT} if many else _WHOLE}


def text() -> str:
    """The description as the file has it."""
    return json.dumps(description(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
