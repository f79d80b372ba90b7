"""The trials of a sweep as a table, the best first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import click

from lazuli.cli.show import Form, console, fitting, show_many, table
from lazuli.client.client import Client
from lazuli.client.jobs import ENDED

__all__ = ["show_trials", "tell_trials"]

_FEW = 10
"""How many trials are shown where they are not what was asked for."""
_OWN = ("best", "trial", "status", "seconds")


def show_trials(client: Client, name: str, form: Form) -> None:
    """Print all trials of a sweep."""
    told = client.jobs.trials(name)
    rows = list(_in_order(told))
    if form.format == "table" and form.query is None and rows:
        _print(told, rows)
        return
    said = [{**row, "is_best": row["name"] == told["best"]} for row in rows]
    show_many(said, ("name", "status", "best"), form, f"The sweep '{name}' has no trials yet.")


def tell_trials(client: Client, name: str, *, err: bool) -> None:
    """Print how far a sweep is, and its first few trials."""
    told = client.jobs.trials(name)
    rows = list(_in_order(told))
    if rows:
        _print(told, rows[:_FEW], err=err)
    if len(rows) > _FEW:
        click.echo(f"{len(rows) - _FEW} more: lazuli job trials -n {name}", err=err)
    click.echo(_progress(told), err=err)


def _in_order(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The trials, the best first; those that have logged nothing last, in the order of their numbers."""
    way = -1 if told["goal"] == "maximize" else 1

    def place(row: Mapping[str, Any]) -> tuple[bool, bool, float, int]:
        measured = row["best"] is not None
        return row["name"] != told["best"], not measured, way * row["best"] if measured else 0, row["number"]

    yield from sorted(told["trials"], key=place)


def _print(told: Mapping[str, Any], rows: list[dict[str, Any]], *, err: bool = False) -> None:
    metric = _free(told["primaryMetric"], _OWN)
    params = {column["name"]: _free(column["name"], (*_OWN, metric)) for column in told["columns"]}
    columns = ["best", "trial", "status", metric, *params.values(), "seconds"]
    cells = [
        {
            "best": "*" if row["name"] == told["best"] else "",
            "trial": row["name"],
            "status": row["status"],
            metric: _number(row["best"]),
            **{column: _number(row["params"].get(name)) for name, column in params.items()},
            "seconds": _seconds(row),
        }
        for row in rows
    ]
    screen = console(stderr=err)
    kept = fitting(columns, cells, screen.width)
    screen.print(table(kept, [[row[column] for column in kept] for row in cells]))


def _progress(told: Mapping[str, Any]) -> str:
    counts = told["counts"]
    ended = sum(number for status, number in counts.items() if status in ENDED)
    parts = ", ".join(f"{number} {status}" for status, number in counts.items())
    line = f"{ended} of {told['maxTotalTrials']} trials have ended"
    line += f": {parts}." if parts else "."
    best = next((row for row in told["trials"] if row["name"] == told["best"]), None)
    return f"{line} Best: {best['name']}, {told['primaryMetric']} {_number(best['best'])}." if best else line


def _free(name: str, taken: tuple[str, ...]) -> str:
    return f"{name}_" if name in taken else name


def _number(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _seconds(row: Mapping[str, Any]) -> str:
    if not (row["startTime"] and row["endTime"]):
        return ""
    start, end = (datetime.fromisoformat(row[word].replace("Z", "+00:00")) for word in ("startTime", "endTime"))
    return f"{(end - start).total_seconds():.1f}"
