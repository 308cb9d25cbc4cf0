"""What a record may hold of a user's options: secrets are masked before anything is written."""

from __future__ import annotations

import re
from typing import Any

_SECRET_NAME = re.compile(r"(api|access|private)_?key|token(?!iz)|passw|secret|credential|authorization", re.I)
_KEY = r"(sk-|ghp_|gho_|github_pat_|hf_|xox[abp]-|AKIA|AIza|eyJ[\w-]+\.)[\w.-]{8,}"  # well-known prefixes
_LOGIN = r"://[^/\s:@]+:[^/\s@]+@"  # user:password@host
_SECRET_VALUE = re.compile(rf"^{_KEY}|{_LOGIN}")
_SECRET_IN_TEXT = re.compile(rf"\b{_KEY}|{_LOGIN}")
_SHORTEST = 4
"""Shorter secrets are left in a text: they would be found in other words."""
MASK = "***"


def masked(value: Any, name: str = "") -> Any:
    """`value` (any JSON) with what looks like a key, token or password replaced by `***`."""
    if isinstance(value, dict):
        return {str(key): masked(item, f"{name} {key}") for key, item in value.items()}  # all of "secrets" is secret
    if isinstance(value, list | tuple):
        return [masked(item, name) for item in value]
    if isinstance(value, str) and (_SECRET_NAME.search(name) or _SECRET_VALUE.search(value)):
        return MASK
    return value


def masked_text(text: str, known: dict[str, Any]) -> str:
    """A sentence, of a foreign program for one, without what looks like a secret in it or among `known` values."""
    for name, value in known.items():
        if isinstance(value, str) and len(value) >= _SHORTEST and masked(value, name) != value:
            text = text.replace(value, MASK)
    return _SECRET_IN_TEXT.sub(MASK, text)
