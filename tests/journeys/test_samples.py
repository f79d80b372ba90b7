"""Sample data sets on their whole way: from the package that carries one to a data asset of a workspace."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from tests.jobs.place import opened
from tests.server.conftest import eventually

import lazuli
from lazuli.assets.samples import SAMPLES, Sample
from lazuli.jobs.samples import Samples
from lazuli.jobs.transitions import TERMINAL
from lazuli.schema.identity import ResourceId

PROGRAMS = Path(lazuli.__file__).parent / "runtime" / "inside" / "samples"


def made(sample: Sample, out: Path) -> list[list[str]]:
    """The rows that the program of a sample writes, here in the Python of the tests."""
    program = ["Rscript", "make.R"] if sample.package == "R" else [sys.executable, "make.py"]
    targets = [] if sample.package == "R" else [",".join(sample.target)]
    table = ["--table"] if sample.is_table else []
    subprocess.run([*program, sample.source, *targets, str(out), *table], cwd=PROGRAMS, check=True)
    with (out / "data.csv" if sample.is_table else out).open(newline="") as stream:
        return list(csv.reader(stream))


def check(sample: Sample, folder: Path) -> None:
    head, *rows = made(sample, folder / "out" / sample.name)
    assert (len(rows), len(head)) == (sample.rows, sample.columns)
    assert set(sample.target) <= set(head)
    assert {len(row) for row in rows} == {sample.columns}
    assert all("" not in row for row in rows)


@pytest.mark.parametrize("sample", [each for each in SAMPLES if each.package != "R"], ids=lambda each: each.name)
def test_a_table_of_scikit_learn_is_what_the_catalogue_says(sample: Sample, tmp_path: Path) -> None:
    check(sample, tmp_path)


@pytest.mark.needs("Rscript")
@pytest.mark.parametrize("sample", [each for each in SAMPLES if each.package == "R"], ids=lambda each: each.name)
def test_a_table_of_r_is_what_the_catalogue_says(sample: Sample, tmp_path: Path) -> None:
    check(sample, tmp_path)


def test_a_sample_becomes_a_table(tmp_path: Path) -> None:
    with opened(tmp_path / "platform") as place:
        shelves = place.platform.shelves
        samples = Samples(shelves.job, shelves.data, shelves.code)
        job = samples.add(place.scope, "linnerud", "", place.actor).job
        eventually(lambda: place.get(job).status in TERMINAL)
        assert place.get(job).status == "Completed", place.log(job)
        assert samples.add(place.scope, "linnerud", "", place.actor).version == "1"
        data = shelves.data.get(ResourceId(place.scope, "data", "linnerud", "1"))
        assert (data.body["type"], data.state["file_count"]) == ("mltable", 2)
        assert "scikit-learn" in data.body["description"]
        files = place.files("azureml/sample-linnerud-1/table/")
        assert len(files["data.csv"].splitlines()) == 21
