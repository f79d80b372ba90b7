"""Schedules that watch files: quiet at first, then a job for what is new or was changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.jobs.clockwork import JOB, Clockwork, at, clockwork

from lazuli.jobs import changes
from lazuli.resources.inout import AssetType
from lazuli.schema.problems import InvalidInput

INCOMING = "azureml://datastores/workspaceblobstore/paths/incoming"
READER = {
    **JOB,
    "command": "cat ${{inputs.arrived}} ${{inputs.told}}",
    "inputs": {"arrived": {"path": INCOMING}, "told": "nothing yet"},
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Clockwork]:
    (tmp_path / "own").mkdir()
    with clockwork(tmp_path / "data", local_roots=str(tmp_path / "own")) as found:
        yield found


def watch(house: Clockwork, name: str = "watch", job: Any = READER, **said: Any) -> None:
    house.schedule(name, job, **{"path": INCOMING, "input_name": "arrived", **said})


def arrived(house: Clockwork) -> list[tuple[str, str]]:
    """What each job was given, and as what."""
    inputs = [house.job(name).inputs["arrived"] for name in house.jobs()]
    return [(given.path.partition("/paths/")[2], given.type.value) for given in inputs]


def test_the_first_look_is_quiet_and_then_each_change_has_one_job(house: Clockwork) -> None:
    house.upload("incoming/old.csv", "1")
    house.upload("incoming-not/x", "1")
    watch(house)
    assert house.jobs() == [] and house.next("watch") == "2026-05-01T09:05"
    house.upload("incoming/new.csv", "2")
    house.move("2026-05-01T09:04:59", "watch")
    assert house.jobs() == []
    house.move("2026-05-01T09:05:00", "watch")
    assert house.jobs() == ["watch-20260501T090500Z"]
    house.upload("incoming-not/y", "1")
    house.move("2026-05-01T09:10:00", "watch")
    house.upload("incoming/old.csv", "1, changed")
    house.move("2026-05-01T09:15:00", "watch")
    assert arrived(house) == [("incoming/new.csv", "uri_file"), ("incoming/old.csv", "uri_file")]
    assert house.shown("watch").last_trigger_time == "2026-05-01T09:15:00.000Z"


def test_of_several_files_the_job_gets_the_folder_that_holds_them(house: Clockwork) -> None:
    watch(house)
    for name in ("may/1/a", "may/1/b", "may/2/c"):
        house.upload(f"incoming/{name}", "x")
    house.move("2026-05-01T09:05:00", "watch")
    house.upload("incoming/d", "x")
    house.upload("incoming/may/3", "x")
    house.move("2026-05-01T09:10:00", "watch")
    assert arrived(house) == [("incoming/may", "uri_folder"), ("incoming", "uri_folder")]


def test_a_text_is_given_the_path_and_nobody_is_told_who_did_not_ask(house: Clockwork) -> None:
    house.upload("incoming/old", "x")
    watch(house, "telling", input_name="told")
    watch(house, "silent", input_name=None)
    house.upload("incoming/a", "x")
    house.move("2026-05-01T09:05:00", "telling", "silent")
    told = {name.partition("-")[0]: house.job(name).inputs for name in house.jobs()}
    assert told["telling"]["told"].value == f"{INCOMING}/a"
    assert (told["silent"]["told"].value, told["silent"]["arrived"].path) == ("nothing yet", INCOMING)


def test_files_that_are_gone_are_no_reason_and_that_come_back_are_one(house: Clockwork) -> None:
    house.upload("incoming/a", "x")
    watch(house)
    container = house.platform.storage.container(house.id("x").scope, "workspaceblobstore")
    house.platform.store.blobs.delete(container, "incoming/a")
    house.move("2026-05-01T09:05:00", "watch")
    assert house.jobs() == []
    house.upload("incoming/a", "x")
    house.move("2026-05-01T09:10:00", "watch")
    assert arrived(house) == [("incoming/a", "uri_file")]


def test_folders_in_it_may_be_left_out(house: Clockwork) -> None:
    watch(house, recursive=False)
    house.upload("incoming/deep/a", "x")
    house.move("2026-05-01T09:05:00", "watch")
    assert house.jobs() == []
    house.upload("incoming/b", "x")
    house.move("2026-05-01T09:10:00", "watch")
    assert arrived(house) == [("incoming/b", "uri_file")]


def test_what_changed_while_the_server_was_away_is_found_at_once(house: Clockwork) -> None:
    watch(house, polling_interval=60)
    house.stop()
    house.upload("incoming/a", "x")
    house.now = at("2026-05-01T09:20:00")
    house.start()
    house.move("2026-05-01T09:20:00", "watch")
    assert house.jobs() == ["watch-20260501T092000Z"]


def test_a_server_that_dies_makes_one_job_of_one_change(house: Clockwork) -> None:
    watch(house)
    house.stop()
    house.upload("incoming/a", "x")
    house.now = at("2026-05-01T09:05:00")
    documents, state = house.platform.store.documents, house.platform.store.state
    record = house.schedules.get(house.id("watch"))
    step = house.lifecycle.advance(record)
    with state.write() as tx:  # it is noted that it fires, and the job is made, but that is not noted
        record = documents.change(tx, record, "lazuli", state={**record.state, **step.state})
    house.lifecycle.advance(record)
    house.upload("incoming/b", "x")
    house.now = at("2026-05-01T09:07:00")
    house.start()
    house.move("2026-05-01T09:07:00", "watch")
    assert arrived(house) == [("incoming/a", "uri_file"), ("incoming/b", "uri_file")]


def test_what_changed_in_a_pause_is_not_found(house: Clockwork) -> None:
    watch(house)
    watch(house, enabled=False)
    house.upload("incoming/a", "x")
    house.move("2026-05-01T09:30:00", "watch")
    watch(house)
    house.move("2026-05-01T09:40:00", "watch")
    assert house.jobs() == []
    house.upload("incoming/b", "x")
    house.move("2026-05-01T09:45:00", "watch")
    assert arrived(house) == [("incoming/b", "uri_file")]


def test_it_begins_and_ends(house: Clockwork) -> None:
    watch(house, start_time="2026-05-01T10:00:00", end_time="2026-05-01T10:10:00")
    house.upload("incoming/a", "x")
    house.move("2026-05-01T09:59:00", "watch")
    house.move("2026-05-01T10:00:00", "watch")
    house.upload("incoming/b", "x")
    house.move("2026-05-01T10:05:00", "watch")
    assert arrived(house) == [("incoming/b", "uri_file")]
    house.move("2026-05-01T10:10:00", "watch")
    house.upload("incoming/c", "x")
    house.move("2026-05-01T10:15:00", "watch")
    assert (len(house.jobs()), house.shown("watch").status) == (1, "Ended")


def test_folders_outside_are_watched_and_one_that_is_gone_is_told(house: Clockwork, tmp_path: Path) -> None:
    folder = tmp_path / "own" / "in"
    folder.mkdir()
    house.put("datastore", "mine", type="local", path=str(tmp_path / "own"))
    watch(house, path="azureml://datastores/mine/paths/in/", polling_interval=1)
    (folder / "a.csv").write_text("x")
    house.move("2026-05-01T09:01:00", "watch")
    given = house.job("watch-20260501T090100Z").inputs["arrived"]
    assert (given.path, given.type) == ("azureml://datastores/mine/paths/in/a.csv", AssetType.URI_FILE)
    away = folder.rename(tmp_path / "away")
    (tmp_path / "own").rmdir()
    house.move("2026-05-01T09:02:00", "watch")
    assert "It could not look at its files" in house.shown("watch").status_reason
    (tmp_path / "own").mkdir()
    away.rename(folder)
    house.move("2026-05-01T09:03:00", "watch")
    assert house.shown("watch").status_reason == "" and len(house.jobs()) == 1


def test_looks_that_find_nothing_leave_nothing_behind(house: Clockwork) -> None:
    house.upload("incoming/a", "x")
    watch(house)
    before = house.entries()
    for minute in range(5, 60, 5):
        house.move(f"2026-05-01T09:{minute:02}:00", "watch")
    assert house.entries() == before


def test_too_many_files_are_told(house: Clockwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_MOST", 2)
    for name in "abc":
        house.upload(f"incoming/{name}", "x")
    watch(house)
    assert "3 files lie at" in house.shown("watch").status_reason


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"input_name": "arrivd"}, "Did you mean 'arrived'"),
        ({"path": "azureml:rows:1"}, "not a path of a datastore"),
        ({"path": "azureml://datastores/nowhere/paths/x"}, "'nowhere' does not exist"),
        ({"end_time": "2026-01-01"}, "never fire"),
    ],
)
def test_what_cannot_be_watched_is_refused(house: Clockwork, said: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        watch(house, **said)
