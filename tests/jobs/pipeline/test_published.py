"""Published pipelines: kept as they were, run with other parameters, and refused what does not fit them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.jobs.pipeline.test_steps import component, pipeline, step
from tests.jobs.place import Place

from lazuli.jobs.published import DEFAULT_LABEL, Asked, PublishedPipelines
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, InvalidInput, NotFound
from lazuli.store.documents import Record


def shelf(place: Place) -> PublishedPipelines:
    return place.platform.shelves.published_pipeline


def definition(place: Place, name: str) -> dict[str, Any]:
    """A pipeline with a typed parameter, a text, and a file."""
    rated = component(
        place,
        f"rated-{name}",
        "echo ${{inputs.rate}} ${{inputs.word}} && cat ${{inputs.rows}}",
        inputs={
            "rate": {"type": "number", "min": 0},
            "word": {"type": "string", "enum": ["good", "bad"]},
            "rows": {"type": "uri_file"},
        },
    )
    bound = {word: f"${{{{parent.inputs.{word}}}}}" for word in ("rate", "word", "rows")}
    rows = {"type": "uri_file", "path": place.upload(f"{name}/rows.csv", f"rows of {name}")}
    return {
        "type": "pipeline",
        "experiment_name": "published",
        "inputs": {"rate": 0.1, "word": "good", "rows": rows},
        "jobs": {"show": {"type": "command", "component": rated, "inputs": bound}},
    }


def publish(place: Place, name: str, said: Any, version: str = "1", **more: Any) -> Record:
    return place.put("published-pipeline", name, version, pipeline=said, **more)


def run(place: Place, record: Record, **parameters: Any) -> str:
    """Submit a pipeline, wait until it is completed; its name."""
    name = shelf(place).submit(record, Asked(parameters), place.actor)
    place.until(name, "Completed")
    return name


def test_it_runs_with_what_it_was_published_with_and_with_other_parameters(place: Place) -> None:
    record = publish(place, "plain", definition(place, "plain"))
    first = run(place, record)
    assert place.log(f"{first}-show").splitlines()[-2:] == ["0.1 good", "rows of plain"]
    other = place.upload("plain/other.csv", "other rows")
    second = run(place, record, rate=2, word="bad", rows=other)
    assert place.log(f"{second}-show").splitlines()[-2:] == ["2 bad", "other rows"]
    job = place.get(second)
    assert (job.body["experiment_name"], job.body["display_name"]) == ("published", "plain")
    properties = job.body["properties"]
    assert properties["azureml.pipelineid"] == record.state["pipeline_id"] and properties["runType"] == "HTTP"
    assert shelf(place).by_id(place.scope, record.state["pipeline_id"].upper()).id == record.id


def test_a_job_that_ran_is_published(place: Place) -> None:
    where = "azureml://datastores/workspaceblobstore/paths/of"
    pipeline(
        place,
        "ran",
        {
            "write": step(
                "echo ${{inputs.word}} > ${{outputs.out}}/a",
                inputs={"word": "${{parent.inputs.word}}"},
                outputs={"out": "${{parent.outputs.last}}"},
            )
        },
        inputs={"word": "first"},
        outputs={"last": {"path": f"{where}/${{{{name}}}}"}},
    )
    place.until("ran", "Completed")
    record = publish(place, "from-job", "azureml:ran")
    name = run(place, record, word="second")
    assert place.files("of/ran/") == {"a": "first\n"} and place.files(f"of/{name}/") == {"a": "second\n"}
    place.submit("no-pipeline")
    for named, told in (("azureml:no-pipeline", "is no pipeline"), ("azureml:nobody", "does not exist")):
        with pytest.raises(InvalidInput, match=told):
            publish(place, "wrong", named)


def test_what_it_names_is_settled_when_it_is_published(place: Place) -> None:
    component(place, "moving", "echo one")
    said = {"type": "pipeline", "jobs": {"a": {"type": "command", "component": "azureml:moving@latest"}}}
    record = publish(place, "fixed", said)
    place.put("component", "moving", "2", type="command", command="echo two", environment="azureml:plain:1")
    assert "one" in place.log(f"{run(place, record)}-a")
    assert (
        publish(place, "fixed", said | {"jobs": {"a": {"type": "command", "component": "azureml:moving:1"}}}) == record
    )
    with pytest.raises(Conflict, match="another 'pipeline'"):
        publish(place, "fixed", said)  # which is another one now


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"rat": 1}, "has no parameter 'rat'. Did you mean 'rate'"),
        ({"rate": "fast"}, "'rate' does not fit: 'fast' is no number. Give what is of type 'number'"),
        ({"rate": -1}, "is less than"),
        ({"word": "ugly"}, "is none of its values"),
        ({"rate": [1]}, "is given a list. Give a value"),
        ({"rows": {"a": 1}}, "is given a mapping. Give the path of files, as text"),
        ({"rows": "azureml:nothing:1"}, "'nothing' does not exist"),
        ({"rows": "rows.csv"}, "local path"),
    ],
)
def test_what_does_not_fit_is_refused(place: Place, parameters: dict[str, Any], told: str) -> None:
    record = publish(place, "strict", definition(place, "strict"))
    with pytest.raises(InvalidInput) as refused:
        shelf(place).submit(record, Asked(parameters), place.actor)
    assert told in str(refused.value)


def test_files_that_nobody_named_must_be_named(place: Place) -> None:
    said = definition(place, "needing")
    said["inputs"]["rows"] = {"type": "uri_file"}
    record = publish(place, "needing", said)
    with pytest.raises(InvalidInput, match="'rows' is needed"):
        shelf(place).submit(record, Asked(), place.actor)
    run(place, record, rows=place.upload("needing/x", "x"))


def test_one_that_is_disabled_is_not_run(place: Place) -> None:
    record = publish(place, "off", definition(place, "off"))
    record = publish(place, "off", definition(place, "off"), is_archived=True)
    assert record.state["status"] == "Disabled"
    with pytest.raises(Conflict, match="lazuli published-pipeline enable -n off -v 1"):
        shelf(place).submit(record, Asked(), place.actor)
    record = publish(place, "off", definition(place, "off"), is_archived=False)
    assert record.state["status"] == "Active"
    run(place, record)


def test_a_name_runs_its_default_version(place: Place) -> None:
    for version in ("1", "2", "3"):
        publish(place, "versions", definition(place, "versions"), version)
    published = shelf(place)
    assert published.by_name(place.scope, "versions").id.version == "3"
    published.set_label(
        ResourceId(place.scope, noun("published-pipeline").collection, "versions", "2"), DEFAULT_LABEL, place.actor
    )
    assert published.by_name(place.scope, "versions").id.version == "2"
    with pytest.raises(NotFound, match="nobody"):
        published.by_name(place.scope, "nobody")
    with pytest.raises(NotFound, match="no published pipeline"):
        published.by_id(place.scope, "nobody")


def test_what_could_not_run_is_not_published(place: Place) -> None:
    said = {"type": "pipeline", "jobs": {"a": {"type": "command", "component": "azureml:missing:1"}}}
    with pytest.raises(InvalidInput, match="'missing' does not exist"):
        publish(place, "unable", said)
