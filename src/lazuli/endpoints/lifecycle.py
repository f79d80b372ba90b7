"""How endpoints and deployments are brought up, kept up and changed, without one failed request.

A deployment brings its processes up beside those that answer now. When they are ready it calls its endpoint, whose
front takes a new table between two requests; then the endpoint calls back, and what answered before may end::

    deployment   start ─▶ ready ──┐             ┌──▶ Succeeded, the former ends
    endpoint                      └─▶ new table ┘

The front, and what stands behind it, outlive the server: whoever comes back finds them by their keys.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from lazuli.compute.engine import Engine, Look, Phase, Reason
from lazuli.compute.environments import State
from lazuli.endpoints.behind import deployments_of, endpoint_of
from lazuli.endpoints.collected import Collections
from lazuli.endpoints.keys import EndpointKeys
from lazuli.endpoints.leaving import Leaving
from lazuli.endpoints.line import ask
from lazuli.endpoints.moves import CREATING, FAILED, MOVES, SUCCEEDED, UPDATING
from lazuli.endpoints.plan import LOG, Serving, check_plan, front_plan
from lazuli.endpoints.table import CONFIG, CONTROL, chosen, doors_of, mark_of, onnx_said, table_of
from lazuli.jobs.watch import Watch
from lazuli.resources.deployment import Probe
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, Problem, Unavailable
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Reconciler, Step

__all__ = ["DeploymentLifecycle", "EndpointLifecycle"]

_SOON_MS, _READY_MS, _BUILD_MS, _LOOK_MS = 20, 50, 500, 30_000
_TAIL = 4000
_BACK_OFF_MS, _LONGEST_MS = 1000, 60_000
_FAULT = "Lazuli could not go on with it; its log has the details."
_BUILDING = "Building its environment; the next deployment with it will not wait."
_STARTING = "Starting its processes."


class _Kept:
    """What the lifecycles of both kinds share."""

    transitions: Mapping[str, frozenset[str]] = MOVES

    def __init__(self, store: Store, reconciler: Reconciler, engine: Engine, watch: Watch, leaving: Leaving) -> None:
        self.store = store
        self.reconciler = reconciler
        self.engine = engine
        self.watch = watch
        self.leaving = leaving

    def give_up(self, record: Record, error: Exception) -> Step:
        """Nothing that serves is given up: it is looked at again later."""
        reason = str(error) if isinstance(error, Problem) else _FAULT
        return Step(state={"status_reason": reason}, again_ms=_LONGEST_MS)

    def entered(self, tx: Connection, record: Record) -> list[ResourceId]:
        """Nobody waits for a status alone."""
        return []

    def fresh(self, record: Record, word: str) -> dict[str, Any]:
        """The facts of a new run under ``word``; its key was never used, is short, and unique over all workspaces."""
        number = int(record.state.get("runs") or 0) + 1
        place = hashlib.sha256(f"{record.created_at}{record.id.key}".encode()).hexdigest()[:12]
        return {word: {"key": f"{'dep' if record.id.version else 'end'}-{place}-{number}"}, "runs": number}

    def last_words(self, key: str, look: Look) -> str:
        """The last line that ended work said, or what the engine says of its end."""
        said = self.engine.tail(key, LOG, -_TAIL).decode(errors="replace").strip()
        return said.splitlines()[-1] if said else look.message

    def pause_ms(self, failures: int) -> int:
        """How long to wait before what ended by itself is started anew."""
        return min(_LONGEST_MS, _BACK_OFF_MS * 2 ** min(failures, 10))


class DeploymentLifecycle(_Kept):
    """The steps of online deployments."""

    def __init__(self, *rooms: Any, serving: Serving) -> None:
        super().__init__(*rooms)
        self._serving = serving

    def advance(self, record: Record) -> Step:
        """The next step of a deployment. A problem that only its user can mend fails it."""
        try:
            if record.status in (CREATING, UPDATING) or record.state.get("next"):
                return self._bring_up(record)
            return self._keep_up(record)
        except (Unavailable, Conflict):
            raise
        except Problem as problem:
            return self._failed(record, problem.code, str(problem))

    def _bring_up(self, record: Record) -> Step:
        """Start what is to answer next, and see it into the endpoint's table."""
        following = record.state.get("next")
        if not following:
            return self._anew(record)
        key = str(following["key"])
        look = self.engine.look(key)
        if (model := self._serving.onnx(record)) is not None:
            return self._bring_in(record, following, look, str(model))
        if look.phase is Phase.ABSENT:
            environment = self._serving.environment(record)
            if environment.state is State.BUILDING:
                self.watch.join(environment.log_key, record.id)
                return Step(state={"status_reason": _BUILDING}, again_ms=_BUILD_MS)
            if environment.state is State.FAILED:
                message = f"The environment could not be built. {environment.message}".strip()
                return self._failed(record, "EnvironmentBuildFailed", message)
            self.leaving.start(self._serving.plan(record, key, self.engine.folder(key), environment), key)
            look = self.engine.look(key)
        if look.over:
            return self._ended_early(record, look)
        self.watch.join(key, record.id)
        asked = self._serving.asked(record, self.engine.folder(key), look)
        probe = Probe.load(record.body.get("readiness_probe") or {})
        if asked is None or not asked.is_ready(probe.timeout):
            return self._not_yet(record, look)
        return self._ready(record, following, {"addresses": list(asked.addresses), "scoring": asked.scoring})

    def _bring_in(self, record: Record, following: Mapping[str, Any], look: Look, model: str) -> Step:
        """See an ONNX model into the endpoint's front, once a check has loaded it."""
        key = str(following["key"])
        if look.phase is Phase.ABSENT:
            said = onnx_said(record, model)
            table = {"endpoint": record.id.name, "address": ["127.0.0.1", 0], "control": "none"}
            table["deployments"] = {record.id.version: said}
            self.watch.join(key, record.id)
            self.leaving.start(check_plan(table, self.engine.folder(key), CONFIG), key)
            return Step(again_ms=_BUILD_MS)
        if not look.over:
            self.watch.join(key, record.id)
            return Step(again_ms=_BUILD_MS)
        if look.reason is not Reason.COMPLETED:
            return self._ended_early(record, look)
        return self._ready(record, following, {"model": model})

    def _ready(self, record: Record, following: Mapping[str, Any], how: Mapping[str, Any]) -> Step:
        """Call the endpoint, which learns ``how`` it is asked; then wait until it does ask."""
        if following.get("ready"):
            return self._taken(record, following)
        facts = {**following, **how, "ready": True}
        return Step(state={"next": facts}, after=lambda: self.reconciler.wake(endpoint_of(record.id)))

    def _not_yet(self, record: Record, look: Look) -> Step:
        """Wait for ``init()``, for as long as the liveness probe has patience."""
        probe = Probe.load(record.body.get("liveness_probe") or {})
        limit_s = probe.initial_delay + probe.failure_threshold * probe.period
        waited_ms = max(0, self.store.clock() - look.started_at_ms) if look.started_at_ms else 0
        if waited_ms < limit_s * 1000:
            return Step(again_ms=_READY_MS if waited_ms < 10_000 else _BUILD_MS)
        return self._failed(
            record,
            "NotReady",
            f"Its init() was not done after {limit_s} seconds, which is what its liveness probe grants.",
        )

    def _taken(self, record: Record, following: Mapping[str, Any]) -> Step:
        """Succeeded, once the endpoint's front asks what was brought up; then what answered before may end."""
        with self.store.state.read() as tx:
            endpoint = self.store.documents.find(tx, endpoint_of(record.id))
        if endpoint is None or (endpoint.state.get("serving") or {}).get(record.id.version) != following["key"]:
            return Step(again_ms=_BUILD_MS)  # it calls when it does
        run = {word: following[word] for word in ("key", "addresses", "scoring", "model") if word in following}
        former = [each.get("key") for each in (record.state.get("run") or {}, record.state.get("last") or {})]
        facts = {"run": run, "next": None, "last": None, "failures": None, "error": None, "status_reason": None}
        return Step(
            SUCCEEDED,
            {**facts, "provisioning_state": SUCCEEDED},
            after=lambda: self.leaving.stop(*(key for key in former if key != run["key"])),
        )

    def _ended_early(self, record: Record, look: Look) -> Step:
        """What was to answer has ended: a mistake in the script where it is new, bad luck where it ran before."""
        following = record.state["next"]
        last = self.last_words(str(following["key"]), look)
        if record.status in (CREATING, UPDATING):
            return self._failed(
                record, "ContainerCrashed", f"Its process ended before it was ready: {last} Its log says more."
            )
        failures = int(record.state.get("failures") or 0) + 1
        reason = f"Its process ended again before it was ready: {last}"
        former = record.state.get("last")
        return Step(
            state={
                "next": None,
                "last": {"key": following["key"]},
                "run": None,
                "failures": failures,
                "status_reason": reason,
            },
            again_ms=self.pause_ms(failures),
            after=lambda: self.leaving.stop((former or {}).get("key")),
        )

    def _keep_up(self, record: Record) -> Step:
        """Look at what answers; where it ended, start it anew."""
        run = record.state.get("run")
        if run is None:
            return Step(again_ms=_LOOK_MS) if record.status == FAILED else self._anew(record)
        key = str(run["key"])
        if "model" in run:  # the front answers
            return Step(again_ms=_LOOK_MS)
        self.watch.join(key, record.id)
        look = self.engine.look(key)
        if not look.over and look.phase is not Phase.ABSENT:
            return self._probe(record, key, look)
        failures = int(record.state.get("failures") or 0) + 1
        reason = f"Its process ended and is started anew: {look.message}".strip()
        return Step(
            state={"run": None, "last": {"key": key}, "failures": failures, "status_reason": reason},
            again_ms=self.pause_ms(failures - 1) if failures > 1 else 0,
        )

    def _probe(self, record: Record, key: str, look: Look) -> Step:
        """Ask a server of one's own whether it lives; after too many bad answers it is ended, and started anew."""
        asked = self._serving.asked(record, self.engine.folder(key), look)
        if asked is None or not asked.alive:
            return Step(again_ms=_LOOK_MS)
        probe = Probe.load(record.body.get("liveness_probe") or {})
        before = int(record.state.get("unwell") or 0)
        unwell = 0 if asked.is_alive(probe.timeout) else before + 1
        again_ms = 1000 * probe.period
        if unwell < probe.failure_threshold:
            return Step(state={"unwell": unwell} if unwell != before else {}, again_ms=again_ms)
        reason = f"Its liveness probe failed {unwell} times; it is started anew."
        return Step(
            state={"unwell": 0, "status_reason": reason}, again_ms=again_ms, after=lambda: self.engine.stop(key)
        )

    def _anew(self, record: Record) -> Step:
        return Step(state={**self.fresh(record, "next"), "status_reason": _STARTING})

    def _failed(self, record: Record, code: str, message: str) -> Step:
        """A failure: what answered before goes on, and the log of what failed stays."""
        following = record.state.get("next") or {}
        last = record.state.get("last") or {}
        key = following.get("key")
        if key and not self.engine.look(str(key)).over:
            self.engine.stop(str(key))
        facts: dict[str, Any] = {
            "error": {"code": code, "message": message},
            "status_reason": message,
            "next": None,
            "last": {"key": key} if key else None,
            "provisioning_state": FAILED,
        }
        return Step(FAILED, facts, again_ms=_LOOK_MS, after=lambda: self.leaving.stop(last.get("key")))


class EndpointLifecycle(_Kept):
    """The steps of online endpoints."""

    def __init__(self, *rooms: Any, keys: EndpointKeys, collections: Collections) -> None:
        super().__init__(*rooms)
        self._keys = keys
        self._collections = collections

    def advance(self, record: Record) -> Step:
        """The next step of an endpoint: its front runs, and knows what it is to know."""
        if not record.state.get("port"):
            return Step(state={"port": _free_port()})
        run = record.state.get("run")
        if not run:
            return Step(state={**self.fresh(record, "run"), "generation": 0, "mark": None})
        key = str(run["key"])
        look = self.engine.look(key)
        if look.over:
            return self._fallen(record, key, look)
        self.watch.join(key, record.id)
        folder = self.engine.folder(key)
        with self.store.state.read() as tx:
            deployments = deployments_of(self.store, tx, record.id)
        table = table_of(record, deployments, self._keys, self._collections, folder)
        if look.phase is Phase.ABSENT:
            self.leaving.start(front_plan({**table, "generation": 0}, folder, CONFIG), key)
            return Step(again_ms=_SOON_MS)
        state = _told(folder)
        if state is None:
            return Step(again_ms=_SOON_MS)
        mark = mark_of(table)
        if mark != record.state.get("mark"):  # written down before it is done, so that what is done is known
            generation = int(record.state.get("generation") or 0) + 1
            return Step(state={"mark": mark, "generation": generation})
        generation = int(record.state["generation"])
        if state["generation"] != generation:
            is_first = _written(folder / CONFIG) != generation
            _write(folder / CONFIG, {**table, "generation": generation})
            ask(folder / CONTROL, "POST", "/reload")
            return Step(again_ms=_SOON_MS if is_first else _BUILD_MS)
        return self._in_effect(record, deployments)

    def _in_effect(self, record: Record, deployments: list[Record]) -> Step:
        """The front knows all: who waited for that is called, and what answers no longer may end."""
        before: Mapping[str, str] = record.state.get("serving") or {}
        serving = {each.id.version: str(run["key"]) for each in deployments if (run := chosen(each))}
        gone = record.state.get("gone") or []
        called = [each.id for each in deployments if serving.get(each.id.version) != before.get(each.id.version)]

        def after() -> None:
            for id in called:
                self.reconciler.wake(id)
            self.leaving.stop(*gone)

        doors = mark_of(doors_of(record, self._keys))
        facts = {
            "serving": serving,
            "doors": doors,
            "gone": None,
            "provisioning_state": SUCCEEDED,
            "status_reason": None,
            "failures": None,
        }
        return Step(SUCCEEDED, facts, again_ms=_LOOK_MS, after=after)

    def _fallen(self, record: Record, key: str, look: Look) -> Step:
        """Its front has ended by itself: another is started, at the same address where that is free."""
        failures = int(record.state.get("failures") or 0) + 1
        reason = f"Its front ended and is started anew: {self.last_words(key, look)}"
        facts: dict[str, Any] = {"run": None, "failures": failures, "status_reason": reason}
        if failures > 1 and not _is_free(int(record.state["port"])):
            facts["port"] = None
        again_ms = self.pause_ms(failures - 1) if failures > 1 else 0
        return Step(state=facts, again_ms=again_ms, after=lambda: self.leaving.stop(key))


def _told(folder: Path) -> dict[str, Any] | None:
    """What a front says of itself; None where it does not answer yet."""
    said = ask(folder / CONTROL, "GET", "/state")
    return None if said is None else json.loads(said)


def _written(file: Path) -> int:
    """The generation of the table that a front was given last."""
    return int(json.loads(file.read_text(encoding="utf-8"))["generation"])


def _write(file: Path, table: Mapping[str, Any]) -> None:
    """Let a front find all of a table or the one before."""
    part = file.with_suffix(".part")
    part.touch(0o600)
    part.write_text(json.dumps(table), encoding="utf-8")
    os.replace(part, file)  # noqa: PTH105


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False
