"""The door to what charts are made of: metrics summed up, their curves, and the charts that jobs left."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from lazuli.jobs.charts import Charts
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput
from lazuli.server.job_table import number_in
from lazuli.server.mlflow.spelling import float_json
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.store.curves import Summary, Window
from lazuli.store.points import SeriesPoint
from lazuli.tracking.metrics import Metrics

__all__ = ["chart_routes"]

POINTS = 2000
MOST_POINTS = 20_000
MOST_CURVES = 500
_CURVES = {
    "runs": "The names of jobs or runs, with commas between them.",
    "keys": "The names of metrics, with commas between them; a comma within one is spelt %2C once more.",
    "from": "The first step or moment that is wanted.",
    "to": "The last one.",
    "points": f"About how many points a curve shall have: {POINTS} if nothing is said, {MOST_POINTS} at most. "
    "Of a window with no more than these it has them all.",
    "axis": "'step' (if nothing is said) or 'time': what 'from' and 'to' mean, and by what points are in order.",
}


def chart_routes(metrics: Metrics, charts: Charts) -> list[Route]:
    """The routes for charts."""
    door = _Door(metrics, charts)
    job = f"{WORKSPACE}/jobs/{{name}}"

    def route(path: str, handler: Any, permission: str, summary: str, shape: str, **more: Any) -> Route:
        return Route("GET", path, handler, permission, summary, response=shape, tags=("Lazuli",), **more)

    return [
        route(f"{job}/metrics", door.metrics, "runs/read", "Every metric of a job, summed up", "MetricSummaries"),
        route(
            f"{WORKSPACE}/metricCurves",
            door.curves,
            "runs/read",
            "Curves of metrics, with their peaks",
            "MetricCurves",
            query=_CURVES,
        ),
        route(f"{job}/charts", door.charts, "jobs/read", "The charts that a job left", "JobCharts"),
    ]


class _Door:
    def __init__(self, metrics: Metrics, charts: Charts) -> None:
        self._metrics = metrics
        self._charts = charts

    def metrics(self, call: Call) -> Response:
        """Last, least and greatest value, how many points, and where they begin and end."""
        found = self._metrics.summaries(call.scope, call.params["name"])
        return reply({"value": [_summed(each) for each in found]})

    def curves(self, call: Call) -> Response:
        """A curve for each run and metric, those without points too."""
        runs, keys = _listed(call, "runs"), _listed(call, "keys")
        if len(runs) * len(keys) > MOST_CURVES:
            raise InvalidInput(
                f"{len(runs)} runs and {len(keys)} metrics are more than {MOST_CURVES} curves.",
                target="runs",
                mend="Ask for fewer at once.",
            )
        axis = call.query.get("axis") or "step"
        if axis not in ("step", "time"):
            raise InvalidInput(f"'{axis[:40]}' is no axis.", target="axis", mend="Use step or time.")
        window = Window(_whole(call, "from"), _whole(call, "to"), axis == "time")
        points = max(2, min(number_in(call, "points", POINTS), MOST_POINTS))
        curves = [
            _curve(run, key, self._metrics.sample(call.scope, run, key, points, window), window.by_time)
            for run in runs
            for key in keys
        ]
        return reply({"curves": curves})

    def charts(self, call: Call) -> Response:
        """Tables, images, figures, pages and v1's charts, each with the path of its file."""
        found = self._charts.of(ResourceId(call.scope, "jobs", call.params["name"]))
        return reply({"value": [asdict(chart) for chart in found]})


def _summed(summary: Summary) -> dict[str, Any]:
    def told(value: float | None) -> float | str | None:
        return None if value is None else float_json(value)

    return {
        "key": summary.key,
        "last": told(summary.last),
        "min": told(summary.least),
        "max": told(summary.greatest),
        "count": summary.count,
        "firstStep": summary.first_step,
        "lastStep": summary.last_step,
        "firstTime": summary.first_time,
        "lastTime": summary.last_time,
    }


def _curve(run: str, key: str, points: list[SeriesPoint], by_time: bool) -> dict[str, Any]:
    points = sorted(points, key=lambda point: (point.timestamp, point.step, point.seq)) if by_time else points
    return {
        "run": run,
        "key": key,
        "steps": [point.step for point in points],
        "times": [point.timestamp for point in points],
        "values": [float_json(point.value) for point in points],
    }


def _listed(call: Call, word: str) -> list[str]:
    """The names between commas, each once. Raises :class:`InvalidInput` for none."""
    said = [name.replace("%2C", ",") for each in call.query.getlist(word) for name in each.split(",") if name]
    if not said:
        raise InvalidInput(f"'{word}' names nothing.", target=word, mend="Write names with commas between them.")
    return list(dict.fromkeys(said))


def _whole(call: Call, word: str) -> int | None:
    text = call.query.get(word, "")
    if text and not (text.removeprefix("-").isdecimal() and len(text) < 19):
        raise InvalidInput(f"'{text[:40]}' is not a whole number.", target=word)
    return int(text) if text else None
