"""Printing an answer: one resource or many, as a table, JSON, YAML or tab-separated values, whole or in part."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.json import JSON
from rich.table import Table
from rich.text import Text

from lazuli.schema import yaml
from lazuli.schema.problems import InvalidInput

if TYPE_CHECKING:
    from jmespath.parser import ParsedResult

__all__ = ["COLORS", "FORMATS", "Form", "console", "fitting", "moment", "show", "show_many", "table"]

FORMATS = ("table", "json", "jsonc", "yaml", "tsv", "none")

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
_GAP = 3
"""Characters between two columns."""
_TEXTS = frozenset(
    {"about", "description", "did", "endpoint", "status_reason", "value", "message", "result", "to what"}
)
"""The columns whose cells may go over several lines; names are never broken, as they are to be copied."""
_LEAST_TEXT = 16
_EXPENDABLE = (
    "low_priority_per_hour",
    "category",
    "location",
    "image",
    "container_name",
    "account_name",
    "display_name",
    "size",
    "experiment_name",
    "description",
    "resource_group",
    "created_at",
    "type",
    "status_reason",
)
"""What a narrow screen goes without, in this order."""
_LONG = frozenset({"properties", "services", "creation_context"})
"""What a table of one resource leaves to ``-o yaml``."""
_ENOUGH = 120


@dataclass(frozen=True)
class Form:
    """How an answer is printed."""

    format: str = "yaml"
    """One of :data:`FORMATS`."""
    query: ParsedResult | None = None
    """Which part of it: a JMESPath expression."""

    def part_of(self, answer: Any) -> Any:
        """What the query finds in the answer. Raises :class:`InvalidInput` where it cannot be asked of it."""
        if self.query is None:
            return answer
        from jmespath.exceptions import JMESPathError

        try:
            return self.query.search(answer)
        except JMESPathError as error:
            raise InvalidInput(
                f"The query does not fit the answer: {_brief(str(error))}.",
                target="--query",
                mend="Look at the whole answer with '-o json'.",
            ) from None


def _brief(text: str) -> str:
    """The first words of a message that goes on to quote all of the answer."""
    return text if len(text) <= _ENOUGH else f"{text[:_ENOUGH]} …"


class _Console(Console):
    """Leaves it to the command what happens when nobody reads any more."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """A console that never cuts what is piped elsewhere. Without colour where NO_COLOR says so or nobody looks."""
    stream = sys.stderr if stderr else sys.stdout
    return _Console(
        stderr=stderr,
        highlight=False,
        width=None if stream.isatty() else _WIDTH_OF_PIPES,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
    )


def show(item: Mapping[str, Any], form: Form) -> None:
    """Print one resource."""
    if form.format == "table" and form.query is None:
        told = {key: value for key, value in item.items() if key not in _LONG and value not in (None, "", {}, [])}
        console().print(table(("field", "value"), [(key, _written(value)) for key, value in told.items()]))
    else:
        _print(form.part_of(dict(item)), form.format)


def show_many(items: Iterable[Mapping[str, Any]], columns: Sequence[str], form: Form, nothing: str) -> None:
    """Print many; ``nothing`` is what a table says where there are none."""
    found = [dict(item) for item in items]
    if form.format != "table" or form.query is not None:
        _print(form.part_of(found), form.format)
    elif not found:
        click.echo(nothing, err=True)
    else:
        screen = console()
        rows = [{column: _cell(_field(item, column)) for column in columns} for item in found]
        kept = fitting(columns, rows, screen.width)
        screen.print(table(kept, [[row[column] for column in kept] for row in rows]))


def fitting(columns: Sequence[str], rows: Sequence[Mapping[str, str]], width: int) -> list[str]:
    """The columns for which a line has room, the first in any case; the least needed go first, then the last."""

    def taken(column: str) -> int:
        widest = max(len(column), *(len(row[column]) for row in rows))
        return _GAP + (min(widest, _LEAST_TEXT) if column in _TEXTS else widest)

    kept = list(columns)
    for column in (column for column in _EXPENDABLE if column in kept[1:]):
        if sum(map(taken, kept)) <= width:
            break
        kept.remove(column)
    while len(kept) > 1 and sum(map(taken, kept)) > width:
        kept.pop()
    return kept


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, fold: bool = False) -> Table:
    """A calm table: no frame, column names as titles, statuses in colour; with ``fold`` any cell may be broken."""
    made = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, border_style="dim")
    for column in columns:
        made.add_column(
            column.replace("_", " ").capitalize(), overflow="fold", no_wrap=not fold and column not in _TEXTS
        )
    for row in rows:
        made.add_row(*(Text(cell, style=COLORS.get(cell, "")) for cell in row))
    return made


def moment(text: str) -> str:
    """An ISO 8601 time as the clock on the wall shows it."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return text


def _print(value: Any, format: str) -> None:
    if format == "none":
        return
    if format == "json":
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
    elif format == "jsonc":
        console().print(JSON(json.dumps(value), indent=2, ensure_ascii=False), soft_wrap=True)
    elif format == "yaml":
        click.echo(yaml.dump(value).removesuffix("...\n"), nl=False)
    elif format == "tsv":
        for row in [] if value is None else value if isinstance(value, list) else [value]:
            click.echo("\t".join(map(_flat, _cells(row))))
    else:
        _print_table(value)


def _print_table(value: Any) -> None:
    """What a query found, as a table: a row each, its keys or ``Column1`` and so on as titles."""
    rows = [] if value is None else value if isinstance(value, list) else [value]
    named = [row if isinstance(row, dict) else _numbered(row) for row in rows]
    columns = list(dict.fromkeys(key for row in named for key in row))
    if columns:
        cells = [[_cell(row.get(column)) for column in columns] for row in named]
        console().print(table(columns, cells, fold=True))


def _numbered(row: Any) -> dict[str, Any]:
    if not isinstance(row, list):
        return {"result": row}
    return {f"column{place}": cell for place, cell in enumerate(row, 1)}


def _cells(row: Any) -> list[Any]:
    return list(row.values()) if isinstance(row, dict) else row if isinstance(row, list) else [row]


def _flat(value: Any) -> str:
    """One cell of tab-separated values, as az prints it: of a list its length, of a map nothing."""
    if isinstance(value, dict):
        return ""
    text = str(len(value)) if isinstance(value, list) else _cell(value)
    return " ".join(text.split("\t")).replace("\r", " ").replace("\n", " ")


def _field(item: Mapping[str, Any], column: str) -> Any:
    value = item.get(column, (item.get("creation_context") or {}).get(column))
    if column == "status_reason" and not value:
        value = (item.get("error") or {}).get("message")
    return moment(value) if column.endswith(("_at", "_time")) and isinstance(value, str) else value


def _written(value: Any) -> str:
    """A value on lines of its own where it has parts."""
    return yaml.dump(value).rstrip() if isinstance(value, dict | list) else _cell(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else str(value)
