"""Schedules."""

# pyright: reportMissingImports=false
from __future__ import annotations

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
    """schedules.begin_create_or_update, get, list: a pipeline, cron and recurrence (kept, not fired)"""
    schedules = tour.client.schedules
    pattern = RecurrencePattern(hours=[10], minutes=[0, 30], week_days=["monday", "friday"])
    when = RecurrenceTrigger(frequency="week", interval=2, schedule=pattern, time_zone=TimeZone.UTC)
    made = schedules.begin_create_or_update(
        JobSchedule(name="weekly", trigger=when, create_job=_pipeline(tour))
    ).result()
    assert (made.name, made.is_enabled, made.trigger.interval) == ("weekly", True, 2)
    assert made.trigger.schedule.minutes == [0, 30] and made.create_job.type == "pipeline"
    assert list(made.create_job.jobs) == ["hello"], made.create_job.jobs
    cron = CronTrigger(expression="15 10 * * 1", time_zone="UTC")
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
    assert told["trigger"] == {"type": "cron", "expression": "15 10 * * 1", "time_zone": "UTC"}
    lazuli("compute", "create", "-n", "cpu-cluster", "--max-instances", "1")
    lazuli("schedule", "create", "-f", str(tour.examples / "schedules/nightly.yml"))
    seen = tour.client.schedules.get("nightly")
    assert seen.trigger.schedule.hours == [2] and seen.create_job.command == "echo good night"
    with expected(HttpResponseError, "no hour"):
        wrong = CronTrigger(expression="0 25 * * *", time_zone="UTC")
        tour.client.schedules.begin_create_or_update(
            JobSchedule(name="never", trigger=wrong, create_job=_pipeline(tour))
        ).result()


def trigger_a_schedule(tour: Tour) -> None:
    """schedules.trigger raises HttpResponseError: nothing fires a schedule yet"""
    with expected(HttpResponseError, "does not fire schedules yet", "lazuli job create"):
        tour.client.schedules.trigger("mondays")
