"""Published pipelines, their endpoints and schedules, as scripts of the SDK v1 make and call them."""

from __future__ import annotations

import csv
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from azureml.core import Dataset, Experiment, Workspace
from azureml.core.authentication import InteractiveLoginAuthentication
from azureml.core.runconfig import RunConfiguration
from azureml.data import OutputFileDatasetConfig
from azureml.exceptions import ExperimentExecutionException, UserErrorException
from azureml.pipeline.core import Pipeline, PipelineEndpoint, PipelineParameter, PublishedPipeline
from azureml.pipeline.core.run import PipelineRun
from azureml.pipeline.core.schedule import Schedule, ScheduleRecurrence, TimeZone
from azureml.pipeline.steps import PythonScriptStep

PREPARE = """\
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument("--input-data")
parser.add_argument("--prepped-data")
said = parser.parse_args()
os.makedirs(said.prepped_data, exist_ok=True)
rows = open(said.input_data).read().strip().splitlines()
open(os.path.join(said.prepped_data, "data.csv"), "w").write("\\n".join(rows[1:]))
"""
TRAIN = """\
import argparse, glob, os
from azureml.core import Run
parser = argparse.ArgumentParser()
parser.add_argument("--training-data")
parser.add_argument("--rate", type=float)
said = parser.parse_args()
rows = open(os.path.join(said.training_data, "data.csv")).read().split()
run = Run.get_context()
run.log("rows", len(rows))
run.log("rate", said.rate)
"""
SAY = """\
import sys
print("said:", sys.argv[1])
if sys.argv[1] == "fail":
    raise SystemExit(3)
"""
HEADER = InteractiveLoginAuthentication


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("code")
    for name, text in (("prep.py", PREPARE), ("train.py", TRAIN), ("say.py", SAY)):
        (folder / name).write_text(text)
    return str(folder)


@pytest.fixture(scope="module")
def settings() -> RunConfiguration:
    """A run on this machine with the Python that runs here."""
    made = RunConfiguration()
    made.environment.python.user_managed_dependencies = True
    return made


@pytest.fixture(scope="module")
def saying(ws: Workspace, code: str, settings: RunConfiguration) -> Pipeline:
    """A pipeline of one step that prints its parameter."""
    word = PipelineParameter(name="word", default_value="hello")
    step = PythonScriptStep("say.py", name="say", arguments=[word], runconfig=settings, source_directory=code)
    return Pipeline(workspace=ws, steps=[step])


def rows_of(ws: Workspace, folder: Path, count: int) -> Any:
    """A dataset of one CSV file with so many rows."""
    file = folder / f"rows-{count}.csv"
    with file.open("w", newline="") as sink:
        csv.writer(sink).writerows([["x"], *([number] for number in range(count))])
    store = ws.get_default_datastore()
    store.upload_files([str(file)], target_path="rows", overwrite=True, show_progress=False)
    return Dataset.File.from_files((store, f"rows/{file.name}"))


def said_by(run: PipelineRun) -> str:
    """What the step of the saying pipeline printed."""
    assert run.wait_for_completion(show_output=False) == "Finished"
    (step,) = run.find_step_run("say")
    return step.get_stdout_log().partition("said: ")[2].strip()


def test_a_lab_prepares_trains_publishes_posts_and_schedules(
    ws: Workspace, code: str, settings: RunConfiguration, tmp_path: Path
) -> None:
    data = rows_of(ws, tmp_path, 3).register(ws, "lab-rows")
    rate = PipelineParameter(name="rate", default_value=0.1)
    prepped = OutputFileDatasetConfig("prepped_data")
    prepare = PythonScriptStep(
        name="Prepare Data",
        source_directory=code,
        script_name="prep.py",
        arguments=["--input-data", data.as_named_input("raw_data").as_mount(), "--prepped-data", prepped],
        runconfig=settings,
        allow_reuse=True,
    )
    train = PythonScriptStep(
        name="Train",
        source_directory=code,
        script_name="train.py",
        arguments=["--training-data", prepped.as_input(), "--rate", rate],
        runconfig=settings,
        allow_reuse=True,
    )
    pipeline = Pipeline(workspace=ws, steps=[prepare, train])
    run = Experiment(workspace=ws, name="lab").submit(pipeline, regenerate_outputs=True)
    run.wait_for_completion(show_output=False)
    published = run.publish_pipeline(name="lab-training-pipeline", description="Trains", version="1.0")
    assert (published.name, published.version, published.description) == ("lab-training-pipeline", "1.0", "Trains")
    assert (published.status, published.total_run_steps, published.continue_on_step_failure) == ("Active", 2, False)

    answer = requests.post(
        published.endpoint,
        headers=HEADER().get_authentication_header(),
        json={"ExperimentName": "lab-by-post", "ParameterAssignments": {"rate": 0.25}, "RunSource": "API"},
        timeout=60,
    )
    answer.raise_for_status()
    posted = PipelineRun(ws.experiments["lab-by-post"], answer.json()["Id"])
    assert posted.wait_for_completion(show_output=False) == "Finished"
    (trained,) = posted.find_step_run("Train")
    assert trained.get_metrics() == {"rows": 3, "rate": 0.25}
    assert requests.post(published.endpoint, json={}, timeout=60).status_code == 401

    weekly = ScheduleRecurrence(frequency="Week", interval=1, week_days=["Monday"], time_of_day="00:00")
    schedule = Schedule.create(
        ws,
        name="lab-schedule",
        description="Based on time",
        pipeline_id=published.id,
        experiment_name="lab",
        recurrence=weekly,
    )
    assert next(each.name for each in Schedule.list(ws)) == "lab-schedule"
    assert schedule.pipeline_id == published.id and schedule.description == "Based on time"
    schedule.disable()
    again = run.publish_pipeline("lab-training-pipeline", "Goes on", "1.0", continue_on_step_failure=True)
    assert again.continue_on_step_failure and again.id != published.id and again.version == "1.0"


def test_a_published_pipeline_runs_as_it_was_until_it_is_disabled(ws: Workspace, saying: Pipeline) -> None:
    published = saying.publish(name="Say it!", description="Says a word", continue_on_step_failure=True)
    unnamed = saying.publish()
    assert (published.name, published.version, published.continue_on_step_failure) == ("Say it!", None, True)
    assert unnamed.name and "Say it!" in repr(published) and published.graph_id
    listed = PublishedPipeline.list(ws)
    assert [each.id for each in listed[:2]] == [unnamed.id, published.id]
    found = PublishedPipeline.get(workspace=ws, id=published.id)
    assert (found.name, found.endpoint, found.version) == (published.name, published.endpoint, None)

    run = found.submit(ws, experiment_name="says", pipeline_parameters={"word": "good bye"})
    assert said_by(run) == "good bye" and run.experiment.name == "says"
    tagged = Experiment(ws, "says").submit(found, tags={"from": "test"}, pipeline_parameters={"word": "again"})
    assert said_by(tagged) == "again" and tagged.get_tags()["from"] == "test"
    with pytest.raises(ExperimentExecutionException, match=r"no parameter 'wrod'. Did you mean 'word'"):
        found.submit(ws, "says", pipeline_parameters={"wrod": "x"})
    with pytest.raises(UserErrorException, match="run as it is"):
        Experiment(ws, "says").submit(found, regenerate_outputs=True)

    published.disable()
    assert published.status == "Disabled" and published.id not in {each.id for each in PublishedPipeline.list(ws)}
    assert published.id in {each.id for each in PublishedPipeline.list(workspace=ws, active_only=False)}
    with pytest.raises(ExperimentExecutionException, match="is disabled"):
        found.submit(ws, "says")
    published.enable()
    assert PublishedPipeline.get(ws, published.id).status == "Active"
    with pytest.raises(UserErrorException, match="no published pipeline 'nobody'"):
        PublishedPipeline.get(ws, "nobody")


def test_datasets_and_paths_are_given_as_parameters(
    ws: Workspace, code: str, settings: RunConfiguration, tmp_path: Path
) -> None:
    from azureml.data.dataset_consumption_config import DatasetConsumptionConfig

    few, many = (rows_of(ws, tmp_path, count).register(ws, f"rows-{count}") for count in (2, 5))
    rows = DatasetConsumptionConfig("raw", PipelineParameter(name="rows", default_value=few)).as_mount()
    prepped = OutputFileDatasetConfig("prepped")
    steps = [
        PythonScriptStep(
            "prep.py",
            name="prepare",
            source_directory=code,
            arguments=["--input-data", rows, "--prepped-data", prepped],
            inputs=[rows],
            runconfig=settings,
        ),
        PythonScriptStep(
            "train.py",
            name="train",
            source_directory=code,
            arguments=["--training-data", prepped.as_input("data"), "--rate", 1],
            runconfig=settings,
        ),
    ]
    published = Pipeline(ws, steps).publish("counts")
    given = {"rows": {"SavedDataSetReference": {"Id": many.id}}}
    answer = requests.post(
        published.endpoint,
        headers=HEADER().get_authentication_header(),
        json={"ExperimentName": "counts", "RunSource": "SDK", "DataSetDefinitionValueAssignments": given},
        timeout=60,
    )
    runs = [
        PipelineRun(Experiment(ws, "counts"), answer.json()["Id"]),
        published.submit(ws, "counts"),
        published.submit(ws, "counts", {"rows": many}),
    ]
    counted = []
    for run in runs:
        assert run.wait_for_completion(show_output=False) == "Finished"
        counted.append(run.find_step_run("train")[0].get_metrics()["rows"])
    assert counted == [5, 2, 5]


def test_an_endpoint_leads_to_the_version_that_is_its_default(ws: Workspace, saying: Pipeline) -> None:
    first = PipelineEndpoint.publish(workspace=ws, name="Sayings", description="All of them", pipeline=saying)
    with pytest.raises(ValueError, match="There is a pipeline endpoint 'Sayings'"):
        PipelineEndpoint.publish(ws, "Sayings", "again", saying)
    found = PipelineEndpoint.get(workspace=ws, name="Sayings")
    assert found.id == first.id == PipelineEndpoint.get(workspace=ws, id=first.id).id
    assert (found.name, found.description, found.status, found.default_version) == (
        "Sayings",
        "All of them",
        "Active",
        "0",
    )
    assert [each.id for each in PipelineEndpoint.list(workspace=ws, active_only=True)] == [found.id]
    loud = Pipeline(ws, list(saying._steps)).publish("Say it louder", version="2")
    found.add(loud)
    assert found.get_default_version() == "0" and found.get_pipeline("1").id == loud.id
    assert found.get_pipeline().name == "Sayings", "a pipeline is published under the endpoint's name"
    found.set_default(loud)
    assert found.get_default_version() == "1" and found.get_pipeline().id == loud.id
    found.set_default_version("0")
    assert [(each.version, each.pipeline.name) for each in found.list_versions()] == [
        ("0", "Sayings"),
        ("1", "Say it louder"),
    ]
    assert len({each.id for each in PublishedPipeline.list(ws)} & {loud.id, found.get_pipeline().id}) == 2
    with pytest.raises(ValueError, match="no version '7'; it has: 0, 1"):
        found.set_default_version("7")

    header, body = HEADER().get_authentication_header(), {"ExperimentName": "endpoint", "RunSource": "SDK"}
    by_name = f"{found.endpoint.split('Id', 1)[0]}Name?name={found.name}"
    ids = [
        requests.post(address, headers=header, json=body, timeout=60).json()["Id"]
        for address in (found.endpoint, f"{found.endpoint}/1", by_name, f"{by_name}&pipelineVersion=1")
    ]
    kept = [PipelineRun.get(ws, id).get_properties()["azureml.pipelineid"] for id in ids]
    assert kept[0] == kept[2] != kept[1] == kept[3]
    run = found.submit("endpoint", pipeline_parameters={"word": "louder"}, pipeline_version="1")
    assert said_by(run) == "louder"
    run = Experiment(ws, "endpoint").submit(found, tags={"endpoint_tag": "1"}, pipeline_version="0")
    assert said_by(run) == "hello" and run.get_tags()["endpoint_tag"] == "1"

    found.add_default(saying)
    assert found.default_version == "2"
    loud.disable()
    assert [each.name for each in found.list_pipelines(active_only=True)] == ["Sayings", "Sayings"]
    assert len(found.list_pipelines(active_only=False)) == 3
    found.set_name(name="Words")
    found.set_description("Renamed")
    renamed = PipelineEndpoint.get(ws, name="Words")
    assert (renamed.id, renamed.description, renamed.endpoint) == (found.id, "Renamed", found.endpoint)
    renamed.disable()
    assert PipelineEndpoint.list(ws) == [] and PipelineEndpoint.list(ws, active_only=False)[0].status == "Disabled"
    assert requests.post(renamed.endpoint, headers=header, json=body, timeout=60).status_code == 409
    with pytest.raises(UserErrorException, match="is disabled"):
        renamed.submit("endpoint")
    renamed.enable()
    with pytest.raises(UserErrorException, match="no pipeline endpoint 'Sayings'"):
        PipelineEndpoint.get(ws, name="Sayings")


def waited_for(schedule: Schedule) -> PipelineRun:
    """The first run of a schedule, as soon as there is one."""
    until = time.monotonic() + 20
    while (run := schedule.get_last_pipeline_run()) is None:
        assert time.monotonic() < until
        time.sleep(0.1)
    return run


def test_a_schedule_submits_its_pipeline_with_its_parameters(ws: Workspace, saying: Pipeline) -> None:
    published = saying.publish("scheduled")
    daily = ScheduleRecurrence(
        frequency="Day", interval=2, hours=[22], minutes=[30], time_zone=TimeZone.TaipeiStandardTime
    )
    schedule = Schedule.create(
        workspace=ws,
        name="My_Schedule",
        pipeline_id=published.id,
        experiment_name="scheduled",
        recurrence=ScheduleRecurrence(frequency="Hour", interval=1),
        pipeline_parameters={"word": "by itself"},
        wait_for_provisioning=True,
        description="Schedule Run",
    )
    run = waited_for(schedule)  # without a start_time it fires when it is made
    assert said_by(run) == "by itself" and run.experiment.name == "scheduled"
    assert [each.id for each in schedule.get_pipeline_runs()] == [run.id]
    assert [each.id for each in Schedule.list(ws, pipeline_id=published.id)] == [schedule.id]
    assert schedule.id in [each.id for each in Schedule.get_schedules_for_pipeline_id(ws, published.id)]
    fetched = Schedule.get(ws, schedule.id)
    assert (fetched.name, fetched.status, fetched.description) == ("My_Schedule", "Active", "Schedule Run")
    fetched.disable(wait_for_provisioning=True)
    assert Schedule.get(ws, schedule.id).status == "Disabled"
    assert schedule.id not in {each.id for each in Schedule.list(ws, active_only=True)}
    assert schedule.id in {each.id for each in Schedule.get_all(ws, active_only=False)}
    fetched.enable(wait_for_provisioning=True)
    fetched.update(
        name="Renamed",
        description="Updated",
        status="Disabled",
        recurrence=daily,
        wait_for_provisioning=True,
        pipeline_parameters={"word": "other"},
        continue_on_step_failure=True,
    )
    said = Schedule.get(ws, schedule.id)
    assert (said.name, said.description, said.status, said.continue_on_step_failure) == (
        "Renamed",
        "Updated",
        "Disabled",
        True,
    )
    assert said.recurrence is not None
    assert (said.recurrence.frequency, said.recurrence.interval, said.recurrence.hours, said.recurrence.minutes) == (
        "Day",
        2,
        [22],
        [30],
    )
    assert said.recurrence.time_zone is TimeZone.TaipeiStandardTime
    with pytest.raises(ValueError, match="Active or Disabled"):
        said.update(status="Gone")
    with pytest.raises(UserErrorException, match="no schedule 'nobody'"):
        Schedule.get(ws, "nobody")


def test_a_schedule_of_an_endpoint_runs_its_default(ws: Workspace, saying: Pipeline) -> None:
    endpoint = PipelineEndpoint.publish(ws, "Scheduled sayings", "d", saying)
    schedule = Schedule.create_for_pipeline_endpoint(
        workspace=ws,
        name="of-endpoint",
        pipeline_endpoint_id=endpoint.id,
        experiment_name="of-endpoint",
        recurrence=ScheduleRecurrence("Month", 1),
        description="Schedule_Run",
        pipeline_parameters={"word": "from the endpoint"},
        wait_for_provisioning=True,
    )
    found = Schedule.get_schedules_for_pipeline_endpoint_id(ws, pipeline_endpoint_id=endpoint.id)
    assert [each.id for each in found] == [schedule.id] and schedule.pipeline_endpoint_id == endpoint.id
    assert schedule.pipeline_id is None
    assert said_by(waited_for(schedule)) == "from the endpoint"
    schedule.disable()


def test_a_schedule_watches_the_files_of_a_folder(ws: Workspace, saying: Pipeline) -> None:
    published = saying.publish("watching")
    store = ws.get_default_datastore()
    schedule = Schedule.create(
        ws,
        name="watch",
        pipeline_id=published.id,
        experiment_name="watch",
        datastore=store,
        polling_interval=10,
        path_on_datastore="incoming/today",
        data_path_parameter_name="word",
        continue_on_step_failure=False,
    )
    assert (schedule.datastore_name, schedule.path_on_datastore) == (store.name, "incoming/today")
    assert (schedule.polling_interval, schedule.data_path_parameter_name, schedule.recurrence) == (10, "word", None)
    schedule.update(polling_interval=3)
    assert (schedule.polling_interval, schedule.path_on_datastore) == (3, "incoming/today")
    schedule.update(recurrence=ScheduleRecurrence("Day", 1, start_time="2099-01-01T00:00:00"))
    assert schedule.datastore_name is None and schedule.recurrence is not None
    assert schedule.get_last_pipeline_run() is None
    schedule.disable()
    with pytest.raises(ValueError, match="either recurrence or datastore"):
        Schedule.create(ws, "neither", published.id, "watch")
    with pytest.raises(UserErrorException, match="nothing"):
        Schedule.create(ws, "wrong", published.id, "watch", datastore=store, data_path_parameter_name="nothing")
    with pytest.raises(TypeError):
        Schedule.create(ws, "misspelt", published.id, "watch", desciption="d")  # pyright: ignore[reportCallIssue]


def test_a_recurrence_says_what_is_no_moment() -> None:
    start = datetime(2030, 1, 1, 9) + timedelta(days=1)
    assert ScheduleRecurrence("Any", 1, start)._trigger()["startTime"] == "2030-01-02T09:00:00"
    assert TimeZone.EEuropeStandardTime.value == "E. Europe Standard Time"
    for wrong in (
        {"time_of_day": "25:00"},
        {"time_of_day": "9:00", "hours": [9]},
        {"time_zone": "UTC"},
    ):
        with pytest.raises(ValueError):
            ScheduleRecurrence("Day", 1, **wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fits the frequencies"):
        ScheduleRecurrence("Hour", 1, time_of_day="09:00")
