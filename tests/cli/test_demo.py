from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from lazuli.cli.demo.files import lay_out
from lazuli.cli.demo.screen import sparkline
from lazuli.cli.lineage import lineage_tree
from lazuli.client.localise import localise
from lazuli.resources.job import CommandJob
from lazuli.schema import yaml


def test_the_job_of_the_demo_is_complete(tmp_path: Path) -> None:
    source = yaml.load(lay_out(tmp_path).job)
    job = CommandJob.from_yaml(source)
    assert len(localise(job, source)) == 2  # its code and its environment; the data is an asset
    assert f"python={sys.version_info.major}.{sys.version_info.minor}\n" in (tmp_path / "conda.yml").read_text()


def test_the_data_is_tidy_and_says_what_scikit_learn_says(tmp_path: Path) -> None:
    rows = list(csv.DictReader(lay_out(tmp_path).data.open()))
    assert len(rows) == 569
    assert len(rows[0]) == 31
    assert sum(row["diagnosis"] == "malignant" for row in rows) == 212
    assert float(rows[0]["mean_radius"]) == 17.99
    assert float(rows[0]["worst_fractal_dimension"]) == 0.1189


def test_what_the_user_changed_stays_and_the_rest_is_brought_up_to_date(tmp_path: Path) -> None:
    lay_out(tmp_path)
    train, job = tmp_path / "src" / "train.py", tmp_path / "job.yml"
    train.write_text("mine")
    shipped = job.read_text()
    job.unlink()
    lay_out(tmp_path)
    assert train.read_text() == "mine"
    assert job.read_text() == shipped


@pytest.mark.parametrize(
    ("values", "line"),
    [([], ""), ([1.0], "▁"), ([2.0, 2.0], "▁▁"), ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"), ([3, 1], "█▁")],
)
def test_a_sparkline_spans_from_lowest_to_highest(values: list[float], line: str) -> None:
    assert sparkline(values) == line


def test_a_long_sparkline_keeps_both_ends() -> None:
    line = sparkline([float(i) for i in range(1000)], width=10)
    assert (len(line), line[0], line[-1]) == (10, "▁", "█")


def test_a_lineage_that_runs_in_a_circle_ends() -> None:
    nodes = [{"id": name, "kind": "job", "name": f"[red]{name}"} for name in "ab"]
    edges = [{"from": "a", "to": "b", "role": "output"}, {"from": "b", "to": "a", "role": "output"}]
    screen = Console(file=io.StringIO(), width=80)
    with screen.capture() as said:
        screen.print(lineage_tree({"root": "a", "nodes": nodes, "edges": edges}))
    assert said.get().count("[red]") == 3
