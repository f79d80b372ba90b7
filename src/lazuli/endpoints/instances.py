"""The instances of a deployment: each is work of its own, with addresses of its own, and is looked after by itself.

::

    starting ──▶ ready ◀──▶ unready          what is unready takes no traffic
        └───────────┴───────────┴──▶ ended   and another takes its place

An instance is ready once each of its processes answers. From then on its probes are asked; a look that meets a process
in the midst of a request is neither good nor bad.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lazuli.compute.engine import Engine, Look, Phase
from lazuli.compute.environments import State
from lazuli.endpoints.leaving import Leaving
from lazuli.endpoints.line import ask
from lazuli.endpoints.plan import LOG, Serving
from lazuli.endpoints.servers import SCORE
from lazuli.jobs.watch import Watch
from lazuli.resources.deployment import OnlineDeployment, Probe
from lazuli.resources.table import noun
from lazuli.shelves.shelf import document_of
from lazuli.store.clock import Clock
from lazuli.store.documents import Record

__all__ = [
    "READY",
    "STARTING",
    "UNREADY",
    "Building",
    "Ended",
    "Instance",
    "Instances",
    "as_run",
    "asked_of",
    "instances_of",
    "keys_in",
    "last_words",
    "mark_of_run",
    "told",
]

STARTING, READY, UNREADY = "starting", "ready", "unready"
_TAIL = 4000
_OFTEN_MS, _LOOK_MS = 50, 30_000


@dataclass(frozen=True)
class Instance:
    """One instance, as the deployment's record keeps it."""

    key: str
    phase: str = STARTING
    addresses: tuple[str, ...] = ()
    scoring: str = SCORE
    failures: int = 0
    """How often its place was taken anew, one soon after the other."""
    due_ms: int = 0
    """When it may start."""
    since_ms: int = 0
    """When it was ready first."""

    @classmethod
    def load(cls, said: Mapping[str, Any]) -> Instance:
        """What the record keeps."""
        given: dict[str, Any] = {**said, "addresses": tuple(said.get("addresses") or ())}
        return cls(**given)

    def dump(self) -> dict[str, Any]:
        """As the record keeps it."""
        return {**asdict(self), "addresses": list(self.addresses)}


class Building(Exception):
    """The environment is not there yet."""


@dataclass(frozen=True)
class Ended:
    """An instance that answers no longer, and why."""

    code: str
    message: str
    look: Look


@dataclass
class _Pulse:
    """What a probe has seen of late."""

    due_ms: int
    good: int = 0
    bad: int = 0


def instances_of(run: Mapping[str, Any]) -> list[Instance]:
    """The instances of a run."""
    if "instances" in run:
        return [Instance.load(each) for each in run["instances"]]
    if "addresses" not in run:
        return []
    return [Instance(str(run["key"]), READY, tuple(run["addresses"]), str(run.get("scoring") or SCORE))]


def keys_in(run: Mapping[str, Any] | None) -> list[str]:
    """The engine's keys of a run."""
    if not run or not run.get("key"):
        return []
    return list(dict.fromkeys([str(run["key"]), *(each.key for each in instances_of(run))]))


def asked_of(run: Mapping[str, Any]) -> list[Instance]:
    """The instances that requests go to: those that are ready; where none is, those that are about to be."""
    every = instances_of(run)
    ready = [each for each in every if each.phase == READY]
    return ready or [each for each in every if each.phase == STARTING and each.addresses]


def mark_of_run(run: Mapping[str, Any]) -> str:
    """Runs of which the same is asked have the same mark."""
    return str(run["key"]) if "model" in run else " ".join(each.key for each in asked_of(run))


def as_run(record: Record, run: Mapping[str, Any]) -> Record:
    """A deployment as it was when a run was made of it."""
    return replace(record, body=run["said"]) if "said" in run else record


@dataclass(frozen=True)
class Instances:
    """Starts instances, looks at them, and asks their probes."""

    engine: Engine
    watch: Watch
    leaving: Leaving
    serving: Serving
    clock: Clock
    busy: Callable[[Record], Collection[str]]
    """The addresses of a deployment that are in the midst of a request."""
    _pulses: dict[tuple[str, str], _Pulse] = field(default_factory=dict)

    def step(self, record: Record, each: Instance) -> Instance | Ended:
        """An instance as it is after a look. Raises :class:`Building` while its environment is built."""
        if self.clock() < each.due_ms:
            return each
        look = self.engine.look(each.key)
        if look.phase is Phase.ABSENT and each.phase == STARTING:
            environment = self.serving.environment(record)
            if environment.state is State.BUILDING:
                self.watch.join(environment.log_key, record.id)
                raise Building
            if environment.state is State.FAILED:
                message = f"The environment could not be built. {environment.message}".strip()
                return Ended("EnvironmentBuildFailed", message, look)
            plan = self.serving.plan(record, each.key, self.engine.folder(each.key), environment)
            self.leaving.start(plan, each.key)
            look = self.engine.look(each.key)
        if look.over or look.phase is Phase.ABSENT:
            self._forget(each.key)
            return Ended("ContainerCrashed", last_words(self.engine, each.key, look), look)
        self.watch.join(each.key, record.id)
        said: OnlineDeployment = document_of(noun("online-deployment"), record)
        if each.phase == STARTING:
            return self._rising(record, said, each, look)
        return self._probed(record, said, each, look)

    def again_ms(self, every: list[Instance]) -> int:
        """When to look at instances again."""
        now = self.clock()
        if any(each.phase == STARTING and each.due_ms <= now for each in every):
            return _OFTEN_MS
        due = [each.due_ms for each in every if each.phase == STARTING]
        keys = {each.key for each in every}
        due += [pulse.due_ms for (key, _), pulse in self._pulses.items() if key in keys]
        return max(_OFTEN_MS, min([_LOOK_MS, *(at - now for at in due)]))

    def _rising(self, record: Record, said: OnlineDeployment, each: Instance, look: Look) -> Instance | Ended:
        """Ready once every process answers; for as long as the liveness probe has patience."""
        asked = self.serving.asked(record, self.engine.folder(each.key), look)
        ready, live = said.readiness_probe or Probe(), said.liveness_probe or Probe()
        pulse = self._pulses.setdefault((each.key, "start"), _Pulse(0))
        now = self.clock()
        if now >= pulse.due_ms:
            pulse.due_ms = now + ready.period * 1000 if ready.success_threshold > 1 else 0
            is_good = asked is not None and not _silent(asked.ready, ready.timeout)
            pulse.good = pulse.good + 1 if is_good else 0
        if asked is None:
            return each
        each = replace(each, addresses=tuple(asked.addresses), scoring=asked.scoring)
        if pulse.good >= ready.success_threshold:
            del self._pulses[(each.key, "start")]
            return replace(each, phase=READY, since_ms=now)
        limit_s = live.initial_delay + live.failure_threshold * live.period
        if look.started_at_ms and now - look.started_at_ms >= limit_s * 1000:
            self._forget(each.key)
            says = f"Its init() was not done after {limit_s} seconds, which is what its liveness probe grants."
            return Ended("NotReady", says, look)
        return each

    def _probed(self, record: Record, said: OnlineDeployment, each: Instance, look: Look) -> Instance | Ended:
        """What the probes make of an instance that was ready before."""
        live, ready = said.liveness_probe or Probe(), said.readiness_probe or Probe()
        asked = self.serving.asked(record, self.engine.folder(each.key), look)
        if asked is None:
            return each
        alive = self._pulse(record, each, live, asked.alive)
        if alive.bad >= live.failure_threshold:
            self._forget(each.key)
            return Ended("Unhealthy", f"Its liveness probe failed {alive.bad} times in a row.", look)
        seen = self._pulse(record, each, ready, asked.ready, "readiness")
        if each.phase == READY and seen.bad >= ready.failure_threshold:
            return replace(each, phase=UNREADY)
        if each.phase == UNREADY and seen.good >= ready.success_threshold:
            return replace(each, phase=READY)
        return each

    def _pulse(
        self, record: Record, each: Instance, probe: Probe, routes: Sequence[tuple[str, str]], word: str = "liveness"
    ) -> _Pulse:
        now = self.clock()
        first = max(each.since_ms + probe.initial_delay * 1000, now - probe.period * 1000)
        pulse = self._pulses.setdefault((each.key, word), _Pulse(first))
        if now < pulse.due_ms:
            return pulse
        pulse.due_ms = now + probe.period * 1000
        if silent := _silent(routes, probe.timeout):
            if silent <= set(self.busy(record)):
                return pulse
            pulse.good, pulse.bad = 0, pulse.bad + 1
        else:
            pulse.good, pulse.bad = pulse.good + 1, 0
        return pulse

    def _forget(self, key: str) -> None:
        for place in [place for place in self._pulses if place[0] == key]:
            del self._pulses[place]


def _silent(routes: Sequence[tuple[str, str]], timeout_s: float) -> set[str]:
    """The addresses that do not answer as they should."""
    return {address for address, path in routes if ask(address, "GET", path, timeout_s) is None}


def last_words(engine: Engine, key: str, look: Look) -> str:
    """The last line that ended work said, or what the engine says of its end."""
    said = engine.tail(key, LOG, -_TAIL).decode(errors="replace").strip()
    return said.splitlines()[-1] if said else look.message


def told(control: Path) -> dict[str, Any] | None:
    """What a front says of itself; None where it does not answer yet."""
    said = ask(control, "GET", "/state")
    return None if said is None else json.loads(said)
