"""The files of the demo: laid out where the user can read and change them."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from lazuli.schema.problems import NotFound

__all__ = ["PATIENTS", "Files", "lay_out"]

_RECORD = ".shipped.json"
PATIENTS = ("malignant", "benign")
"""What is known of the patients that the model is asked about: the first of each kind."""
_MEASURES = (
    "radius", "texture", "perimeter", "area", "smoothness",
    "compactness", "concavity", "concave_points", "symmetry", "fractal_dimension",
)  # fmt: skip
COLUMNS = tuple(f"{statistic}_{measure}" for statistic in ("mean", "error", "worst") for measure in _MEASURES)


@dataclass(frozen=True)
class Files:
    """Where the files of the demo lie."""

    job: Path
    sweep: Path
    data: Path
    patients: Path
    """The data without the diagnoses: what a model is asked about."""
    request: Path
    """A request to a model behind an endpoint, about two of them."""


def lay_out(folder: Path) -> Files:
    """The files of the demo in ``folder``, brought up to date.

    A file that the user has changed stays as it is; what was laid out is on record by its hash.
    """
    shipped = dict(_shipped(files("lazuli.cli.demo") / "job", ""))
    shipped["conda.yml"] = shipped["conda.yml"].replace("python=3.11", f"python={_own_python()}")
    shipped["data/breast-cancer.csv"] = table = _table()
    shipped["data/patients.csv"] = "".join(line.partition(",")[2] for line in table.splitlines(keepends=True))
    shipped["request.json"] = _request(table)
    record = folder / _RECORD
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    for relative, text in shipped.items():
        file = folder / relative
        if file.exists() and _hash(file.read_text(encoding="utf-8")) != known.get(relative):
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        known[relative] = _hash(text)
    record.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    data = folder / "data"
    tables = (data / "breast-cancer.csv", data / "patients.csv")
    return Files(folder / "job.yml", folder / "sweep.yml", *tables, folder / "request.json")


def _shipped(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _shipped(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.read_text(encoding="utf-8")


def _table() -> str:
    """The breast cancer data of scikit-learn with named columns. It ships without names, and 0 for malignant."""
    lines = ["diagnosis," + ",".join(COLUMNS)]
    with _raw_data().open(encoding="utf-8", newline="") as source:
        rows = csv.reader(source)
        _, _, *labels = next(rows)
        lines += [",".join((labels[int(row[-1])], *row[:-1])) for row in rows]
    return "\n".join(lines) + "\n"


def _request(table: str) -> str:
    """The rows of :data:`PATIENTS`, as an endpoint takes them."""
    rows = list(csv.DictReader(table.splitlines()))
    asked = [next(row for row in rows if row["diagnosis"] == each) for each in PATIENTS]
    data = [[float(row[name]) for name in COLUMNS] for row in asked]
    return json.dumps({"input_data": {"columns": COLUMNS, "data": data}}, indent=1) + "\n"


def _raw_data() -> Path:
    package = importlib.util.find_spec("sklearn")
    for place in (package.submodule_search_locations or []) if package else []:
        file = Path(place) / "datasets" / "data" / "breast_cancer.csv"
        if file.is_file():
            return file
    raise NotFound(
        "The demo's data set ships inside scikit-learn, which is not installed.",
        target="scikit-learn",
        mend="Install it: pip install 'lazuli-ml[demo]'.",
    )


def _own_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
