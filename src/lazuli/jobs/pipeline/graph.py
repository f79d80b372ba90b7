"""The graph of a pipeline: which step waits for which, and what is to be done next. Nothing here knows of a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from lazuli.jobs.transitions import TERMINAL
from lazuli.resources.job import Status
from lazuli.resources.node import NodeBase
from lazuli.resources.pipeline import PipelineSettings, needed_by

__all__ = ["Graph", "Next"]

_COMPLETED = Status.COMPLETED.value


@dataclass(frozen=True)
class Next:
    """What follows from how the steps stand."""

    ready: list[str] = field(default_factory=list)
    """The steps that can begin now."""
    failed: list[str] = field(default_factory=list)
    """The steps that did not complete."""
    stopped: bool = False
    """Whether a failure stops the steps that are on their way as well."""
    over: bool = False
    """Whether nothing is on its way, and nothing more will be."""


class Graph:
    """The steps of a pipeline and what each waits for."""

    def __init__(self, steps: Mapping[str, NodeBase], settings: PipelineSettings | None = None) -> None:
        self.steps = steps
        self.settings = settings or PipelineSettings()
        self._last = self.settings.on_finalize if self.settings.on_finalize in steps else ""
        self.needs = {name: needed_by(node) & steps.keys() for name, node in steps.items()}
        """The steps that must complete before a step begins."""
        if (first := self.settings.on_init) in steps:
            for name, needs in self.needs.items():
                needs |= {first} - {name}
        self.order = [*TopologicalSorter(self.needs).static_order()]
        """The steps, each after those it waits for."""

    @property
    def goes_on(self) -> bool:
        """Whether steps that do not need it go on after one has failed: unless told otherwise they do."""
        return self.settings.continue_on_step_failure is not False

    def next(self, statuses: Mapping[str, str]) -> Next:
        """What is next, where the steps that have begun have these statuses."""
        failed = [name for name in self.order if _is_lost(statuses.get(name))]
        stopped = bool(failed) and not self.goes_on
        never: set[str] = set()
        ready: list[str] = []
        for name in self.order:
            if name in statuses or name == self._last:
                continue
            if stopped or any(need in never or _is_lost(statuses.get(need)) for need in self.needs[name]):
                never.add(name)
            elif all(statuses.get(need) == _COMPLETED for need in self.needs[name]):
                ready.append(name)
        others = [name for name in self.order if name != self._last and name not in never]
        settled = not ready and all(statuses.get(name) in TERMINAL for name in others)
        if settled and self._last and self._last not in statuses:
            return Next([self._last], failed)
        over = settled and (not self._last or statuses.get(self._last) in TERMINAL)
        return Next(ready, failed, stopped and not settled, over)


def _is_lost(status: str | None) -> bool:
    return status in TERMINAL and status != _COMPLETED
