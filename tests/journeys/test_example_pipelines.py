"""The example pipelines, submitted as a user would: each runs to its end, and gives what it says it gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cases.conftest import Lab, opened_lab

EXAMPLES = Path(__file__).parents[2] / "examples" / "pipelines"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with opened_lab(tmp_path_factory.mktemp("pipelines")) as made:
        yield made


def run(lab: Lab, name: str, example: str) -> None:
    """Submit an example and follow it to its end."""
    lab.lazuli("job", "create", "-f", EXAMPLES / example, "-n", name, "--stream")


def output(lab: Lab, name: str, output: str) -> str:
    """What the one file of an output says."""
    folder = lab.folder / name
    lab.lazuli("job", "download", "-n", name, "--output-name", output, "-p", folder)
    (found,) = (file for file in folder.rglob("*") if file.is_file() and output in file.parts)
    return found.read_text()


def reused(lab: Lab, name: str) -> dict[str, bool]:
    """Which steps of a pipeline were not run, by their names."""
    steps = json.loads(lab.lazuli("job", "list", "--parent-job-name", name, "-o", "json"))
    return {step["display_name"]: "azureml.isreused" in step.get("properties", {}) for step in steps}


def test_two_steps_written_in_place(lab: Lab) -> None:
    run(lab, "hello", "hello/pipeline.yml")
    assert output(lab, "hello", "greeting") == "HELLO WORLD\n"
    run(lab, "hello2", "hello/pipeline.yml")
    assert reused(lab, "hello2") == {"greet": True, "shout": True}
    assert output(lab, "hello2", "greeting") == "HELLO WORLD\n"


def test_components_on_real_data(lab: Lab) -> None:
    run(lab, "diabetes", "diabetes/pipeline.yml")
    report = json.loads(output(lab, "diabetes", "report"))
    assert 0.3 < report["r2"] < 0.6 and 45 < report["rmse"] < 65
    model = json.loads(lab.lazuli("model", "show", "-n", "diabetes-ridge", "-o", "json"))
    assert (model["version"], model["properties"]["azureml.job"]) == ("1", "diabetes-train")
    assert lab.tracked("diabetes-train")["params"] == {"alpha": "0.1"}


def test_a_pipeline_in_a_pipeline_and_a_sweep_as_a_step(lab: Lab) -> None:
    run(lab, "nested", "diabetes/nested.yml")
    assert output(lab, "nested", "verdict") == "gentle\n"
    run(lab, "searched", "diabetes/sweep.yml")
    assert reused(lab, "searched") == {"prepare": True, "search": False, "score": False}
    best = json.loads(lab.lazuli("job", "show", "-n", "searched-search", "-o", "json"))["properties"]
    assert best["best_child_run_id"] == "searched-search_1"
    assert 45 < json.loads(output(lab, "searched", "report"))["rmse"] < 65
