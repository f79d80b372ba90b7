"""``lazuli job`` for sweeps."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.jobs.sweep.searching import LOG

Run = Callable[..., Result]

SWEEP = f"""\
type: sweep
trial:
  command: python log.py score ${{{{search_space.x}}}}; echo ${{{{search_space.x}}}} > ${{{{outputs.result}}}}/x.txt
  code: src
  environment: {{image: "python:{sys.version_info.major}.{sys.version_info.minor}"}}
search_space:
  x: {{type: choice, values: [0.5, 2, 1]}}
sampling_algorithm: grid
objective: {{goal: maximize, primary_metric: score}}
limits: {{max_total_trials: 2, max_concurrent_trials: 1}}
compute: cpu
outputs:
  result:
"""


@pytest.fixture
def sweep(tmp_path: Path) -> str:
    """A sweep's file in the current folder, with its code."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "log.py").write_text(LOG)
    (tmp_path / "sweep.yml").write_text(SWEEP)
    return "sweep.yml"


def test_a_sweep_from_its_file_to_the_best_trials_outputs(
    lazuli: Run, workspace: str, sweep: str, tmp_path: Path
) -> None:
    done = lazuli("job", "create", "-f", sweep, "-n", "tune", "--stream")
    assert [line.split("  ", 1)[1] for line in done.stdout.splitlines()] == [
        "tune_0  tries x=0.5",
        "tune_0  Completed: score 0.5, the best so far",
        "tune_1  tries x=2",
        "tune_1  Completed: score 2.0, the best so far",
    ]
    assert "2 of 2 trials have ended: 2 Completed. Best: tune_1, score 2." in done.stderr
    shown = lazuli("job", "show", "-n", "tune", "-o", "json").stdout
    assert json.loads(shown)["properties"]["best_child_run_id"] == "tune_1"
    table = [line.split() for line in lazuli("job", "trials", "-n", "tune").stdout.splitlines() if line.strip()]
    assert table[0] == ["Best", "Trial", "Status", "Score", "X", "Seconds"]
    assert table[2][:5] == ["*", "tune_1", "Completed", "2", "2"]
    assert table[3][:4] == ["tune_0", "Completed", "0.5", "0.5"]
    rows = json.loads(lazuli("job", "trials", "-n", "tune", "-o", "json").stdout)
    assert [(row["number"], row["params"], row["is_best"]) for row in rows] == [
        (1, {"x": 2}, True),
        (0, {"x": 0.5}, False),
    ]
    assert "tune_1" in lazuli("job", "show", "-n", "tune", "-o", "table").stdout
    lazuli("job", "download", "-n", "tune", "--all", "-p", "home")
    assert (tmp_path / "home/named-outputs/result/x.txt").read_text() == "2\n"
    assert (tmp_path / "home/hd-artifacts/azureml-logs/hyperdrive.txt").is_file()
    told = lazuli(
        "job", "update", "-n", "tune", "--set", "limits.max_total_trials=2", "--set", "tags.a=b", "-o", "json"
    )
    assert json.loads(told.stdout)["tags"] == {"a": "b"}
    assert "has ended with 2 trials" in lazuli("job", "resume", "-n", "tune", "--max-total-trials", "1", fails=1).stderr
    lazuli("job", "resume", "-n", "tune", "--max-total-trials", "9")
    assert "3 of 9 trials have ended: 3 Completed. Best: tune_1" in lazuli("job", "stream", "-n", "tune").stderr
    assert "Say what changes" in lazuli("job", "resume", "-n", "tune", fails=2).stderr


def test_a_sweep_that_fails_exits_with_1(lazuli: Run, workspace: str, sweep: str) -> None:
    done = lazuli("job", "create", "-f", sweep, "-n", "doomed", "--set", "trial.command=exit 3", "--stream", fails=1)
    assert "All 2 trials failed. 'doomed_0' says:" in done.stderr
    assert "has no best trial" in lazuli("job", "download", "-n", "doomed", fails=1).stderr
