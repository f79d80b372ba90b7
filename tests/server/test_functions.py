"""Sweeps of Python functions: tried by the caller, kept on the server as jobs and runs, one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import nan
from typing import Any

import pytest
from tests.server.conftest import SCOPE, WS, Served, eventually

import lazuli
from lazuli.client.client import Client
from lazuli.client.functions.kept import Kept
from lazuli.client.functions.sweep import Searched
from lazuli.client.profile import Profile
from lazuli.ml.search import Trial, sampler_for
from lazuli.resources.sweep import SweepJob
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.store.documents import Record, Selection

SPACE = {"x": lazuli.uniform(-5, 5), "kind": lazuli.choice("a", {"kind": "b", "deep": lazuli.randint(4)})}


@pytest.fixture(scope="module")
def client(served: Served) -> Client:
    return Client(Profile(served.url, served.token, SCOPE.subscription, SCOPE.resource_group, SCOPE.workspace))


def loss(x: float, kind: str, deep: int = 0) -> float:
    return (x - 1) ** 2 + (kind == "a") + deep


def job(served: Served, name: str) -> Record:
    return served.platform.shelves.job.get(ResourceId(SCOPE, "jobs", name))


def kept(served: Served, name: str) -> list[Record]:
    found = served.platform.shelves.job.select(Selection(SCOPE, "jobs", parent=name, limit=1000))
    return sorted(found, key=lambda trial: trial.state["sweep"]["number"])


def ended(served: Served, name: str, status: str = "Completed") -> Record:
    eventually(lambda: job(served, name).status == status)
    return job(served, name)


def test_every_trial_is_a_job_and_a_run(served: Served, client: Client) -> None:
    def train(x: float, kind: str, deep: int = 0) -> dict[str, float]:
        return {"loss": loss(x, kind, deep), "size": float(deep)}

    found = lazuli.sweep(train, SPACE, metric="loss", trials=12, sampling="random", name="f_all", client=client)
    assert found.name == "f_all"
    assert [trial.number for trial in found.trials] == list(range(12))
    assert found.value == min(loss(**trial.params) for trial in found.trials)
    assert loss(**found.params) == found.value

    sweep = ended(served, "f_all")
    assert sweep.state["best"] == {
        "trial": f"f_all_{found.best.number}",
        "number": found.best.number,
        "score": found.value,
    }
    assert sweep.state["trials"] == 12
    assert [each.id.name for each in kept(served, "f_all")] == [f"f_all_{n}" for n in range(12)]
    runs = served.platform.tracking.runs
    assert runs.get(SCOPE, "f_all").tags["best_child_run_id"] == f"f_all_{found.best.number}"
    assert {run.id for run in runs.children(SCOPE, "f_all")} == {f"f_all_{n}" for n in range(12)}
    for trial, record in zip(found.trials, kept(served, "f_all"), strict=True):
        assert (record.status, record.state["sweep"]["params"]) == ("Completed", trial.params)
        run = runs.get(SCOPE, record.id.name)
        assert run.status == "FINISHED"
        assert run.ended_at is not None and run.started_at <= run.ended_at
        assert run.params == {name: str(value) for name, value in trial.params.items()}
        assert {metric.key: metric.value for metric in run.metrics} == {
            "loss": trial.value,
            "size": trial.params.get("deep", 0),
        }


def test_the_doors_tell_of_it_as_of_any_sweep(served: Served, client: Client) -> None:
    lazuli.sweep(loss, SPACE, trials=3, sampling="random", name="f_doors", client=client, tags={"team": "blue"})
    ended(served, "f_doors")
    told = served.admin.get(f"{WS}/jobs/f_doors").json()["properties"]
    assert told["jobType"] == "Sweep"
    assert told["tags"] == {"team": "blue"}
    assert told["trial"]["command"].endswith(":loss")
    assert told["properties"]["best_child_run_id"].startswith("f_doors_")
    assert client.jobs.get("f_doors_1")["status"] == "Completed"
    children = client.jobs.list(query={"parentJobName": "f_doors"})
    assert {each["name"] for each in children} == {f"f_doors_{n}" for n in range(3)}
    assert "f_doors_0" not in {each["name"] for each in client.jobs.list()}
    log = served.platform.logs.read(job(served, "f_doors"), "azureml-logs/hyperdrive.txt").decode()
    assert "f_doors_0  tries x=" in log.splitlines()[0]
    assert len(log.splitlines()) == 6
    client.jobs.archive("f_doors_0")
    client.jobs.delete("f_doors_2")
    assert [each.id.name for each in kept(served, "f_doors")] == ["f_doors_0", "f_doors_1"]


@pytest.mark.parametrize("algorithm", ["random", "grid", "tpe"])
def test_the_same_seed_finds_the_same_as_the_search_alone(client: Client, algorithm: str) -> None:
    space = SPACE if algorithm != "grid" else {"x": lazuli.choice(1, 2), "kind": lazuli.choice("a", "b", "c")}
    said = {"type": algorithm, "seed": 4}
    found = lazuli.sweep(loss, space, trials=14, sampling=said, name=f"f_same_{algorithm}", client=client)
    sampler, past = sampler_for(space, said, "minimize", 14), list[Trial]()
    while len(past) < 14 and (params := sampler.ask(len(past), past)):
        value = loss(**params)
        past.append(Trial(len(past), params, value, (value,), "completed"))
    assert [trial.params for trial in found.trials] == [trial.params for trial in past]
    assert len(found.trials) == (6 if algorithm == "grid" else 14)


class Interrupted(BaseException):
    pass


def until(count: int, fn: Callable[..., Any] = loss) -> Callable[..., Any]:
    """A function that is interrupted at its n-th call."""
    calls: list[int] = []

    def call(x: float, kind: str, deep: int = 0) -> Any:
        calls.append(1)
        if len(calls) == count:
            raise Interrupted
        return fn(x, kind, deep)

    return call


def test_what_was_interrupted_goes_on_under_its_name(served: Served, client: Client) -> None:
    said: dict[str, Any] = {"trials": 25, "sampling": {"type": "tpe", "seed": 3}, "client": client}
    whole = lazuli.sweep(loss, SPACE, name="f_whole", **said)
    with pytest.raises(Interrupted):
        lazuli.sweep(until(15), SPACE, name="f_parts", **said)
    waiting = job(served, "f_parts")
    assert waiting.status == "Queued"
    assert "Call lazuli.sweep with this name again" in waiting.state["status_reason"]
    assert len(kept(served, "f_parts")) == 14
    calls: list[int] = []

    def counted(x: float, kind: str, deep: int = 0) -> float:
        calls.append(1)
        return loss(x, kind, deep)

    parts = lazuli.sweep(counted, SPACE, name="f_parts", **said)
    assert len(calls) == 11
    assert [trial.params for trial in parts.trials] == [trial.params for trial in whole.trials]
    assert len(kept(served, "f_parts")) == 25
    again = lazuli.sweep(counted, SPACE, name="f_parts", **said)  # nothing is left to try
    assert (len(calls), again.value) == (11, parts.value)
    more = lazuli.sweep(counted, SPACE, name="f_parts", **{**said, "trials": 27})  # but for who asks for more
    assert (len(calls), len(more.trials)) == (13, 27)
    eventually(lambda: ended(served, "f_parts").state["trials"] == 27)
    assert served.platform.tracking.runs.get(SCOPE, "f_parts").status == "FINISHED"


def test_a_name_stands_for_one_search(served: Served, client: Client) -> None:
    lazuli.sweep(loss, SPACE, trials=1, sampling="random", name="f_one", client=client)
    with pytest.raises(Conflict, match="exists with another 'search_space'"):
        lazuli.sweep(lambda x: x, {"x": lazuli.uniform(0, 1)}, trials=1, sampling="random", name="f_one", client=client)
    with pytest.raises(Conflict, match="exists with another 'objective'"):
        lazuli.sweep(loss, SPACE, goal="maximize", trials=1, sampling="random", name="f_one", client=client)
    with pytest.raises(Conflict, match="'f_one_0' is another job's"):
        lazuli.sweep(loss, SPACE, trials=1, sampling="random", name="f_one_0", client=client)


def test_who_takes_a_sweep_up_has_it_alone(served: Served, client: Client) -> None:
    document = SweepJob.load(
        {
            "type": "sweep",
            "trial": {"command": "#"},
            "search_space": {"x": lazuli.uniform(0, 1)},
            "sampling_algorithm": "random",
            "objective": {"goal": "minimize", "primary_metric": "value"},
        }
    )
    first = Kept(client, "f_two", document, "minimize")
    point = [{"key": "value", "value": 1.0, "step": 0, "timestamp": 1}]
    trial = Trial(0, {"x": 0.5}, 1.0, (1.0,), "completed")
    first.keep(trial, point, (1, 2))
    first.keep(Trial(1, {"x": 0.6}, 1.0, (1.0,), "completed"), point, (1, 2))  # so that the one before is kept
    second = Kept(client, "f_two", document, "minimize")
    assert second.past[0] == Trial(0, {"x": 0.5}, 1.0, [1.0], "completed")
    with pytest.raises(Conflict, match="Another program has taken up"):
        for number in (2, 3, 4):
            first.keep(Trial(number, {"x": 0.7}, 1.0, (1.0,), "completed"), point, (1, 2))
    assert len(kept(served, "f_two")) in (1, 2)  # the second was on its way
    second.end("completed")
    ended(served, "f_two")


@pytest.mark.parametrize(
    ("word", "said"), [("number", 2_000_000_000), ("startedAt", 2**62), ("endedAt", 253_402_300_800_000)]
)
def test_a_number_or_a_time_beyond_all_reason_is_refused(served: Served, word: str, said: int) -> None:
    name = f"f_far_{word}"
    body = {
        "jobType": "Sweep",
        "trial": {"command": "#"},
        "searchSpace": {"x": ["uniform", [0, 1]]},
        "samplingAlgorithm": {"samplingAlgorithmType": "Random"},
        "objective": {"goal": "Minimize", "primaryMetric": "value"},
    }
    opened = served.admin.put(f"{WS}/functionSweeps/{name}", json={"properties": body}).json()
    trial = {"number": 0, "params": {}, "state": "completed", "startedAt": 1, "endedAt": 2, "metrics": []}
    sent = {**trial, "holder": opened["holder"], word: said}
    answer = served.admin.post(f"{WS}/functionSweeps/{name}/trials", json=sent)
    assert answer.status_code == 400, answer.text
    assert f"'{word}' is {said}" in answer.text
    assert kept(served, name) == []


def test_a_trial_that_is_sent_twice_is_kept_once(served: Served, client: Client) -> None:
    with pytest.raises(Interrupted):
        lazuli.sweep(until(2), SPACE, trials=5, sampling="random", name="f_twice", client=client)
    body = {"jobType": "Sweep", **served.admin.get(f"{WS}/jobs/f_twice").json()["properties"]}
    opened = served.admin.put(f"{WS}/functionSweeps/f_twice", json={"properties": body}).json()
    trial = {
        "holder": opened["holder"],
        "number": 1,
        "params": {"x": 1.5, "kind": "a"},
        "state": "completed",
        "startedAt": 1,
        "endedAt": 2,
        "metrics": [{"key": "value", "value": v, "step": s, "timestamp": 1} for s, v in enumerate([3.0, 2.0])],
    }
    path = f"{WS}/functionSweeps/f_twice/trials"
    # What a server leaves that dies after the metrics and before the rest
    served.platform.tracking.metrics.log_before(SCOPE, "f_twice_1", "x", trial["metrics"])
    for more in ({"again": True}, {"again": True}, {}):
        answer = served.admin.post(path, json={**trial, **more})
        assert answer.status_code == 200, answer.text
    points, _ = served.platform.tracking.metrics.history(SCOPE, "f_twice_1", "value")
    assert [point.value for point in points] == [3.0, 2.0]
    assert len(kept(served, "f_twice")) == 2


def test_a_cancel_ends_the_search(served: Served, client: Client) -> None:
    asked: list[int] = []

    def train(x: float, kind: str, deep: int = 0) -> float:
        asked.append(1)
        if len(asked) == 3:
            client.jobs.cancel("f_cancel")
        return x

    with pytest.raises(Conflict, match="The sweep 'f_cancel' is Cancel"):
        lazuli.sweep(train, SPACE, trials=50, sampling="random", name="f_cancel", client=client)
    assert len(asked) < 6
    assert len(kept(served, "f_cancel")) in (1, 2)  # the second was on its way
    ended(served, "f_cancel", "Canceled")


def test_a_trial_that_raises_fails_and_the_others_go_on(served: Served, client: Client) -> None:
    def train(trial: Any) -> float:
        if trial.number in (0, 2, 3):
            raise ValueError(f"no {trial.number}")
        return trial["x"]

    found = lazuli.sweep(train, SPACE, trials=6, sampling="random", name="f_some", client=client)
    assert [trial.state for trial in found.trials].count("failed") == 3
    failed = kept(served, "f_some")[2]
    assert failed.status == "Failed"
    assert "ValueError: no 2" in failed.state["error"]["message"]
    assert served.platform.tracking.runs.get(SCOPE, "f_some_2").status == "FAILED"
    assert ended(served, "f_some").state["trials"] == 6


def test_a_function_that_only_raises_is_told(served: Served, client: Client) -> None:
    def train(x: float) -> float:
        raise ValueError("never")

    with pytest.raises(ValueError, match="never"):
        lazuli.sweep(train, {"x": SPACE["x"]}, trials=50, sampling="random", name="f_never", client=client)
    sweep = ended(served, "f_never", "Failed")
    assert "The first 3 trials failed" in sweep.state["error"]["message"]
    assert len(kept(served, "f_never")) == 3
    mended = lazuli.sweep(lambda x: x, {"x": SPACE["x"]}, trials=5, sampling="random", name="f_never", client=client)
    assert [trial.state for trial in mended.trials] == ["failed"] * 3 + ["completed"] * 2
    assert ended(served, "f_never").state["error"] is None


def test_trials_that_do_badly_are_given_up(served: Served, client: Client) -> None:
    reached: dict[int, int] = {}

    def train(trial: Any) -> None:
        for epoch in range(6):
            reached[trial.number] = epoch
            trial.report(10.0 * trial.number + epoch)
            trial.log(epoch=epoch)

    found: Searched = lazuli.sweep(
        train,
        {"x": SPACE["x"]},
        trials=3,
        sampling="random",
        early_stopping={"type": "bandit", "slack_amount": 5, "evaluation_interval": 2},
        name="f_early",
        client=client,
    )
    assert reached == {0: 5, 1: 1, 2: 1}
    assert [(trial.state, trial.value) for trial in found.trials] == [
        ("completed", 0.0),
        ("canceled", 10.0),
        ("canceled", 20.0),
    ]
    record = kept(served, "f_early")[1]
    assert (record.status, record.state["error"]["code"]) == ("Canceled", "GivenUp")
    points, _ = served.platform.tracking.metrics.history(SCOPE, "f_early_0", "value")
    assert [(point.step, point.value) for point in points] == [(n, float(n)) for n in range(6)]
    assert found.best.number == 0


def test_several_are_tried_at_once(served: Served, client: Client) -> None:
    together = threading.Barrier(3, timeout=240)

    def train(x: float) -> float:
        together.wait()
        return x

    found = lazuli.sweep(
        train, {"x": SPACE["x"]}, trials=9, concurrency=3, sampling="tpe", name="f_threads", client=client
    )
    assert [trial.state for trial in found.trials] == ["completed"] * 9
    assert len(kept(served, "f_threads")) == 9
    with pytest.raises(ValueError, match="odd"):
        lazuli.sweep(odd, {"x": SPACE["x"]}, trials=9, concurrency=3, sampling="random", name="f_odd", client=client)


def odd(x: float) -> float:
    raise ValueError("odd")


@pytest.mark.parametrize(
    "fn",
    [
        lambda anything: anything["x"],  # an only parameter, named like no hyperparameter, is the trial
        lambda x: x,
        lambda trial, x: x + trial["x"] - x,
        lambda **named: named["x"],
        lambda x, *, other=3: x * other / 3,
        lambda x, y=2: x * y / 2,
    ],
)
def test_a_function_is_given_what_it_names(client: Client, fn: Callable[..., Any]) -> None:
    found = lazuli.sweep(fn, {"x": lazuli.choice([4, 5])}, trials=1, sampling="random", client=client)
    assert found.value == found.params["x"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"space": {"x": {"type": "unifrm"}}}, "search_space.x"),
        ({"sampling": "grid"}, "'x' is no 'choice'"),
        ({"sampling": "tpee"}, "sampling_algorithm"),
        ({"early_stopping": "bandit"}, "slack_factor"),
        ({"goal": "best"}, "objective.goal"),
        ({"trials": 0}, "max_total_trials"),
        ({"colour": "blue"}, "colour"),
        ({"name": "a/b"}, "name"),
        ({"fn": lambda x, y: x}, "wants 'y'"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_tried(client: Client, said: dict[str, Any], told: str) -> None:
    asked: dict[str, Any] = {"fn": odd, "space": {"x": SPACE["x"]}, "sampling": "random", "client": client, **said}
    with pytest.raises(InvalidInput, match=told):
        lazuli.sweep(**asked)


def test_a_search_may_learn_from_an_earlier_one(served: Served, client: Client) -> None:
    lazuli.sweep(loss, SPACE, trials=40, sampling="random", name="f_before", client=client)
    ended(served, "f_before")
    sampling = {"type": "tpe", "seed": 1, "warm_start": ["f_before"]}
    after = lazuli.sweep(loss, SPACE, trials=3, sampling=sampling, name="f_after", client=client)
    alone = lazuli.sweep(loss, SPACE, trials=3, sampling={"type": "tpe", "seed": 1}, name="f_alone", client=client)
    assert min(loss(**trial.params) for trial in after.trials) < min(loss(**trial.params) for trial in alone.trials)
    with pytest.raises(InvalidInput, match="no sweep 'f_none'"):
        lazuli.sweep(loss, SPACE, sampling={"type": "tpe", "warm_start": ["f_none"]}, client=client)


def test_a_value_that_is_no_number_is_the_worst(client: Client) -> None:
    def train(trial: Any) -> float:
        return nan if trial.number == 0 else float("inf") if trial.number == 1 else 3.0

    found = lazuli.sweep(train, {"x": SPACE["x"]}, trials=3, sampling="tpe", name="f_nan", client=client)
    assert (found.value, found.best.number) == (3.0, 2)
    again = lazuli.sweep(train, {"x": SPACE["x"]}, trials=3, sampling="tpe", name="f_nan", client=client)
    assert [repr(trial.steps[0]) for trial in again.trials] == ["nan", "inf", "3.0"]
