"""Pipelines: steps that read what others wrote, made of components or written in place."""

from __future__ import annotations

import re
from typing import Any

from tests.jobs.place import ENVIRONMENT, Place

from lazuli.jobs.family import child_name
from lazuli.schema.identity import ResourceId


def step(command: str, **said: object) -> dict[str, object]:
    """A command step."""
    return {"type": "command", "command": command, "environment": ENVIRONMENT, **said}


def pipeline(place: Place, name: str, jobs: dict[str, Any], **said: Any) -> None:
    """Submit a pipeline."""
    place.put("job", name, type="pipeline", jobs=jobs, **said)


def component(place: Place, name: str, command: str, **said: Any) -> str:
    """Register a command component; its reference."""
    place.put("component", name, "1", type="command", command=command, environment=ENVIRONMENT, **said)
    return f"azureml:{name}:1"


def test_a_step_reads_what_another_wrote(place: Place) -> None:
    pipeline(
        place,
        "chain",
        inputs={"word": "hello"},
        outputs={"last": {"type": "uri_file"}},
        jobs={
            "write": step(
                "echo ${{inputs.word}} > ${{outputs.out}}/a.txt",
                inputs={"word": "${{parent.inputs.word}}"},
                outputs={"out": {}},
            ),
            "read": step(
                "cat ${{inputs.given}}/a.txt ${{inputs.given}}/a.txt > ${{outputs.end}}",
                inputs={"given": "${{parent.jobs.write.outputs.out}}"},
                outputs={"end": "${{parent.outputs.last}}"},
            ),
        },
    )
    record = place.until("chain", "Completed")
    assert record.state["start_time"] and record.state["end_time"]
    assert place.files("azureml/chain/") == {"last": "hello\nhello\n"}
    assert place.files("azureml/chain-write/out/") == {"a.txt": "hello\n"}
    read = place.get("chain-read")
    assert (read.parent, read.body["display_name"]) == ("chain", "read")
    assert place.tracked("chain-read").tags["mlflow.parentRunId"] == "chain"
    assert [run.id for run in place.platform.tracking.runs.children(place.scope, "chain")] == [
        "chain-write",
        "chain-read",
    ]
    assert place.tracked("chain").status == "FINISHED"


def test_a_component_fills_in_what_its_step_leaves_unsaid(place: Place) -> None:
    reference = component(
        place,
        "filling",
        "echo ${{inputs.rate}} $[[--tag ${{inputs.tag}}]] $[[--mark ${{inputs.mark}}]] | tee ${{outputs.report}}",
        inputs={
            "rate": {"type": "number", "default": 0.5},
            "tag": {"type": "string", "optional": True},
            "mark": {"type": "string", "optional": True},
        },
        outputs={"report": {"type": "uri_file"}},
    )
    pipeline(
        place,
        "filled",
        {
            "plain": {"type": "command", "component": reference, "inputs": {"mark": "here"}},
            "bound": {
                "type": "command",
                "component": "azureml:filling@latest",
                "inputs": {
                    "rate": "${{parent.inputs.r}}",
                    "tag": "${{parent.inputs.unset}}",
                    "mark": "a-${{parent.inputs.r}}",
                },
                "outputs": {"report": "${{parent.outputs.kept}}"},
            },
        },
        inputs={"r": 2, "unset": None},
        outputs={"kept": None},
    )
    place.until("filled", "Completed")
    assert place.log("filled-plain") == "0.5 --mark here\n"
    assert place.log("filled-bound") == "2 --mark a-2\n"
    # A pipeline's output has the type of what it is bound to: here a file.
    assert place.get("filled").body["outputs"]["kept"]["type"] == "uri_file"
    assert place.files("azureml/filled/") == {"kept": "2 --mark a-2\n"}
    assert place.get("filled").body["jobs"]["bound"]["component"] == "azureml:filling:1"


def test_a_component_written_in_place(place: Place) -> None:
    inline = {
        "type": "command",
        "command": "echo ${{inputs.x}} > ${{outputs.y}}/z",
        "environment": ENVIRONMENT,
        "inputs": {"x": {"type": "integer"}},
        "outputs": {"y": {"type": "uri_folder"}},
    }
    pipeline(place, "inlined", {"one": {"type": "command", "component": inline, "inputs": {"x": 3}}})
    place.until("inlined", "Completed")
    assert place.files("azureml/inlined-one/") == {"y/z": "3\n"}


def test_a_pipeline_in_a_pipeline(place: Place) -> None:
    place.put(
        "component",
        "inner",
        "1",
        type="pipeline",
        inputs={"word": {"type": "string"}, "often": {"type": "integer", "default": 2}},
        outputs={"said": {"type": "uri_folder"}},
        jobs={
            "say": step(
                "for i in $(seq ${{inputs.often}}); do echo ${{inputs.word}}; done > ${{outputs.o}}/said",
                inputs={"word": "${{parent.inputs.word}}", "often": "${{parent.inputs.often}}"},
                outputs={"o": "${{parent.outputs.said}}"},
            )
        },
    )
    pipeline(
        place,
        "outer",
        {
            "nested": {"type": "pipeline", "component": "azureml:inner:1", "inputs": {"word": "deep"}},
            "after": step("cat ${{inputs.x}}/said", inputs={"x": "${{parent.jobs.nested.outputs.said}}"}),
        },
    )
    place.until("outer", "Completed")
    assert place.log("outer-after") == "deep\ndeep\n"
    assert place.get("outer-nested-say").state["root"] == "outer"
    assert place.files("azureml/outer-nested/") == {"said/said": "deep\ndeep\n"}


def test_a_component_run_as_a_job(place: Place) -> None:
    place.put(
        "component",
        "whole",
        "1",
        type="pipeline",
        inputs={"word": {"type": "string", "default": "default"}},
        outputs={"said": {"type": "uri_file"}},
        jobs={
            "say": step(
                "echo ${{inputs.word}} > ${{outputs.o}}",
                inputs={"word": "${{parent.inputs.word}}"},
                outputs={"o": {"type": "uri_file", "path": "${{parent.outputs.said}}"}},
            )
        },
    )
    place.put("job", "wholly", type="pipeline", component="azureml:whole@latest")
    place.until("wholly", "Completed")
    assert place.files("azureml/wholly/") == {"said": "default\n"}
    assert place.get("wholly").body["component"] == "azureml:whole:1"


def test_order_without_data(place: Place) -> None:
    seen = place.platform.store.settings.data_dir / "order.txt"
    pipeline(
        place,
        "ordered",
        {
            "last": step(f"echo last >> {seen}"),
            "b": step(f"echo b >> {seen}", run_after=["a"]),
            "a": step(f"echo a >> {seen}"),
            "first": step(f"echo first >> {seen}"),
        },
        settings={"on_init": "first", "on_finalize": "last"},
    )
    place.until("ordered", "Completed")
    assert seen.read_text().split() == ["first", "a", "b", "last"]


def test_outputs_of_steps_are_kept_and_registered_where_they_say(place: Place) -> None:
    pipeline(
        place,
        "registered",
        {
            "one": step(
                "echo 1 > ${{outputs.model}}/m; echo 2 > ${{outputs.table}}; "
                "echo 3 > ${{outputs.elsewhere}}/e; echo x > outputs/x",
                outputs={
                    "model": "${{parent.outputs.model}}",
                    "table": {"type": "uri_file", "name": "a-table"},
                    "elsewhere": {"path": "azureml://datastores/workspacefilestore/paths/put/here"},
                },
            ),
            "two": step(
                "cat ${{inputs.t}} ${{inputs.e}}/e ${{inputs.all}}/outputs/x",
                inputs={
                    "t": "${{parent.jobs.one.outputs.table}}",
                    "e": {"path": "${{parent.jobs.one.outputs.elsewhere}}", "mode": "download"},
                    "all": "${{parent.jobs.one.outputs.artifacts}}",
                },
            ),
        },
        outputs={"model": {"type": "custom_model", "name": "a-model", "version": "7"}},
    )
    place.until("registered", "Completed")
    assert place.log("registered-two") == "2\n3\nx\n"
    assert place.files("put/here/", "workspacefilestore") == {"e": "3\n"}
    model = place.platform.shelves.model.get(ResourceId(place.scope, "models", "a-model", "7"))
    assert model.body["properties"]["azureml.job"] == "registered-one"
    assert place.platform.shelves.data.get(ResourceId(place.scope, "data", "a-table", "1")).body["type"] == "uri_file"


def test_what_a_step_says_may_be_bound(place: Place) -> None:
    place.put("compute", "bound-cluster", type="amlcompute", size="Standard_DS3_v2", min_instances=0, max_instances=1)
    pipeline(
        place,
        "places",
        {
            "here": step(
                "echo $HOW", compute="${{parent.inputs.where}}", environment_variables={"HOW": "${{parent.inputs.how}}"}
            ),
            "there": step("echo there", limits={"timeout": "${{parent.inputs.seconds}}"}),
        },
        inputs={"where": "bound-cluster", "how": "well", "seconds": 77},
        settings={"default_compute": "local", "default_datastore": "workspaceblobstore"},
    )
    place.until("places", "Completed")
    assert place.get("places-here").state["target"] == "bound-cluster"
    assert place.log("places-here") == "well\n"
    assert place.get("places-there").state["target"] == "local"
    assert place.get("places-there").body["limits"] == {"timeout": 77}


def test_outputs_that_name_no_place_are_kept_on_the_default_datastore(place: Place) -> None:
    pipeline(
        place,
        "elsewhere",
        {
            "one": step(
                "for o in ${{outputs.own}} ${{outputs.end}} ${{outputs.said}}; do echo 1 > $o/f; done",
                outputs={
                    "own": {},
                    "end": "${{parent.outputs.end}}",
                    "said": {"path": "azureml://datastores/${{default_datastore}}/paths/said/${{name}}"},
                },
            ),
            "two": step("cat ${{inputs.x}}/f", inputs={"x": "${{parent.jobs.one.outputs.end}}"}),
        },
        outputs={"end": {"name": "elsewhere-asset"}},
        settings={"default_datastore": "azureml:workspacefilestore"},
    )
    place.until("elsewhere", "Completed")
    kept = {**place.files("azureml/elsewhere", "workspacefilestore"), **place.files("said/", "workspacefilestore")}
    assert kept == {"/end/f": "1\n", "-one/own/f": "1\n", "elsewhere-one/f": "1\n"}
    assert place.log("elsewhere-two") == "1\n"
    asset = place.platform.shelves.data.get(ResourceId(place.scope, "data", "elsewhere-asset", "1"))
    assert "/datastores/workspacefilestore/" in asset.body["path"]


def test_the_names_of_steps_are_ids_that_mlflow_takes() -> None:
    names = [child_name("a", part) for part in ("step", "step_2", "step-2", "step.2", "Schritt für Schritt", "x" * 300)]
    assert names[:2] == ["a-step", "a-step_2"]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9][\w-]{0,255}", name, re.ASCII) for name in names)
