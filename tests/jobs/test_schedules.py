"""Schedules fire when they are due, once each time, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.clockwork import JOB, Clockwork, at, clockwork

from lazuli.jobs.firings import SCHEDULE, Firing
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.store.reconciler import Step

DAILY = {"frequency": "day", "interval": 1, "schedule": {"hours": 12, "minutes": 0}}
LATER = {**DAILY, "start_time": "2026-05-01T12:00:00"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Clockwork]:
    with clockwork(tmp_path) as found:
        yield found


def test_it_fires_when_it_is_made_and_then_by_its_rule(house: Clockwork) -> None:
    house.schedule("nightly", **DAILY)
    assert house.jobs() == ["nightly-20260501T090000Z"]
    assert house.next("nightly") == "2026-05-01T12:00"
    house.move("2026-05-01T11:59:59.999", "nightly")
    assert len(house.jobs()) == 1
    house.move("2026-05-01T12:00:00", "nightly")
    house.move("2026-05-02T12:00:05", "nightly")
    assert house.jobs()[1:] == ["nightly-20260501T120000Z", "nightly-20260502T120000Z"]
    shown = house.shown("nightly")
    assert (shown.status, shown.last_job) == ("Active", "nightly-20260502T120000Z")
    assert shown.last_trigger_time == "2026-05-02T12:00:00.000Z"
    assert house.next("nightly") == "2026-05-03T12:00" and not shown.status_reason


def test_it_fires_when_it_is_made_however_long_that_takes(house: Clockwork) -> None:
    house.tick = 7
    house.schedule("slow", frequency="hour", interval=1)
    assert len(house.jobs()) == 1


def test_its_jobs_say_where_they_come_from(house: Clockwork) -> None:
    said = {
        **JOB,
        "command": "echo ${{inputs.when}} ${{inputs.who}}",
        "display_name": "anything",
        "experiment_name": "nights",
        "tags": {"team": "red"},
        "inputs": {
            "when": "at ${{creation_context.trigger_time}}",
            "who": "${{name}}",
            "alone": {"path": "${{creation_context.trigger_time}}"},
        },
        "outputs": {
            "o": {"path": "azureml://datastores/workspaceblobstore/paths/${{creation_context.trigger_time}}/${{name}}"}
        },
    }
    house.schedule("telling", said, **LATER)
    house.move("2026-05-01T12:00:00", "telling")
    (name,) = house.jobs()
    job = house.job(name)
    assert (job.display_name, job.experiment_name) == ("telling-20260501T120000Z", "nights")
    assert job.properties[SCHEDULE] == "telling" and job.tags == {"ScheduleName": "telling", "team": "red"}
    values = {key: given.value for key, given in job.inputs.items()}
    assert values == {"when": "at 2026-05-01T12:00:00Z", "who": name, "alone": "2026-05-01T12:00:00Z"}
    assert job.outputs["o"].path.endswith(f"/2026-05-01T12:00:00Z/{name}")


@pytest.mark.parametrize("expression", ["${{creation_context.trigger_tim}}", "${{name.x}}"])
def test_an_expression_that_says_nothing_is_refused(house: Clockwork, expression: str) -> None:
    with pytest.raises(InvalidInput, match=r"inputs\.x"):
        house.put(
            "schedule",
            "wrong",
            trigger={"type": "recurrence", **DAILY},
            create_job={**JOB, "inputs": {"x": expression}},
        )
    with pytest.raises(NotFound):
        house.shown("wrong")


def test_it_ends(house: Clockwork) -> None:
    house.schedule("short", **LATER, end_time="2026-05-02T12:00:00")
    house.move("2026-05-01T12:00:00", "short")
    house.move("2026-05-02T12:00:00", "short")
    shown = house.shown("short")
    assert (shown.status, shown.next_trigger_time) == ("Ended", None) and "last moment" in shown.status_reason
    house.move("2026-05-03T12:00:00", "short")
    assert len(house.jobs()) == 2
    house.schedule("short", **LATER)  # without an end it goes on
    assert (house.shown("short").status, house.next("short")) == ("Active", "2026-05-04T12:00")


@pytest.mark.parametrize("end", ["2026-04-30T00:00:00", "2026-05-01T11:00:00"])
def test_what_would_never_fire_is_refused(house: Clockwork, end: str) -> None:
    with pytest.raises(InvalidInput, match="never fire"):
        house.put("schedule", "never", trigger={"type": "recurrence", **LATER, "end_time": end}, create_job=JOB)
    house.schedule("never", **LATER)
    with pytest.raises(InvalidInput, match="never fire"):
        house.put("schedule", "never", trigger={"type": "recurrence", **LATER, "end_time": end}, create_job=JOB)
    assert house.next("never") == "2026-05-01T12:00"


def test_what_was_missed_is_taken_up_once(house: Clockwork) -> None:
    house.schedule("minutely", expression="* * * * *", start_time="2026-05-01T09:00:00")
    house.stop()
    house.now = at("2026-06-11T17:30:30")  # forty days, 59,000 firings
    house.start()
    house.move("2026-06-11T17:30:30", "minutely")
    assert house.jobs() == ["minutely-20260501T090000Z", "minutely-20260611T173000Z"]
    assert house.next("minutely") == "2026-06-11T17:31"


def test_a_machine_that_slept_takes_up_once_what_it_missed(house: Clockwork) -> None:
    house.schedule("minutely", expression="* * * * *", start_time="2026-05-01T09:01:00")
    house.move("2026-05-01T17:30:30", "minutely")
    assert house.jobs() == ["minutely-20260501T173000Z"]


def test_a_clock_that_is_set_back_fires_nothing_twice(house: Clockwork) -> None:
    house.schedule("daily", **LATER)
    house.move("2026-05-01T12:00:00", "daily")
    house.move("2026-05-01T11:00:00", "daily")
    house.move("2026-05-01T12:30:00", "daily")
    assert house.jobs() == ["daily-20260501T120000Z"]
    assert house.next("daily") == "2026-05-02T12:00"


def test_a_step_that_is_repeated_makes_no_second_job(house: Clockwork) -> None:
    house.schedule("once", **LATER)
    house.stop()
    house.now = at("2026-05-01T12:00:00")
    record = house.schedules.get(house.id("once"))
    first = house.lifecycle.advance(record)
    firing = Firing(**first.state["firing"])
    # The server dies when the job is made and the schedule does not say so yet:
    with house.platform.store.state.write() as tx:
        noted = house.platform.store.documents.change(tx, record, "lazuli", state={**record.state, **first.state})
    for _ in range(3):
        assert house.lifecycle.advance(noted).state["last_job"] == firing.job("once")
    assert house.jobs() == ["once-20260501T120000Z"]
    house.now = at("2026-05-03T12:00:01")  # two more have passed until it is back
    house.start()
    house.move("2026-05-03T12:00:01", "once")
    assert house.jobs() == ["once-20260501T120000Z", "once-20260503T120000Z"]


def test_a_firing_that_was_noted_is_carried_out_by_the_next_server(house: Clockwork) -> None:
    house.schedule("noted", **LATER)
    house.stop()
    house.now = at("2026-05-01T12:00:00")
    record = house.schedules.get(house.id("noted"))
    step = house.lifecycle.advance(record)
    with house.platform.store.state.write() as tx:
        house.platform.store.documents.change(tx, record, "lazuli", state={**record.state, **step.state})
    house.now = at("2026-05-01T18:00:00")
    house.start()
    house.move("2026-05-01T18:00:00", "noted")
    assert house.jobs() == ["noted-20260501T120000Z"]


def test_what_falls_into_a_pause_is_not_made_up(house: Clockwork) -> None:
    house.schedule("paused", **LATER)
    house.schedule("paused", enabled=False, **LATER)
    shown = house.shown("paused")
    assert (shown.status, shown.next_trigger_time) == ("Disabled", None)
    house.move("2026-05-03T13:00:00", "paused")
    assert house.jobs() == []
    house.schedule("paused", **LATER)
    assert house.jobs() == [] and house.next("paused") == "2026-05-04T12:00"


def test_one_that_is_made_switched_off_fires_when_it_is_switched_on(house: Clockwork) -> None:
    house.schedule("later", enabled=False, **DAILY)
    assert house.jobs() == []
    house.schedule("later", **DAILY)
    assert house.jobs() == [] and house.next("later") == "2026-05-01T12:00"


def test_another_trigger_is_worked_out_anew(house: Clockwork) -> None:
    house.schedule("changing", **LATER)
    house.now = at("2026-05-01T10:30:00")
    house.schedule("changing", frequency="hour", interval=2)
    assert house.jobs() == [] and house.next("changing") == "2026-05-01T12:30"
    house.move("2026-05-01T12:00:00", "changing")
    assert house.jobs() == []
    house.schedule("changing", {**JOB, "command": "false"}, frequency="hour", interval=2)
    assert house.next("changing") == "2026-05-01T12:30", "another job is no other time"
    house.move("2026-05-01T12:30:00", "changing")
    assert house.job("changing-20260501T123000Z").command == "false"


def test_one_that_is_gone_fires_no_more(house: Clockwork) -> None:
    house.schedule("gone", **LATER)
    house.schedule("stays", **LATER)
    assert house.schedules.delete(house.id("gone"), house.actor)
    house.now = at("2026-05-01T12:00:00")
    house.reconciler.wake(house.id("gone"))
    house.move("2026-05-01T12:00:00", "stays")
    assert house.jobs() == ["stays-20260501T120000Z"]


def test_a_job_that_cannot_be_submitted_is_told_and_the_next_comes(house: Clockwork) -> None:
    house.put("environment", "brief", "1", image="python:3.11")
    house.schedule("failing", {**JOB, "environment": "azureml:brief:1"}, **LATER)
    house.platform.shelves.environment.delete(
        ResourceId(house.id("x").scope, "environments", "brief", "1"), house.actor
    )
    house.move("2026-05-01T12:00:00", "failing")
    shown = house.shown("failing")
    assert shown.status == "Active" and shown.last_job is None
    assert shown.status_reason.startswith("At 2026-05-01T12:00:00Z no job was submitted: ")
    assert "'brief' does not exist" in shown.status_reason
    house.put("environment", "brief", "1", image="python:3.11")
    house.move("2026-05-02T12:00:00", "failing")
    assert (house.jobs(), house.shown("failing").status_reason) == (["failing-20260502T120000Z"], "")


def test_a_name_that_another_job_has_is_told(house: Clockwork) -> None:
    house.put("job", "taken-20260501T120000Z", **JOB)
    house.schedule("taken", **LATER)
    house.move("2026-05-01T12:00:00", "taken")
    assert "is that of another job" in house.shown("taken").status_reason


def test_a_dot_in_its_name_is_none_in_those_of_its_jobs(house: Clockwork) -> None:
    house.schedule("v1.nightly", **LATER)
    house.schedule("v1_nightly", **LATER)
    house.move("2026-05-01T12:00:00", "v1.nightly", "v1_nightly")
    assert len(house.jobs()) == 2 and not any("." in name for name in house.jobs())
    assert {house.job(name).properties[SCHEDULE] for name in house.jobs()} == {"v1.nightly", "v1_nightly"}


def test_two_that_are_due_at_once_have_a_job_each(house: Clockwork) -> None:
    house.schedule("left", **LATER)
    house.schedule("right", **LATER)
    house.move("2026-05-01T12:00:00", "left", "right")
    assert sorted(house.jobs()) == ["left-20260501T120000Z", "right-20260501T120000Z"]


def test_a_job_is_submitted_again_with_what_is_different(house: Clockwork) -> None:
    place = "azureml://datastores/workspaceblobstore/paths/kept"
    said = {
        **JOB,
        "command": "echo ${{inputs.rate}} ${{inputs.rows}}",
        "inputs": {"rate": 0.1, "rows": 5},
        "outputs": {"o": {"path": f"{place}/${{{{name}}}}/x"}},
        "tags": {"a": "1"},
    }
    house.put("job", "first", **said)
    assert house.job("first").outputs["o"].path == f"{place}/first/x"
    house.schedule("plain", "azureml:first", **LATER)
    again = {"type": "pipeline", "job": "azureml:first", "inputs": {"rate": "${{creation_context.trigger_time}}"}}
    again |= {"display_name": "", "isArchived": False}  # as clients send it
    house.schedule("changed", {**again, "tags": {"b": "2"}, "experiment_name": "other"}, **LATER)
    house.move("2026-05-01T12:00:00", "plain", "changed")
    plain, changed = (house.job(f"{name}-20260501T120000Z") for name in ("plain", "changed"))
    assert plain.command == changed.command == said["command"]
    assert {key: given.value for key, given in plain.inputs.items()} == {"rate": "0.1", "rows": "5"}
    assert {key: given.value for key, given in changed.inputs.items()} == {"rate": "2026-05-01T12:00:00Z", "rows": "5"}
    assert changed.tags == {"a": "1", "b": "2", "ScheduleName": "changed"} and changed.experiment_name == "other"
    assert plain.outputs["o"].path == f"{place}/plain-20260501T120000Z/x", "not into the place of the first"


def test_it_can_be_triggered_by_hand(house: Clockwork) -> None:
    house.schedule("manual", enabled=False, **LATER)
    moment = at("2026-05-01T09:00:00") + 250
    for _ in range(2):  # the same call again is the same firing
        assert house.schedules.trigger(house.id("manual"), moment, house.actor) == "manual-20260501T090000250Z"
    assert house.jobs() == ["manual-20260501T090000250Z"]
    shown = house.shown("manual")
    assert (shown.status, shown.last_job) == ("Disabled", "manual-20260501T090000250Z")
    with pytest.raises(NotFound):
        house.schedules.trigger(house.id("nobody"), None, house.actor)


def test_five_hundred_that_are_not_due_write_nothing(house: Clockwork) -> None:
    names = [f"idle-{number}" for number in range(500)]
    for name in names:
        house.put("schedule", name, trigger={"type": "recurrence", **LATER}, create_job=JOB)
    house.move("2026-05-01T09:30:00", *names)
    before = house.entries()
    house.move("2026-05-01T11:50:00", *names)
    assert house.entries() == before
    step = house.lifecycle.advance(house.schedules.get(house.id(names[0])))
    assert step == Step(again_ms=60_000), "a look a minute is all that it costs"
