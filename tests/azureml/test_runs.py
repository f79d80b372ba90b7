"""Experiments and the runs of a process, of the SDK v1."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests

import azureml
from azureml.core import Experiment, Run, ScriptRun, Workspace
from azureml.core.run import _OfflineRun
from azureml.exceptions import AuthenticationException, RunEnvironmentException, ServiceException, UserErrorException


@pytest.fixture(autouse=True)
def spool_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAZULI_SPOOL_DIR", str(tmp_path / "spool"))
    return tmp_path / "spool"


def test_an_experiment_is_made_and_found(ws: Workspace) -> None:
    made = Experiment(ws, "roses")
    made.tag("soil", "clay")
    assert [each.id for each in Experiment.list(ws, "roses", tags={"soil": "clay"})] == [made.id]
    assert Experiment(ws, "roses").id == made.id
    assert (made.name, made.workspace) == ("roses", ws)
    assert made.get_portal_url().startswith("http")
    with pytest.raises(UserErrorException):
        Experiment(ws, "no spaces")
    with pytest.raises(UserErrorException, match="cannot be submitted"):
        made.submit(object())


def test_what_a_run_logs_is_read_back(ws: Workspace, tmp_path: Path) -> None:
    run = Experiment(ws, "logging").start_logging(display_name="first")
    run.log("loss", 0.5)
    run.log("loss", 0.25)
    run.log("accuracy", 0.9)
    run.log("kind", "linear")
    run.log_list("sizes", [1, 2, 3])
    run.log_row("curve", x=1, y=2)
    run.log_row("curve", x=2, y=4)
    run.log_table("grid", {"a": [1, 2]})
    matrix = {"class_labels": ["a", "b"], "matrix": [[1, 0], [0, 1]]}
    run.log_confusion_matrix("hits", {"schema_type": "confusion_matrix", "schema_version": "v1", "data": matrix})
    found = run.get_metrics()
    assert (found["loss"], found["accuracy"], found["kind"]) == ([0.5, 0.25], 0.9, "linear")
    assert (found["sizes"], found["curve"], found["grid"]) == ([1, 2, 3], {"x": [1, 2], "y": [2, 4]}, {"a": [1, 2]})
    assert found["hits"]["data"] == matrix
    assert run.get_metrics("accuracy") == {"accuracy": 0.9}
    with pytest.raises(UserErrorException):
        run.log_residuals("left", {"schema_type": "predictions", "data": {}})
    with pytest.raises(UserErrorException):
        run.log("bad", object())
    assert run.name == run.display_name == "first"
    run.display_name = "second"
    assert run.name == "second"
    assert (run.status, run.number) == ("Running", 1)
    run.complete()
    assert run.wait_for_completion()["status"] == "Completed"
    assert run.get_details()["endTimeUtc"]


def test_files_go_and_come(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.txt").write_text("weights")
    (tmp_path / "dot.png").write_bytes(b"png")
    with Experiment(ws, "files").start_logging(outputs=str(tmp_path / "out")) as run:
        run.upload_file("notes/a b.txt", str(tmp_path / "out" / "model.txt"))
        run.log_image("dot", path=str(tmp_path / "dot.png"))
    assert run.get_file_names() == ["dot.png", "notes/a b.txt", "outputs/model.txt"]
    run.download_file("notes/a b.txt", str(tmp_path / "b.txt"))
    assert (tmp_path / "b.txt").read_text() == "weights"
    run.download_files("outputs", str(tmp_path / "got"), append_prefix=False)
    assert (tmp_path / "got" / "model.txt").read_text() == "weights"
    with pytest.raises(UserErrorException, match="no file"):
        run.download_file("nothing")


def test_tags_properties_and_children(ws: Workspace) -> None:
    experiment = Experiment(ws, "family")
    run = experiment.start_logging()
    run.tag("quality", "good")
    run.set_tags({"size": 3})
    run.add_properties({"author": "me"})
    assert run.get_tags() == run.tags == {"quality": "good", "size": "3"}
    assert run.properties == {"author": "me"}
    with pytest.raises(UserErrorException):
        run.add_properties({"author": "you"})
    child = run.child_run("one")
    child.log("x", 1)
    others = run.create_children(tag_key="fold", tag_values=[1, 2])
    assert child.parent == run
    assert {each.id for each in run.get_children()} == {child.id, *(each.id for each in others)}
    assert list(run.get_children(tags={"fold": "2"})) == [others[1]]
    assert run.get_metrics(recursive=True)[child.id] == {"x": 1}
    assert list(experiment.get_runs(tags="quality", properties={"author": "me"})) == [run]
    assert len(list(experiment.get_runs(include_children=True))) == 4
    run.remove_tags(["size"])
    assert run.get_tags() == {"quality": "good"}
    child.fail("broken")
    others[0].cancel()
    assert (child.get_status(), others[0].get_status()) == ("Failed", "Canceled")
    assert Run.get(ws, run.id).experiment.name == "family"
    with pytest.raises(UserErrorException):
        Run.get(ws, "nobody")


def test_off_platform_a_run_only_prints(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("AZUREML_RUN_ID", raising=False)
    run = Run.get_context()
    assert isinstance(run, _OfflineRun) and not isinstance(run, Run)
    assert run.id.startswith("OfflineRun_")
    run.log("loss", 1)
    run.upload_file("a", "b")
    run.tag("a", "b")
    assert capsys.readouterr().out.count("Attempted to ") == 3
    assert run.complete() is None
    assert isinstance(run.child_run(), _OfflineRun)
    for word in ("experiment", "parent", "input_datasets", "get_metrics", "get_status", "get_portal_url"):
        assert not hasattr(run, word)
    with pytest.raises(RunEnvironmentException):
        Run.get_context(allow_offline=False)


def unused_port() -> int:
    """A port that nobody listens on, and that no connection out of this machine is given by chance."""
    for port in range(20_000 + os.getpid() % 10_000, 32_000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("every port is taken")


@contextlib.contextmanager
def killed_at_the_end(folder: Path, port: int) -> Iterator[None]:
    options = ["--data-dir", str(folder), "--port", str(port), "--https-port", "0"]
    (folder / "server.json").unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, "-m", "lazuli.server", *options])
    try:
        while not (folder / "server.json").exists():
            assert process.poll() is None, "the server did not start"
            time.sleep(0.02)
        yield
    finally:
        process.kill()
        process.wait()


def test_what_is_logged_outlives_a_kill_of_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, port = tmp_path / "house", unused_port()
    folder.mkdir()
    monkeypatch.setenv("LAZULI_DATA_DIR", str(folder))
    with killed_at_the_end(folder, port):
        ws = Workspace.create("away", subscription_id="garden", resource_group="beds", location="eastus2")
        run = Experiment(ws, "away").start_logging()
        run.log("x", 0)
        run.log_row("table", a=0)
        run.flush()
        run.log("x", 1)  # perhaps on its way when the server is killed
    for value in range(2, 50):
        run.log("x", value)
        run.log_row("table", a=value)
        run.log("word", "away")
    run.log_table("grid", {"a": [1, 2]})
    with pytest.raises(TimeoutError, match="did not arrive within 1 s"):
        run.flush(1)
    with killed_at_the_end(folder, port):
        found = run.get_metrics()
        assert (found["x"], found["table"], found["grid"]) == (
            list(range(50)),
            {"a": [0, *range(2, 50)]},
            {"a": [1, 2]},
        )
        assert found["word"] == ["away"] * 48


def test_no_point_that_is_good_is_lost_with_one_that_is_refused(ws: Workspace, spool_folder: Path) -> None:
    run = Experiment(ws, "refused").start_logging()
    for value in range(20):
        run.log("x", value)
    run.log("x", float("inf"))
    run.log("y" * 300, 1)
    run.log("x", 20)
    with pytest.raises(ServiceException, match="250 characters"):
        run.flush()
    assert run.get_metrics("x")["x"] == [*range(20), float("inf"), 20]
    (kept,) = spool_folder.glob("*.refused")
    assert json.loads(kept.read_text())[0] == "y" * 300


def test_metrics_have_any_name_and_texts_any_length(ws: Workspace) -> None:
    run = Experiment(ws, "names").start_logging()
    run.log("Accuracy (%)", 99.5)
    run.log("R^2", 0.5)
    run.log("R^2", 0.75)
    run.log("a//b", 1)
    run.log_row("numpy", count=np.int64(3), gap=float("nan"), cells=[np.int64(1)])
    run.log("story", "once upon a time " * 1000)
    run.log("story", "the end")
    found = run.get_metrics()
    assert (found["Accuracy (%)"], found["R^2"], found["a//b"]) == (99.5, [0.5, 0.75], 1)
    assert found["story"] == ["once upon a time " * 1000, "the end"]
    assert found["numpy"] == {"count": 3, "gap": None, "cells": [1]}
    assert run.get_metrics("R^2") == {"R^2": [0.5, 0.75]}


LATER = """
import os, sys
from azureml.core import Run, Workspace
run = Run.get(Workspace.get("{workspace}", subscription_id="garden", resource_group="beds"), "{run}")
run.log_row("table", a=2, b="new")
run.log("word", "second")
run.log_image("dot", plot=__import__("types").SimpleNamespace(savefig=lambda to, format: to.write(b"png")))
if os.fork() == 0:
    run.log("forked", 1)
    run.flush()
    os._exit(0)
os.wait()
run.log("x", 1)
"""


def test_another_process_adds_to_what_is_there(ws: Workspace) -> None:
    run = Experiment(ws, "again").start_logging()
    run.log_row("table", a=1)
    run.log("word", "first")
    run.flush()
    subprocess.run([sys.executable, "-c", LATER.format(workspace=ws.name, run=run.id)], check=True, timeout=120)
    found = run.get_metrics()
    assert found["table"] == {"a": [1, 2], "b": [None, "new"]}
    assert (found["word"], found["forked"], found["x"]) == (["first", "second"], 1, 1)
    assert run.get_file_names() == ["dot.png", "metrics/table.json"]


def test_who_is_locked_out_is_told_and_loses_nothing(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Experiment(ws, "locked").start_logging()
    token = ws._server.token
    monkeypatch.setattr(ws._server, "token", "withdrawn")
    run.log("x", 1)
    with pytest.raises(AuthenticationException):
        run.flush()
    monkeypatch.setattr(ws._server, "token", token)
    while True:
        with contextlib.suppress(AuthenticationException):
            run.flush()
            break
    assert run.get_metrics() == {"x": 1}


def test_what_a_dead_process_left_is_sent_by_the_next_and_no_point_twice(ws: Workspace, spool_folder: Path) -> None:
    run = Experiment(ws, "left").start_logging()
    run.log("y", 1.0)
    run.flush()
    (mine,) = spool_folder.glob("*.jsonl")
    lines = mine.read_text().splitlines()
    key, value, at, step = json.loads(lines[1])
    left = [lines[0], lines[1], json.dumps([key, value + 1, at + 1, step + 1])]
    left += [json.dumps(["k" * 300, 1, at, 0]), json.dumps({"rows": "t", "data": [{"a": 2}]})]
    left += [json.dumps({"before": "t", "count": 1})]  # one row was there before, and one of this may have arrived
    run.log_table("t", {"a": [1, 2]})
    run.flush()
    (spool_folder / "dead.jsonl").write_text("\n".join(left) + "\n")
    other = Experiment(ws, "left").start_logging()
    other.log("z", 1)
    other.flush()
    assert run.get_metrics() == {"y": [1.0, 2.0], "t": {"a": [1, 2]}}
    assert not (spool_folder / "dead.jsonl").exists()
    assert "kkk" in (spool_folder / "dead.refused").read_text()


def test_a_run_registers_a_model(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_text("weights")
    run = Experiment(ws, "models").start_logging()
    run.upload_file("outputs/m.txt", tmp_path / "m.txt")
    model = run.register_model("oak", "outputs/m.txt", tags={"a": "b"})
    assert (model.name, model.run_id, model.tags) == ("oak", run.id, {"a": "b"})


SCRIPT = """
import sys
sys.path[:0] = {paths!r}
from azureml.core import Run
run = Run.get_context(allow_offline=False)
run.log("loss", 0.5)
run.log_table("grid", {{"a": [1, 2]}})
run.tag("inside", "yes")
run.add_properties({{"author": "job"}})
print("hello from", run.experiment.name)
run.complete()
"""


def test_a_job_is_a_run(ws: Workspace, tmp_path: Path) -> None:
    paths = [str(Path(str(module.__file__)).parents[depth]) for module, depth in ((azureml, 1), (requests, 1))]
    script = tmp_path / "train.py"
    script.write_text(SCRIPT.format(paths=paths))
    said = {
        "jobType": "Command",
        "command": f"{sys.executable} {script}",
        "environmentId": "azureml:AzureML-minimal@latest",
        "experimentName": "jobs",
    }
    ws._call("PUT", "jobs/train-1", {"properties": said})
    run = ScriptRun(Experiment(ws, "jobs"), "train-1")
    details = run.wait_for_completion(show_output=True)
    assert details["status"] == run.status == "Completed"
    assert run.get_metrics() == {"loss": 0.5, "grid": {"a": [1, 2]}}
    assert run.tags["inside"] == "yes"
    assert run.properties["author"] == "job"
    logs = run.get_details_with_logs()["logFiles"]
    assert any("hello from jobs" in text for text in logs.values())
    assert run.get_all_logs(str(tmp_path / "logs"))
    charts = ws._call("GET", "jobs/train-1/charts")
    assert "table" in json.dumps(charts)
