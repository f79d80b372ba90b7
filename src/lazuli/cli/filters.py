"""What a list holds: the options that narrow it, and how the server is asked for what fits them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import click

from lazuli.cli.options import Option
from lazuli.client.collection import Query, View
from lazuli.client.envelope import Shown
from lazuli.resources.table import Noun
from lazuli.schema.problems import InvalidInput

__all__ = ["SPARE", "filtering", "selected"]

SPARE = 1
"""How many items a command may leave out of what the server lists."""

_OF_JOBS = {
    "status": "Only with this status; may be said several times.",
    "experiment_name": "Only of this experiment.",
    "parent_job_name": "Only the children of this job.",
    "type": "Only of this type: command, sweep, …",
}
_IN_REST = {
    "status": "status",
    "experiment_name": "experimentName",
    "parent_job_name": "parentJobName",
    "type": "jobType",
}


def filtering(row: Noun) -> Option:
    """The options of ``list`` that narrow it."""
    options = [
        click.option("-r", "--max-results", type=click.IntRange(min=1), metavar="N", help="At most so many."),
    ]
    if row.versioned or row.word == "job":
        options += [
            click.option("--include-archived", is_flag=True, help="Also what is archived."),
            click.option("--archived-only", is_flag=True, help="Only what is archived."),
        ]
    if "tags" in row.document.model_fields:
        options += [click.option("--tag", "tags", multiple=True, metavar="KEY[=VALUE]", help="Only with this tag.")]
    if row.word == "job":
        options += [
            click.option(f"--{name.replace('_', '-')}", name, multiple=name == "status", help=text)
            for name, text in _OF_JOBS.items()
        ]
        options += [click.option("--include-children", is_flag=True, help="Also trials and steps of other jobs.")]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def selected(
    listed: Callable[[View, Query], Iterator[Shown]],
    *,
    max_results: int | None = None,
    include_archived: bool = False,
    archived_only: bool = False,
    tags: tuple[str, ...] = (),
    include_children: bool = False,
    **fields: str | tuple[str, ...] | None,
) -> Iterator[Shown]:
    """The items that fit every option: the server finds them, and is asked for no more than ``max_results`` needs."""
    if include_archived and archived_only:
        raise InvalidInput("--include-archived and --archived-only exclude each other.", mend="Keep one of them.")
    view: View = "ArchivedOnly" if archived_only else "All" if include_archived else "ActiveOnly"
    query: dict[str, str | list[str]] = {}
    if tags:
        query["tag"] = list(tags)
    if include_children:
        query["includeChildren"] = "true"
    for name, value in fields.items():
        if value:
            query[_IN_REST[name]] = value if isinstance(value, str) else list(value)
    if max_results:
        query["$top"] = str(max_results + SPARE)
    return islice(listed(view, query), max_results)
