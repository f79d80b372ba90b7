"""Sweeps that end before all is tried: given up, canceled, out of time, failing."""

from __future__ import annotations

from tests.jobs.place import Place
from tests.jobs.sweep.searching import LOGGED, sweep, trials

from lazuli.compute.contract import until


def choice(*values: object) -> dict[str, object]:
    return {"x": {"type": "choice", "values": list(values)}}


def test_a_trial_that_does_badly_is_given_up_while_it_runs_and_keeps_its_metrics(place: Place) -> None:
    sweep(
        place,
        "behind",
        "python log.py score ${{search_space.x}} ${{search_space.x}}; test ${{search_space.x}} = 1 || sleep 600",
        choice(1, 0.5),
        sampling_algorithm="grid",
        early_termination={"type": "bandit", "slack_factor": 0.2},
        limits={"max_concurrent_trials": 1},
    )
    record = place.until("behind", "Completed")
    good, bad = trials(place, "behind")
    assert (good.status, bad.status) == ("Completed", "Canceled")
    assert bad.state["error"]["code"] == "GivenUp"
    assert "'bandit' at interval" in bad.state["error"]["message"]
    assert [metric.value for metric in place.tracked("behind_1").metrics] == [0.5]
    assert record.state["best"]["trial"] == "behind_0"


def test_canceling_a_sweep_cancels_its_trials_and_the_best_of_those_that_ended_stays(place: Place) -> None:
    sweep(
        place,
        "stopped",
        f"{LOGGED}; test ${{{{search_space.x}}}} = 1 || sleep 600",
        sampling_algorithm="grid",
        limits={"max_concurrent_trials": 2},
    )
    until(lambda: [t.status for t in trials(place, "stopped")][:1] == ["Completed"], "the first has ended")
    place.cancel("stopped")
    record = place.until("stopped", "Canceled")
    assert {trial.status for trial in trials(place, "stopped")} == {"Completed", "Canceled"}
    assert record.state["best"]["trial"] == "stopped_0"
    assert place.tracked("stopped").status == "KILLED"


def test_a_sweep_that_is_out_of_time_is_canceled_with_its_trials(place: Place) -> None:
    sweep(place, "late", "sleep 600", limits={"timeout": 1, "max_total_trials": 5, "max_concurrent_trials": 1})
    record = place.until("late", "Canceled")
    assert record.state["error"]["code"] == "JobTimeout"
    assert [trial.status for trial in trials(place, "late")] == ["Canceled"]


def test_a_trial_that_is_out_of_time_is_canceled_and_the_sweep_goes_on(place: Place) -> None:
    command = f"test ${{{{search_space.x}}}} = 2 && {LOGGED} || sleep 600"
    sweep(place, "slow", command, choice(1, 2), sampling_algorithm="grid", limits={"trial_timeout": 1})
    record = place.until("slow", "Completed")
    slow, quick = trials(place, "slow")
    assert (slow.status, slow.state["error"]["code"]) == ("Canceled", "JobTimeout")
    assert (quick.status, record.state["best"]["trial"]) == ("Completed", "slow_1")


def test_where_the_first_three_fail_the_others_are_not_tried(place: Place) -> None:
    sweep(place, "broken", "exit 7", limits={"max_total_trials": 50, "max_concurrent_trials": 1})
    record = place.until("broken", "Failed")
    assert record.state["error"]["code"] == "TrialsFailed"
    assert "'broken_0' says: " in record.state["error"]["message"]
    assert "exit code 7" in record.state["error"]["message"]
    assert len(trials(place, "broken")) == 3


def test_single_trials_that_fail_do_not_matter_and_all_of_them_do(place: Place) -> None:
    command = f"test ${{{{search_space.x}}}} = 3 && {LOGGED}"
    sweep(place, "some-fail", command, choice(1, 3, 2), sampling_algorithm="grid", limits={"max_concurrent_trials": 1})
    record = place.until("some-fail", "Completed")
    assert record.state["best"]["trial"] == "some-fail_1"
    sweep(place, "all-fail", "false", choice(1, 2), sampling_algorithm="grid")
    assert "All 2 trials failed" in place.until("all-fail", "Failed").state["error"]["message"]
