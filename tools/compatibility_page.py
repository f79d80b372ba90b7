"""The page of compatibility, ``docs/reference/compatibility.md``.

It is written from the document classes, the list of what is refused, and what ``corpus.py`` measured.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).resolve().parent / "corpus.json"

HEAD = """\
# What YAML may say

The YAML of Azure Machine Learning is read as it is. Every key below is checked where it is read: its type, its words,
what it names, and how it goes with others; a mistake is told with its line and how to put it right. A key that nothing
knows is worth a warning; with `--strict` it is refused. Words are read in any case, `snake_case` and `camelCase` alike.

"""
_KEPT = re.compile(r"kept as said", re.IGNORECASE)


def page() -> str:
    """The whole page."""
    return "".join([HEAD, *_measured(), *_kinds(), *_refused()]).rstrip() + "\n"


def _measured() -> Iterator[str]:
    measured: dict[str, list[int]] = json.loads(MEASURED.read_text(encoding="utf-8"))
    sums = [sum(row[place] for row in measured.values()) for place in range(5)]
    files, done, later, refused, misread = sums
    every = done + later + refused + misread
    yield (
        "## Measured\n\n"
        f"Over the {files:,} YAML files of Azure's public examples that say a resource, each key counted once for each "
        "file that uses it.\nData that a script fetches first counts as there.\n\n"
        "| | keys | share |\n|---|---|---|\n"
        f"| accepted, checked, and it works | {done:,} | {done / every:.1%} |\n"
        f"| accepted and checked; what it is for comes later | {later:,} | {later / every:.1%} |\n"
        f"| refused, for a reason below | {refused:,} | {refused / every:.1%} |\n"
        f"| not understood | {misread:,} | {misread / every:.1%} |\n\n"
        f"Of what is not refused, {(done + later) / (every - refused):.1%} is understood.\n\n"
    )
    yield "| kind of file | files | works | later | refused | not understood |\n|---|---|---|---|---|---|\n"
    for label, row in measured.items():
        yield f"| `{label}` | {' | '.join(f'{number:,}' if number else '' for number in row)} |\n"
    yield "\n"


def _kinds() -> Iterator[str]:
    from lazuli.resources.files import SCHEMAS

    yield "## Kinds of file\n\n"
    seen: set[type] = set()
    for kind in SCHEMAS:
        document = kind.noun.document.for_type(kind.type or None)
        if document in seen:
            continue
        seen.add(document)
        yield from _kind(kind, document)


def _kind(kind: Any, document: Any) -> Iterator[str]:
    from lazuli.resources.kinds import LATER

    later = kind.noun.later or document in LATER
    state = "Read and checked; it comes later, and `create` says so before anything is made." if later else "Works."
    where = f"`lazuli {kind.word} create`" + (f", `type: {kind.type}`" if kind.type else "")
    yield f"### `{kind.schema}`\n\n{where}. {state}\n\n"
    schema = document.json_schema("yaml")
    keys = {key: part for key, part in schema["properties"].items() if key != "$schema" and not part.get("readOnly")}
    kept = [key for key, part in keys.items() if _KEPT.search(part.get("description", ""))]
    does = ", ".join(f"`{key}`" for key in keys if key not in kept)
    yield f"- Keys: {does}.\n"
    if kept:
        yield f"- Kept as said, without an effect: {', '.join(f'`{key}`' for key in kept)}.\n"
    yield "\n"


def _refused() -> Iterator[str]:
    from lazuli.resources import refused

    yield "## What is refused, and what to use\n\n| what | why, and what to use |\n|---|---|\n"
    for title, listed in (
        ("a job of `type: {}`", refused.JOBS),
        ("a step of `type: {}`", {key: why for key, why in refused.NODES.items() if key not in refused.JOBS}),
        ("a compute of `type: {}`", refused.COMPUTES),
        ("a datastore of `type: {}`", refused.STORES),
        ("a schedule with `{}`", refused.ACTIONS),
        ("a file with the schema `{}`", refused.FILES),
    ):
        for key, why in listed.items():
            yield f"| {title.format(key)} | {why[:1].upper()}{why[1:].rstrip('.')}. |\n"
    yield (
        "| what lies in Azure's own registries (`azureml://registries/azureml/…`) | Models and components that Azure "
        "keeps there are not here. Environments are: those for scikit-learn, LightGBM, PyTorch, TensorFlow, R and a "
        "minimal one are made anew. |\n"
    )
