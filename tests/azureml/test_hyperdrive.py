"""Searches for good hyperparameters, of the SDK v1."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azureml.core import Dataset, Environment, Experiment, Model, Run, ScriptRunConfig, Workspace
from azureml.exceptions import UserErrorException
from azureml.train import hyperdrive
from azureml.train.hyperdrive import (
    BanditPolicy,
    BayesianParameterSampling,
    GridParameterSampling,
    HyperDriveConfig,
    HyperDriveRun,
    HyperDriveRunConfig,
    MedianStoppingPolicy,
    NoTerminationPolicy,
    PrimaryMetricGoal,
    RandomParameterSampling,
    TruncationSelectionPolicy,
    choice,
    lognormal,
    loguniform,
    normal,
    qlognormal,
    qloguniform,
    qnormal,
    quniform,
    randint,
    uniform,
)
from azureml.train.hyperdrive.exceptions import HyperDriveConfigException

IRIS = """
import argparse, os
import joblib
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from azureml.core.run import Run

run = Run.get_context()
parser = argparse.ArgumentParser()
parser.add_argument("--kernel", type=str, default="linear")
parser.add_argument("--penalty", type=float, default=1.0)
args = parser.parse_args()
run.log("Kernel type", str(args.kernel))
run.log("Penalty", float(args.penalty))
iris = datasets.load_iris()
x, test_x, y, test_y = train_test_split(iris.data, iris.target, random_state=0)
model = SVC(kernel=args.kernel, C=args.penalty).fit(x, y)
run.log("Accuracy", float(model.score(test_x, test_y)))
os.makedirs("outputs", exist_ok=True)
joblib.dump(model, "outputs/model.joblib")
"""
SCORE = """
import argparse
from azureml.core import Run

parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int)
parser.add_argument("--learning_rate", type=float, dest="rate")
parser.add_argument("--words")
args = parser.parse_args()
run = Run.get_context()
if args.rate < 0:
    raise SystemExit("a rate is not negative")
if args.rate:
    for step in range(2):
        run.log("AUC", args.rate * (step + 1))
open("told.txt", "w").write(args.words or "")
run.upload_file("outputs/told.txt", "told.txt")
run.complete()
"""


TABLE = """
import argparse
from azureml.core import Run

parser = argparse.ArgumentParser()
parser.add_argument("--input-data")
parser.add_argument("--age", type=int)
args = parser.parse_args()
run = Run.get_context()
patients = run.input_datasets["training_data"].to_pandas_dataframe()
run.log("rows", len(patients))
run.log("hits", int(((patients["age"] > args.age) == (patients["ill"] == 1)).sum()))
"""
RATES = (0.01, 0.1, 0.0, -1.0)


@pytest.fixture
def own() -> Environment:
    """The Python that runs here."""
    environment = Environment("own")
    environment.python.user_managed_dependencies = True
    return environment


def config(folder: Path, own: Environment, script: str, arguments: Any = None) -> ScriptRunConfig:
    """A script in a folder of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "train.py").write_text(script)
    return ScriptRunConfig(source_directory=str(folder), script="train.py", arguments=arguments, environment=own)


def test_expressions_are_plain_lists() -> None:
    assert choice(1, 2, 3) == choice([1, 2, 3]) == choice(range(1, 4)) == ["choice", [[1, 2, 3]]]
    assert json.dumps(choice(np.array([0.5, 1.5]))) == '["choice", [[0.5, 1.5]]]'
    assert choice("rbf") == ["choice", [["rbf"]]]
    assert (uniform(0, 1), quniform(0, 8, 2)) == (["uniform", [0, 1]], ["quniform", [0, 8, 2]])
    assert (loguniform(-3, 0), qloguniform(0, 3, 1)) == (["loguniform", [-3, 0]], ["qloguniform", [0, 3, 1]])
    assert (normal(10, 3), qnormal(10, 3, 1)) == (["normal", [10, 3]], ["qnormal", [10, 3, 1]])
    assert (lognormal(0, 1), qlognormal(0, 1, 2)) == (["lognormal", [0, 1]], ["qlognormal", [0, 1, 2]])
    assert hyperdrive.randint(5) == randint(5) == ["randint", [5]]
    wrong = [
        choice,
        lambda: uniform(1, 0),
        lambda: quniform(0, 1, 0),
        lambda: normal(0, -1),
        lambda: randint(0),
    ]
    for make in wrong:
        with pytest.raises(HyperDriveConfigException):
            make()


def test_what_cannot_be_searched(tmp_path: Path, own: Environment) -> None:
    with pytest.raises(HyperDriveConfigException, match="'lr' is drawn by uniform"):
        GridParameterSampling({"lr": uniform(0, 1)})
    with pytest.raises(HyperDriveConfigException, match="'lr' is drawn by normal"):
        BayesianParameterSampling({"lr": normal(0, 1)})
    with pytest.raises(HyperDriveConfigException, match="one of slack_factor and slack_amount"):
        BanditPolicy()
    with pytest.raises(HyperDriveConfigException, match="one of slack_factor and slack_amount"):
        BanditPolicy(slack_factor=0.1, slack_amount=0.1)
    with pytest.raises(HyperDriveConfigException, match="1 to 99"):
        TruncationSelectionPolicy(120)
    for space in ({}, {"lr": 0.1}, {"a b": choice(1)}, {"lr": ["fly", [1]]}):
        with pytest.raises(HyperDriveConfigException):
            RandomParameterSampling(space)
    with pytest.raises(HyperDriveConfigException, match="no property 'sed'"):
        RandomParameterSampling({"lr": choice(1)}, properties={"sed": 1})
    script = config(tmp_path, own, SCORE)
    with pytest.raises(TypeError):
        HyperDriveConfig(max_total_run=1)  # type: ignore[call-arg]

    def made(**said: Any) -> HyperDriveConfig:
        searched = {"hyperparameter_sampling": RandomParameterSampling({"lr": choice(1)}), "max_total_runs": 1}
        objective = {"primary_metric_name": "AUC", "primary_metric_goal": PrimaryMetricGoal.MAXIMIZE}
        return HyperDriveConfig(**{**searched, **objective, "run_config": script, **said})

    wrong = [
        {"run_config": None},
        {"estimator": script},
        {"max_total_runs": 0},
        {"max_concurrent_runs": "two"},
        {"max_duration_minutes": 50000},
        {"primary_metric_goal": "best"},
        {"policy": "bandit"},
        {"hyperparameter_sampling": BayesianParameterSampling({"lr": choice(1)}), "policy": MedianStoppingPolicy()},
        {"resume_from": [Run] * 6},
    ]
    for said in wrong:
        with pytest.raises(HyperDriveConfigException):
            made(**said)
    with pytest.raises(UserErrorException, match="ScriptRunConfig"):
        made(pipeline=script)


def test_iris_is_searched_by_chance(
    ws: Workspace, tmp_path: Path, own: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    sampling = RandomParameterSampling(
        {"--kernel": choice("linear", "rbf", "poly"), "--penalty": choice(0.5, 1, 1.5)}, properties={"seed": 3}
    )
    searched = HyperDriveConfig(
        run_config=config(tmp_path / "iris", own, IRIS),
        hyperparameter_sampling=sampling,
        primary_metric_name="Accuracy",
        primary_metric_goal=PrimaryMetricGoal.MAXIMIZE,
        max_total_runs=2,
        max_concurrent_runs=2,
    )
    run = Experiment(ws, "iris").submit(searched, tags={"flower": "iris"})
    assert isinstance(run, HyperDriveRun) and run.id.startswith("HD_")
    assert run.wait_for_completion(show_output=True)["status"] == "Completed"
    assert f"{run.id}_1  Completed: Accuracy" in capsys.readouterr().out
    best = run.get_best_run_by_primary_metric()
    assert best is not None
    arguments = best.get_details()["runDefinition"]["arguments"]
    assert arguments[::2] == ["--kernel", "--penalty"]
    metrics = best.get_metrics()
    assert metrics["Kernel type"] == arguments[1] and metrics["Penalty"] == float(arguments[3])
    assert metrics["Accuracy"] == max(each["Accuracy"] for each in run.get_metrics().values())
    assert best.get_file_names()
    model = best.register_model(model_name="sklearn-iris", model_path="outputs/model.joblib")
    assert Model(ws, "sklearn-iris").version == model.version == 1


def test_a_grid_is_tried_and_its_children_are_sorted(ws: Workspace, tmp_path: Path, own: Environment) -> None:
    sampling = GridParameterSampling(parameter_space={"--learning_rate": choice(*RATES), "words": choice("two words")})
    searched = HyperDriveConfig(
        run_config=config(tmp_path / "grid", own, SCORE, ["--rows", 10]),
        hyperparameter_sampling=sampling,
        policy=None,
        primary_metric_name="AUC",
        primary_metric_goal=PrimaryMetricGoal.MAXIMIZE,
        max_total_runs=6,
        max_concurrent_runs=4,
        max_duration_minutes=10,
    )
    experiment = Experiment(ws, "grid")
    run = experiment.submit(config=searched)
    run.wait_for_completion()
    assert (run.type, run.get_status()) == ("hyperdrive", "Completed")
    tried = {f"{run.id}_{n}": {"--learning_rate": rate, "words": "two words"} for n, rate in enumerate(RATES)}
    assert {name: json.loads(said) for name, said in run.get_hyperparameters().items()} == tried
    assert {child.id for child in run.get_children()} == set(tried)

    children = run.get_children_sorted_by_primary_metric()
    assert [child["run_id"][-1] for child in children] == ["1", "0", "2", "3"]
    assert json.loads(children[0].pop("hyperparameters")) == tried[f"{run.id}_1"]
    assert children[0] == {"run_id": f"{run.id}_1", "best_primary_metric": 0.2, "status": "Completed"}
    assert (children[-1]["best_primary_metric"], children[-1]["status"]) == (None, "Failed")
    worst = run.get_children_sorted_by_primary_metric(top=1, reverse=True, discard_no_metric=True)
    assert [child["best_primary_metric"] for child in worst] == [0.02]
    assert len(run.get_children_sorted_by_primary_metric(discard_no_metric=True)) == 2

    best = run.get_best_run_by_primary_metric(include_failed=False, include_canceled=False)
    assert best is not None and best.parent == run and best.get_metrics() == {"AUC": [0.1, 0.2]}
    said = best.get_details()["runDefinition"]
    assert said["script"] == "train.py"
    assert said["arguments"] == ["--rows", "10", "--learning_rate", "0.1", "--words", "two words"]
    best.download_file("outputs/told.txt", str(tmp_path / "told.txt"))
    assert (tmp_path / "told.txt").read_text() == "two words"
    best.register_model("ranked", "outputs/told.txt", properties={"AUC": best.get_metrics()["AUC"][-1]})
    assert Model(ws, "ranked").properties == {"AUC": "0.2"}

    assert isinstance(Run.get(ws, run.id), HyperDriveRun)
    assert [type(each) for each in experiment.get_runs(type="hyperdrive")] == [HyperDriveRun]
    assert run.get_details()["properties"]["best_child_run_id"] == best.id
    again = HyperDriveRun(experiment=experiment, run_id=run.id)
    assert again == run and again.get_best_run_by_primary_metric() == best


def test_a_table_is_given_to_every_trial(ws: Workspace, tmp_path: Path, own: Environment) -> None:
    (tmp_path / "patients.csv").write_text("age,ill\n20,0\n30,0\n70,1\n")
    store = ws.get_default_datastore()
    store.upload_files(files=[str(tmp_path / "patients.csv")], target_path="patients/", overwrite=True)
    table = Dataset.Tabular.from_delimited_files(path=(store, "patients/*.csv")).register(ws, "patients")
    script = config(tmp_path / "table", own, TABLE, ["--input-data", table.as_named_input("training_data")])
    searched = HyperDriveConfig(
        run_config=script,
        hyperparameter_sampling=GridParameterSampling({"--age": choice(25, 50)}),
        primary_metric_name="hits",
        primary_metric_goal=PrimaryMetricGoal.MAXIMIZE,
        max_total_runs=2,
    )
    run = Experiment(ws, "table").submit(searched)
    assert run.wait_for_completion()["status"] == "Completed"
    best = run.get_best_run_by_primary_metric()
    assert best is not None and best.get_metrics() == {"hits": 3, "rows": 3}
    details = best.get_details()
    assert details["runDefinition"]["arguments"][-2:] == ["--age", "50"]
    assert details["inputDatasets"][0]["dataset"]["id"] == table.id


def test_a_policy_gives_up_what_does_badly(ws: Workspace, tmp_path: Path, own: Environment) -> None:
    experiment, goal = Experiment(ws, "bad"), PrimaryMetricGoal.MAXIMIZE
    script = config(tmp_path / "good", own, SCORE)
    sampling = GridParameterSampling({"learning_rate": choice(0.9)})
    first = experiment.submit(HyperDriveConfig(sampling, "AUC", goal, 1, run_config=script))
    first.wait_for_completion()
    script = config(tmp_path / "bad", own, f"{SCORE}\nimport time\ntime.sleep(60)")
    searched = HyperDriveConfig(
        run_config=script,
        hyperparameter_sampling=GridParameterSampling({"learning_rate": choice(0.1)}),
        policy=BanditPolicy(evaluation_interval=1, slack_amount=0.1, delay_evaluation=1),
        primary_metric_name="AUC",
        primary_metric_goal=goal,
        max_total_runs=2,
        resume_from=first,
    )
    run = experiment.submit(searched)
    run.wait_for_completion()
    (bad,) = run.get_children()
    assert bad.get_status() == "Canceled"
    assert run.get_best_run_by_primary_metric(include_canceled=False, include_resume_from_runs=False) is None
    assert run.get_best_run_by_primary_metric(include_resume_from_runs=False) == bad
    assert run.get_best_run_by_primary_metric() == next(first.get_children())


def test_a_search_goes_on_from_another(ws: Workspace, tmp_path: Path, own: Environment) -> None:
    def searched(sampling: Any, **said: Any) -> HyperDriveConfig:
        script = config(tmp_path / "from", own, SCORE)
        goal = PrimaryMetricGoal.MINIMIZE
        return HyperDriveConfig(sampling, "AUC", goal, 2, run_config=script, **said)

    experiment = Experiment(ws, "from")
    first = experiment.submit(searched(GridParameterSampling({"learning_rate": choice(0.1, 0.5)})))
    first.wait_for_completion()
    space = {"learning_rate": uniform(0.6, 0.9), "rows": quniform(1, 9, 1)}
    learning = searched(BayesianParameterSampling(space), resume_from=[first], custom_run_id="second")
    second = experiment.submit(learning)
    second.wait_for_completion()
    assert second.id == "second" and ws._call("GET", "jobs/second")["properties"]["samplingAlgorithm"]["warmStart"]
    own_best = second.get_best_run_by_primary_metric(include_resume_from_runs=False)
    assert own_best is not None and own_best.parent == second
    assert second.get_best_run_by_primary_metric() == first.get_best_run_by_primary_metric()


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (
            BanditPolicy(evaluation_interval=2, slack_factor=0.1, delay_evaluation=5),
            {"policyType": "Bandit", "evaluationInterval": 2, "delayEvaluation": 5, "slackFactor": 0.1},
        ),
        (BanditPolicy(slack_amount=0.2), {"policyType": "Bandit", "evaluationInterval": 1, "slackAmount": 0.2}),
        (
            MedianStoppingPolicy(evaluation_interval=1, delay_evaluation=3),
            {"policyType": "MedianStopping", "delayEvaluation": 3},
        ),
        (
            TruncationSelectionPolicy(truncation_percentage=20, evaluation_interval=1, delay_evaluation=5),
            {"policyType": "TruncationSelection", "truncationPercentage": 20, "delayEvaluation": 5},
        ),
        (NoTerminationPolicy(), None),
    ],
)
def test_a_policy_is_told_to_the_server(
    ws: Workspace, tmp_path: Path, own: Environment, policy: Any, told: Any
) -> None:
    script = config(tmp_path / "policy", own, SCORE)
    script.run_config.max_run_duration_seconds = 60
    sampling = RandomParameterSampling({"learning_rate": loguniform(-6, -1), "rows": randint(9)}, {"rule": "sobol"})
    searched = HyperDriveRunConfig(script, sampling, "AUC", PrimaryMetricGoal.MAXIMIZE, 4, 2, 30, policy)
    assert searched.run_config is searched.estimator is script and searched.pipeline is None
    assert searched.source_directory == str(tmp_path / "policy")
    name = f"policy-{type(policy).__name__}-{policy.delay_evaluation}"
    run = Experiment(ws, "policies").submit(searched, run_id=name, display_name="judged")
    run.cancel()
    said = ws._call("GET", f"jobs/{run.id}")["properties"]
    kept = said.get("earlyTermination")
    assert kept == told if told is None else {key: kept[key] for key in told} == told
    assert (said["displayName"], said["samplingAlgorithm"]["rule"]) == ("judged", "sobol")
    limits = {"maxTotalTrials": 4, "maxConcurrentTrials": 2, "timeout": "PT1800S", "trialTimeout": "PT60S"}
    assert {key: said["limits"][key] for key in limits} == limits
    assert run.wait_for_completion(raise_on_error=False)["status"] == "Canceled"
    assert run.get_best_run_by_primary_metric(include_failed=False) is None


def test_what_runs_may_be_said_later(ws: Workspace, tmp_path: Path, own: Environment) -> None:
    sampling = RandomParameterSampling({"learning_rate": choice(0.5)})
    searched = HyperDriveConfig(
        run_config=ScriptRunConfig(source_directory=""),
        hyperparameter_sampling=sampling,
        primary_metric_name="AUC",
        primary_metric_goal=PrimaryMetricGoal.MAXIMIZE,
        max_total_runs=1,
    )
    searched._run_config = object()
    with pytest.raises(HyperDriveConfigException, match="give a ScriptRunConfig"):
        Experiment(ws, "later").submit(searched)
    script = config(tmp_path / "later", own, SCORE)
    searched._run_config = ScriptRunConfig(script.source_directory, command=["true"], environment=own)
    assert searched._job(ws)["trial"]["command"] == "true --learning_rate ${{search_space.learning_rate}}"
    with pytest.raises(HyperDriveConfigException, match="quote"):
        list(RandomParameterSampling({"x": choice("it's")})._arguments())
