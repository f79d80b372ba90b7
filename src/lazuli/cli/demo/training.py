"""The first half of the demo: a job, and a search for better settings of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from lazuli.cli.demo.screen import Screen, sparkline
from lazuli.cli.show import COLORS, table
from lazuli.client.client import Client
from lazuli.client.jobs import ENDED
from lazuli.client.stream import follow
from lazuli.schema.problems import Unexpected

__all__ = ["show_metrics", "train", "tune"]

_GAP = 3
"""Characters between two columns of a table."""
_LONGEST_LINE = 30
_MEASURED = ("metric", "last", "lowest", "highest")
_SHOWN = 3
"""How many of the best trials are shown."""


def train(client: Client, screen: Screen, job_file: Path) -> str:
    """Submit the job and follow it to its end; its name."""
    job = client.jobs.create(*client.jobs.read(job_file))["name"]
    screen.done("Job", job, "submitted from job.yml")
    started, status, points = time.monotonic(), "Queued", {}
    with screen.busy("Job", status.lower()) as busy:
        for event in follow(client, job):
            if event.kind == "status":
                status = event.data["status"]
                if status in ENDED:
                    continue
                busy(f"{status.lower()}  {event.data['reason']}".strip())
            elif event.kind == "metric":
                points[event.data["key"]] = event.data
                busy(_progress_line(status, points))
            elif event.kind == "log":
                screen.log(event.data["text"])
            elif event.kind == "done":
                status = event.data["status"]
                if status != "Completed":
                    error = event.data["error"] or {}
                    raise Unexpected(f"The job {job} ended as {status}. {error.get('message', '')}".strip())
    screen.done("Trained", f"in {time.monotonic() - started:.1f} s", status, style=COLORS[status])
    return job


def _progress_line(status: str, points: dict[str, dict[str, Any]]) -> str:
    step = max(point["step"] for point in points.values())
    told = "  ".join(f"{key} {point['value']:.3f}" for key, point in sorted(points.items()))
    return f"{status.lower()}  iteration {step}  {told}"


def show_metrics(client: Client, screen: Screen, job: str) -> None:
    """Every metric of a job, with a line that shows how it went."""
    rows = []
    for metric in client.jobs.metrics(job):
        values = [point["value"] for point in client.jobs.history(job, metric["key"])]
        rows.append((metric["key"], f"{values[-1]:.4f}", f"{min(values):.4f}", f"{max(values):.4f}", values))
    told = [_MEASURED, *(row[:-1] for row in rows)]
    room = screen.room - sum(max(map(len, column)) + _GAP for column in zip(*told, strict=True))
    drawn = [(*cells, sparkline(values, max(1, min(room, _LONGEST_LINE)))) for *cells, values in rows]
    screen.indented(table((*_MEASURED, "every iteration"), drawn))


def tune(client: Client, screen: Screen, sweep_file: Path) -> str:
    """Search for better settings and show the best trials; the name of the sweep."""
    sweep = client.jobs.create(*client.jobs.read(sweep_file))["name"]
    screen.done("Sweep", sweep, "submitted from sweep.yml")
    started = time.monotonic()
    with screen.busy("Sweep", "queued") as busy:
        for event in follow(client, sweep):
            if event.kind != "done":
                busy(_how_far(client.jobs.trials(sweep)))
            elif event.data["status"] != "Completed":
                raise Unexpected(f"The sweep {sweep} ended as {event.data['status']}.")
    told = client.jobs.trials(sweep)
    screen.done("Tuned", f"in {time.monotonic() - started:.1f} s", f"{len(told['trials'])} trials; the best of them:")
    screen.indented(_best_trials(client, told))
    return sweep


def _how_far(told: dict[str, Any]) -> str:
    ended = sum(number for status, number in told["counts"].items() if status in ENDED)
    best = next((row for row in told["trials"] if row["name"] == told["best"]), None)
    found = f"  best {told['primaryMetric']} {best['best']:.4f}" if best else ""
    return f"running  {ended} of {told['maxTotalTrials']} trials have ended{found}"


def _best_trials(client: Client, told: dict[str, Any]) -> Any:
    metric, columns = told["primaryMetric"], [column["name"] for column in told["columns"]]
    measured = sorted((row for row in told["trials"] if row["best"] is not None), key=lambda row: -row["best"])
    rows = []
    for row in measured[:_SHOWN]:
        values = [point["value"] for point in client.jobs.history(row["name"], metric)]
        params = [_short(row["params"].get(name)) for name in columns]
        rows.append(
            (str(row["number"]), *params, row["status"], f"{row['best']:.4f}", sparkline(values, _LONGEST_LINE))
        )
    return table(("trial", *columns, "status", metric, "every iteration"), rows)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
