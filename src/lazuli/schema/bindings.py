"""Bindings: ``${{inputs.data}}`` in a command stands for a value that is known only when the job starts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lazuli.schema.problems import InvalidInput, did_you_mean

__all__ = ["Binding", "bindings_in", "check", "fill", "only_binding", "rename", "render", "render_known", "settle"]

_BINDING = re.compile(r"\$\{\{\s*(?P<group>[A-Za-z_]\w*)(?:\.(?P<name>[\w.-]+))?\s*\}\}")
_OPTIONAL = re.compile(r"\$\[\[(?P<body>.*?)\]\]", re.DOTALL)


@dataclass(frozen=True)
class Binding:
    """One ``${{group.name}}``; the name is empty for ``${{name}}``."""

    group: str
    name: str = ""

    def __str__(self) -> str:
        return f"${{{{{self.group}.{self.name}}}}}" if self.name else f"${{{{{self.group}}}}}"


def bindings_in(text: str) -> Iterator[Binding]:
    """The bindings of ``text``, in order."""
    for match in _BINDING.finditer(text):
        yield Binding(match["group"], match["name"] or "")


def only_binding(text: str | None) -> Binding | None:
    """The binding that ``text`` consists of, if it is nothing else."""
    found = [*bindings_in(text)] if text else []
    return found[0] if len(found) == 1 and text and str(found[0]) == "".join(text.split()) else None


def check(text: str, known: dict[str, set[str]], *, target: str) -> None:
    """Raise :class:`InvalidInput` for a binding of ``text`` whose group or name is not among ``known``."""
    for binding in bindings_in(text):
        if binding.group not in known:
            raise InvalidInput(
                f"'{target}' uses {binding}, but '{binding.group}' cannot be bound here.",
                target=target,
                mend=f"Bind one of: {', '.join(sorted(known))}.",
            )
        if binding.name not in known[binding.group]:
            mend = did_you_mean(binding.name, sorted(known[binding.group]))
            raise InvalidInput(
                f"'{target}' uses {binding}, but the job has no {binding.group.rstrip('s')} '{binding.name}'.",
                target=target,
                mend=mend or f"Add '{binding.name}' to '{binding.group}', or remove it from '{target}'.",
            )


def fill(text: str, group: str, values: Mapping[str, str | None]) -> str:
    """``text`` with the bindings of one group replaced by their values; others stay as they are.

    A block ``$[[ … ]]`` is dropped when one of these bindings in it has no value (None); elsewhere no value is empty.
    """

    def optional(match: re.Match[str]) -> str:
        ours = (binding.name for binding in bindings_in(match["body"]) if binding.group == group)
        return "" if any(values[name] is None for name in ours) else match[0]

    def value(match: re.Match[str]) -> str:
        return (values[match["name"] or ""] or "") if match["group"] == group else match[0]

    return _BINDING.sub(value, _OPTIONAL.sub(optional, text))


def rename(text: str, old: Binding, new: Binding) -> str:
    """``text`` with every binding ``old`` written as ``new``."""
    return _BINDING.sub(
        lambda match: str(new) if (match["group"], match["name"] or "") == (old.group, old.name) else match[0], text
    )


def settle(text: str, value_of: Callable[[Binding], str | None]) -> str:
    """``text`` without blocks ``$[[ … ]]``: what is in one is kept where all of its bindings have a value."""

    def optional(match: re.Match[str]) -> str:
        body = match["body"]
        return body if all(value_of(binding) is not None for binding in bindings_in(body)) else ""

    return _OPTIONAL.sub(optional, text)


def render_known(text: str, value_of: Callable[[Binding], str | None]) -> str:
    """``text`` with every binding that has a value replaced by it; others stay as they are."""

    def value(match: re.Match[str]) -> str:
        found = value_of(Binding(match["group"], match["name"] or ""))
        return match[0] if found is None else found

    return _BINDING.sub(value, text)


def render(text: str, value_of: Callable[[Binding], str | None]) -> str:
    """``text`` with every binding replaced by its value.

    A block ``$[[ … ]]`` is dropped when one of its bindings has no value (None); elsewhere no value is empty text.
    """

    def value(match: re.Match[str]) -> str:
        return value_of(Binding(match["group"], match["name"] or "")) or ""

    return _BINDING.sub(value, settle(text, value_of))
