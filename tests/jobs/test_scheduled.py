"""Schedules of pipelines and sweeps, and of pipelines that ran before: their jobs run as any others do."""

from __future__ import annotations

from typing import Any

from tests.jobs.pipeline.test_steps import step
from tests.jobs.place import ENVIRONMENT, Place

from lazuli.schema.identity import ResourceId

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
