"""Schedules of pipelines and sweeps, and of pipelines that ran before: their jobs run as any others do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.jobs.pipeline.test_steps import step
from tests.jobs.place import ENVIRONMENT, Place

from lazuli.jobs.published import DEFAULT_LABEL
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, InvalidInput, NotFound

NEVER = {"type": "recurrence", "frequency": "day", "interval": 1, "start_time": "2099-01-01T00:00:00"}


def fire(place: Place, name: str, job: Any) -> str:
    """Keep a schedule, trigger it, and wait until its job is completed; the job's name."""
    place.put("schedule", name, trigger=NEVER, create_job=job)
    made = place.platform.shelves.schedule.trigger(ResourceId(place.scope, "schedules", name), None, place.actor)
    place.until(made, "Completed")
    return made


def test_a_pipeline_and_that_pipeline_again_with_other_inputs(place: Place) -> None:
    said = {
        "type": "pipeline",
        "inputs": {"when": "${{creation_context.trigger_time}}", "who": "first"},
        "jobs": {
            "say": step(
                "echo ${{inputs.who}} at ${{inputs.when}}",
                inputs={"who": "${{parent.inputs.who}}", "when": "${{parent.inputs.when}}"},
            )
        },
    }
    first = fire(place, "of-pipeline", said)
    assert place.log(f"{first}-say").splitlines()[-1].startswith("first at 20")
    again = {
        "type": "pipeline",
        "job": f"azureml:{first}",
        "inputs": {"who": "second"},
        "settings": {"force_rerun": True},
    }
    second = fire(place, "of-pipeline-again", again)
    said_then, said_now = (place.log(f"{name}-say").splitlines()[-1] for name in (first, second))
    assert said_now == said_then.replace("first", "second")
    assert place.get(second).body["settings"] == {"force_rerun": True}


def test_a_sweep(place: Place) -> None:
    said = {
        "type": "sweep",
        "trial": {"command": "echo ${{search_space.x}}", "environment": ENVIRONMENT},
        "search_space": {"x": {"type": "choice", "values": [1, 2]}},
        "sampling_algorithm": "grid",
        "objective": {"goal": "maximize", "primary_metric": "score"},
        "limits": {"max_total_trials": 2},
        "compute": "local",
    }
    made = fire(place, "of-sweep", said)
    assert place.get(made).body["display_name"].startswith("of-sweep-20")
    assert sorted(place.log(f"{made}_{number}").splitlines()[-1] for number in (0, 1)) == ["1", "2"]


def test_a_published_pipeline_as_it_stands_when_the_schedule_fires(place: Place) -> None:
    for version, word in (("1", "one"), ("2", "two")):
        said = {
            "type": "pipeline",
            "inputs": {"who": "nobody"},
            "jobs": {"say": step(f"echo {word} ${{{{inputs.who}}}}", inputs={"who": "${{parent.inputs.who}}"})},
        }
        place.put("published-pipeline", "said", version, pipeline=said)
    published = noun("published-pipeline").collection
    named = ResourceId(place.scope, published, "said")
    of_name = fire(place, "of-name", {"type": "pipeline", "job": named.path, "inputs": {"who": "you"}})
    of_version = fire(place, "of-version", replace(named, version="1").path)
    assert place.log(f"{of_name}-say").endswith("two you\n") and place.log(f"{of_version}-say").endswith("one nobody\n")
    shelf = place.platform.shelves.published_pipeline
    shelf.set_label(replace(named, version="1"), DEFAULT_LABEL, place.actor)
    schedules = place.platform.shelves.schedule
    again = schedules.trigger(ResourceId(place.scope, "schedules", "of-name"), None, place.actor)
    place.until(again, "Completed")
    assert place.log(f"{again}-say").endswith("one you\n")
    assert (
        place.get(again).body["properties"]["azureml.pipelineid"]
        == shelf.get(replace(named, version="1")).state["pipeline_id"]
    )
    place.put(
        "published-pipeline",
        "said",
        "1",
        pipeline=shelf.get(replace(named, version="1")).body["pipeline"],
        is_archived=True,
    )
    with pytest.raises(Conflict, match="is disabled"):
        schedules.trigger(ResourceId(place.scope, "schedules", "of-version"), None, place.actor)
    for wrong, kind in (
        (replace(named, name="nobody"), NotFound),
        (replace(named, scope=Scope("a", "b", "c")), InvalidInput),
    ):
        with pytest.raises(kind):
            place.put("schedule", "wrong", trigger=NEVER, create_job=wrong.path)
