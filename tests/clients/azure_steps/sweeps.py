"""Sweeps."""

# pyright: reportMissingImports=false
from __future__ import annotations

import contextlib
import io
import time
from typing import Any

from azure.ai.ml import Output, command
from azure.ai.ml.sweep import BanditPolicy, Choice, RandomSamplingAlgorithm, Uniform

from azure_steps.tour import PLAIN, Tour

LOG = """
import json, os, sys, urllib.request
run, value = os.environ["MLFLOW_RUN_ID"], float(sys.argv[1]) + float(sys.argv[2])
for step in range(2):
    point = {"run_id": run, "key": "score", "value": value, "timestamp": 0, "step": step}
    url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
    headers = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(point).encode(), headers)).read()
open(os.path.join(sys.argv[3], "score.txt"), "w").write(str(value))
"""


def _sweep(tour: Tour, said: str, **limits: int) -> Any:
    node = command(
        code=str(tour.here / "search"),
        command=said,
        inputs={"x": 1, "bonus": 0.0},
        outputs={"kept": Output(type="uri_folder")},
        environment=PLAIN,
        compute="crew",
    )
    searched = node(x=Choice([1, 3, 2]), bonus=Uniform(0, 0.5))
    sweep = searched.sweep(primary_metric="score", goal="Maximize", sampling_algorithm="random", compute="crew")
    sweep.experiment_name, sweep.display_name = "tour", "a search"
    sweep.set_limits(**limits)
    return sweep


def submit_a_sweep(tour: Tour) -> None:
    """jobs.create_or_update: command(...).sweep(...), with limits and early termination"""
    (tour.here / "search").mkdir()
    (tour.here / "search" / "log.py").write_text(LOG)
    said = "python log.py ${{inputs.x}} ${{inputs.bonus}} ${{outputs.kept}}"
    sweep = _sweep(tour, said, max_total_trials=4, max_concurrent_trials=2, timeout=3600)
    sweep.sampling_algorithm = RandomSamplingAlgorithm(seed=11, rule="sobol")
    sweep.early_termination = BanditPolicy(slack_factor=100, evaluation_interval=1)
    tour.sweep = tour.client.jobs.create_or_update(sweep)
    assert (tour.sweep.type, tour.sweep.limits.max_total_trials) == ("sweep", 4)
    assert tour.sweep.status in ("Queued", "Running"), tour.sweep.status


def follow_a_sweep(tour: Tour) -> None:
    """jobs.stream: the trials of a sweep as they come"""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        tour.client.jobs.stream(tour.sweep.name)
    assert f"{tour.sweep.name}_3  Completed: score" in said.getvalue(), said.getvalue()


def see_the_best_trial(tour: Tour) -> None:
    """jobs.get: a sweep as it was said, and its best trial"""
    seen = tour.client.jobs.get(tour.sweep.name)
    assert (seen.status, seen.display_name, seen.objective.goal) == ("Completed", "a search", "maximize")
    assert (seen.limits.max_concurrent_trials, seen.limits.timeout) == (2, 3600)
    assert (seen.sampling_algorithm.type, seen.sampling_algorithm.seed) == ("random", 11)
    assert seen.early_termination.slack_factor == 100
    assert seen.search_space["x"].values == [1, 3, 2] and seen.search_space["bonus"].max_value == 0.5
    assert "${{search_space.x}}" in seen.trial.command, seen.trial.command
    best = tour.client.jobs.get(seen.properties["best_child_run_id"])
    assert float(seen.properties["score"]) >= 3, seen.properties
    assert (best.status, best.tags["hyperparameters"][:6]) == ("Completed", '{"x": ')


def list_the_trials(tour: Tour) -> None:
    """jobs.list: the trials of a sweep, by parent_job_name"""
    found = tour.client.jobs.list(parent_job_name=tour.sweep.name)
    assert sorted(each.name for each in found) == [f"{tour.sweep.name}_{number}" for number in range(4)]
    assert not [each for each in tour.client.jobs.list() if each.name.startswith(f"{tour.sweep.name}_")]


def download_from_the_best_trial(tour: Tour) -> None:
    """jobs.download: the output of the best trial"""
    best = tour.client.jobs.get(tour.sweep.name).properties
    tour.client.jobs.download(tour.sweep.name, download_path=tour.here / "best", output_name="kept")
    assert (tour.here / "best/named-outputs/kept/score.txt").read_text() == best["score"]
    tour.client.jobs.download(tour.sweep.name, download_path=tour.here / "all of it", all=True)
    assert (tour.here / "all of it/named-outputs/kept/score.txt").read_text() == best["score"]
    assert (tour.here / "all of it/hd-artifacts/azureml-logs/hyperdrive.txt").is_file()


def cancel_a_sweep(tour: Tour) -> None:
    """jobs.begin_cancel: a sweep and its trials"""
    endless = _sweep(
        tour, "sleep 600; echo ${{inputs.x}} ${{inputs.bonus}}", max_total_trials=9, max_concurrent_trials=1
    )
    job = tour.client.jobs.create_or_update(endless)
    while not (trials := list(tour.client.jobs.list(parent_job_name=job.name))):
        time.sleep(0.1)
    tour.client.jobs.begin_cancel(job.name).result()
    while (status := tour.client.jobs.get(job.name).status) in ("CancelRequested", "Finalizing"):
        time.sleep(0.1)
    assert status == "Canceled", status
    assert [tour.client.jobs.get(each.name).status for each in trials] == ["Canceled"]
