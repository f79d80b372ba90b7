"""A sweep that has ended goes on where it was, and one learns from another."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.jobs.place import Place
from tests.jobs.sweep.searching import LOGGED, given, sweep, trials

from lazuli.compute.contract import until
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, InvalidInput

_LAST = {"type": "truncation_selection", "truncation_percentage": 10}
SPACE = {"x": {"type": "uniform", "min_value": 0, "max_value": 1}}


def test_a_raised_limit_goes_on_from_where_it_was(place: Place) -> None:
    said = {"sampling_algorithm": {"type": "random", "seed": 3}, "outputs": {"out": {"name": "going-on"}}}
    command = f"{LOGGED}; echo ${{{{search_space.x}}}} > ${{{{outputs.out}}}}/x"
    sweep(place, "whole", command, SPACE, limits={"max_total_trials": 4}, **said)
    whole = place.until("whole", "Completed")
    sweep(place, "parted", command, SPACE, limits={"max_total_trials": 2}, **said)
    place.until("parted", "Completed")
    first = trials(place, "parted")
    sweep(place, "parted", command, SPACE, limits={"max_total_trials": 4}, **said)
    assert place.get("parted").status == "Running"
    assert (place.tracked("parted").status, place.tracked("parted").ended_at) == ("RUNNING", None)
    parted = place.until("parted", "Completed")
    assert given(place, "parted") == given(place, "whole")
    assert trials(place, "parted")[:2] == first
    assert parted.state["best"]["score"] == whole.state["best"]["score"]
    assert place.tracked("parted").status == "FINISHED"
    newest = place.platform.shelves.data.resolve(place.scope, "azureml:going-on@latest", target="")
    assert newest.body["path"].endswith(f"/{parted.state['best']['trial']}/out")
    with pytest.raises(Conflict, match="has ended with 4 trials"):
        sweep(place, "parted", command, SPACE, limits={"max_total_trials": 3}, **said)


def test_a_canceled_sweep_goes_on_too_and_a_running_one_takes_other_limits(place: Place) -> None:
    def wait(total: int) -> None:
        sweep(place, "halted", "sleep 600", limits={"max_total_trials": total})
        until(
            lambda: [trial.status for trial in trials(place, "halted")][total - 1 :] == ["Running"], f"{total} trials"
        )

    def halt() -> None:
        place.cancel("halted")
        place.until("halted", "Canceled")

    wait(1)
    wait(2)
    halt()
    wait(3)
    record = place.get("halted")
    assert (record.status, record.state.get("end_time"), record.state.get("error")) == ("Running", None, None)
    halt()
    assert [trial.status for trial in trials(place, "halted")] == ["Canceled"] * 3
    assert place.platform.shelves.job.delete(ResourceId(place.scope, "jobs", "halted"), place.actor)


def test_a_sweep_whose_first_trials_failed_goes_on_once_what_was_wrong_is_mended(place: Place, tmp_path: Path) -> None:
    command = f"test -e {tmp_path}/mended"
    sweep(place, "mended", command, SPACE, limits={"max_total_trials": 9, "max_concurrent_trials": 1})
    assert "The first 3 trials failed" in place.until("mended", "Failed").state["error"]["message"]
    (tmp_path / "mended").touch()
    sweep(place, "mended", command, SPACE, limits={"max_total_trials": 10, "max_concurrent_trials": 1})
    place.until("mended", "Completed")
    assert [trial.status for trial in trials(place, "mended")] == ["Failed"] * 3 + ["Completed"] * 7


def test_a_search_begins_with_what_an_earlier_one_has_found(place: Place) -> None:
    space = {"x": {"type": "uniform", "min_value": 0, "max_value": 1}}
    sweep(place, "teacher", LOGGED, space, sampling_algorithm="qmc", limits={"max_total_trials": 12})
    place.until("teacher", "Completed")
    algorithm, limits = {"type": "bayesian", "seed": 1}, {"max_total_trials": 1}
    taught = {**algorithm, "warm_start": ["azureml:teacher"]}
    sweep(place, "taught", "true", space, sampling_algorithm=taught, limits=limits)
    sweep(place, "untaught", "true", space, sampling_algorithm=algorithm, limits=limits)
    place.until("taught", "Completed")
    place.until("untaught", "Completed")
    assert given(place, "taught")[0]["x"] > 0.7
    assert given(place, "taught") != given(place, "untaught")
    with pytest.raises(InvalidInput, match="no sweep 'nobody'"):
        sweep(place, "lost", "true", space, sampling_algorithm={**algorithm, "warm_start": ["nobody"]})
    judged = {"sampling_algorithm": {"type": "grid", "warm_start": ["teacher"]}, "limits": limits}
    for name, policy in (("beside", {"type": "bandit", "slack_amount": 0.5}), ("last", _LAST)):
        command = f"{LOGGED}; sleep 600"
        sweep(place, name, command, {"x": {"type": "choice", "values": [0.01]}}, early_termination=policy, **judged)
        place.until(name, "Completed")
        assert [trial.state["error"]["code"] for trial in trials(place, name)] == ["GivenUp"]
    with pytest.raises(InvalidInput, match="learns nothing"):
        sweep(place, "lost", "true", space, sampling_algorithm={"type": "random", "warm_start": ["teacher"]})
