"""A scene as it is sent: clean text, no more points than there are pixels, bounded whatever the record holds."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ds_notebook.draw import Lines, Scene, Series, Text, clean, min_max

MOST_POINTS = 2400
"""Of all curves together: about 50 kB as JSON."""
MOST_BYTES = 200_000
MOST_LETTERS = 1000
MOST_ITEMS = 20_000
"""Of one list: rows, lines, names."""
LEAST_BUCKETS = 10

Value = TypeVar("Value")


def fitted(scene: Scene, width: int) -> Scene:
    """`scene` for a view `width` pixels wide; where it is still too large, the last panels give way to a sentence."""
    num_curves = sum(len(panel.series) for panel in scene.panels if isinstance(panel, Lines))
    buckets = max(LEAST_BUCKETS, min(width, MOST_POINTS // max(num_curves, 1)) // 4)
    panels = [_fewer_points(panel, buckets) if isinstance(panel, Lines) else panel for panel in scene.panels]
    return _bounded(_cleaned(msgspec.structs.replace(scene, panels=panels)))


def _fewer_points(panel: Lines, buckets: int) -> Lines:
    return msgspec.structs.replace(panel, series=[_fewer(series, buckets) for series in panel.series])


def _fewer(series: Series, buckets: int) -> Series:
    x, y = min_max(series.x, series.y, buckets)
    return msgspec.structs.replace(series, x=x, y=y)


def _cleaned(value: Value) -> Value:
    """`value` with every text in it cleaned and cut; numbers stay as they are."""
    if isinstance(value, str):
        return clean(value[:MOST_LETTERS])  # type: ignore[return-value]  # a str for a str
    if isinstance(value, list):
        if all(item is None or isinstance(item, (float, int)) for item in value):
            return value
        return [_cleaned(item) for item in value[:MOST_ITEMS]]  # type: ignore[return-value]  # a list for a list
    if isinstance(value, msgspec.Struct):
        fields = {name: _cleaned(getattr(value, name)) for name in value.__struct_fields__}
        return type(value)(**fields)
    return value


def _bounded(scene: Scene) -> Scene:
    panels = list(scene.panels)
    room = MOST_BYTES
    for at, panel in enumerate(panels):
        room -= len(msgspec.json.encode(panel))
        if room < 0:
            left_out = Text(lines=["There is more than fits here: `ds show` in a terminal shows all of it."])
            return msgspec.structs.replace(scene, panels=[*panels[:at], left_out])
    return scene
