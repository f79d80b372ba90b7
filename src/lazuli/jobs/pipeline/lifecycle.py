"""How a pipeline moves: each step becomes a job of its own as soon as what it is bound to is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from lazuli.assets.components import Components
from lazuli.jobs.family import Child, child_name
from lazuli.jobs.outputs import Outputs, place_of
from lazuli.jobs.parents import LOOK_MS, Parent, ending
from lazuli.jobs.pipeline.graph import Graph, Next
from lazuli.jobs.pipeline.reuse import Reuse
from lazuli.jobs.pipeline.steps import StepJobs
from lazuli.jobs.pipeline.submit import steps_of
from lazuli.jobs.submit import Jobs, new_record
from lazuli.resources.inout import Input
from lazuli.resources.job import Job, Status
from lazuli.resources.node import SweepNode
from lazuli.resources.pipeline import PipelineJob
from lazuli.resources.table import noun
from lazuli.schema.bindings import Binding, bindings_in
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, Problem, Unavailable
from lazuli.schema.words import moment
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Step

__all__ = ["Known", "Opened", "PipelineLifecycle"]

_AT_ONCE = 50
"""How many steps are made with one commit."""
_MOST_KNOWN = 64
"""How many pipelines are kept as they were read."""


class Opened:
    """A pipeline as it was submitted, read once: its steps, what each waits for, and the names of their jobs."""

    def __init__(self, record: Record, components: Components) -> None:
        self.job: PipelineJob = document_of(noun("job"), record)
        self.graph = Graph(steps_of(self.job, components, record.id.scope).jobs, self.job.settings)
        self.names = {step: child_name(record.id.name, step) for step in self.graph.steps}
        self._edges: list[dict[str, str]] | None = None

    def drawn(self, draw: Callable[[Opened], list[dict[str, str]]]) -> list[dict[str, str]]:
        """The edges as ``draw`` draws them, once."""
        if self._edges is None:
            self._edges = draw(self)
        return self._edges

    @property
    def registering(self) -> list[str]:
        """The steps whose outputs become assets."""
        named = {name for name, output in self.job.outputs.items() if output.name}
        return [
            step
            for step, node in self.graph.steps.items()
            for output in node.outputs.values()
            if output.name or any(b.name.removeprefix("outputs.") in named for b in bindings_in(output.path or ""))
        ]

    @property
    def searched(self) -> list[tuple[str, str, str]]:
        """The outputs of sweeps that are the pipeline's: the step, its output, and the pipeline's."""
        return [
            (step, name, binding.name.removeprefix("outputs."))
            for step, node in self.graph.steps.items()
            if isinstance(node, SweepNode)
            for name, output in node.outputs.items()
            for binding in bindings_in(output.path or "")
            if binding.group == "parent" and binding.name.startswith("outputs.")
        ]

    def statuses(self, children: Sequence[Child]) -> dict[str, str]:
        """The status of each step that has begun."""
        known = {child.name: child.status for child in children}
        return {step: known[name] for step, name in self.names.items() if name in known}


class Known:
    """The pipelines that were looked at last: what one says of its steps never changes."""

    def __init__(self, components: Components) -> None:
        self._components = components
        self._opened: dict[str, tuple[int, Opened]] = {}
        self._lock = Lock()

    def open(self, record: Record) -> Opened:
        """The pipeline of a record."""
        with self._lock:
            found = self._opened.pop(record.id.key, None)
        if found is None or found[0] != record.created_at:
            found = record.created_at, Opened(record, self._components)
        with self._lock:
            self._opened[record.id.key] = found
            while len(self._opened) > _MOST_KNOWN:
                del self._opened[next(iter(self._opened))]
        return found[1]


class PipelineLifecycle(Parent):
    """The steps of pipeline jobs."""

    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        known: Known,
        outputs: Outputs,
        reuse: Reuse,
        steps: StepJobs,
        register: Callable[[Record], None],
        keep_log: Callable[[Record], None],
    ) -> None:
        super().__init__(store, jobs)
        self._outputs = outputs
        self._reuse = reuse
        self._step_jobs = steps
        self._register = register
        self._keep_log = keep_log
        self._known = known

    def go_on(self, record: Record, children: Sequence[Child]) -> Step:
        """Make the steps that can begin, or end where none is left."""
        opened = self._known.open(record)
        statuses = opened.statuses(children)
        while made := self._made(record, opened, statuses):
            if twins := [child for child in made.values() if child.state.get("reused")]:
                self._step_jobs.keep_files(twins)
            if not self.jobs.bear(record, [*made.values()]):
                return Step()
            statuses |= {step: child.status for step, child in made.items()}
        following = opened.graph.next(statuses)
        if following.over:
            return self.over(self._verdict(record, opened, following))
        if following.stopped:
            self.cancel(record, self.children(record))  # those just made as well
        return Step(again_ms=LOOK_MS)

    def finish(self, record: Record) -> Mapping[str, Any]:
        """Assets are made of the outputs that an earlier job wrote: a job that ran has registered its own.

        What the best trial of a sweep left becomes the pipeline's. The log is kept.
        """
        opened = self._known.open(record)
        for step in opened.registering:
            child = self._step(record, opened, step)
            if child and child.state.get("reused"):
                self._register(child)
        for step, output, promoted in opened.searched:
            child = self._step(record, opened, step)
            if child and child.status == Status.COMPLETED.value and child.state.get("best"):
                path = self._outputs.path(record.id.scope, child.id.name, output)
                self._step_jobs.promote(record, promoted, path)
        self._keep_log(record)
        return {}

    def _step(self, record: Record, opened: Opened, step: str) -> Record | None:
        """The job of a step, where it is made already."""
        with self.store.state.read() as tx:
            return self.store.documents.find(tx, ResourceId(record.id.scope, "jobs", opened.names[step]))

    def _verdict(self, record: Record, opened: Opened, following: Next) -> dict[str, Any]:
        if not following.failed:
            return ending(Status.COMPLETED)
        first = following.failed[0]
        child = self._step(record, opened, first)
        error = (child.state.get("error") if child else None) or {}
        what = "was canceled" if child and child.status == Status.CANCELED.value else "failed"
        more = f" So did {len(following.failed) - 1} more." if len(following.failed) > 1 else ""
        told = f"The step '{first}' (job '{opened.names[first]}') {what}.{more} {error.get('message', '')}"
        return ending(Status.FAILED, "StepFailed", told.strip())

    def _made(self, record: Record, opened: Opened, statuses: Mapping[str, str]) -> dict[str, Record]:
        """The jobs of steps that can begin now, and of those that can because these are used again; not too many."""
        made: dict[str, Record] = {}
        ready = opened.graph.next(statuses).ready
        while ready and len(made) < _AT_ONCE:
            for step in ready[: _AT_ONCE - len(made)]:
                made[step] = self._child(record, opened, step, made)
            ready = opened.graph.next({**statuses, **{step: child.status for step, child in made.items()}}).ready
        return made

    def _child(self, record: Record, opened: Opened, step: str, made: Mapping[str, Record]) -> Record:
        """The job of a step that can begin: an earlier one's twin where that serves again."""
        node = opened.graph.steps[step]
        scope, name = record.id.scope, opened.names[step]
        id = ResourceId(scope, "jobs", name)
        actor = Principal(record.id.name, str(record.state["user"]), "job")
        sources = self._sources(record, opened, made)
        try:
            job, facts = self._step_jobs.job(record, opened.job, step, node, sources)
            child = self.jobs.prepare(id, job, actor)
            child = replace(child, state={**child.state, **facts, "step": step})
            return self._reused(opened, step, child, facts)
        except (Unavailable, Conflict):
            raise
        except Problem as problem:
            return self._unmade(record, opened, step, problem)

    def _unmade(self, record: Record, opened: Opened, step: str, problem: Problem) -> Record:
        """The job of a step that cannot begin: it fails without having been one, and what needs it never begins."""
        error = {"code": problem.code, "message": f"It cannot begin: {problem}"}
        facts = {"step": step, "error": error, "end_time": moment(self.store.clock())}
        job = self._step_jobs.unmade(opened.job, step, opened.graph.steps[step])
        id = ResourceId(record.id.scope, "jobs", opened.names[step])
        return replace(new_record(id, job, facts, str(record.state["user"])), status=Status.FAILED.value)

    def _reused(self, opened: Opened, step: str, child: Record, facts: Mapping[str, Any]) -> Record:
        if not self._step_jobs.is_deterministic(child.id.scope, opened.graph.steps[step]):
            return child
        job: Job = document_of(noun("job"), child)
        child = replace(child, hash=self._reuse.key(child.id.scope, job, {k: facts[k] for k in sorted(facts)}))
        if opened.graph.settings.force_rerun:
            return child
        if self._step_jobs.writes_outside(child):  # what lies there is not ours to copy: it is written anew
            return child
        earlier = self._reuse.earlier(child.id.scope, child.hash)
        return self._step_jobs.twin(child, earlier, moment(self.store.clock())) if earlier else child

    def _sources(self, record: Record, opened: Opened, made: Mapping[str, Record]) -> Callable[[Binding], Input | None]:
        """What a step's bindings stand for. The jobs just ``made`` are not in the store yet."""
        scope = record.id.scope

        def source(binding: Binding) -> Input | None:
            group, _, rest = binding.name.partition(".")
            if group == "inputs":
                return opened.job.inputs.get(rest)
            if group == "outputs":
                return _address(place_of(record, rest), opened.job.outputs.get(rest))
            step, _, port = rest.partition(".")
            side, _, word = port.partition(".")
            there = made.get(step) or self.jobs.get(ResourceId(scope, "jobs", opened.names[step]))
            child: Job = document_of(noun("job"), there)
            if side == "inputs":
                return child.inputs.get(word)
            return _address(self._outputs.path_in(there, word), child.outputs.get(word))

        return source


def _address(path: str, output: Any) -> Input:
    kind = output.type.value if output else "uri_folder"
    return Input.load({"type": kind, "path": path})
