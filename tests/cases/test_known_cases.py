"""Published examples, unchanged, with what is expected of each. ``make cases EXAMPLES=<a checkout>`` runs them.

Those that wait are listed at the end, with what they wait for.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from tests.cases.conftest import Examples, Lab

BASICS = "cli/jobs/basics"
SINGLE = "cli/jobs/single-step"
WAITING = {
    "K07": ("hello-pipeline-io.yml", "pipeline jobs"),
    "K08": ("hello-pipeline-abc.yml", "pipeline jobs"),
    "K12": ("1a_e2e_local_components/pipeline.yml", "pipeline jobs"),
    "K13": ("3b_pipeline_with_data/pipeline.yml", "pipeline jobs"),
    "K14": ("nyc_taxi_data_regression/pipeline.yml", "pipeline jobs"),
    "K16": ("cli-automl-classification-task-bankmarketing.yml", "AutoML"),
    "K17": ("managed/sample/endpoint.yml", "online endpoints"),
    "K18": ("managed/inference-schema", "online endpoints"),
    "K19": ("online/ncd/sklearn-deployment.yaml", "online endpoints"),
}


def test_k01_hello_world(lab: Lab, examples: Examples) -> None:
    lab.run("k01", examples.file(f"{BASICS}/hello-world.yml"))
    assert lab.log("k01") == "hello world\n"


def test_k02_an_environment_variable(lab: Lab, examples: Examples) -> None:
    lab.run("k02", examples.file(f"{BASICS}/hello-world-env-var.yml"))
    assert lab.log("k02") == "hello world\n"


def test_k03_literal_inputs(lab: Lab, examples: Examples) -> None:
    lab.run("k03", examples.file(f"{BASICS}/hello-world-input.yml"))
    assert lab.log("k03") == "hello world\n42\n"


def test_k04_an_output_of_which_only_the_name_is_said(lab: Lab, examples: Examples) -> None:
    lab.run("k04", examples.file(f"{BASICS}/hello-world-output-data.yml"))
    lab.lazuli("job", "download", "-n", "k04", "--output-name", "hello_output", "-p", lab.folder / "k04-output")
    (found,) = (lab.folder / "k04-output").rglob("helloworld.txt")
    assert found.read_text() == "hello world\n"


def test_k05_mlflow_in_a_job(lab: Lab, examples: Examples) -> None:
    left = lab.run("k05", examples.file(f"{BASICS}/hello-mlflow.yml"))
    said = lab.tracked("k05")
    assert said["params"]["hello_param"] == "world"
    assert 0 <= said["metrics"]["hello_metric"] < 1
    (found,) = left.rglob("helloworld.txt")
    assert found.read_text() == "hello world\n"


def test_k06_a_sweep(lab: Lab, examples: Examples) -> None:
    left = lab.run("k06", examples.file(f"{BASICS}/hello-sweep.yml"))
    trials = lab.trials("k06")
    assert [(trial["status"], trial["number"]) for trial in sorted(trials, key=lambda one: one["number"])] == [
        ("Completed", number) for number in range(4)
    ]
    for trial in trials:
        assert trial["params"]["B"] in ("hello", "world", "hello_world") and 0.1 <= trial["params"]["C"] <= 1.0
        said = lab.tracked(trial["name"])
        assert said["params"] == {"A": "0.5", "B": trial["params"]["B"], "C": str(trial["params"]["C"])}
        assert said["metrics"]["random_metric"] == trial["best"]
    assert min(trials, key=lambda trial: trial["best"])["is_best"]
    spans = [(trial["startTime"], trial["endTime"]) for trial in trials]
    assert max(sum(start <= moment < end for start, end in spans) for moment, _ in spans) <= 2
    assert f"B: {trials[0]['params']['B']}" in next(left.glob("artifacts/user_logs/std_log.txt")).read_text()


def test_k09_a_folder_by_its_name(lab: Lab, examples: Examples) -> None:
    lab.lazuli("data", "create", "-f", examples.file("cli/assets/data/local-folder.yml"), "-n", "local-folder-example")
    lab.run("k09", examples.file(f"{BASICS}/hello-data-uri-folder.yml"))
    assert lab.log("k09").split() == ["titanic.csv"]


def test_k10_data_of_a_mirror_and_autolog(lab: Lab, examples: Examples) -> None:
    lab.run("k10", examples.file(f"{SINGLE}/scikit-learn/iris/job.yml"))
    said = lab.tracked("k10")
    assert said["metrics"]["training_f1_score"] == pytest.approx(0.975, abs=0.01)
    assert said["params"]["C"] == "0.8"
    assert "MLmodel" in lab.model_files("k10")


@pytest.mark.timeout(1500)  # matplotlib, MLflow and LightGBM, twenty times
def test_k11_a_sweep_over_data_of_a_mirror(lab: Lab, examples: Examples) -> None:
    left = lab.run("k11", examples.file(f"{SINGLE}/lightgbm/iris/job-sweep.yml"))
    trials = lab.trials("k11")
    assert len(trials) == 20 and {trial["status"] for trial in trials} == {"Completed"}
    best = trials[0]
    assert best["is_best"] and best["best"] == min(trial["best"] for trial in trials)
    assert lab.tracked(best["name"])["params"]["learning_rate"] == str(best["params"]["learning_rate"])
    assert best["intervals"] > 1
    assert next(left.glob("hd-artifacts/azureml-logs/hyperdrive.txt")).read_text().count("Completed") == 20


def test_k15_a_conda_file(lab: Lab, examples: Examples, tmp_path: Path) -> None:
    """Its pipeline waits for pipeline jobs; its component, as it is, is run as a job of its own."""
    source = examples.file("cli/jobs/pipelines-with-components/basics/5c_env_conda_file")
    shutil.copytree(source, tmp_path / "case")
    component = yaml.safe_load((source / "component.yml").read_text())
    job = {word: component[word] for word in ("type", "code", "environment", "command", "display_name")}
    (tmp_path / "case" / "job.yml").write_text(yaml.safe_dump({**job, "compute": "azureml:cpu-cluster"}))
    lab.run("k15", tmp_path / "case" / "job.yml")
    assert "Hello Python World" in lab.log("k15") and "How was it??" in lab.log("k15")


@pytest.mark.needs("Rscript")
def test_k20_r_in_the_form_of_2021(bare_lab: Lab, examples: Examples, tmp_path: Path) -> None:
    """The file is of May 2021, and its image is R with some packages, which the machine has as well.

    ``LAZULI_ACCIDENTS`` may name a copy of its data where the checkout lacks that.
    """
    if not Path("/usr/include/fuse.h").exists():
        pytest.skip("its Dockerfile asks for the Debian package libfuse-dev")
    case = examples.at("dedc0f8cb", "cli/jobs/train/r/accidents", tmp_path)
    if copy := os.environ.get("LAZULI_ACCIDENTS"):
        (case / "data").mkdir(exist_ok=True)
        shutil.copyfile(copy, case / "data" / "accidents.Rd")
    left = bare_lab.run("k20", case / "job.yml")
    assert re.search(r"AIC: (7028\.7|7029)", bare_lab.log("k20")), bare_lab.log("k20")
    (found,) = left.rglob("model.rds")
    assert found.stat().st_size > 1000


@pytest.mark.parametrize("case", WAITING)
def test_it_waits(case: str) -> None:
    file, wanted = WAITING[case]
    pytest.skip(f"{case} ({file}) waits for {wanted}")
