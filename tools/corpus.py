"""How much of a folder of YAML files written for Azure ML is understood: ``corpus.py FOLDER [--write] [--verbose]``.

Every file that says a resource is read as ``lazuli NOUN create`` would read it, said in REST and read back. What is
counted are *features*: a key of a kind of file, once for each file that uses it. The result, with ``--write``, is what
``docs/reference/compatibility.md`` tells.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lazuli.assets.mltable import check_table
from lazuli.client.localise import localise
from lazuli.resources import files, refused
from lazuli.resources.kinds import LATER as LATER_KINDS
from lazuli.schema.document import Document
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput, Problem
from lazuli.schema.yaml import Source, load

MEASURED = Path(__file__).resolve().parent / "corpus.json"
SCOPE = Scope("s", "g", "w")
_NAMED = {"inputs", "outputs", "jobs", "search_space", "tags", "properties", "environment_variables", "collections"}
_NAMED |= {
    "traffic",
    "mirror_traffic",
    "services",
    "hyperparameters",
    "conf",
    "column_name_and_types",
    "training_parameters",
}
_PATTERNS = ("*.yml", "*.yaml", "*.YAML", "MLTable")
_FETCHED = re.compile(r"does not exist \(looked at .*\)\. Paths are relative")
"""What is said of data that is not in the folder, because a script fetches it first: that is no word of the file."""
_PLACEHOLDER = re.compile(r"(?<!\$)\{\{\w+\}\}|<[A-Z_]+>|\$\{[A-Z_]+\}")


@dataclass
class Tally:
    """What became of the features of one kind of file."""

    files: int = 0
    accepted: int = 0
    later: int = 0
    refused: int = 0
    misread: int = 0
    told: list[str] = field(default_factory=list)


def features(data: Any, at: str = "") -> Iterator[str]:
    """The keys that a file uses, with names that are its own left out."""
    if isinstance(data, list):
        for item in data:
            yield from features(item, f"{at}[]")
    if not isinstance(data, dict):
        return
    named = at.rpartition(".")[2].removesuffix("[]") in _NAMED and not at.endswith("jobs.<name>")
    for key, value in data.items():
        if key == "$schema":
            continue
        here = f"{at}.{'<name>' if named else key}".lstrip(".")
        yield here
        yield from features(value, here)


def without(data: Any, place: list[str]) -> Any:
    """``data`` without what stands at a place."""
    if isinstance(data, list):
        index = int(place[0])
        return [without(item, place[1:]) if at == index else item for at, item in enumerate(data)]
    if not isinstance(data, dict):
        return data
    key = next((key for key in data if key == ".".join(place[: key.count(".") + 1])), "")
    rest = place[key.count(".") + 1 :]
    return {k: without(v, rest) if k == key else v for k, v in data.items() if k != key or rest}


def judge(source: Source) -> tuple[str, str, list[str]]:
    """The kind of a file, what becomes of it, and what is told about it."""
    name = files.schema_name(str(source.data.get("$schema") or ""))
    if refused.FILES.get(name):
        return name, "refused", [f"{source.name}: {refused.FILES[name]}"]
    kind = files.kind_of(source) or _by_keys(source.data)
    if kind is None:
        return name, "misread" if name else "", [f"{source.name}: nothing knows a '{name}'"]
    label = f"{kind.word}.{kind.type}" if kind.type else kind.word
    try:
        document = kind.noun.document.from_yaml(source)
        told = [str(warning) for warning in source.warnings]
        outside = {word: getattr(document, word) for word in document.outside_properties}
        fields = type(document).model_fields
        said = {fields[word].alias or word: value for word, value in outside.items()}
        again = type(document).from_rest({**document.to_rest(SCOPE), **said}, SCOPE)
        if again.to_yaml().keys() != document.to_yaml().keys():
            return label, "misread", [f"{source.name}: REST says something else"]
        _find_files(document, source)
    except Problem as problem:
        outcome = "refused" if refused.is_listed(str(problem)) else "misread"
        return label, outcome, [str(problem)]
    return label, "later" if kind.noun.later or type(document) in LATER_KINDS else "accepted", told


def _find_files(document: Document, source: Source) -> None:
    try:
        localise(document, source)
    except InvalidInput as problem:
        if not _FETCHED.search(str(problem)):
            raise


def _by_keys(said: dict[str, Any]) -> files.FileKind | None:
    """The kind of a file without a schema line, by what it says."""
    kind = str(said.get("type") or "").lower()
    if kind in refused.JOBS:
        return files.FileKind("", "job", kind)
    if "jobs" in said or ("command" in said and "environment" in said):
        pipeline = "pipeline" if "jobs" in said else "command"
        is_component = (
            "name" in said
            and "inputs" in said
            and any(isinstance(port, dict) and "path" not in port for port in (said["inputs"] or {}).values())
        )
        return files.FileKind("", "component" if is_component else "job", pipeline)
    return None


def measure(folder: Path) -> tuple[dict[str, Tally], Counter[str]]:
    """What becomes of the files of a folder, by kind; and what was left aside."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    aside: Counter[str] = Counter()
    for file in sorted(file for pattern in _PATTERNS for file in folder.rglob(pattern)):
        if any(part.startswith(".") for part in file.relative_to(folder).parts):
            continue
        if file.name == "MLTable":
            _table(file, tallies["mltable"])
            continue
        try:
            source = load(file)
        except InvalidInput:
            aside["no YAML until a script fills it in"] += 1
            continue
        if not isinstance(source.data, dict):
            aside["no mapping"] += 1
            continue
        label, outcome, told = judge(source)
        if not outcome:
            aside["not Azure ML"] += 1
            continue
        if outcome == "misread" and _PLACEHOLDER.search(file.read_text(encoding="utf-8")):
            aside["filled in by a script first"] += 1
            continue
        used, known = set(features(source.data)), source.data
        for warning in source.warnings:
            known = without(known, warning.target.split("."))
        told = [f"{file.relative_to(folder)}: {each}" for each in told]
        _count(tallies[label], outcome, used, told, len(used - set(features(known))))
    return dict(tallies), aside


def _count(tally: Tally, outcome: str, used: set[str], told: list[str], ignored: int = 0) -> None:
    unknown = ignored if outcome in ("accepted", "later") else 0
    tally.files += 1
    setattr(tally, outcome, getattr(tally, outcome) + len(used) - unknown)
    tally.misread += unknown
    tally.told += told


def _table(file: Path, tally: Tally) -> None:
    source = load(file)
    try:
        check_table(file.read_bytes(), lambda path: True)
        outcome, told = "accepted", []
    except Problem as problem:
        outcome, told = "misread", [f"{file}: {problem}"]
    _count(tally, outcome, set(features(source.data)), told)


def main() -> int:
    """Measure, tell, and keep the result where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    tallies, aside = measure(asked.folder)
    rows = sorted(tallies.items(), key=lambda row: -(row[1].accepted + row[1].later + row[1].refused + row[1].misread))
    total = Tally()
    print(f"{'kind':28} {'files':>6} {'accepted':>9} {'later':>7} {'refused':>8} {'misread':>8}")
    for label, tally in rows:
        print(f"{label:28} {tally.files:6} {tally.accepted:9} {tally.later:7} {tally.refused:8} {tally.misread:8}")
        for name in ("files", "accepted", "later", "refused", "misread"):
            setattr(total, name, getattr(total, name) + getattr(tally, name))
    everything = total.accepted + total.later + total.refused + total.misread
    print(f"{'all':28} {total.files:6} {total.accepted:9} {total.later:7} {total.refused:8} {total.misread:8}")
    understood = total.accepted + total.later
    print(
        f"understood {understood / everything:.1%} of all, "
        f"{understood / (everything - total.refused):.1%} of what is not refused"
    )
    print("left aside:", dict(aside))
    if asked.verbose:
        for _, tally in rows:
            print(*tally.told, sep="\n")
    if asked.write:
        said = {label: [t.files, t.accepted, t.later, t.refused, t.misread] for label, t in rows}
        MEASURED.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
