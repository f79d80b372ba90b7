"""Values as people read them."""

from __future__ import annotations

import math

from azureml.widgets._reading import Child, Search, View

_TYPES = {
    "azureml.scriptrun": "Script",
    "azureml.PipelineRun": "Pipeline",
    "azureml.StepRun": "Step",
    "hyperdrive": "Sweep",
}


def duration(seconds: float | None) -> str:
    """As ``42 s``, ``3 min 5 s`` or ``2 h 10 min``; nothing for what has not begun."""
    if seconds is None:
        return ""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def number(value: float) -> str:
    """A value in at most six places."""
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e12:
        return f"{int(value):,}".replace(",", "\u202f")
    return f"{value:.4g}" if abs(value) < 1e-3 or abs(value) >= 1e6 else f"{value:.5g}"


def kind(view: View) -> str:
    """What sort of run it is."""
    return _TYPES.get(view.type, "Run")


def counted(children: list[Child]) -> str:
    """How many children there are in each state, as ``3 Completed, 1 Running``."""
    states: dict[str, int] = {}
    for child in children:
        states[child.status] = states.get(child.status, 0) + 1
    return ", ".join(f"{count} {state}" for state, count in states.items())


def ranked(children: list[Child], search: Search | None) -> list[Child]:
    """The children in the order in which they are shown: those of a search from the best on, others as they began."""
    if search is None:
        return children
    sign = -1.0 if search.is_maximised else 1.0

    def place(child: Child) -> tuple[bool, float]:
        value = child.metrics.get(search.metric, math.nan)
        return (math.isnan(value), 0.0 if math.isnan(value) else sign * value)

    return sorted(children, key=place)
