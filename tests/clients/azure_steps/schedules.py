"""Schedules."""

# pyright: reportMissingImports=false
from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from azure.ai.ml import command, dsl
from azure.ai.ml.constants import TimeZone
from azure.ai.ml.entities import CronTrigger, JobSchedule, RecurrencePattern, RecurrenceTrigger
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from azure_steps.tour import PLAIN, Tour, expected, lazuli


def _pipeline(tour: Tour):
    node = command(name="hello", command="echo hello", environment=PLAIN, compute="crew").component

    @dsl.pipeline(default_compute="crew")
    def daily():
        node()

    return daily()


def make_schedules(tour: Tour) -> None:
    """schedules.begin_create_or_update, get, list: a pipeline, cron and recurrence"""
    schedules = tour.client.schedules
    pattern = RecurrencePattern(hours=[10], minutes=[0, 30], week_days=["monday", "friday"])
    past = "2026-01-01T00:00:00"  # else they fire first when they are made
    when = RecurrenceTrigger(
        frequency="week", interval=2, schedule=pattern, start_time=past, time_zone=TimeZone.PACIFIC_STANDARD_TIME
    )
    made = schedules.begin_create_or_update(
        JobSchedule(name="weekly", trigger=when, create_job=_pipeline(tour))
    ).result()
    assert (made.name, made.is_enabled, made.trigger.interval) == ("weekly", True, 2)
    assert made.trigger.schedule.minutes == [0, 30] and made.create_job.type == "pipeline"
    assert list(made.create_job.jobs) == ["hello"], made.create_job.jobs
    cron = CronTrigger(expression="15 10 * * 1", start_time=past, time_zone="UTC")
    schedules.begin_create_or_update(JobSchedule(name="mondays", trigger=cron, create_job=_pipeline(tour))).result()
    assert schedules.get("mondays").trigger.expression == "15 10 * * 1"
    assert {"weekly", "mondays"} <= {each.name for each in schedules.list()}


def switch_schedules_off_and_on(tour: Tour) -> None:
    """schedules.begin_disable, begin_enable, begin_delete"""
    schedules = tour.client.schedules
    assert not schedules.begin_disable("weekly").result().is_enabled
    assert "weekly" not in [each.name for each in schedules.list()]
    assert schedules.begin_enable("weekly").result().is_enabled
    assert "weekly" in [each.name for each in schedules.list()]
    schedules.begin_disable("weekly").result()
    schedules.begin_delete("weekly").result()
    with expected(ResourceNotFoundError, "'weekly' does not exist"):
        schedules.get("weekly")


def see_the_same_schedule(tour: Tour) -> None:
    """schedules: lazuli shows what the client made, the client what lazuli made"""
    told = lazuli("schedule", "show", "-n", "mondays")
    assert told["trigger"].items() >= {"type": "cron", "expression": "15 10 * * 1", "time_zone": "UTC"}.items()
    assert (told["status"], told["next_trigger_time"][10:]) == ("Active", "T10:15:00.000Z")
    lazuli("compute", "create", "-n", "cpu-cluster", "--max-instances", "1")
    lazuli("schedule", "create", "-f", str(tour.examples / "schedules/nightly.yml"))
    seen = tour.client.schedules.get("nightly")
    assert seen.trigger.schedule.hours == [2] and seen.create_job.command == "echo good night"
    with expected(HttpResponseError, "no hour"):
        wrong = CronTrigger(expression="0 25 * * *", time_zone="UTC")
        tour.client.schedules.begin_create_or_update(
            JobSchedule(name="never", trigger=wrong, create_job=_pipeline(tour))
        ).result()


def let_a_schedule_fire(tour: Tour) -> None:
    """schedules: one without a start fires when it is made, and submits an earlier job again"""
    made = JobSchedule(
        name="again",
        trigger=RecurrenceTrigger(frequency="hour", interval=1),
        create_job=f"azureml:{tour.client.jobs.get(tour.job.name).id}",
    )
    assert tour.client.schedules.begin_create_or_update(made).result().is_enabled
    name = _waited_for(lambda: lazuli("schedule", "show", "-n", "again").get("last_job"))
    job = tour.client.jobs.get(name)
    assert job.display_name.startswith("again-20") and job.display_name.endswith("Z"), job.display_name
    assert job.properties["azureml.scheduleName"] == job.tags["ScheduleName"] == "again"
    assert job.command == tour.job.command and job.inputs.keys() == tour.job.inputs.keys()
    assert name in [each.name for each in tour.client.jobs.list()]


def trigger_a_schedule(tour: Tour) -> None:
    """schedules.trigger: its job runs now, also where it is switched off"""
    tour.client.schedules.begin_disable("again").result()
    done = tour.client.schedules.trigger("again")
    assert done.schedule_action_type == "CreateJob"
    _waited_for(lambda: tour.client.jobs.get(done.job_name).status == "Completed")
    with expected(HttpResponseError, "'nobody' does not exist"):
        tour.client.schedules.trigger("nobody")


def live_with_what_azure_has_not(tour: Tour) -> None:
    """schedules: one that watches files stands in lists, without a trigger that this client knows"""
    lazuli("schedule", "create", "-f", str(tour.examples / "schedules/incoming.yml"))
    seen = {each.name: each for each in tour.client.schedules.list()}
    assert seen["incoming"].is_enabled and seen["incoming"].trigger is None
    assert seen["mondays"].trigger.expression == "15 10 * * 1"


def _waited_for(ask: Callable[[], Any]) -> Any:
    """The answer, once there is one."""
    deadline = time.monotonic() + 240
    while not (found := ask()):
        assert time.monotonic() < deadline, lazuli("schedule", "show", "-n", "again")
        time.sleep(0.1)
    return found
