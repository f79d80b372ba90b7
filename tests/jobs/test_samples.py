"""Sample data sets: put into a workspace by one job however often it is asked, and refused where they cannot."""

from __future__ import annotations

import shutil

import pytest
from tests.jobs.place import Place

from lazuli.assets.samples import SAMPLES
from lazuli.jobs.samples import Samples
from lazuli.jobs.transitions import TERMINAL
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, InvalidInput, NotFound, Unsupported

ONES = {sample.name: sample for sample in SAMPLES}


@pytest.fixture
def samples(place: Place) -> Samples:
    shelves = place.platform.shelves
    return Samples(shelves.job, shelves.data, shelves.code)


def test_a_sample_is_added_by_one_job_however_often_it_is_asked(place: Place, samples: Samples) -> None:
    assert {offer.sample.name for offer in samples.list(place.scope)} == ONES.keys()
    first = samples.add(place.scope, "wine", "", place.actor)
    again = samples.add(place.scope, "WINE", "", place.actor)
    assert (first.job, again.job) == ("sample-wine-1", "sample-wine-1")
    job = place.get(first.job)
    assert job.body["environment"] == "azureml:AzureML-sklearn-1.5:1"
    assert job.body["outputs"]["table"]["name"] == "wine"
    assert samples.add(place.scope, "wine", "reds", place.actor).job == "sample-wine-as-reds-1"
    for name in (first.job, "sample-wine-as-reds-1"):
        place.cancel(name)
        place.until(name, "Canceled", "Completed")


def test_an_attempt_that_failed_is_made_anew(place: Place, samples: Samples) -> None:
    name = samples.add(place.scope, "digits", "", place.actor).job
    place.cancel(name)
    assert place.until(name, "Canceled").status in TERMINAL
    assert samples.add(place.scope, "digits", "", place.actor).job == "sample-digits-2"
    place.cancel("sample-digits-2")
    place.until("sample-digits-2", "Canceled")
    place.platform.shelves.job.delete(ResourceId(place.scope, "jobs", "sample-digits-2"), place.actor)
    assert samples.add(place.scope, "digits", "", place.actor).job == "sample-digits-3"
    place.cancel("sample-digits-3")
    place.until("sample-digits-3", "Canceled")


def test_what_a_sample_would_cover_is_left_alone(place: Place, samples: Samples) -> None:
    path = place.upload("mine.csv", "1,2\n")
    place.put("data", "iris", "1", type="uri_file", path=path)
    with pytest.raises(Conflict, match="Give the sample another name"):
        samples.add(place.scope, "iris", "", place.actor)
    with pytest.raises(InvalidInput):
        samples.add(place.scope, "iris", "../x", place.actor)
    with pytest.raises(NotFound, match="Did you mean"):
        samples.add(place.scope, "breast-cancr", "", place.actor)


def test_a_sample_of_r_is_refused_without_it(place: Place, samples: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)
    assert "Rscript" in samples.offer(place.scope, "quakes").hindrance
    with pytest.raises(Unsupported, match="Install it on the server's machine"):
        samples.add(place.scope, "quakes", "", place.actor)
    assert not samples.offer(place.scope, "wine").hindrance
