"""The rules' page of the documentation, from their docstrings."""

from __future__ import annotations

import inspect
import re

from ds_notebook.profile.rules import Rule, rules

_INTRODUCTION = """\
# The rules of the profiler

Each is a pure function of a profile's record. A rule speaks only if its advice is expected to make the whole at least
5% faster, or if memory would run out; one cause gives one finding; what is small beside the best remedy waits until
that is applied. "Nothing worth fixing here" is an answer.

The whole, of which shares and speed-ups are told and which trials measure, is all that the user waits for but the
loading of libraries: that is paid once, and a profile is often a short piece of what is to run for hours. Only
`import-time` counts it. In a notebook, where the imports were another cell's, there is no difference.

*Made from the docstrings in `ds_notebook/profile/rules` by `python -m ds_notebook.profile.rules > docs/rules.md`.*
"""
_PARTS = ("What it sees.", "Why it matters.", "How the remedy is verified.", "When it stays silent.")


def page() -> str:
    """All rules in Markdown, by code."""
    codes = rules()
    contents = "\n".join(f"- [`{code}`](#{code}): {_summary(rule)}" for code, rule in codes.items())
    return "\n".join([_INTRODUCTION, contents, "", *(_section(code, rule) for code, rule in codes.items())])


def _summary(rule: Rule) -> str:
    return inspect.getdoc(rule).splitlines()[0]  # type: ignore[union-attr]  # a test sees that each has one


def _section(code: str, rule: Rule) -> str:
    text = inspect.getdoc(rule) or ""
    for part in _PARTS:
        text = re.sub(rf"^{re.escape(part)}", f"**{part}**", text, flags=re.MULTILINE)
    return f"## {code}\n\n{_with_code_blocks(text)}\n"


def _with_code_blocks(text: str) -> str:
    """ "Bad::" and what is indented beneath it as a block of Python."""
    return re.sub(r"^(Bad|Good)::\n\n((?: {4}.*\n|\n)+)", _block, text, flags=re.MULTILINE)


def _block(found: re.Match[str]) -> str:
    code = "\n".join(line[4:] for line in found[2].rstrip().splitlines())
    return f"{found[1]}:\n\n```python\n{code}\n```\n\n"
