"""Parallel steps as jobs: a driver and its settings in the work folder, and what the script finds there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.jobs.place import ENVIRONMENT, Place

from lazuli.compute.contract import until
from lazuli.jobs.parallel import PARALLEL, merged, parallel_job
from lazuli.resources.component import ParallelComponent
from lazuli.resources.inout import Input, Output
from lazuli.resources.job import Resources
from lazuli.resources.node import ParallelNode
from lazuli.resources.parallel import ParallelSettings
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput
from lazuli.store.documents import Record

SCORE = """
import json, os, sys
def init():
    print("ready", json.dumps(sys.argv[1:]))
def run(batch):
    for file in batch:
        if "bad" in file:
            raise ValueError("a bad one")
    return [f"{os.path.basename(file)} {open(file).read()}" for file in batch]
"""


def step(**said: Any) -> ParallelSettings:
    task = {"entry_script": "score.py", "environment": ENVIRONMENT, **said.pop("task", {})}
    return ParallelSettings.load({"input_data": "${{inputs.data}}", "task": task, **said})


def inputs(**said: Any) -> dict[str, Input]:
    return {
        name: Input.load(value if isinstance(value, dict) else {"type": "literal", "value": value})
        for name, value in said.items()
    }


def outputs(**said: Any) -> dict[str, Output]:
    return {name: Output.load(value) for name, value in said.items()}


def submit(place: Place, name: str, settings: ParallelSettings, given: Any, written: Any, **said: Any) -> Record:
    """Submit a parallel step as a pipeline does: the child of a job that is there."""
    parent = place.get("parallel-parent")
    job, facts = parallel_job(settings, given, written, **said)
    record = place.platform.shelves.job.prepare(ResourceId(place.scope, "jobs", name), job, place.actor)
    assert place.platform.shelves.job.bear(parent, [replace(record, state={**record.state, **facts})])
    return place.get(name)


@pytest.fixture(scope="module", autouse=True)
def parent(place: Place) -> None:
    place.run("parallel-parent")
    place.code("parallel-score", score__py=SCORE)


@pytest.fixture(scope="module")
def folder(place: Place) -> dict[str, Any]:
    for name in ("a", "b", "c/d"):
        place.upload(f"parallel/{name}.txt", name.upper())
    return {"type": "uri_folder", "path": "azureml://datastores/workspaceblobstore/paths/parallel"}


CODE = {"code": "azureml:parallel-score:1"}


def test_a_step_from_its_input_to_its_rows(place: Place, folder: dict[str, Any]) -> None:
    arguments = "--rate ${{inputs.rate}} $[[--more ${{inputs.more}}]] --to ${{outputs.rows}} '${{inputs.glob}}'"
    settings = step(
        task={**CODE, "program_arguments": arguments, "append_row_to": "${{outputs.rows}}"},
        mini_batch_size="2",
        max_concurrency_per_instance=1,
    )
    written = outputs(rows={"type": "uri_file"}, more={})
    record = submit(place, "parallel-rows", settings, inputs(data=folder, rate="0.1", glob="a  *"), written)
    place.until("parallel-rows", "Completed")
    assert place.files("azureml/parallel-rows/") == {"rows": "a.txt A\nb.txt B\nd.txt C/D\n"}
    kept = place.artifacts("parallel-rows")
    ready = kept["logs/user/stdout/0/process000.stdout.txt"]
    rows = f"{place.platform.engine.folder(str(place.get('parallel-rows').state['key']))}/outputs/rows/rows"
    assert json.loads(ready.removeprefix("ready ")) == ["--rate", "0.1", "--to", rows, "'a  *'"]
    assert "2 of 2 done, 0 failed." in place.log("parallel-rows")
    assert kept["logs/job_progress_overview.txt"] == place.log("parallel-rows")
    metrics = {metric.key: metric.value for metric in place.tracked("parallel-rows").metrics}
    assert metrics == {"mini_batches_done": 2, "mini_batches_failed": 0, "items_failed": 0}
    assert record.parent == "parallel-parent"


def test_a_folder_of_rows_and_one_that_fails(place: Place, folder: dict[str, Any]) -> None:
    place.upload("parallel-bad/1.txt", "1")
    place.upload("parallel-bad/2bad.txt", "2")
    place.upload("parallel-bad/3.txt", "3")
    data = {"path": "azureml://datastores/workspaceblobstore/paths/parallel-bad", "mode": "download"}
    settings = step(task={**CODE, "append_row_to": "${{outputs.rows}}"}, retry_settings={"max_retries": 1})
    submit(place, "parallel-folder", settings, inputs(data=data), outputs(rows={}))
    place.until("parallel-folder", "Completed")
    assert place.files("azureml/parallel-folder/") == {"rows/parallel_run_step.txt": "1.txt 1\n3.txt 3\n"}
    assert "Mini-batch 1, try 2 of 2: ValueError: a bad one" in place.log("parallel-folder")
    assert "in run\n" in place.log("parallel-folder"), "the traceback is in the log of the job"
    bounded = settings.model_copy(update={"mini_batch_error_threshold": 0})
    submit(place, "parallel-bounded", bounded, inputs(data=data), outputs(rows={}))
    record = place.until("parallel-bounded", "Failed")
    assert record.state["error"]["code"] == "UserProcessExited"
    last = place.log("parallel-bounded").splitlines()[-1]
    assert "The step failed. 1 mini-batches failed, and mini_batch_error_threshold allows 0." in last


def test_several_nodes_are_held_and_have_one_driver(place: Place, folder: dict[str, Any]) -> None:
    settings = step(task=CODE, max_concurrency_per_instance=2)
    two = Resources.load({"instance_count": 2})
    record = submit(place, "parallel-nodes", settings, inputs(data=folder), outputs(), resources=two)
    assert record.state["nodes"] == 2
    record = place.until("parallel-nodes", "Completed")
    assert place.platform.logs.names(record) == ["user_logs/std_log.txt"]
    assert "Processes: 4 at most." in place.log("parallel-nodes")


def test_a_table_says_how_it_is_read(place: Place) -> None:
    table = "paths:\n  - pattern: ./*.csv\n"
    place.upload("parallel-table/MLTable", table)
    place.upload("parallel-table/1.csv", "a")
    place.upload("parallel-table/2.txt", "b")
    place.put(
        "data",
        "parallel-table",
        "1",
        type="mltable",
        path="azureml://datastores/workspaceblobstore/paths/parallel-table",
    )
    data = {"type": "mltable", "path": "azureml:parallel-table:1", "mode": "direct"}
    settings = step(task={**CODE, "append_row_to": "${{outputs.rows}}"}, mini_batch_size="5")
    submit(place, "parallel-table", settings, inputs(data=data), outputs(rows={"type": "uri_file"}))
    place.until("parallel-table", "Completed")
    assert place.files("azureml/parallel-table/") == {"rows": "1.csv a\n"}


def test_an_input_that_is_no_table_ends_the_job_with_a_word(place: Place, folder: dict[str, Any]) -> None:
    data = {**folder, "type": "mltable"}
    submit(place, "parallel-no-table", step(task=CODE), inputs(data=data), outputs())
    error = place.until("parallel-no-table", "Failed").state["error"]
    assert error["message"].startswith("The input 'data' is no table. There is no file 'MLTable' in the folder.")


def test_it_is_canceled_with_all_its_processes(place: Place, folder: dict[str, Any]) -> None:
    place.code(
        "parallel-endless", score__py="import time\ndef run(batch):\n    print('on', flush=True)\n    time.sleep(600)\n"
    )
    settings = step(task={"code": "azureml:parallel-endless:1"}, retry_settings={"timeout": 600})
    record = submit(place, "parallel-endless", settings, inputs(data=folder), outputs())

    def is_on() -> bool:
        key = place.get("parallel-endless").state.get("key")
        return bool(key and place.platform.engine.tail(key, "code/logs/user/stdout/0/process000.stdout.txt"))

    until(is_on, "the script to run")
    place.cancel("parallel-endless")
    place.until("parallel-endless", "Canceled")
    assert "The step was stopped." in place.log("parallel-endless")
    assert record.state[PARALLEL]["input"] == "data"


def test_a_model_and_the_place_for_more_are_variables(place: Place, folder: dict[str, Any]) -> None:
    place.upload("parallel-model/weights.txt", "1 2 3")
    place.put("model", "parallel-model", "1", path="azureml://datastores/workspaceblobstore/paths/parallel-model")
    score = (
        "import os\ndef run(batch):\n"
        "    weights = open(os.environ['AZUREML_MODEL_DIR'] + '/parallel-model/weights.txt').read()\n"
        "    with open(os.environ['AZUREML_BI_OUTPUT_PATH'] + '/more.txt', 'w') as file:\n        file.write(weights)\n"
        "    return batch\n"
    )
    code = place.code("parallel-model", score__py=score)
    settings = step(task={"code": code, "model": "azureml:parallel-model:1"})
    submit(place, "parallel-model", settings, inputs(data=folder), outputs(out={}))
    place.until("parallel-model", "Completed")
    assert place.files("azureml/parallel-model/") == {"out/more.txt": "1 2 3"}


@pytest.mark.parametrize(
    ("said", "target", "message"),
    [
        ({"task": {"entry_script": None}}, "task.entry_script", "needs 'task.entry_script'"),
        ({"input_data": None}, "input_data", "needs 'input_data'"),
        ({"input_data": "${{inputs.dada}}"}, "input_data", "Did you mean 'data'"),
        ({"input_data": "${{inputs.rate}}"}, "input_data", "a value and no files"),
        ({"mini_batch_size": "many"}, "mini_batch_size", "how many files"),
        ({"mini_batch_size": "00"}, "mini_batch_size", "how many files"),
        ({"mini_batch_size": "10kb"}, "mini_batch_size", "files are counted"),
        ({"error_threshold": -2}, "error_threshold", "-1 or more"),
        ({"retry_settings": {"max_retries": -1}}, "retry_settings.max_retries", "0 or more"),
        ({"retry_settings": {"timeout": 0}}, "retry_settings.timeout", "1 or more"),
        ({"max_concurrency_per_instance": 1001}, "max_concurrency_per_instance", "1000 are the most"),
        ({"task": {"append_row_to": "${{outputs.none}}"}}, "task.append_row_to", "no output 'none'"),
        ({"task": {"program_arguments": "--x ${{inputs.none}}"}}, "task.program_arguments", "no input 'none'"),
        ({"task": {"model": "${{inputs.none}}"}}, "task.model", "azureml:name:version"),
        ({"task": {"type": "model", "entry_script": None}}, "task.model", "needs 'task.model'"),
    ],
)
def test_what_could_not_run_is_refused(said: dict[str, Any], target: str, message: str) -> None:
    given = inputs(data={"path": "azureml:x:1"}, rate="1")
    with pytest.raises(InvalidInput) as caught:
        parallel_job(step(**said), given, {})
    assert caught.value.target == target and message in str(caught.value)


def test_a_step_says_more_than_its_component() -> None:
    task = {"entry_script": "score.py"}
    component = ParallelComponent.load(
        {
            "name": "score",
            "type": "parallel",
            "task": task,
            "input_data": "${{inputs.data}}",
            "mini_batch_size": 5,
            "error_threshold": 1,
            "environment_variables": {"A": "1", "B": "1"},
        }
    )
    node = ParallelNode.load(
        {"type": "parallel", "component": "azureml:score:1", "error_threshold": 2, "environment_variables": {"B": "2"}}
    )
    both = merged(component, node)
    assert both.task == component.task and both.mini_batch_size == "5" and both.error_threshold == 2
    assert both.environment_variables == {"A": "1", "B": "2"}
