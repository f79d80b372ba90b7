"""Jobs that want the same thing at the same time."""

from __future__ import annotations

import pytest
from tests.jobs.place import Place

from lazuli.compute.environments import Realised, Recipe, State, recipe_of
from lazuli.schema.identity import ResourceId
from lazuli.store.documents import Record


def test_two_jobs_that_find_one_failed_build_begin_it_anew_together(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    conda = {"dependencies": ["python", {"pip": ["--no-index", "no-such-package-for-two"]}]}
    place.put("environment", "twice", "1", conda_file=conda)
    place.submit("twice", environment="azureml:twice:1")
    place.until("twice", "Failed")
    environments, built = place.platform.job_environments, place.platform.environments
    assert built.state(recipe_of(conda=conda)) is State.FAILED
    first, second = (
        Record(ResourceId(place.scope, "jobs", name), {"environment": "azureml:twice:1"}, {}) for name in ("one", "two")
    )
    realise, begun = built.realise, []

    def realise_late(recipe: Recipe) -> Realised:
        """The second job sees the failure; then the first begins the build anew; then the second goes on."""
        seen = realise(recipe)
        if not begun:
            begun.append(seen.state)
            begun.append(environments.of(first).state)
        return seen

    monkeypatch.setattr(built, "realise", realise_late)
    assert environments.of(second).state is State.BUILDING
    assert begun == [State.FAILED, State.BUILDING]


def test_two_outputs_of_a_job_become_two_versions_of_one_asset(place: Place) -> None:
    said = {name: {"type": "uri_file", "name": "twins"} for name in ("first", "second")}
    place.run("twins", "echo 1 > ${{outputs.first}}; echo 2 > ${{outputs.second}}", outputs=said)
    data = place.platform.shelves["data"]
    paths = [data.get(ResourceId(place.scope, "data", "twins", version)).body["path"] for version in "12"]
    assert [path.rpartition("/")[2] for path in paths] == ["first", "second"]


def test_a_version_that_exists_otherwise_is_told_at_once(place: Place) -> None:
    """It was free when the job was submitted."""
    said = {"table": {"type": "uri_file", "name": "contested", "version": "3"}}
    place.put("compute", "slot", type="amlcompute", max_instances=1)
    place.submit("slot-holder", "sleep 60", compute="azureml:slot")
    place.submit("contester", "echo 1 > ${{outputs.table}}", outputs=said, compute="azureml:slot")
    place.put("data", "contested", "3", type="uri_file", path=place.upload("contested.txt", "x"))
    place.cancel("slot-holder")
    record = place.until("contester", "Failed")
    assert record.state["error"]["code"] == "ImmutableAsset"
    assert place.files("azureml/contester/") == {"table": "1\n"}
