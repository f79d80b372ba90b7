"""How a deployment is brought up, changed, scaled and kept up. How it and its endpoint meet, :mod:`lifecycle` tells.

What answers is a *run*: the instances that were made of one state of the deployment's document, which is kept with it.
A change of the model, the script or the environment makes another run beside it; a change of how many instances there
are adds some to the run or ends some. Whatever becomes of a change, the run that answers is kept up as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lazuli.compute.engine import Phase, Reason
from lazuli.endpoints.behind import endpoint_of
from lazuli.endpoints.instances import (
    READY,
    STARTING,
    Building,
    Ended,
    Instance,
    Instances,
    as_run,
    instances_of,
    keys_in,
    last_words,
    mark_of_run,
    told,
)
from lazuli.endpoints.lifecycle import Kept
from lazuli.endpoints.moves import CREATING, FAILED, SUCCEEDED, UPDATING
from lazuli.endpoints.plan import Serving, check_plan
from lazuli.endpoints.scaling import Loads, bounds
from lazuli.endpoints.table import CONFIG, control_in, onnx_said
from lazuli.resources.deployment import OnlineDeployment
from lazuli.resources.table import noun
from lazuli.schema.problems import Conflict, Problem, Unavailable
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record
from lazuli.store.reconciler import Step

__all__ = ["DeploymentLifecycle"]

_READY_MS, _BUILD_MS, _LOOK_MS, _CALM_MS = 50, 500, 30_000, 60_000
_BUILDING = "Building its environment; the next deployment with it will not wait."
_STARTING = "Starting its processes."
_SCALES = frozenset(
    {
        "instance_count",
        "scale_settings",
        "liveness_probe",
        "readiness_probe",
        "startup_probe",
        "tags",
        "description",
        "properties",
    }
)
"""What a deployment may say otherwise while its instances go on."""


class DeploymentLifecycle(Kept):
    """The steps of online deployments."""

    def __init__(self, *rooms: Any, serving: Serving) -> None:
        super().__init__(*rooms)
        self._serving = serving
        self._loads = Loads()
        self._instances = Instances(self.engine, self.watch, self.leaving, serving, self.store.clock, self._busy)

    def advance(self, record: Record) -> Step:
        """The next step of a deployment. A problem that only its user can mend fails it."""
        try:
            run = record.state.get("run")
            if record.state.get("next"):
                return self._bring_up(record)
            if record.status in (CREATING, UPDATING):
                return self._changed(record, run) if run and _is_same(record, run) else self._anew(record)
            if run:
                return self._keep_up(record, run)
            return Step(again_ms=_LOOK_MS) if record.status == FAILED else self._anew(record)
        except (Unavailable, Conflict):
            raise
        except Building:
            return Step(state={"status_reason": _BUILDING}, again_ms=_BUILD_MS)
        except Problem as problem:
            return self._failed(record, problem.code, str(problem))

    # --- a new run ---------------------------------------------------------------------------------------------

    def _anew(self, record: Record) -> Step:
        """Begin another run, with as many instances as answer now where that is for the load to say."""
        least, most = bounds(_document(record))
        count = max(least, min(most, len(instances_of(record.state.get("run") or {}))))
        keys, runs = self.fresh_keys(record, count)
        every = [Instance(key).dump() for key in keys]
        following = {"key": keys[0], "said": dict(record.body), "instances": every}
        return Step(state={"next": following, "runs": runs, "status_reason": _STARTING})

    def _bring_up(self, record: Record) -> Step:
        """See what is to answer next into the endpoint's table."""
        following: Mapping[str, Any] = record.state["next"]
        if (model := self._serving.onnx(record)) is not None:
            return self._bring_in(record, following, str(model))
        every = []
        for before in instances_of(following):
            found = self._instances.step(record, before)
            if isinstance(found, Ended):
                return self._failed(record, found.code, _told_of(found))
            every.append(found)
        if every != instances_of(following):
            return Step(state={"next": {**following, "instances": [each.dump() for each in every]}})
        if any(each.phase == STARTING for each in every):
            return Step(again_ms=self._instances.again_ms(every))
        return self._ready(record, following, {})

    def _bring_in(self, record: Record, following: Mapping[str, Any], model: str) -> Step:
        """See an ONNX model into the endpoint's front, once a check has loaded it."""
        key = str(following["key"])
        look = self.engine.look(key)
        if look.phase is Phase.ABSENT:
            table = {"endpoint": record.id.name, "address": ["127.0.0.1", 0], "control": "none"}
            table["deployments"] = {record.id.version: onnx_said(record, model)}
            self.leaving.start(check_plan(table, self.engine.folder(key), CONFIG), key)
            look = self.engine.look(key)
        if not look.over:
            self.watch.join(key, record.id)
            return Step(again_ms=_BUILD_MS)
        if look.reason is not Reason.COMPLETED:
            ended = Ended("ContainerCrashed", last_words(self.engine, key, look), look)
            return self._failed(record, ended.code, _told_of(ended))
        return self._ready(record, following, {"model": model, "instances": []})

    def _ready(self, record: Record, following: Mapping[str, Any], how: Mapping[str, Any]) -> Step:
        """Call the endpoint, and wait until it asks what was brought up; then what answered before may end."""
        if not following.get("ready"):
            facts = {**following, **how, "ready": True}
            return Step(state={"next": facts}, after=lambda: self.reconciler.wake(endpoint_of(record.id)))
        if not self._is_asked(record, following):
            return Step(again_ms=_BUILD_MS)  # it calls when it does
        run = {word: value for word, value in following.items() if word != "ready"}
        former = [*keys_in(record.state.get("run")), *keys_in(record.state.get("last"))]
        former += record.state.get("leaving") or []
        facts = {"run": run, "next": None, "last": None, "leaving": None, "error": None, "status_reason": None}
        gone = [key for key in former if key not in keys_in(run)]
        return Step(SUCCEEDED, {**facts, "provisioning_state": SUCCEEDED}, after=lambda: self.leaving.stop(*gone))

    def _failed(self, record: Record, code: str, message: str) -> Step:
        """A failure: what answered before goes on, and the log of what failed stays."""
        following, last = record.state.get("next"), record.state.get("last")
        keys = keys_in(following)
        for key in keys:
            if not self.engine.look(key).over:
                self.engine.stop(key)
        facts: dict[str, Any] = {
            "error": {"code": code, "message": message},
            "status_reason": message,
            "next": None,
            "last": _last(keys[0] if keys else None),
            "provisioning_state": FAILED,
        }
        gone = [*keys_in(last), *keys[1:]]
        return Step(FAILED, facts, again_ms=_READY_MS, after=lambda: self.leaving.stop(*gone))

    # --- the run that answers ----------------------------------------------------------------------------------

    def _changed(self, record: Record, run: Mapping[str, Any]) -> Step:
        """A change that its instances go on with: how many there are, and how they are looked after."""
        if run["said"] != record.body:
            return Step(state={"run": {**run, "said": dict(record.body)}, "status_reason": None})
        return self._keep_up(record, run)

    def _keep_up(self, record: Record, run: Mapping[str, Any]) -> Step:
        """Look at what answers: what ended is started anew, and there are as many instances as there should be."""
        if "model" in run:  # the front answers
            return self._settled(record) if record.status == UPDATING else Step(again_ms=_LOOK_MS)
        made, before = as_run(record, run), instances_of(run)
        every, ended = self._looked_at(made, before)
        count, why = self._wanted(record, made, before)
        leaving = list(record.state.get("leaving") or [])
        if count < len(every):
            ranked = sorted(every, key=lambda each: each.phase != READY)  # stable: the oldest that are ready stay
            leaving += [each.key for each in ranked[count:]]
            every = [each for each in every if each.key not in leaving]
        fresh, runs = self.fresh_keys(record, len(ended) + max(0, count - len(every) - len(ended)))
        every += [self._successor(gone, found, key) for (gone, found), key in zip(ended, fresh, strict=False)]
        every += [Instance(key) for key in fresh[len(ended) :]]
        if every == before and not why:
            return self._as_it_is(record, run, every, leaving)
        facts: dict[str, Any] = {"runs": runs, "leaving": leaving or None}
        facts["run"] = {**run, "key": every[0].key, "instances": [each.dump() for each in every]}
        if why:
            facts["run"]["why"] = f"{len(before)} → {count}: {why}"
        return self._after_end(record, facts, ended)

    def _after_end(self, record: Record, facts: dict[str, Any], ended: Sequence[tuple[Instance, Ended]]) -> Step:
        """Write down what has changed, and let the endpoint know."""
        gone = [each.key for each, _ in ended]
        status = ""
        if ended:
            found = ended[-1][1]
            facts["status_reason"] = f"An instance ended and is started anew: {found.message}".strip()
            facts["last"] = _last(gone[-1])
            gone = [*keys_in(record.state.get("last")), *gone[:-1]]
            if record.status == UPDATING:
                status = FAILED
                error = {"code": found.code, "message": _told_of(found)}
                facts |= {"error": error, "status_reason": _told_of(found), "provisioning_state": FAILED}

        def after() -> None:
            self.reconciler.wake(endpoint_of(record.id))
            self.leaving.stop(*gone)
            for each, _ in ended:  # it may not answer, and still run
                self.engine.stop(each.key)

        return Step(status, facts, again_ms=_READY_MS, after=after)

    def _as_it_is(self, record: Record, run: Mapping[str, Any], every: list[Instance], leaving: list[str]) -> Step:
        """Nothing has to change: what left may end once nobody asks it, and an update is done once all are ready."""
        again_ms = self._instances.again_ms(every)
        scaled = self._loads.again_ms(record.id.key, _document(as_run(record, run)), self.store.clock())
        if scaled is not None:
            again_ms = min(again_ms, scaled)
        if leaving or record.status == UPDATING:
            if not self._is_asked(record, run):
                return Step(again_ms=_BUILD_MS)
            if leaving:
                return Step(state={"leaving": None}, after=lambda: self.leaving.stop(*leaving))
            if all(each.phase == READY for each in every):
                return self._settled(record)
        are_ready = all(each.phase == READY for each in every)
        if are_ready and record.status == SUCCEEDED and record.state.get("status_reason"):
            return Step(state={"status_reason": None})
        return Step(again_ms=again_ms)

    def _settled(self, record: Record) -> Step:
        facts = {"error": None, "status_reason": None, "provisioning_state": SUCCEEDED}
        return Step(SUCCEEDED, facts)

    def _looked_at(
        self, made: Record, before: Sequence[Instance]
    ) -> tuple[list[Instance], list[tuple[Instance, Ended]]]:
        """The instances as they are now, and those that have ended."""
        every, ended = [], []
        for each in before:
            try:
                found = self._instances.step(made, each)
            except Building:
                found = each
            if isinstance(found, Ended):
                ended.append((each, found))
            else:
                every.append(found)
        return every, ended

    def _successor(self, gone: Instance, found: Ended, key: str) -> Instance:
        """What takes the place of an instance: at once after one that ran well, else after a pause that grows."""
        now = self.store.clock()
        failures = 1 if gone.since_ms and now - gone.since_ms > _CALM_MS else gone.failures + 1
        pause_ms = self.pause_ms(failures - 1) if failures > 1 else 0
        return Instance(key, failures=failures, due_ms=now + pause_ms)

    def _wanted(self, record: Record, made: Record, every: Sequence[Instance]) -> tuple[int, str]:
        """How many instances there are to be, and why where the load says so."""
        said = _document(made)
        state = self._front(record) if said.scale_settings else None
        return self._loads.wanted(record.id.key, said, len(every), state, self.store.clock())

    def _busy(self, record: Record) -> Collection[str]:
        return (self._front(record) or {}).get("busy", ())

    def _front(self, record: Record) -> Mapping[str, Any] | None:
        """What the endpoint's front says of a deployment."""
        with self.store.state.read() as tx:
            endpoint = self.store.documents.find(tx, endpoint_of(record.id))
        run = endpoint.state.get("run") if endpoint else None
        state = told(control_in(self.engine.folder(str(run["key"])))) if run else None
        return (state or {"deployments": {}})["deployments"].get(record.id.version)

    def _is_asked(self, record: Record, run: Mapping[str, Any]) -> bool:
        """Whether the endpoint's front asks just what a run has."""
        with self.store.state.read() as tx:
            endpoint = self.store.documents.find(tx, endpoint_of(record.id))
        if endpoint is None:
            return False
        return (endpoint.state.get("serving") or {}).get(record.id.version) == mark_of_run(run)


def _document(record: Record) -> OnlineDeployment:
    return document_of(noun("online-deployment"), record)


def _is_same(record: Record, run: Mapping[str, Any]) -> bool:
    """Whether a deployment has changed in nothing that its instances are made of."""
    said: Mapping[str, Any] = run.get("said") or {}
    return bool(said) and _made_of(said) == _made_of(record.body)


def _made_of(body: Mapping[str, Any]) -> dict[str, Any]:
    return {word: value for word, value in body.items() if word not in _SCALES}


def _last(key: str | None) -> dict[str, Any] | None:
    return {"key": key} if key else None


def _told_of(ended: Ended) -> str:
    """Why an instance did not come up."""
    if ended.code != "ContainerCrashed":
        return ended.message
    return f"Its process ended before it was ready: {ended.message} Its log says more."
