"""SQL by shape and by the user's line: the count that every database hook adds to."""

from __future__ import annotations

import re
import threading
from types import FrameType

from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.observed import Statement

LONGEST = 2000
"""Characters of a statement that are looked at."""
ALIKE = 50
"""After so many statements of one shape from one line, the next that begin like them are taken to have it too."""
MOST_TEXTS = 1000
"""Whose shapes are remembered."""
_VALUE = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))|"
    r"\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"  # text, as PostgreSQL may have it
    r"|'(?:[^']|'')*'"  # text
    r"|0x[0-9a-fA-F]+"
    r"|(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"  # a number
    r"|%\(\w+\)s|%s|(?<!:)[:@$]\w+",  # a parameter, as one driver or another writes it
    re.DOTALL,
)
_ESCAPED = re.compile(r"'.*'", re.DOTALL)
_QUOTED = r'"(?:[^"]|"")*"'
_COMPARED = re.compile(
    rf"([=<>]|\b(?:like|glob|regexp|rlike|is|is\s+not|between|between\s+\?\s+and)\b|\w\()(\s*){_QUOTED}(?!\s*\.)",
    re.IGNORECASE,
)
_BRACKET = r"\((?:[^()]|\([^()]*\))*\)"
_LISTED = re.compile(rf"\b(?:in|values)\s*{_BRACKET}(?:\s*,\s*{_BRACKET})*", re.IGNORECASE)
"""MySQL and SQLite take text in double quotes too; elsewhere than here it names a column or table."""
_LIST = re.compile(r"\(\s*\?(?:\s*,\s*\?)*\s*\)")


def shape(sql: str) -> str:
    """A statement with each value as `?` and each list of them as `(?)`: nothing of the user's data."""
    short = sql if len(sql) <= LONGEST else sql[:LONGEST] + "'"  # a value that was cut must not be left open
    if "\\'" in short:  # one dialect's escaped quote is another's end of a text: all that it may be is left out
        short = _ESCAPED.sub("?", short)
    short = _VALUE.sub(lambda found: " " if found["comment"] else "?", short)
    short = _COMPARED.sub(r"\1\2?", _COMPARED.sub(r"\1\2?", short))  # the second of `between` after the first
    if short.count('"') % 2:  # cut within
        short = short[: short.rindex('"')] + "?"
    short = _LISTED.sub(lambda found: re.sub(_QUOTED, "?", found[0]), short)
    return " ".join(_LIST.sub("(?)", short).split())[:LONGEST]


class Statements:
    """Counts statements; drivers below another that counts already are silent."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._by_site: dict[tuple[int, int], dict[str, Statement]] = {}
        self._shapes: dict[str, str] = {}
        self._begin: dict[tuple[int, int], str] = {}
        """How the first statement from each line begins, up to its first value; empty for one without."""
        self._above = threading.local()

    def add(self, sql: str, frame: FrameType | None, seconds: float, driver: str) -> None:
        """One statement, executed below `frame`."""
        site = self._places.users_frame(frame)
        if site is None:
            return
        key = (id(site.f_code), site.f_lasti)
        known = self._by_site.get(key)
        if known is None:
            known = self._by_site[key] = {}
            value = _VALUE.search(sql)
            self._begin[key] = sql[: value.start()] if value else ""
        if len(known) == 1:
            (only,) = known.values()
            if only.count >= ALIKE and (begin := self._begin[key]) and sql.startswith(begin):
                only.count += 1
                only.seconds += seconds
                return
        words = self._shapes.get(sql) or shape(sql)
        if len(sql) <= LONGEST and len(self._shapes) < MOST_TEXTS:
            self._shapes[sql] = words
        statement = known.get(words)
        if statement is None:
            text = self._places.text(site.f_code, site.f_lineno)
            statement = known[words] = Statement(shape=words, site=text, count=0, seconds=0.0, driver=driver)
        statement.count += 1
        statement.seconds += seconds

    @property
    def counted_above(self) -> bool:
        """Whether a layer above the driver, such as SQLAlchemy, counts the statement that this thread executes."""
        return getattr(self._above, "counts", False)

    @counted_above.setter
    def counted_above(self, counts: bool) -> None:
        self._above.counts = counts

    def all(self) -> list[Statement]:
        """Most frequent first; those of one line and shape are one."""
        merged: dict[tuple[str, str], Statement] = {}
        for statement in (each for known in list(self._by_site.values()) for each in known.values()):
            same = merged.setdefault((statement.site, statement.shape), statement)
            if same is not statement:
                same.count += statement.count
                same.seconds += statement.seconds
        return sorted(merged.values(), key=lambda statement: -statement.count)
