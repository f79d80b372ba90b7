"""YAML with line numbers: what a file says, and on which line it says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lazuli.schema.problems import InvalidInput, Problem

__all__ = ["Source", "dump", "load", "parse", "plain", "written"]

Place = tuple[str | int, ...]
"""Where a value stands: the keys and indexes that lead to it."""

MOST_VALUES = 100_000
"""How many values one file may say, aliases counted each time: a few lines of them can stand for billions."""

MOST_DEPTH = 100
"""How deeply a file of others may nest: the time to read one grows with the square of that."""


@dataclass(frozen=True)
class Source:
    """One YAML file, read: its data and the line of every key."""

    name: str
    folder: Path
    data: Any
    lines: Mapping[Place, int]
    within: tuple[Path, ...] = ()
    """The files that include this one, the outermost first."""
    strict: bool = False
    """Whether a key that nothing knows is a mistake, rather than worth a warning."""
    warnings: list[Problem] = field(default_factory=list, compare=False)
    """What reading it was worth warning of."""

    def where(self, place: Place) -> str:
        """``job.yml:12`` for a place in this file; the nearest enclosing line where it has none of its own."""
        return f"{self.name}:{self.line(place)}"

    def line(self, place: Place) -> int:
        """The line of a place, or the nearest enclosing one."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


class WrittenInt(int):
    """A whole number that remembers how it was written, so that ``version: 01`` stays ``01``."""

    text: str


class WrittenFloat(float):
    """A number that remembers how it was written, so that ``lr: 1.0e-3`` reaches the program as written."""

    text: str


def written(value: Any) -> str:
    """A scalar as the user wrote it; booleans as Python prints them."""
    return value.text if isinstance(value, WrittenInt | WrittenFloat) else str(value)


class _Loader(yaml.SafeLoader):
    """Knows only what JSON knows: no sets, no pairs, no binary; dates stay as they are written."""


def _int(loader: _Loader, node: yaml.ScalarNode) -> WrittenInt:
    value = WrittenInt(loader.construct_yaml_int(node))
    value.text = node.value
    return value


def _float(loader: _Loader, node: yaml.ScalarNode) -> WrittenFloat:
    value = WrittenFloat(loader.construct_yaml_float(node))
    value.text = node.value
    return value


for _kind in ("binary", "omap", "pairs", "set"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", yaml.SafeLoader.construct_undefined)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", yaml.SafeLoader.construct_yaml_str)
_Loader.add_constructor("tag:yaml.org,2002:value", yaml.SafeLoader.construct_yaml_str)
_Loader.add_constructor("tag:yaml.org,2002:int", _int)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)


_MERGE = "tag:yaml.org,2002:merge"
_TEXT = "tag:yaml.org,2002:str"


def load(file: str | Path) -> Source:
    """The YAML file, read. Raises :class:`InvalidInput` where it is missing, unreadable or no YAML."""
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidInput(f"The file '{file}' does not exist.", target=str(file)) from None
    except IsADirectoryError:
        raise InvalidInput(f"'{file}' is a folder, not a YAML file.", target=str(file)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The file '{file}' cannot be read as text: {error}.", target=str(file)) from None
    return parse(text, name=path.name, folder=path.resolve().parent)


def parse(text: str, *, name: str = "document", folder: Path | None = None) -> Source:
    """YAML text, read. Raises :class:`InvalidInput` with the line where it is no YAML or a key is given twice."""
    lines: dict[Place, int] = {}
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None:
            _count(node, name, {})
            _note_lines(node, (), lines, name, set())
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}" if mark else name
        reason = ", ".join(filter(None, (error.context, error.problem)))
        raise InvalidInput(f"{place} is not valid YAML: {reason}.", target=place) from None
    except RecursionError:
        raise InvalidInput(f"{name} is nested too deeply.", target=name) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidInput(f"{name} is not valid YAML: {error}.", target=name) from None
    finally:
        if loader is not None:
            loader.dispose()
    return Source(name, folder or Path.cwd(), data, lines)


def plain(text: str | bytes, *, aliases: bool = True) -> Any:
    """What a file says that came with data, a model or a request, where nobody needs its lines.

    Raises :class:`yaml.YAMLError`, also for one that nests more deeply than :data:`MOST_DEPTH`, and for one with an
    alias where none may be: written out, a small file that repeats itself could grow beyond every memory.
    """
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)
        if not aliases and isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="an alias", problem_mark=event.start_mark)
    return yaml.safe_load(text)


def _count(node: yaml.Node, name: str, known: dict[int, int | None]) -> int:
    """How many values ``node`` stands for, with every alias written out; refused where they are too many or endless."""
    if id(node) in known:
        found = known[id(node)]
        if found is None:
            line = node.start_mark.line + 1
            raise InvalidInput(f"{name}:{line}: an alias stands inside of what it stands for.", target=f"{name}:{line}")
        return found
    known[id(node)] = None
    parts: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        parts = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        parts = node.value
    total = 1 + sum(_count(part, name, known) for part in parts)
    if total > MOST_VALUES:
        raise InvalidInput(
            f"{name} says more than {MOST_VALUES} values.", target=name, mend="Write less, or fewer aliases of aliases."
        )
    known[id(node)] = total
    return total


def _note_lines(node: yaml.Node, place: Place, lines: dict[Place, int], name: str, seen: set[int]) -> None:
    """Note on which line every key and item stands; keys become text, whatever else they might be read as."""
    if id(node) in seen:  # an alias: noted where it was said
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _note_key(key, place, lines, name)
            _note_lines(value, (*place, key.value), lines, name, seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*place, index)] = value.start_mark.line + 1
            _note_lines(value, (*place, index), lines, name, seen)


def _note_key(key: yaml.Node, place: Place, lines: dict[Place, int], name: str) -> None:
    line = key.start_mark.line + 1
    if not isinstance(key, yaml.ScalarNode):
        raise InvalidInput(f"{name}:{line}: a key must be a word.", target=f"{name}:{line}")
    if key.tag == _MERGE:
        return
    here = (*place, key.value)
    if here in lines:
        raise InvalidInput(
            f"{name}:{line}: '{key.value}' is given twice; it stands in line {lines[here]} already.",
            target=".".join(map(str, here)),
            mend="Remove one of the two.",
        )
    lines[here] = line
    key.tag = _TEXT


def dump(data: Any) -> str:
    """``data`` as YAML text, keys in the order given, long strings as blocks."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value else None
    if any(mark in value for mark in "\x85\u2028\u2029\ufeff"):  # line ends to YAML, which would fold them
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _whole(dumper: yaml.SafeDumper, value: WrittenInt) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:int", value.text)


def _fraction(dumper: yaml.SafeDumper, value: WrittenFloat) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:float", value.text)


_Dumper.add_representer(str, _string)
_Dumper.add_representer(WrittenInt, _whole)
_Dumper.add_representer(WrittenFloat, _fraction)
