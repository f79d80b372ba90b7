"""What a list holds: the options that narrow it, and the items that fit them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import click

from lazuli.cli.options import Option
from lazuli.client.collection import View
from lazuli.client.envelope import Shown
from lazuli.resources.table import Noun
from lazuli.schema.problems import InvalidInput

__all__ = ["filtering", "selected"]

_OF_JOBS = {
    "status": "Only with this status; may be said several times.",
    "experiment_name": "Only of this experiment.",
    "parent_job_name": "Only the children of this job.",
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

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def selected(
    listed: Callable[[View], Iterator[Shown]],
    *,
    max_results: int | None = None,
    include_archived: bool = False,
    archived_only: bool = False,
    tags: tuple[str, ...] = (),
    **fields: str | tuple[str, ...] | None,
) -> Iterator[Shown]:
    """The items that fit every option, fetched no further than ``max_results`` needs."""
    if include_archived and archived_only:
        raise InvalidInput("--include-archived and --archived-only exclude each other.", mend="Keep one of them.")
    view: View = "ArchivedOnly" if archived_only else "All" if include_archived else "ActiveOnly"
    wanted = {name: (value,) if isinstance(value, str) else value for name, value in fields.items() if value}
    fitting = (item for item in listed(view) if _fits(item, wanted) and all(_tagged(item, tag) for tag in tags))
    return islice(fitting, max_results)


def _fits(item: Shown, wanted: dict[str, tuple[str, ...]]) -> bool:
    return all(str(item.get(name, "")).lower() in map(str.lower, values) for name, values in wanted.items())


def _tagged(item: Shown, tag: str) -> bool:
    key, equals, value = tag.partition("=")
    found = item.get("tags") or {}
    return found.get(key) == value if equals else key in found
