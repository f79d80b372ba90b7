"""Published examples, unchanged, with what is expected of each. ``make cases EXAMPLES=<a checkout>`` runs them.

Those that wait are listed at the end, with what they wait for.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from tests.cases.conftest import Checkout, Lab

BASICS = "cli/jobs/basics"
ONLINE = "cli/endpoints/online"
SINGLE = "cli/jobs/single-step"
PIPELINES = "cli/jobs/pipelines-with-components"
WAITING = {
    "K16": ("cli-automl-classification-task-bankmarketing.yml", "AutoML"),
}


def test_k01_hello_world(lab: Lab, examples: Checkout) -> None:
    lab.run("k01", examples.file(f"{BASICS}/hello-world.yml"))
    assert lab.log("k01") == "hello world\n"


def test_k02_an_environment_variable(lab: Lab, examples: Checkout) -> None:
    lab.run("k02", examples.file(f"{BASICS}/hello-world-env-var.yml"))
    assert lab.log("k02") == "hello world\n"


def test_k03_literal_inputs(lab: Lab, examples: Checkout) -> None:
    lab.run("k03", examples.file(f"{BASICS}/hello-world-input.yml"))
    assert lab.log("k03") == "hello world\n42\n"


def test_k04_an_output_of_which_only_the_name_is_said(lab: Lab, examples: Checkout) -> None:
    lab.run("k04", examples.file(f"{BASICS}/hello-world-output-data.yml"))
    lab.lazuli("job", "download", "-n", "k04", "--output-name", "hello_output", "-p", lab.folder / "k04-output")
    (found,) = (lab.folder / "k04-output").rglob("helloworld.txt")
    assert found.read_text() == "hello world\n"


def test_k05_mlflow_in_a_job(lab: Lab, examples: Checkout) -> None:
    left = lab.run("k05", examples.file(f"{BASICS}/hello-mlflow.yml"))
    said = lab.tracked("k05")
    assert said["params"]["hello_param"] == "world"
    assert 0 <= said["metrics"]["hello_metric"] < 1
    (found,) = left.rglob("helloworld.txt")
    assert found.read_text() == "hello world\n"


def test_k06_a_sweep(lab: Lab, examples: Checkout) -> None:
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


def test_k07_a_step_reads_what_another_wrote(lab: Lab, examples: Checkout) -> None:
    lab.run("k07", examples.file(f"{BASICS}/hello-pipeline-io.yml"))
    assert lab.step_log("k07", "hello_job") == "hello\n"
    assert lab.step_log("k07", "world_job") == "world\n"
    (found,) = (lab.folder / "k07-hello_job").rglob("world.txt")
    assert found.read_text() == "world\n"


def test_k08_three_steps_two_of_them_bound(lab: Lab, examples: Checkout) -> None:
    lab.run("k08", examples.file(f"{BASICS}/hello-pipeline-abc.yml"))
    assert lab.step_log("k08", "a") == "hello hello world\n"
    assert lab.step_log("k08", "c").endswith("/world.txt\n")
    assert {name: one["status"] for name, one in lab.steps("k08").items()} == dict.fromkeys("abc", "Completed")


def test_k09_a_folder_by_its_name(lab: Lab, examples: Checkout) -> None:
    lab.lazuli("data", "create", "-f", examples.file("cli/assets/data/local-folder.yml"), "-n", "local-folder-example")
    lab.run("k09", examples.file(f"{BASICS}/hello-data-uri-folder.yml"))
    assert lab.log("k09").split() == ["titanic.csv"]


def test_k10_data_of_a_mirror_and_autolog(lab: Lab, examples: Checkout) -> None:
    lab.run("k10", examples.file(f"{SINGLE}/scikit-learn/iris/job.yml"))
    said = lab.tracked("k10")
    assert said["metrics"]["training_f1_score"] == pytest.approx(0.975, abs=0.01)
    assert said["params"]["C"] == "0.8"
    assert "MLmodel" in lab.model_files("k10")


@pytest.mark.timeout(1500)  # matplotlib, MLflow and LightGBM, twenty times
def test_k11_a_sweep_over_data_of_a_mirror(lab: Lab, examples: Checkout) -> None:
    left = lab.run("k11", examples.file(f"{SINGLE}/lightgbm/iris/job-sweep.yml"))
    trials = lab.trials("k11")
    assert len(trials) == 20 and {trial["status"] for trial in trials} == {"Completed"}
    best = trials[0]
    assert best["is_best"] and best["best"] == min(trial["best"] for trial in trials)
    assert lab.tracked(best["name"])["params"]["learning_rate"] == str(best["params"]["learning_rate"])
    assert best["intervals"] > 1
    assert next(left.glob("hd-artifacts/azureml-logs/hyperdrive.txt")).read_text().count("Completed") == 20


def test_k12_components_in_files(lab: Lab, examples: Checkout) -> None:
    left = lab.run("k12", examples.file(f"{PIPELINES}/basics/1a_e2e_local_components/pipeline.yml"))
    assert {*lab.steps("k12")} == {"train_job", "score_job", "evaluate_job"}
    trained = (left / "named-outputs/pipeline_job_trained_model/model.txt").read_text()
    assert trained.startswith("This is a dummy model with id: ")
    assert (left / "named-outputs/pipeline_job_evaluation_report/eval_result.txt").read_text().startswith("Eval done")
    said = lab.step_log("k12", "train_job")
    assert "Max epocs: 20\nLearning rate: 1.8\nLearning rate: time-based\n" in said
    assert trained in lab.step_log("k12", "score_job"), "what was scored is what was trained"


def test_k13_a_chain_that_hands_data_on(lab: Lab, examples: Checkout) -> None:
    left = lab.run("k13", examples.file(f"{PIPELINES}/basics/3b_pipeline_with_data/pipeline.yml"))
    (found,) = (left / "named-outputs/final_pipeline_output").iterdir()
    assert found.read_text().startswith("Logging date time: ")
    assert "I'm componentA" in lab.step_log("k13", "component_a")
    assert "Logging date time: " in lab.step_log("k13", "component_c"), "it read what the second wrote"


def test_k14_taxi_fares(lab: Lab, examples: Checkout, tmp_path: Path) -> None:
    """Its scripts call pandas 1, which Azure's image has, and take the files of a folder in the order of their names.

    Azure's mounts list them so. A file system of the machine may not, and then the script takes one file for another.
    """
    raw = _listed(tmp_path / "raw", "greenTaxiData.csv", "yellowTaxiData.csv")
    prepared = _listed(tmp_path / "prepared", "green_prep_data.csv", "merged_data.csv", "yellow_prep_data.csv")
    if (raw[0], prepared[1]) != ("greenTaxiData.csv", "merged_data.csv"):
        pytest.skip("this machine's file system lists files in another order than Azure's mounts")
    pipeline = examples.file(f"{PIPELINES}/nyc_taxi_data_regression/pipeline.yml")
    report = lab.run("k14", pipeline) / "named-outputs/pipeline_job_score_report/score.txt"
    assert "Mean squared error: 11.78" in report.read_text()
    assert "Coefficient of determination: 0.87" in report.read_text()
    assert (lab.folder / "k14/named-outputs/pipeline_job_trained_model/MLmodel").exists()
    again = lab.run("k14-again", pipeline) / "named-outputs/pipeline_job_score_report/score.txt"
    assert again.read_text() == report.read_text()
    reused = {step: one["properties"]["azureml.reusedrunid"] for step, one in lab.steps("k14-again").items()}
    assert reused == {step: f"k14-{step}" for step in lab.steps("k14")} and len(reused) == 5


def _listed(folder: Path, *names: str) -> list[str]:
    """The names in the order in which a folder of this machine lists them."""
    folder.mkdir()
    for name in names:
        (folder / name).touch()
    return [entry.name for entry in os.scandir(folder)]


def test_k15_a_conda_file(lab: Lab, examples: Checkout) -> None:
    lab.run("k15", examples.file(f"{PIPELINES}/basics/5c_env_conda_file/pipeline.yml"))
    said = lab.step_log("k15", "hello_python_world_job")
    assert "Hello Python World" in said and "How was it??" in said


def test_k17_an_endpoint_with_two_deployments(lab: Lab, examples: Checkout) -> None:
    home = examples.file(f"{ONLINE}/managed/sample")
    lab.lazuli("online-endpoint", "create", "-f", home / "endpoint.yml", "-n", "k17")
    for name in ("blue", "green"):
        lab.lazuli("online-deployment", "create", "-f", home / f"{name}-deployment.yml", "-e", "k17")
    request = examples.file(f"{ONLINE}/model-1/sample-request.json")
    assert lab.ask("k17", request, "blue") == pytest.approx([11055.977245525679, 4503.079536107787])
    lab.lazuli("online-endpoint", "update", "-n", "k17", "--traffic", "blue=90 green=10")
    assert len(lab.ask("k17", request)) == 2
    request = examples.file(f"{ONLINE}/model-2/sample-request.json")
    assert lab.ask("k17", request, "green") == [0.5, 0.5]


@pytest.mark.parametrize("types", ["numpy", "pandas", "standard"])
def test_k18_types_of_inference_schema(lab: Lab, examples: Checkout, types: str) -> None:
    home, endpoint = examples.file(f"{ONLINE}/managed/inference-schema"), f"k18-{types}"
    if types == "numpy":
        lab.lazuli("model", "create", "-f", home / "model.yml")
    lab.lazuli("online-endpoint", "create", "-n", endpoint, "--auth-mode", "key")
    lab.lazuli("online-deployment", "create", "-f", home / f"deployment-{types}.yml", "-e", endpoint, "--all-traffic")
    answer = lab.ask(endpoint, home / "sample-inputs" / f"{types}.json")
    assert answer == {"Category": ["Virginica", "Setosa"]}


def test_k19_a_model_of_mlflow_without_a_script(lab: Lab, examples: Checkout) -> None:
    home = examples.file(f"{ONLINE}/ncd")
    lab.lazuli("online-endpoint", "create", "-f", home / "create-endpoint.yaml", "-n", "k19")
    lab.lazuli("online-deployment", "create", "-f", home / "sklearn-deployment.yaml", "-e", "k19", "--all-traffic")
    answer = lab.ask("k19", home / "sample-request-sklearn.json")
    assert answer == pytest.approx([11633.100167144928, 8522.117402885002])


@pytest.mark.needs("Rscript")
def test_k20_r_in_the_form_of_2021(bare_lab: Lab, examples: Checkout, tmp_path: Path) -> None:
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
