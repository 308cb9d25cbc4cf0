"""Writes src/types.ts, the wire types of the front end: the shapes, and what the server half sends and takes.

python labextension/generate_types.py            writes the file
python labextension/generate_types.py --check    exit status 1 if it is not up to date
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from ds_notebook.lab import messages

TARGET = Path(__file__).parent / "src" / "types.ts"
SENT = [messages.Host, messages.RunList, messages.SceneMessage, messages.Comparison, messages.Problem, messages.Beat]
TAKEN = [messages.Order, messages.Asked]
HEAD = (
    "// Generated from ds_notebook/draw/shapes.py and ds_notebook/lab/messages.py by labextension/generate_types.py.\n"
    "// Not edited by hand.\n"
)
PRIMITIVES = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}


def types() -> str:
    """The whole of types.ts."""
    _, components = msgspec.json.schema_components([*SENT, *TAKEN], ref_template="{name}")
    interfaces = [_interface(name, schema) for name, schema in components.items()]
    shapes = [name for name, schema in components.items() if "shape" in schema["properties"]]
    return "\n".join([HEAD, *interfaces, f"export type Shape = {' | '.join(shapes)};\n"])


def _interface(name: str, schema: dict[str, Any]) -> str:
    required = set(schema.get("required", []))
    lines = [
        f"  {field}{'' if field in required else '?'}: {_type(of)};{_default(of)}"
        for field, of in schema["properties"].items()
    ]
    comment = "\n".join(f" * {line.strip()}" for line in schema.get("description", "").split("\n") if line.strip())
    return f"/**\n{comment}\n */\nexport interface {name} {{\n" + "\n".join(lines) + "\n}\n"


def _default(schema: dict[str, Any]) -> str:
    """Fields that have their default are not sent, so a reader must know it."""
    default = schema.get("default")
    return f" // left out: {msgspec.json.encode(default).decode()}" if default else ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"])
    if "enum" in schema:
        return " | ".join(f"'{word}'" for word in schema["enum"])
    if "anyOf" in schema:
        names = list(dict.fromkeys(_type(option) for option in schema["anyOf"]))
        return " | ".join(names)
    if schema["type"] == "array":
        item = _type(schema["items"])
        return f"({item})[]" if " | " in item else f"{item}[]"
    return PRIMITIVES[schema["type"]]


def main() -> int:
    """Write the file, or say whether it is up to date."""
    if "--check" not in sys.argv:
        TARGET.write_text(types(), encoding="utf-8")
        return 0
    fresh = TARGET.read_text(encoding="utf-8") == types()
    if not fresh:
        print("labextension/src/types.ts is not what the shapes say. Run: python labextension/generate_types.py")
    return 0 if fresh else 1


if __name__ == "__main__":
    sys.exit(main())
