"""Runs shown as they go: in a real notebook, with ipywidgets and without, and in a terminal."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.clients.environments import client_environment

from azureml.core import Environment, Experiment, Run, ScriptRunConfig, Workspace
from azureml.core.runconfig import RunConfiguration
from azureml.pipeline.core import Pipeline
from azureml.pipeline.steps import PythonScriptStep
from azureml.train import widgets as formerly
from azureml.train.hyperdrive import GridParameterSampling, HyperDriveConfig, PrimaryMetricGoal, choice
from azureml.widgets import RunDetails

SOURCES = Path(__file__).parents[2] / "azureml" / "src"
TRAIN = """
import time
from azureml.core import Run
run = Run.get_context()
for step in range(3):
    run.log("loss", 1 / (step + 1))
run.log("accuracy", 0.75)
print("trained & done")
"""
SLOW = """
import os, sys, time
until = time.monotonic() + 60
while not os.path.exists(sys.argv[1]) and time.monotonic() < until:
    time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def own() -> Environment:
    """The Python that runs these tests."""
    environment = Environment("widgets")
    environment.python.user_managed_dependencies = True
    return environment


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of scripts."""
    folder = tmp_path_factory.mktemp("code")
    (folder / "train.py").write_text(TRAIN)
    (folder / "slow.py").write_text(f"{SLOW}{TRAIN}")
    (folder / "trial.py").write_text(
        "import sys\nfrom azureml.core import Run\nrun = Run.get_context()\n"
        "for step in range(4):\n    run.log('score@1', float(sys.argv[2]) * step)\n"
    )
    (folder / "wrong.py").write_text("raise SystemExit('no data')")
    return folder


def test_a_terminal_is_told_and_nothing_waits(
    ws: Workspace, own: Environment, code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ScriptRunConfig(str(code), "train.py", environment=own)
    run = Experiment(ws, "terminal").submit(config, display_name="<first>")
    RunDetails(run).show()
    assert "Script <first>: " in capsys.readouterr().out
    run.wait_for_completion()
    formerly.RunDetails(run).show(widget_settings={"debug": True})
    told = capsys.readouterr().out
    assert "Completed" in told and "accuracy 0.75, loss 0.33333" in told and run.get_portal_url() in told
    html = _drawn(run)
    assert "<polyline" in html and "&lt;first&gt;" in html and "trained &amp; done" in html
    assert html.count("<svg") == 2  # the mark, and the curve of what has more values than one
    data = RunDetails(run).get_widget_data(widget_settings={"debug": True})
    assert (data["status"], data["run_id"], data["loading"]) == ("Completed", run.id, False)
    assert data["run_metrics"][1]["series"] == [{"data": [1, 1 / 2, 1 / 3]}]
    with pytest.raises(Exception, match="_OfflineRun"):
        RunDetails(Run.get_context())


def test_children_are_shown_below(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    run = Experiment(ws, "family").start_logging()
    first, second = run.create_children(count=2)
    first.log("score", 0.5)
    first.complete()
    second.fail("it broke")
    run.fail("a fold broke")
    details = RunDetails(run)
    assert details.run_id == run.id
    details.show()
    told = capsys.readouterr().out
    assert "2 below it: 1 Completed, 1 Failed" in told and "a fold broke" in told
    data = details.get_widget_data()
    assert data["children_metrics"] == {"score": {first.id: 0.5}}
    assert [each["run_id"] for each in data["child_runs"]] == [first.id, second.id]


def test_the_trials_of_a_sweep_stand_from_the_best_on(ws: Workspace, own: Environment, code: Path) -> None:
    search = HyperDriveConfig(
        hyperparameter_sampling=GridParameterSampling({"--rate": choice(0.1, 0.2, 0.3)}),
        primary_metric_name="score@1",
        primary_metric_goal=PrimaryMetricGoal.MAXIMIZE,
        max_total_runs=3,
        max_concurrent_runs=3,
        run_config=ScriptRunConfig(str(code), "trial.py", environment=own),
    )
    run = Experiment(ws, "search").submit(search)
    run.wait_for_completion()
    html = _drawn(run)
    assert "Sweep" in html and "3 Completed" in html and "Best score@1" in html
    table = html.partition("<tbody>")[2]
    assert table.startswith('<tr class="best">')
    assert [float(cell) for cell in _cells(table, 3)] == [0.3, 0.2, 0.1]
    assert [float(cell) for cell in _cells(table, 2)] == pytest.approx([0.9, 0.6, 0.3])


def test_the_steps_of_a_pipeline_stand_in_their_order(ws: Workspace, own: Environment, code: Path) -> None:
    settings = RunConfiguration()
    settings.environment = own

    def step(name: str, script: str) -> PythonScriptStep:
        return PythonScriptStep(script, name, source_directory=str(code), runconfig=settings, allow_reuse=False)

    first, second = step("prepare", "train.py"), step("go wrong", "wrong.py")
    second.run_after(first)
    run = Experiment(ws, "steps").submit(Pipeline(ws, [first, second]))
    run.wait_for_completion(raise_on_error=False)
    html = _drawn(run)
    table = html.partition("<tbody>")[2]
    assert "Pipeline" in html and 'class="error"' in html
    assert [row.partition('title="')[2].partition('"')[0] for row in table.split("<tr")[1:]] == ["prepare", "go wrong"]
    assert table.index("Completed") < table.index("Failed")


def _drawn(run: Run) -> str:
    """The run as a notebook shows it."""
    drawn: list[str] = []
    RunDetails(run).show(render_lib=drawn.append)
    return drawn[0]


def _cells(table: str, column: int) -> list[str]:
    """The texts of a column."""
    rows = table.split("<tr")[1:]
    return [row.split("<td")[column + 1].partition(">")[2].partition("<")[0] for row in rows]


NOTEBOOK = """
import sys
import nbclient, nbformat
cells = [nbformat.v4.new_code_cell(source) for source in sys.argv[2:]]
book = nbformat.v4.new_notebook(cells=cells)
nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
nbformat.write(book, sys.argv[1])
"""
SHOW = """
from azureml.core import Workspace
from azureml.widgets import RunDetails
run = Workspace(*{scope!r}).get_run({run!r})
RunDetails(run).show()
assert run.get_status() in ("Queued", "Preparing", "Running")
"""
SHOW_WITHOUT_WIDGETS = """
import sys
sys.modules["ipywidgets"] = None
RunDetails(run).show()
"""
WAIT = """
import threading
open({go!r}, "w").close()
run.wait_for_completion()
for thread in threading.enumerate():
    if thread.name == "lazuli-widget":
        thread.join(30)
        assert not thread.is_alive()
"""


def test_a_notebook_follows_until_the_run_is_over(ws: Workspace, own: Environment, code: Path, tmp_path: Path) -> None:
    python = client_environment("notebook", ["ipykernel", "ipywidgets", "nbclient", "requests", "pyyaml"])
    file, go = tmp_path / "book.ipynb", str(tmp_path / "go")
    run = Experiment(ws, "notebook").submit(ScriptRunConfig(str(code), "slow.py", [go], environment=own))
    cells = [SHOW.format(scope=tuple(ws._scope), run=run.id), SHOW_WITHOUT_WIDGETS, WAIT.format(go=go)]
    environ = {**os.environ, "PYTHONPATH": str(SOURCES), "JUPYTER_PATH": "", "IPYTHONDIR": str(tmp_path / "ipython")}
    done = subprocess.run(
        [python, "-c", NOTEBOOK, str(file), *cells], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    book: dict[str, Any] = json.loads(file.read_text())
    (with_widgets,), (without,), nothing = (cell["outputs"] for cell in book["cells"])
    assert nothing == []
    shown = []
    for output in (with_widgets, without):
        shown.append("".join(output["data"]["text/html"]))
        assert "Completed" in shown[-1] and "<polyline" in shown[-1] and "trained &amp; done" in shown[-1]
        assert "Completed" in "".join(output["data"]["text/plain"])
    states = book["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    assert [each["state"]["value"] for each in states if "value" in each["state"]] == shown[:1]
    assert "application/vnd.jupyter.widget-view+json" not in without["data"]
