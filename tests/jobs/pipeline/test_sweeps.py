"""Sweeps as steps: hyperparameters are inputs of a component, and what follows reads the best trial's outputs."""

from __future__ import annotations

from typing import Any

from tests.jobs.pipeline.test_steps import component, pipeline, step
from tests.jobs.place import Place

LOG = (
    'python -c "import json,os,urllib.request as u;e=os.environ;'
    "u.urlopen(u.Request(e['MLFLOW_TRACKING_URI']+'/api/2.0/mlflow/runs/log-metric',"
    "json.dumps({'run_id':e['MLFLOW_RUN_ID'],'key':'loss','value':float('${{inputs.x}}'),'timestamp':1,'step':0}).encode(),"
    "{'Authorization':'Bearer '+e['MLFLOW_TRACKING_TOKEN'],'Content-Type':'application/json'}))\""
)


def tuned(reference: str, **said: Any) -> dict[str, Any]:
    """A step that tries three values."""
    return {
        "type": "sweep",
        "trial": reference,
        "search_space": {"x": {"type": "choice", "values": [3, 1, 2]}},
        "sampling_algorithm": "grid",
        "objective": {"goal": "minimize", "primary_metric": "loss"},
        "limits": {"max_total_trials": 3, "max_concurrent_trials": 2},
        **said,
    }


def test_a_step_reads_what_the_best_trial_wrote(place: Place) -> None:
    reference = component(
        place,
        "tunable",
        f"{LOG}; echo ${{{{inputs.word}}}} ${{{{inputs.x}}}} > ${{{{outputs.model}}}}/m",
        inputs={"x": {"type": "number"}, "word": {"type": "string", "default": "best"}},
        outputs={"model": {"type": "uri_folder"}},
    )
    pipeline(
        place,
        "searching",
        {
            "tune": tuned(reference, outputs={"model": "${{parent.outputs.model}}"}),
            "use": step("cat ${{inputs.m}}/m", inputs={"m": "${{parent.jobs.tune.outputs.model}}"}),
        },
        outputs={"model": {"name": "the-best"}},
    )
    place.until("searching", "Completed")
    assert place.log("searching-use") == "best 1\n"
    assert place.get("searching-tune_1").parent == "searching-tune"
    assert place.files("azureml/searching/") == {"model/m": "best 1\n"}
    shown = place.get("searching-tune")
    assert shown.state["best"]["trial"] == "searching-tune_1"


def test_a_sweep_is_not_run_again_on_the_same(place: Place) -> None:
    reference = component(
        place,
        "tunable-again",
        f"{LOG}; echo ${{{{inputs.x}}}} > ${{{{outputs.model}}}}/m",
        inputs={"x": {"type": "number"}},
        outputs={"model": {"type": "uri_folder"}},
    )
    for name in ("sought-1", "sought-2"):
        pipeline(place, name, {"tune": tuned(reference)})
        place.until(name, "Completed")
    assert place.get("sought-2-tune").state["reused"] == "sought-1-tune"
    # What reads its outputs finds those of the best trial of the first.
    use = step("cat ${{inputs.m}}/m", inputs={"m": "${{parent.jobs.tune.outputs.model}}"})
    pipeline(place, "sought-3", {"tune": tuned(reference), "use": use})
    place.until("sought-3", "Completed")
    assert place.log("sought-3-use") == "1\n"
