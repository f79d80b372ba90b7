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

from lazuli.compute.engine import Engine, Look, Phase
from lazuli.endpoints.behind import deployments_of
from lazuli.endpoints.collected import Collections
from lazuli.endpoints.instances import last_words, mark_of_run, told
from lazuli.endpoints.keys import EndpointKeys
from lazuli.endpoints.leaving import Leaving
from lazuli.endpoints.line import ask
from lazuli.endpoints.moves import MOVES, SUCCEEDED
from lazuli.endpoints.plan import front_plan
from lazuli.endpoints.table import CONFIG, chosen, control_in, doors_of, mark_of, table_of
from lazuli.jobs.watch import Watch
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Problem
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Reconciler, Step

__all__ = ["EndpointLifecycle", "Kept"]

_SOON_MS, _BUILD_MS, _LOOK_MS = 20, 500, 30_000
_BACK_OFF_MS, _LONGEST_MS = 1000, 60_000
_FAULT = "Lazuli could not go on with it; its log has the details."


class Kept:
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

    def fresh_keys(self, record: Record, count: int) -> tuple[list[str], int]:
        """So many keys that were never used, short and unique over all workspaces, and the number of the last."""
        number = int(record.state.get("runs") or 0)
        place = hashlib.sha256(f"{record.created_at}{record.id.key}".encode()).hexdigest()[:12]
        kind = "dep" if record.id.version else "end"
        return [f"{kind}-{place}-{number + each + 1}" for each in range(count)], number + count

    def pause_ms(self, failures: int) -> int:
        """How long to wait before what ended by itself is started anew."""
        return min(_LONGEST_MS, _BACK_OFF_MS * 2 ** min(failures, 10))


class EndpointLifecycle(Kept):
    """The steps of online endpoints."""

    def __init__(self, *rooms: Any, keys: EndpointKeys, collections: Collections) -> None:
        super().__init__(*rooms)
        self._keys = keys
        self._collections = collections

    def advance(self, record: Record) -> Step:
        """The next step of an endpoint: its front runs, and knows what it is to know."""
        if not record.state.get("port"):
            return Step(state={"port": _port(record.body.get("port"))})
        run = record.state.get("run")
        if not run:
            [key], runs = self.fresh_keys(record, 1)
            return Step(state={"run": {"key": key}, "runs": runs, "generation": 0, "mark": None})
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
        state = told(control_in(folder))
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
            ask(control_in(folder), "POST", "/reload")
            return Step(again_ms=_SOON_MS if is_first else _BUILD_MS)
        return self._in_effect(record, deployments)

    def _in_effect(self, record: Record, deployments: list[Record]) -> Step:
        """The front knows all: who waited for that is called, and what answers no longer may end."""
        before: Mapping[str, str] = record.state.get("serving") or {}
        serving = {each.id.version: mark_of_run(run) for each in deployments if (run := chosen(each))}
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
        reason = f"Its front ended and is started anew: {last_words(self.engine, key, look)}"
        facts: dict[str, Any] = {"run": None, "failures": failures, "status_reason": reason}
        if failures > 1 and not _is_free(int(record.state["port"])):
            facts["port"] = None
        again_ms = self.pause_ms(failures - 1) if failures > 1 else 0
        return Step(state=facts, again_ms=again_ms, after=lambda: self.leaving.stop(key))


def _written(file: Path) -> int:
    """The generation of the table that a front was given last."""
    return int(json.loads(file.read_text(encoding="utf-8"))["generation"])


def _write(file: Path, table: Mapping[str, Any]) -> None:
    """Let a front find all of a table or the one before."""
    part = file.with_suffix(".part")
    part.touch(0o600)
    part.write_text(json.dumps(table), encoding="utf-8")
    os.replace(part, file)  # noqa: PTH105


def _port(wanted: int | None) -> int:
    """The port that is wanted where nobody has it, else any."""
    if wanted and _is_free(wanted):
        return wanted
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False
