"""A panel of lanes with blocks of work over seconds; kinds differ in colour and hatching."""

from __future__ import annotations

from ds_notebook.draw._curves import colour_of
from ds_notebook.draw._legend import Entry, draw_heading
from ds_notebook.draw._mark import Drawing, px, rect, rules, words, words_at
from ds_notebook.draw._theme import BODY, HATCHES, SMALL, Theme
from ds_notebook.draw._words import fit, width_of
from ds_notebook.draw.shapes import Block, Timeline
from ds_notebook.draw.ticks import Axis, axis_of, labels

_LANE, _BLOCK = 26.0, 20.0
_UNITS = ((3600.0 * 4, 3600.0, "h"), (600.0, 60.0, "min"), (1.0, 1.0, "s"), (1e-3, 1e-3, "ms"), (0.0, 1e-6, "µs"))


def draw_timeline(timeline: Timeline, width: float, theme: Theme) -> Drawing:
    """A row a lane; neighbours of one kind closer than half a pixel become one block."""
    blocks = [block for block in timeline.blocks if block.lane in timeline.lanes and block.end >= block.start]
    kinds = list(dict.fromkeys(block.kind for block in blocks))
    entries = [Entry(_swatch(style, theme), 14, kind) for style, kind in enumerate(kinds) if kind]
    head = draw_heading(timeline.heading, "", entries, width, theme)
    axis = axis_of((at for block in blocks for at in (block.start, block.end)), padding=0.0)
    if axis is None:
        body = head.body + words(0, head.height + 13, "no data yet", SMALL, theme.muted)
        return Drawing(body, head.height + 20)
    names = {lane: fit(lane, width * 0.25, BODY) for lane in timeline.lanes}
    left, right = max(width_of(name, BODY) for name in names.values()) + 10, width - 6
    bottom = head.height + _LANE * len(names) + 2
    body = head.body + _foot(axis, (left, right, head.height, bottom), theme)
    for row, (lane, name) in enumerate(names.items()):
        y = head.height + row * _LANE
        body += words(left - 10, y + 17, name, BODY, theme.ink, anchor="end")
        for kind, start, end, label in _merged([block for block in blocks if block.lane == lane], axis, left, right):
            style = kinds.index(kind)
            body += rect(start, y + 3, max(end - start, 0.8), _BLOCK, colour_of(style, theme))
            if end - start > 4 and _hatch(style):
                body += rect(start, y + 3, end - start, _BLOCK, f"url(#{_hatch_id(style, theme)})")
            if label and width_of(label, SMALL, bold=True) + 8 <= end - start:
                body += _label(start, y, label, style, theme)
    return Drawing(_hatches(len(kinds), theme) + body, bottom + 34)


def _merged(blocks: list[Block], axis: Axis, left: float, right: float) -> list[tuple[str, float, float, str]]:
    """Kind, first and last pixel and label of each block that is drawn."""
    to_x = axis.onto(left, right)
    merged: list[tuple[str, float, float, str]] = []
    for block in sorted(blocks, key=lambda block: block.start):
        start, end = (to_x(block.start), to_x(block.end))
        if merged and merged[-1][0] == block.kind and start - merged[-1][2] < 0.5 and not block.label:
            merged[-1] = (block.kind, merged[-1][1], max(end, merged[-1][2]), merged[-1][3])
        elif not merged or end - start >= 0.3 or start - merged[-1][2] >= 0.3:
            merged.append((block.kind, start, end, block.label))
    return merged


def _foot(axis: Axis, box: tuple[float, float, float, float], theme: Theme) -> str:
    left, right, top, bottom = box
    _, second, unit = next(row for row in _UNITS if axis.high - axis.low >= row[0])
    ticks = Axis(axis.low / second, axis.high / second).ticks(max(2, int((right - left) / 75)))
    places = [axis.onto(left, right)(tick * second) for tick in ticks]
    body = rules(((x, top, 0, bottom - top) for x in places), theme.grid)
    body += rules([(left, bottom, right - left, 0), *((x, bottom, 0, 4) for x in places)], theme.axis)
    names = (
        (min(x, right + 6 - width_of(text, SMALL) / 2), bottom + 15, text)
        for x, text in zip(places, labels(ticks), strict=True)
    )
    body += words_at(names, SMALL, theme.muted, anchor="middle")
    return body + words(right, bottom + 28, f"time, {unit}", SMALL, theme.muted, anchor="end")


def _label(x: float, y: float, label: str, style: int, theme: Theme) -> str:
    """Words on a block, on a strip of its plain colour so that hatching does not cross them."""
    strip = rect(x + 2, y + 5, width_of(label, SMALL, bold=True) + 4, _BLOCK - 4, colour_of(style, theme))
    return strip + words(x + 4, y + 17, label, SMALL, theme.paper, bold=True)


def _swatch(style: int, theme: Theme) -> str:
    plain = rect(0, -5, 14, 10, colour_of(style, theme))
    return plain + (rect(0, -5, 14, 10, f"url(#{_hatch_id(style, theme)})") if _hatch(style) else "")


def _hatch(style: int) -> int:
    """The number of a style's hatching: the seventh kind has the first's colour, not its hatching."""
    return (style + style // len(HATCHES)) % len(HATCHES)


def _hatch_id(style: int, theme: Theme) -> str:
    return f"ds-hatch-{_hatch(style)}-{theme.paper[1:]}"


def _hatches(kinds: int, theme: Theme) -> str:
    patterns = "".join(
        f'<pattern id="{_hatch_id(style, theme)}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<path d="{HATCHES[_hatch(style)]}" stroke="{theme.paper}" stroke-opacity=".4" stroke-width="{px(1.4)}"/>'
        "</pattern>"
        for style in _one_of_each(kinds)
    )
    return f"<defs>{patterns}</defs>" if patterns else ""


def _one_of_each(kinds: int) -> list[int]:
    """A style for each hatching that so many kinds need."""
    return list({_hatch(style): style for style in range(kinds) if _hatch(style)}.values())
