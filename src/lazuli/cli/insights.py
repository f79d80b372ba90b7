"""``lazuli insights``: what was asked of a workspace, what its jobs did, and what went wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from lazuli.cli.options import asks
from lazuli.cli.show import Form, moment, show_many
from lazuli.client.client import Client
from lazuli.schema.problems import InvalidInput

__all__ = ["insights"]

_AGO = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@click.command("insights", help="Show what was asked of the workspace, what its jobs did, and what went wrong.")
@click.option("--kind", type=click.Choice(["request", "job", "error"]), help="Only these.")
@click.option("--since", default="1d", show_default=True, metavar="TIME", help="From here on: 15m, 2h, 3d or a date.")
@click.option("--until", metavar="TIME", help="Up to here.")
@click.option("--contains", metavar="TEXT", help="Only what has this text in it.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many at most.")
@asks("table")
def insights(client: Client, output: Form, limit: int, **given: str | None) -> None:
    """Show the newest events, the newest first."""
    query = {
        word: _time(value, word) if word in ("since", "until") else value for word, value in given.items() if value
    }
    found = client.http.call("GET", f"{client.scope.path}/insights", query={**query, "limit": str(limit)})["value"]
    if output.format == "table" and output.query is None:
        found = [{**event, "time": moment(event["time"]), "ms": event["durationMs"] or None} for event in found]
    columns = ("time", "kind", "operation", "status", "ms", "principal", "message")
    show_many(found, columns, output, "Nothing of that was noted.")


def _time(text: str, word: str) -> str:
    """A time as the server reads it."""
    if ago := _AGO.fullmatch(text):
        return (datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})).isoformat()
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except ValueError:
        raise InvalidInput(
            f"'{text}' is not a time.", target=word, mend="Write 15m, 2h, 3d, or a date: 2026-05-17T14:30."
        ) from None
