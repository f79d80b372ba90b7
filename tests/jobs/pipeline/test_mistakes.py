"""Mistakes in pipelines: each is told when the pipeline is submitted, with the field that says it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.jobs.pipeline.test_steps import component, pipeline, step
from tests.jobs.place import Place

from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput, NotFound

NEEDY: dict[str, Any] = {
    "must": {"type": "string"},
    "often": {"type": "integer", "default": 2, "min": 1, "max": 9},
    "rate": {"type": "number", "default": 0.5, "enum": ["0.5", "1"]},
    "really": {"type": "boolean", "default": False},
    "how": {"type": "string", "default": "well", "enum": ["well", "badly"]},
    "files": {"type": "uri_folder", "optional": True},
}


@pytest.fixture(scope="module")
def needy(place: Place) -> str:
    """A component that does not take everything, and a pipeline component that hands on what it is given."""
    reference = component(place, "needy", "echo ${{inputs.must}}", inputs=NEEDY, outputs={"o": {"type": "uri_folder"}})
    inner = {"type": "command", "component": reference, "inputs": {"must": "x", "often": "${{parent.inputs.n}}"}}
    ports = {"n": {"type": "integer", "default": 3}}
    place.put("component", "handing-on", "1", type="pipeline", inputs=ports, jobs={"inner": inner})
    return reference


def needing(**inputs: Any) -> dict[str, Any]:
    """A pipeline of one step of that component."""
    return {"jobs": {"a": {"type": "command", "component": "azureml:needy:1", "inputs": {"must": "x", **inputs}}}}


def handing_on(n: Any) -> dict[str, Any]:
    """A pipeline of one step that is a pipeline."""
    return {"jobs": {"a": {"type": "pipeline", "component": "azureml:handing-on:1", "inputs": {"n": n}}}}


def searching(**space: Any) -> dict[str, Any]:
    """A pipeline of one sweep over that component."""
    said = {word: {"type": "choice", "values": values} for word, values in space.items()}
    objective = {"goal": "maximize", "primary_metric": "m"}
    more = {"sampling_algorithm": "grid", "objective": objective, "search_space": said}
    return {"jobs": {"a": {"type": "sweep", "trial": "azureml:needy:1", "inputs": {"must": "x"}, **more}}}


@pytest.mark.parametrize(
    ("said", "target", "told"),
    [
        ({"jobs": {"a": step("true", environment="azureml:nowhere:1")}}, "jobs.a.environment", "'nowhere'"),
        ({"jobs": {"a": step("true", compute="nowhere")}}, "jobs.a.compute", "'nowhere'"),
        ({"jobs": {"a": step("true", inputs={"x": {"path": "azureml:no-data:1"}})}}, "jobs.a.inputs.x", "'no-data'"),
        ({"jobs": {"a": step("true", code="azureml:no-code:1")}}, "jobs.a.code", "'no-code'"),
        ({"jobs": {"a": {"type": "command", "component": "azureml:nothing:1"}}}, "jobs.a.component", "'nothing'"),
        ({"jobs": {"a": {"type": "command", "component": "azureml:needy:7"}}}, "jobs.a.component", "Versions here: 1"),
        ({"jobs": {"a": {"type": "pipeline", "component": "azureml:needy:1"}}}, "jobs.a.component", "type: command"),
        ({"jobs": {"a": {"type": "command", "component": "azureml:needy:1"}}}, "jobs.a.inputs.must", "needs the input"),
        (needing(often="many"), "jobs.a.inputs.often", "it is no integer"),
        (needing(often="2.5"), "jobs.a.inputs.often", "it is no integer"),
        (needing(often="0"), "jobs.a.inputs.often", "it is less than 1"),
        (needing(often="11"), "jobs.a.inputs.often", "it is more than 9"),
        (needing(rate="fast"), "jobs.a.inputs.rate", "it is no number"),
        (needing(really="perhaps"), "jobs.a.inputs.really", "it is neither true nor false"),
        (needing(files="here"), "jobs.a.inputs.files", "Write it as {type: uri_folder, path: …}."),
        (needing(often={"path": "azureml://datastores/d/paths/p"}), "jobs.a.inputs.often", "is given files"),
        ({**needing(often="${{parent.inputs.n}}"), "inputs": {"n": 10}}, "jobs.a.inputs.often", "parent.inputs.n"),
        ({**needing(rate="${{parent.jobs.b.outputs.o}}"), "b": "component"}, "jobs.a.inputs.rate", "is given files"),
        (searching(often=[3, 12]), "jobs.a.search_space.often", "'12'"),
        (searching(oftne=[3, 4]), "jobs.a.search_space.oftne", "Did you mean 'often'?"),
        ({"component": "azureml:handing-on:1", "inputs": {"n": "few"}}, "inputs.n", "it is no integer"),
        ({"component": "azureml:handing-on:1", "inputs": {"n": 20}}, "jobs.inner.inputs.often", "it is more than 9"),
        ({"component": "azureml:needy:1"}, "component", "runs a component of 'type: pipeline'"),
        (handing_on(20), "jobs.a.jobs.inner.inputs.often", "it is more than 9"),
        (
            {**handing_on("${{parent.inputs.m}}"), "inputs": {"m": 20}},
            "jobs.a.jobs.inner.inputs.often",
            "it is more than 9",
        ),
        ({**needing(), "settings": {"on_init": "b"}}, "settings.on_init", "no step"),
        ({**needing(), "settings": {"default_compute": "nowhere"}}, "settings.default_compute", "'nowhere'"),
        ({**needing(), "settings": {"default_datastore": "nowhere"}}, "settings.default_datastore", "'nowhere'"),
    ],
)
def test_a_mistake_is_told_before_anything_is_made(
    place: Place, needy: str, said: dict[str, Any], target: str, told: str
) -> None:
    if said.pop("b", None):
        said["jobs"]["b"] = {"type": "command", "component": needy, "inputs": {"must": "x"}}
    with pytest.raises(InvalidInput) as problem:
        pipeline(place, "mistaken", said.pop("jobs", {}), **said)
    assert (problem.value.target, told in str(problem.value)) == (target, True), str(problem.value)
    with pytest.raises(NotFound):
        place.platform.shelves.job.get(ResourceId(place.scope, "jobs", "mistaken"))


def test_a_value_outside_an_enum_is_taken(place: Place, needy: str) -> None:
    """Azure takes it, and a published pipeline gives one; the command line warns of it."""
    pipeline(place, "unlisted", needing(rate="2", how="so-so")["jobs"])
    place.until("unlisted", "Completed")


@pytest.mark.parametrize("value", ["9", "1", " 4"])
def test_what_fits_is_taken(place: Place, needy: str, value: str) -> None:
    name = f"fitting-{value.strip()}"
    pipeline(place, name, needing(often=value, rate="1.0", really="True", how="badly")["jobs"])
    place.until(name, "Completed")
