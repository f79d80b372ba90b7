"""Pipelines: written in Python and in YAML, nested, with sweeps, run again, registered, failing, canceled."""

# pyright: reportMissingImports=false
from __future__ import annotations

import contextlib
import io
import time
from typing import Any

from azure.ai.ml import Input, Output, command, dsl, load_component, load_job
from azure.ai.ml.exceptions import JobException
from azure.ai.ml.sweep import Choice
from azure.core.exceptions import HttpResponseError

from azure_steps.tour import PLAIN, Tour, expected, lazuli

WRITE = """
type: command
name: write_words
version: "1"
inputs:
  word: {type: string}
  often: {type: integer, default: 2, min: 1, max: 9}
  more: {type: string, optional: true}
outputs:
  words: {type: uri_folder}
code: ./src
command: >-
  python write.py ${{inputs.word}} ${{inputs.often}} ${{outputs.words}} $[[--more ${{inputs.more}}]]
environment: {image: "python:3.11"}
"""
PROGRAM = """
import pathlib, sys
word, often, words, *more = sys.argv[1:]
pathlib.Path(words, "words.txt").write_text(" ".join([word] * int(often) + more))
"""
COUNT = """
import json, os, pathlib, sys, urllib.request
words, often, kept = sys.argv[1:]
point = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "size", "value": float(often), "timestamp": 1, "step": 0}
url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
headers = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"}
urllib.request.urlopen(urllib.request.Request(url, json.dumps(point).encode(), headers)).read()
pathlib.Path(kept, "words.txt").write_text(pathlib.Path(words, "words.txt").read_text() + " " + often)
"""
FOLDER = Output(type="uri_folder")


def _write(tour: Tour) -> Any:
    """A component from a file, with code beside it."""
    folder = tour.here / "words"
    if not folder.exists():
        (folder / "src").mkdir(parents=True)
        (folder / "src" / "write.py").write_text(PROGRAM)
        (folder / "src" / "count.py").write_text(COUNT)
        (folder / "write.yml").write_text(WRITE)
    return load_component(folder / "write.yml")


def _read() -> Any:
    """A component that is written in place."""
    words, text = Input(type="uri_folder"), Output(type="uri_file")
    said = "cat ${{inputs.words}}/words.txt | tee ${{outputs.text}}"
    return command(name="read", command=said, inputs={"words": words}, outputs={"text": text}, environment=PLAIN)


def _chain(tour: Tour, **given: Any) -> Any:
    write, read = _write(tour), _read()

    @dsl.pipeline(default_compute="crew", experiment_name="chains", description="one writes, one reads")
    def chain(word, more=None):
        writing = write(word=word, more=more)
        reading = read(words=writing.outputs.words)
        reading.environment_variables = {"SAID": "yes"}
        reading.display_name = "the reading"
        return {"text": reading.outputs.text}

    return chain(**given)


def _stream(tour: Tour, name: str) -> str:
    """What the client shows of a job that it follows."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        tour.client.jobs.stream(name)
    return said.getvalue()


def _steps(tour: Tour, name: str) -> dict[str, Any]:
    """The steps of a pipeline, by the names of their jobs."""
    return {each.name: each for each in tour.client.jobs.list(parent_job_name=name)}


def _left(tour: Tour, name: str, output: str) -> str:
    """What the one file of an output says."""
    folder = tour.here / "left" / name / output
    tour.client.jobs.download(name, download_path=folder, output_name=output)
    (found,) = (file for file in (folder / "named-outputs").rglob("*") if file.is_file())
    return found.read_text()


def run_a_pipeline(tour: Tour) -> None:
    """@dsl.pipeline, jobs.create_or_update, stream: a component of a file, one in place, an input that is not given"""
    job = _chain(tour, word="said")
    job.display_name = "a chain"
    job.settings.force_rerun, job.settings.continue_on_step_failure = True, False
    job.outputs.text = Output(type="uri_file", name="chained")
    assert tour.client.jobs.validate(job).passed
    made = tour.client.jobs.create_or_update(job)
    assert (made.type, made.status) == ("pipeline", "Queued"), (made.type, made.status)
    tour.pipeline = made.name
    said = _stream(tour, made.name)
    assert "logs/azureml/executionlogs.txt" in said and "reading  Completed" in said, said
    seen = tour.client.jobs.get(made.name)
    assert (seen.status, seen.display_name, seen.experiment_name) == ("Completed", "a chain", "chains")
    settings = seen.settings
    assert (settings.default_compute, settings.force_rerun, settings.continue_on_step_failure) == ("crew", True, False)
    assert list(seen.jobs) == ["writing", "reading"] and seen.jobs["reading"].environment_variables == {"SAID": "yes"}


def see_its_steps(tour: Tour) -> None:
    """jobs.list(parent_job_name), get: the steps of a pipeline, which lists leave out"""
    name = tour.pipeline
    steps = _steps(tour, name)
    assert list(steps) == [f"{name}-writing", f"{name}-reading"], steps
    reading = steps[f"{name}-reading"]
    assert (reading.status, reading.display_name, reading.compute) == ("Completed", "the reading", "crew")
    assert tour.client.jobs.get(reading.name).command == "cat ${{inputs.words}}/words.txt | tee ${{outputs.text}}"
    listed = [each.name for each in tour.client.jobs.list()]
    assert name in listed and reading.name not in listed


def download_what_a_pipeline_left(tour: Tour) -> None:
    """jobs.download, data.get: its outputs, one as an asset; its log; what a step left"""
    name, into = tour.pipeline, tour.here / "chain"
    assert _left(tour, name, "text") == "said said"
    tour.client.jobs.download(name, download_path=into, all=True)
    (log,) = into.rglob("executionlogs.txt")
    assert "writing  Running" in log.read_text()
    tour.client.jobs.download(f"{name}-reading", download_path=into / "step", all=True)
    (log,) = (into / "step").rglob("std_log.txt")
    assert log.read_text() == "said said"
    asset = tour.client.data.get("chained", version="1")
    assert asset.path.endswith(f"azureml/{name}/text"), asset.path


def run_a_pipeline_again(tour: Tour) -> None:
    """jobs.create_or_update: what would give the same is not run again, also for a pipeline that was fetched"""
    made = tour.client.jobs.create_or_update(_chain(tour, word="said"))
    _stream(tour, made.name)
    told = _steps(tour, made.name)[f"{made.name}-writing"].properties
    assert told["azureml.isreused"] == "true" and told["azureml.reusedpipelinerunid"] == tour.pipeline, told
    assert _left(tour, f"{made.name}-reading", "text") == "said said"
    again = tour.client.jobs.get(made.name)
    again.name = f"{made.name}_again"
    tour.client.jobs.create_or_update(again)
    _stream(tour, again.name)
    assert all(step.properties["azureml.isreused"] == "true" for step in _steps(tour, again.name).values())
    given = tour.client.jobs.create_or_update(_chain(tour, word="said", more="and"))
    _stream(tour, given.name)
    assert _left(tour, given.name, "text") == "said said --more and"


def nest_pipelines_and_search(tour: Tour) -> None:
    """@dsl.pipeline: pipelines in a pipeline, and .sweep() as a step whose best trial goes on"""
    write, read = _write(tour), _read()
    ports = {"words": Input(type="uri_folder"), "often": Input(type="integer", default=1)}
    said = "python count.py ${{inputs.words}} ${{inputs.often}} ${{outputs.kept}}"
    code, left = str(tour.here / "words" / "src"), {"kept": FOLDER}
    count = command(name="count", command=said, code=code, inputs=ports, outputs=left, environment=PLAIN)

    @dsl.pipeline
    def inner(word="some", often=1) -> Any:
        writing = write(word=word, often=often)
        return {"words": writing.outputs.words}

    @dsl.pipeline(default_compute="crew")
    def outer(word) -> Any:
        once, twice = inner(word=word), inner(word=word, often=2)
        searching = count(words=twice.outputs.words, often=Choice([3, 5])).sweep(
            sampling_algorithm="grid", goal="maximize", primary_metric="size"
        )
        searching.set_limits(max_total_trials=2, max_concurrent_trials=2, timeout=600)
        reading = read(words=searching.outputs.kept)
        reading.name, once.name = "reading", "once"
        return {"best": searching.outputs.kept, "text": reading.outputs.text, "once": once.outputs.words}

    made = tour.client.jobs.create_or_update(outer(word="deep"))
    said = _stream(tour, made.name)
    seen = tour.client.jobs.get(made.name)
    assert seen.status == "Completed", said
    assert _left(tour, made.name, "text").split() == ["deep", "deep", "5"]
    assert _left(tour, made.name, "best").split() == ["deep", "deep", "5"]
    assert _left(tour, made.name, "once") == "deep"
    assert seen.jobs["searching"].type == "sweep" and seen.jobs["once"].type == "pipeline", seen.jobs
    assert tour.client.jobs.get(f"{made.name}-searching").status == "Completed"
    assert list(_steps(tour, f"{made.name}-once")) == [f"{made.name}-once-writing"]
    tour.client.jobs.download(f"{made.name}-searching", download_path=tour.here / "searched", all=True)
    assert (tour.here / "searched/named-outputs/kept/words.txt").read_text().split() == ["deep", "deep", "5"]


def keep_a_pipeline_as_a_component(tour: Tour) -> None:
    """components.create_or_update, jobs.create_or_update: registered components; that of a pipeline is run as a job"""
    components = tour.client.components
    components.create_or_update(_write(tour))
    write = components.get("write_words", version="1")

    @dsl.pipeline
    def twofold(word="some", often=3) -> Any:
        writing = write(word=word, often=often)
        writing.compute = "crew"
        return {"words": writing.outputs.words}

    whole = twofold(word="x").component
    whole.name, whole.version = "twofold", "1"
    components.create_or_update(whole)
    kept = components.get("twofold", version="1")
    assert kept.type == "pipeline" and kept.inputs["often"].default == 3, kept
    job = kept(word="kept")
    job.settings.default_compute = "crew"
    made = tour.client.jobs.create_or_update(job)
    _stream(tour, made.name)
    assert _left(tour, made.name, "words") == "kept kept kept"
    file = tour.here / "twofold.yml"
    file.write_text("type: pipeline\ncomponent: azureml:twofold:1\ninputs: {word: filed}\ncompute: azureml:crew\n")
    made = tour.client.jobs.create_or_update(load_job(file))
    _stream(tour, made.name)
    assert tour.client.jobs.get(made.name).status == "Completed"


def run_a_pipeline_of_a_file(tour: Tour) -> None:
    """load_job: the pipelines of our examples, as lazuli runs them"""
    hello = load_job(tour.examples / "pipelines/hello/pipeline.yml")
    hello.settings.default_compute = "crew"
    hello.inputs.who = "you"
    made = tour.client.jobs.create_or_update(hello)
    _stream(tour, made.name)
    assert _left(tour, made.name, "greeting") == "HELLO YOU\n"
    told = lazuli("job", "show", "-n", made.name)
    assert (told["display_name"], told["inputs"], told["status"]) == ("hello-pipeline", {"who": "you"}, "Completed")
    file, name = str(tour.examples / "pipelines/hello/pipeline.yml"), f"{made.name}_by_lazuli"
    lazuli("job", "create", "-f", file, "-n", name, "--set", "settings.default_compute=azureml:crew")
    seen = tour.client.jobs.get(name)
    assert list(seen.jobs) == ["greet", "shout"], seen.jobs
    assert seen.jobs["shout"]._to_dict()["inputs"]["text"]["path"] == "${{parent.jobs.greet.outputs.text}}"
    for example in ("diabetes/pipeline", "diabetes/nested", "diabetes/sweep"):
        assert load_job(tour.examples / f"pipelines/{example}.yml")._validate().passed


def see_a_pipeline_fail(tour: Tour) -> None:
    """jobs.stream raises JobException: which step failed, and why; what is wrong is refused when it is sent"""
    bad = command(name="bad", command="exit 3", outputs={"words": FOLDER}, environment=PLAIN)
    read, write = _read(), _write(tour)

    @dsl.pipeline(default_compute="crew")
    def failing():
        first = bad()
        read(words=first.outputs.words)

    made = tour.client.jobs.create_or_update(failing())
    with expected(JobException, "The step 'first'", "exit code 3"):
        _stream(tour, made.name)
    assert tour.client.jobs.get(made.name).status == "Failed"
    assert [step.status for step in _steps(tour, made.name).values()] == ["Failed"]

    @dsl.pipeline(default_compute="crew")
    def wrong():
        write(word="x", often=11)

    with expected(HttpResponseError, "'often'", "9"):
        tour.client.jobs.create_or_update(wrong())


def cancel_a_pipeline(tour: Tour) -> None:
    """jobs.begin_cancel: a pipeline with its steps"""
    sleep = command(name="sleep", command="sleep 600", environment=PLAIN)

    @dsl.pipeline(default_compute="crew")
    def endless():
        sleep()

    made = tour.client.jobs.create_or_update(endless())
    while not any(step.status == "Running" for step in _steps(tour, made.name).values()):
        time.sleep(0.1)
    tour.client.jobs.begin_cancel(made.name).result()
    while (status := tour.client.jobs.get(made.name).status) == "CancelRequested":
        time.sleep(0.1)
    assert (status, [step.status for step in _steps(tour, made.name).values()]) == ("Canceled", ["Canceled"])
    tour.client.jobs.archive(made.name)
    assert made.name not in [each.name for each in tour.client.jobs.list()]
