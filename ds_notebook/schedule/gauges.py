"""The twelve metrics over time, of the machine, of each GPU and of the jobs seen last."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ds_notebook.draw import Envelope, Lines, Series, min_max
from ds_notebook.record.events import Usage

MOST_JOBS = 5
"""Jobs with a curve of their own in each panel: those measured last."""
MOST_POINTS = 2000
"""Of all curves together: about 35 kB at most."""
_BUCKETS = 120
JOB = "job "
"""How the device of a job's Usage begins; its id follows."""


class _Metric(NamedTuple):
    heading: str
    unit: str
    scale: float = 1.0


METRICS = {
    "gpu_busy_pct": _Metric("GPU busy", "%"),
    "gpu_memory_bytes": _Metric("GPU memory", "GB", 1e-9),
    "gpu_power_w": _Metric("GPU power", "W"),
    "cpu_busy_pct": _Metric("CPU busy", "%"),
    "cpu_run_delay_pct": _Metric("waiting for a core", "%"),
    "cpu_pressure_pct": _Metric("CPU pressure", "%"),
    "memory_bytes": _Metric("memory", "GB", 1e-9),
    "io_bytes_per_s": _Metric("disk", "MB/s", 1e-6),
    "data_wait_pct": _Metric("waiting for data", "%"),
    "step_time_s": _Metric("a step", "ms", 1e3),
    "queue_length": _Metric("waiting jobs", "jobs"),
    "latency_p99_s": _Metric("latency, 99th percentile", "ms", 1e3),
}


class Gauges:
    """Folds Usage events; what a machine does not tell has no panel."""

    def __init__(self) -> None:
        self._curves: dict[str, dict[str, Envelope]] = {}
        """By device, the one measured last at the end; then by metric."""

    def add(self, usage: Usage, at: float) -> None:
        """`at`: seconds since the picture's beginning."""
        curves = self._curves.pop(usage.device, {})
        self._curves[usage.device] = curves
        for name, value in usage.values.items():
            if name in METRICS:
                curves.setdefault(name, Envelope(_BUCKETS)).add([round(at, 1)], [value * METRICS[name].scale])
        jobs = [device for device in self._curves if device.startswith(JOB)]
        for device in jobs[:-MOST_JOBS]:
            del self._curves[device]

    def panels(self, name_of: Callable[[str], str]) -> list[Lines]:
        """A panel for each metric that was measured; `name_of` gives a job's name by its id."""
        num_curves = sum(len(curves) for curves in self._curves.values())
        buckets = max(2, MOST_POINTS // max(num_curves, 1) // 4)
        panels = []
        for metric, how in METRICS.items():
            series = [
                _fewer(curves[metric].series(_called(device, name_of), digits=4), buckets)
                for device, curves in sorted(self._curves.items())
                if metric in curves
            ]
            if series:
                panels.append(Lines(heading=how.heading, series=series, x_label="seconds", y_label=how.unit))
        return panels


def _called(device: str, name_of: Callable[[str], str]) -> str:
    return name_of(device.removeprefix(JOB))[:40] if device.startswith(JOB) else device


def _fewer(series: Series, buckets: int) -> Series:
    x, y = min_max(series.x, series.y, buckets)
    return Series(name=series.name, x=x, y=y)
