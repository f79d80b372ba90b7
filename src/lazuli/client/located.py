"""What the server refuses, told at the line that said it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel

from lazuli.schema.problems import Problem
from lazuli.schema.yaml import Place, Source

__all__ = ["located"]


@contextmanager
def located(document: BaseModel, source: Source | None) -> Iterator[None]:
    """Raise a problem about a field of ``document`` again with ``job.yml:12`` before it, where ``source`` has lines."""
    try:
        yield
    except Problem as problem:
        place = _place(problem.target, type(document), source) if source else ()
        if source is None or not place or problem.message.startswith(f"{source.name}:"):
            raise
        raise type(problem)(
            f"{source.where(place)}: {problem.message}",
            target=problem.target,
            mend=problem.mend,
            code=problem.code,
            details=problem.details,
        ) from None


def _place(target: str, kind: type[BaseModel], source: Source) -> Place:
    """Where the file says what the server calls ``target``, in either dialect; nothing where it does not say it."""
    names = {field.alias: name for name, field in kind.model_fields.items() if field.alias}
    first, *rest = target.removeprefix("properties.").split(".")
    first = names.get(first, first)
    if (first,) not in source.lines:
        return ()
    return (first, *(step if step in _keys(source, first) else _snake(step) for step in rest))


def _keys(source: Source, first: str) -> set[str | int]:
    return {step for place in source.lines if place[0] == first for step in place[1:]}


def _snake(word: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", word).lower()
