"""What the package ``azureml`` holds under a name of the SDK v1, and whether the tests' record covers it."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import azureml

Record = dict[str, list[str]]


def modules() -> list[ModuleType]:
    """Every module of the package."""
    found = pkgutil.walk_packages(azureml.__path__, "azureml.")
    return [azureml, *(importlib.import_module(each.name) for each in found)]


def key(thing: Any) -> str:
    """The one name of a class or function: where it is defined."""
    return f"{thing.__module__}:{thing.__qualname__}"


def is_ours(thing: Any) -> bool:
    """Whether a class or function is the package's own."""
    return (inspect.isclass(thing) or inspect.isfunction(thing)) and thing.__module__.partition(".")[0] == "azureml"


def resolve(name: str) -> Any:
    """What a key leads to. Raises LookupError where it is no longer there."""
    module, _, path = name.partition(":")
    try:
        thing: Any = importlib.import_module(module)
        for part in path.split("."):
            if inspect.isclass(thing) and part in attributes().get(key(thing), ()):
                return None
            thing = inspect.getattr_static(thing, part)
    except (ImportError, AttributeError):
        raise LookupError(name) from None
    return thing


def function_of(thing: Any) -> Any:
    """The function behind a method, a property or a descriptor; None where there is none."""
    for word in ("__func__", "fget", "func"):
        inner = getattr(thing, word, None)
        if inspect.isfunction(inner):
            return inspect.unwrap(inner)
    return inspect.unwrap(thing) if inspect.isfunction(thing) else None


@functools.cache
def attributes() -> dict[str, set[str]]:
    """What the methods of each class set on ``self``, inherited ones too."""
    own: dict[str, set[str]] = defaultdict(set)
    for module in modules():
        for node in ast.walk(ast.parse(inspect.getsource(module))) if module.__file__ else ():
            if isinstance(node, ast.ClassDef):
                own[f"{module.__name__}:{node.name}"] |= set(_set_on_self(node))
    return {
        key(each): set().union(*(own.get(key(base), set()) for base in each.__mro__))
        for found in index().values()
        for each in found
        if inspect.isclass(each)
    }


def _set_on_self(node: ast.ClassDef) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store):
            if isinstance(each.value, ast.Name) and each.value.id == "self":
                yield each.attr
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            yield each.target.id


@functools.cache
def index() -> dict[str, list[Any]]:
    """The classes and functions of the package by their names."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for module in modules():
        for name, thing in vars(module).items():
            if is_ours(thing):
                found[name][key(thing)] = thing
    return {name: list(each.values()) for name, each in found.items()}


def owners(symbol: str) -> Iterator[tuple[Any, str]]:
    """What may be meant by a symbol of the tables: a class (with a member), or a module with a member."""
    first, _, member = symbol.rpartition(".")
    if not first:
        yield from ((thing, "") for thing in index().get(symbol, ()))
        return
    yield from ((thing, member) for thing in index().get(first, ()) if inspect.isclass(thing))
    for module in modules():
        if module.__name__ == first or module.__name__.endswith(f".{first}"):
            yield module, member


def state(symbol: str, words: Iterable[str], record: Record) -> str:
    """``working``, ``declared`` or ``missing``, the best of what may be meant."""
    states = {_state(owner, member, set(words) - {"**"}, record) for owner, member in owners(symbol)}
    return next((each for each in ("working", "declared") if each in states), "missing")


def _state(owner: Any, member: str, words: set[str], record: Record) -> str:
    thing = owner
    if getattr(owner, "_is_declined", False):
        return "declared"
    if member:
        if not hasattr(owner, member) and not (inspect.isclass(owner) and member in attributes().get(key(owner), ())):
            return "missing"
        thing = inspect.getattr_static(owner, member, None)
    if getattr(thing, "_is_declined", False):
        return "declared"
    called = thing if inspect.isclass(thing) else function_of(thing)
    parameters = inspect.signature(called).parameters if called is not None and words else {}
    by_name = {name for name, each in parameters.items() if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)}
    if words and called is not None and not words <= by_name:
        free = next((name for name, each in parameters.items() if each.kind == each.VAR_KEYWORD), None)
        if free is None or free not in record.get(key(called), ()):  # such words are the caller's own, as columns are
            return "declared" if free else "missing"
    return (
        "working"
        if any(name in record for name in _names(owner, member, thing)) or _has_part(thing, record)
        else ("declared")
    )


def _names(owner: Any, member: str, thing: Any) -> Iterator[str]:
    """The keys any of which covers what is meant."""
    if not inspect.isclass(owner):
        yield key(thing) if is_ours(thing) else f"{owner.__name__}:{member}"
        return
    for each in (owner, *_below(owner)):
        yield f"{key(each)}.{member}" if member else key(each)
        function = function_of(inspect.getattr_static(each, member, None)) if member else None
        if function is not None and is_ours(function):
            yield key(function)


def _has_part(thing: Any, record: Record) -> bool:
    """Whether a class has anything that ran."""
    if not (inspect.isclass(thing) and is_ours(thing)):
        return False
    classes = [thing, *_below(thing)]
    if any(f"{key(each)}.__init__" in record for each in (*classes, *thing.__mro__) if is_ours(each)):
        return True
    return any(name.startswith(f"{key(each)}.") for each in classes for name in record)


def _below(owner: type) -> Iterator[type]:
    for each in owner.__subclasses__():
        yield each
        yield from _below(each)
