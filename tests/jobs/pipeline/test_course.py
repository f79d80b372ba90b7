"""Pipelines whose steps fail, are canceled, or need not run again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.jobs.pipeline.test_steps import pipeline, step
from tests.jobs.place import Place
from tests.jobs.sweep.searching import CHOICE, LOGGED, code

from lazuli.compute.contract import until
from lazuli.jobs.family import ROOT
from lazuli.jobs.pipeline.diary import EXECUTION_LOG
from lazuli.schema.identity import ResourceId
from lazuli.schema.places import DEFAULT
from lazuli.schema.problems import Conflict
from lazuli.store.documents import Selection


def statuses(place: Place, name: str, *steps: str) -> dict[str, str]:
    """The statuses of steps that were begun."""
    found = {}
    for each in steps:
        record = place.platform.store.documents
        with place.platform.store.state.read() as tx:
            child = record.find(tx, ResourceId(place.scope, "jobs", f"{name}-{each}"))
        if child:
            found[each] = child.status
    return found


def test_steps_that_do_not_need_it_go_on_after_a_failure(place: Place) -> None:
    after = {"inputs": {"x": "${{parent.jobs.bad.outputs.o}}"}}
    jobs = {
        "bad": step("echo it broke; exit 3", outputs={"o": {}}),
        "needs_it": step("true", **after),
        "apart": step("true"),
        "later": step("true", run_after=["apart"]),
    }
    pipeline(place, "partly", jobs)
    record = place.until("partly", "Failed")
    assert statuses(place, "partly", *jobs) == {"bad": "Failed", "apart": "Completed", "later": "Completed"}
    error = record.state["error"]
    assert error["code"] == "StepFailed" and "The step 'bad' (job 'partly-bad') failed." in error["message"]


def test_a_failure_stops_the_others_where_that_is_said(place: Place) -> None:
    jobs = {
        "bad": step("exit 3", run_after=["begun"]),
        "begun": step("true"),
        "long": step("sleep 60", run_after=["begun"]),
        "never": step("true", run_after=["long"]),
        "tidy": step("true"),
    }
    pipeline(place, "stopping", jobs, settings={"continue_on_step_failure": False, "on_finalize": "tidy"})
    place.until("stopping", "Failed")
    assert statuses(place, "stopping", *jobs) == {
        "begun": "Completed",
        "bad": "Failed",
        "long": "Canceled",
        "tidy": "Completed",
    }


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_step_that_cannot_begin_fails_alone(place: Place, tmp_path: Path, goes_on: bool) -> None:
    """Its input has gone while the pipeline was on its way."""
    name = f"starved-{goes_on}"
    given = {"x": {"type": "uri_file", "path": place.upload(f"{name}/given", "1")}}
    jobs = {
        "first": step(f"until [ -e {tmp_path}/go ]; do sleep 0.05; done"),
        "starved": step("cat ${{inputs.x}}", inputs=given, outputs={"o": {}}, run_after=["first"]),
        "needs_it": step("true", inputs={"x": "${{parent.jobs.starved.outputs.o}}"}),
        "apart": step("true" if goes_on else "sleep 60", run_after=["first"]),
        "later": step("true", run_after=["apart"]),
    }
    pipeline(place, name, jobs, settings={"continue_on_step_failure": goes_on})
    until(lambda: statuses(place, name, "first") == {"first": "Running"}, "it runs")
    assert place.platform.store.blobs.delete(place.platform.storage.container(place.scope, DEFAULT), f"{name}/given")
    (tmp_path / "go").touch()
    message = place.until(name, "Failed").state["error"]["message"]
    assert message.startswith(f"The step 'starved' (job '{name}-starved') failed.")
    assert "It cannot begin: Nothing lies at" in message
    ended = statuses(place, name, *jobs)
    assert (ended.pop("first"), ended.pop("starved")) == ("Completed", "Failed")
    assert ended == ({"apart": "Completed", "later": "Completed"} if goes_on else {"apart": "Canceled"})
    assert place.get(f"{name}-starved").state["error"]["code"] == "ReferenceNotFound"
    assert place.tracked(f"{name}-starved").status == "FAILED"
    assert "  starved  Failed. It cannot begin: Nothing lies at" in place.artifacts(name)[EXECUTION_LOG]


def test_a_bound_value_that_its_place_does_not_take_is_told(place: Place) -> None:
    jobs = {"hurried": step("true", limits={"timeout": "${{parent.inputs.seconds}}"}), "apart": step("true")}
    pipeline(place, "hurrying", jobs, inputs={"seconds": "soon"})
    message = place.until("hurrying", "Failed").state["error"]["message"]
    assert "It cannot begin: 'limits.timeout' is 'soon': a whole number is expected." in message
    assert statuses(place, "hurrying", *jobs) == {"hurried": "Failed", "apart": "Completed"}


def test_canceling_a_pipeline_cancels_its_steps(place: Place) -> None:
    pipeline(
        place,
        "canceled",
        {
            "runs": step("sleep 60"),
            "waits": step("true", run_after=["runs"]),
            "nested": {"type": "pipeline", "component": _sleeper(place)},
        },
    )
    until(lambda: set(statuses(place, "canceled", "runs", "nested-sleeps").values()) == {"Running"}, "both run")
    place.cancel("canceled")
    place.until("canceled", "Canceled")
    assert statuses(place, "canceled", "runs", "waits", "nested", "nested-sleeps") == {
        "runs": "Canceled",
        "nested": "Canceled",
        "nested-sleeps": "Canceled",
    }
    assert place.tracked("canceled").status == "KILLED"


def _sleeper(place: Place) -> str:
    place.put("component", "sleeper", "1", type="pipeline", jobs={"sleeps": step("sleep 60")})
    return "azureml:sleeper:1"


def _two(place: Place, name: str, word: str, **settings: Any) -> None:
    jobs = {
        "one": step(
            "echo ${{inputs.word}} > ${{outputs.o}}/f; echo ran",
            inputs={"word": word},
            outputs={"o": {}},
        ),
        "two": step(
            "cat ${{inputs.x}}/f > ${{outputs.end}}; echo ran",
            inputs={"x": "${{parent.jobs.one.outputs.o}}"},
            outputs={"end": "${{parent.outputs.end}}"},
        ),
    }
    end = {"type": "uri_file", "name": f"{word}-asset"}
    pipeline(place, name, jobs, outputs={"end": end}, **({"settings": settings} if settings else {}))
    place.until(name, "Completed")


def reused(place: Place, name: str) -> list[str]:
    """Which earlier jobs serve the two steps again; '' for one that ran."""
    return [place.get(f"{name}-{each}").state.get("reused", "") for each in ("one", "two")]


def test_steps_are_not_run_again_on_the_same(place: Place) -> None:
    _two(place, "first-time", "alpha")
    _two(place, "second-time", "alpha")
    assert reused(place, "first-time") == ["", ""]
    assert reused(place, "second-time") == ["first-time-one", "first-time-two"]
    assert place.get("second-time-two").body["properties"]["azureml.isreused"] == "true"
    # What the pipeline promised lies at its own place as well, and is an asset.
    assert place.files("azureml/second-time/") == {"end": "alpha\n"}
    versions = [place.platform.shelves.data.get(ResourceId(place.scope, "data", "alpha-asset", v)) for v in "12"]
    assert [v.body["properties"]["azureml.job"] for v in versions] == ["first-time-two", "second-time-two"]
    assert place.tracked("second-time-one").status == "FINISHED"
    assert place.log("second-time-one") == "ran\n"

    _two(place, "forced", "alpha", force_rerun=True)
    assert reused(place, "forced") == ["", ""]
    _two(place, "otherwise", "beta")
    assert reused(place, "otherwise") == ["", ""]


def test_equal_content_serves_a_step_again_whoever_wrote_it(place: Place) -> None:
    jobs = {
        "one": step(
            "date > /dev/null; echo ${{inputs.n}} > /dev/null; echo same > ${{outputs.o}}/f", outputs={"o": {}}
        ),
        "two": step(
            "cat ${{inputs.x}}/f > ${{outputs.o}}/g", inputs={"x": "${{parent.jobs.one.outputs.o}}"}, outputs={"o": {}}
        ),
    }
    jobs["one"]["inputs"] = {"n": 1}
    pipeline(place, "same-1", jobs)
    place.until("same-1", "Completed")
    jobs["one"]["inputs"] = {"n": 2}
    pipeline(place, "same-2", jobs)
    place.until("same-2", "Completed")
    assert reused(place, "same-2") == ["", "same-1-two"]


def test_what_was_overwritten_since_is_made_again(place: Place) -> None:
    there = "azureml://datastores/workspaceblobstore/paths/overwritten"
    jobs = {"one": step("echo made > ${{outputs.o}}/f", outputs={"o": {"path": there}})}
    pipeline(place, "made-1", jobs)
    place.until("made-1", "Completed")
    place.upload("overwritten/f", "spoilt")
    pipeline(place, "made-2", jobs)
    place.until("made-2", "Completed")
    assert "reused" not in place.get("made-2-one").state
    assert place.files("overwritten/") == {"f": "made\n"}


def test_a_component_that_is_not_deterministic_always_runs(place: Place) -> None:
    place.put(
        "component",
        "dice",
        "1",
        type="command",
        command="echo 4",
        environment="azureml:plain:1",
        is_deterministic=False,
    )
    for name in ("dice-1", "dice-2"):
        pipeline(place, name, {"one": {"type": "command", "component": "azureml:dice:1"}})
        place.until(name, "Completed")
    assert "reused" not in place.get("dice-2-one").state


def test_a_step_that_says_it_is_not_deterministic_always_runs(place: Place) -> None:
    for name in ("lots-1", "lots-2"):
        pipeline(place, name, {"one": step("echo 4", is_deterministic=False), "two": step("echo 5")})
        place.until(name, "Completed")
    assert "reused" not in place.get("lots-2-one").state
    assert "reused" in place.get("lots-2-two").state


def test_a_name_that_is_another_job_s_is_told(place: Place) -> None:
    place.run("name-taken-one")
    pipeline(place, "name-taken", {"one": step("true")})
    error = place.until("name-taken", "Failed").state["error"]
    assert error["code"] == "JobNameUsed" and "'name-taken-one'" in error["message"]


def test_the_picture_of_a_pipeline(place: Place) -> None:
    jobs = {
        "make": step("echo 1 > ${{outputs.o}}/f", inputs={"n": "${{parent.inputs.n}}"}, outputs={"o": {}}),
        "use": step(
            "cat ${{inputs.x}}/f; exit 1",
            inputs={"x": "${{parent.jobs.make.outputs.o}}"},
            outputs={"end": "${{parent.outputs.all}}"},
            display_name="Use it",
        ),
        "then": step("true", run_after=["use"]),
    }
    pipeline(place, "drawn", jobs, inputs={"n": 5}, outputs={"all": {}})
    place.until("drawn", "Failed")
    drawn = place.platform.pictures.graph(ResourceId(place.scope, "jobs", "drawn"))
    assert [(node["step"], node["displayName"], node["status"]) for node in drawn["nodes"]] == [
        ("make", "make", "Completed"),
        ("use", "Use it", "Failed"),
        ("then", "then", "NotStarted"),
    ]
    assert drawn["nodes"][1]["error"]["code"] == "UserProcessExited" and drawn["nodes"][0]["endTime"]
    assert [(edge["from"], edge["output"], edge["to"], edge["input"]) for edge in drawn["edges"]] == [
        ("", "n", "make", "n"),
        ("make", "o", "use", "x"),
        ("use", "end", "", "all"),
        ("use", "", "then", ""),
    ]


def test_lists_show_what_nobody_made_and_a_pipeline_tells_how_its_steps_stand(place: Place) -> None:
    pipeline(place, "listed", {"one": step("sleep 30"), "two": step("true", run_after=["one"])})
    until(lambda: statuses(place, "listed", "one") == {"one": "Running"}, "it runs")
    jobs = place.platform.shelves.job
    roots = jobs.select(Selection(place.scope, "jobs", facets=(ROOT,)))
    assert "listed" in {r.id.name for r in roots} and "listed-one" not in {r.id.name for r in roots}
    assert place.get("listed").state["status_reason"] == "Its jobs: 1 running."
    place.cancel("listed")
    place.until("listed", "Canceled")


def test_what_the_best_trial_left_is_the_pipelines(place: Place) -> None:
    """Also where the sweep is not run again: it is found as the same by what its pipeline bound to it."""
    place.put(
        "component",
        "searched",
        "1",
        type="command",
        command=f"{LOGGED.replace('search_space', 'inputs')} && echo ${{{{inputs.x}}}} > ${{{{outputs.model}}}}/m",
        environment="azureml:plain:1",
        code=code(place),
        inputs={"x": {"type": "integer"}},
        outputs={"model": {"type": "uri_folder"}},
    )
    search = {
        "type": "sweep",
        "trial": "azureml:searched:1",
        "search_space": {"x": CHOICE["x"]},
        "sampling_algorithm": "grid",
        "objective": {"goal": "maximize", "primary_metric": "score"},
        "outputs": {"model": "${{parent.outputs.best}}"},
    }
    read = step("cat ${{inputs.model}}/m", inputs={"model": "${{parent.jobs.search.outputs.model}}"})
    for name, earlier in (("searching-1", None), ("searching-2", "searching-1-search")):
        pipeline(place, name, {"search": search, "read": read}, outputs={"best": {"name": "best-of-search"}})
        place.until(name, "Completed")
        assert place.files(f"azureml/{name}/") == {"best/m": "3\n"}
        assert place.log(f"{name}-read") == "3\n"
        assert place.get(f"{name}-search").state.get("reused") == earlier
    assets = place.platform.shelves.data
    paths = [assets.get(ResourceId(place.scope, "data", "best-of-search", v)).body["path"] for v in "12"]
    assert all(path.endswith("azureml/searching-1-search_2/model") for path in paths)


def test_a_step_stays_as_long_as_its_pipeline_is_on_its_way(place: Place) -> None:
    jobs = place.platform.shelves.job
    pipeline(place, "holding", {"one": step("echo hold"), "two": step("sleep 30", run_after=["one"])})
    until(lambda: statuses(place, "holding", "two") == {"two": "Running"}, "it runs")
    one = ResourceId(place.scope, "jobs", "holding-one")
    with pytest.raises(Conflict, match="belongs to 'holding', which is Running"):
        jobs.delete(one, place.actor)
    place.cancel("holding")
    place.until("holding", "Canceled")
    assert jobs.delete(one, place.actor)
