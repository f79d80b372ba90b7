"""Printing: one resource or many, as a table, as JSON or as YAML."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lazuli.schema import yaml

__all__ = ["COLORS", "console", "moment", "show", "show_many", "table"]

COLORS = {
    "Completed": "green",
    "Succeeded": "green",
    "Failed": "red",
    "Canceled": "yellow",
    "CancelRequested": "yellow",
    "Running": "cyan",
    "Finalizing": "cyan",
}
"""The colour of a status."""

_WIDTH_OF_PIPES = 200


def console(*, stderr: bool = False) -> Console:
    """A console that never cuts what is piped elsewhere."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else _WIDTH_OF_PIPES)


def show(item: Mapping[str, Any], output: str) -> None:
    """Print one resource."""
    if output == "table":
        pairs = [(key, _cell(value)) for key, value in item.items() if not isinstance(value, dict | list)]
        console().print(table(("field", "value"), pairs))
    else:
        _structured(dict(item), output)


def show_many(items: Iterable[Mapping[str, Any]], columns: Sequence[str], output: str, nothing: str) -> None:
    """Print many; ``nothing`` is what a table says where there are none."""
    found = list(items)
    if output != "table":
        _structured([dict(item) for item in found], output)
    elif not found:
        click.echo(nothing, err=True)
    else:
        console().print(table(columns, [[_cell(_field(item, column)) for column in columns] for item in found]))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A calm table: no frame, column names as titles, statuses in colour."""
    made = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, border_style="dim")
    for column in columns:
        made.add_column(column.replace("_", " ").capitalize(), overflow="fold")
    for row in rows:
        made.add_row(*(Text(cell, style=COLORS.get(cell, "")) for cell in row))
    return made


def moment(text: str) -> str:
    """An ISO 8601 time as the clock on the wall shows it."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return text


def _structured(value: Any, output: str) -> None:
    if output == "json":
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        click.echo(yaml.dump(value), nl=False)


def _field(item: Mapping[str, Any], column: str) -> Any:
    value = item.get(column, (item.get("creation_context") or {}).get(column))
    return moment(value) if column.endswith("_at") and isinstance(value, str) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else str(value)
