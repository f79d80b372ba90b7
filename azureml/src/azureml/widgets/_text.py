"""A run as a few lines of text."""

from __future__ import annotations

from typing import Iterator

from azureml.widgets import _words
from azureml.widgets._reading import View

_MOST_CHILDREN = 10


def told(view: View) -> str:
    """The run, for a terminal."""
    return "\n".join(_lines(view))


def _lines(view: View) -> Iterator[str]:
    facts = [view.status, _words.duration(view.seconds)]
    yield f"{_words.kind(view)} {view.name}: {', '.join(fact for fact in facts if fact)}"
    yield f"  Run id {view.id}, experiment {view.experiment}"
    if view.error:
        yield f"  {view.error}"
    if view.curves:
        yield "  " + ", ".join(f"{each.name} {_words.number(each.last)}" for each in view.curves)
    children = _words.ranked(view.children, view.search)
    if children:
        yield f"  {len(children)} below it: {_words.counted(children)}"
    for child in children[:_MOST_CHILDREN]:
        value = child.metrics.get(view.search.metric) if view.search else None
        measured = f"  {view.search.metric} {_words.number(value)}" if view.search and value is not None else ""
        yield f"    {child.status:<10} {child.name}{measured}"
    if len(children) > _MOST_CHILDREN:
        yield f"    and {len(children) - _MOST_CHILDREN} more"
    yield f"  {view.url}"
