"""Small curves as SVG, in the colours of Studio."""

from __future__ import annotations

import math
from html import escape

from azureml.widgets import _words

COLOURS = ("#3b7dd8", "#e0872f", "#2f9e77", "#b8539b", "#7a6ad8", "#c9a227", "#3aa6b9", "#d0524b")
_WIDTH, _HEIGHT, _EDGE = 220, 56, 4


def line(points: list[tuple[float, float]], colour: str, title: str) -> str:
    """A line through points; a dot where there is but one. Nothing where none is finite."""
    places = _placed(points)
    if not places:
        return ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    area = f"{places[0][0]:.1f},{_HEIGHT - 1} {path} {places[-1][0]:.1f},{_HEIGHT - 1}"
    x, y = places[-1]
    return _picture(
        f'<polygon points="{area}" fill="{colour}" fill-opacity=".12"/>'
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6" stroke-linejoin="round"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>',
        title,
    )


def dots(points: list[tuple[float, float]], is_maximised: bool, title: str) -> str:
    """A dot for each trial, and the best so far as steps."""
    finite = [point for point in points if math.isfinite(point[1])]
    places = _placed(points)
    if not places:
        return ""
    best, value, steps = finite[0][1], 0.0, []
    for (_, value), (x, _) in zip(finite, places):
        best = max(best, value) if is_maximised else min(best, value)
        steps.append((x, best))
    heights = dict(zip((value for _, value in finite), (y for _, y in places)))
    path = f"M{steps[0][0]:.1f} {heights[steps[0][1]]:.1f}"
    path += "".join(f"H{x:.1f}V{heights[top]:.1f}" for x, top in steps[1:])
    marks = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>' for x, y in places)
    return _picture(
        f'<path d="{path}" fill="none" stroke="{COLOURS[1]}" stroke-width="1.6"/>'
        f'<g fill="{COLOURS[0]}" fill-opacity=".75">{marks}</g>',
        title,
    )


def _placed(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where the finite points lie in the picture."""
    finite = [(x, y) for x, y in points if math.isfinite(y)]
    if not finite:
        return []
    left, right = min(x for x, _ in finite), max(x for x, _ in finite)
    low, high = min(y for _, y in finite), max(y for _, y in finite)
    wide, tall = (right - left) or 1.0, high - low
    inner = _HEIGHT - 2 * _EDGE

    def height(y: float) -> float:
        return _HEIGHT / 2 if tall == 0 else _EDGE + inner * (high - y) / tall

    return [(_EDGE + (_WIDTH - 2 * _EDGE) * (x - left) / wide, height(y)) for x, y in finite]


def _picture(inside: str, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{inside}</svg>"
    )


def span(values: list[float]) -> str:
    """The least and the greatest of values, for the title of a curve."""
    finite = [value for value in values if math.isfinite(value)]
    return f"{_words.number(min(finite))} to {_words.number(max(finite))}" if finite else ""
