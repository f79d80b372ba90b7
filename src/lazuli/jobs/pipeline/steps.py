"""The jobs that a pipeline's steps become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lazuli.assets.components import Components
from lazuli.assets.storage import Location, Storage
from lazuli.jobs.outputs import place_of
from lazuli.jobs.parallel import parallel_job
from lazuli.jobs.pipeline.wiring import (
    Sources,
    command_of,
    inputs_of,
    kept_by_default,
    outputs_of,
    parallel_of,
    settled_words,
    sweep_of,
)
from lazuli.resources.component import CommandComponent, Component, ParallelComponent
from lazuli.resources.inout import Input, Output
from lazuli.resources.job import CommandJob, Job, Status
from lazuli.resources.kinds import AnyJob
from lazuli.resources.node import CommandNode, NodeBase, ParallelNode, PipelineNode, SweepNode
from lazuli.resources.pipeline import PipelineJob
from lazuli.schema.identity import Scope
from lazuli.schema.places import ARTIFACTS, artifact_folder
from lazuli.store.documents import Record

__all__ = ["StepJobs"]

_NAMED = ("display_name", "description", "tags", "properties", "identity", "services", "queue_settings")


class StepJobs:
    """Makes the jobs of steps."""

    def __init__(self, components: Components, storage: Storage) -> None:
        self._components = components
        self._storage = storage

    def job(
        self, record: Record, pipeline: PipelineJob, step: str, node: NodeBase, sources: Sources
    ) -> tuple[Job, dict[str, Any]]:
        """The document of a step's job, and the facts that its state is given."""
        component = self._components.of_step(record.id.scope, node)
        inputs = inputs_of(node, component, sources)
        outputs = outputs_of(node, component, self._promoted(record, pipeline, node), sources)
        dumped = node.model_dump(mode="json", by_alias=False, exclude_none=True, exclude_unset=True)
        said = {word: value for word in _NAMED if (value := dumped.get(word))}
        said |= {
            "display_name": said.get("display_name") or step,
            "experiment_name": pipeline.experiment_name,
            "compute": self._compute(pipeline, node),
        }
        placed = {name: kept_by_default(each, pipeline.settings) for name, each in outputs.items()}
        kept = {name: each.model_dump(mode="json", exclude_none=True) for name, each in placed.items()}
        if isinstance(node, ParallelNode):
            assert component is None or isinstance(component, ParallelComponent)
            settings, resources = parallel_of(node, component, sources)
            written = {name: Output.settled(settled_words(each, sources)) for name, each in kept.items()}
            return parallel_job(settings, inputs, written, **_given(settled_words(said, sources)), resources=resources)
        read = {name: each.model_dump(mode="json", exclude_none=True) for name, each in inputs.items()}
        work = self._work(pipeline, node, component, inputs)
        return AnyJob.settled(_given(settled_words({**work, **said, "inputs": read, "outputs": kept}, sources))), {}

    def unmade(self, pipeline: PipelineJob, step: str, node: NodeBase) -> Job:
        """The document of a step's job that cannot be made: what it is called, and a command that never runs."""
        names = {"display_name": node.display_name or step, "experiment_name": pipeline.experiment_name}
        return CommandJob.load({**names, "command": "false"})

    def _work(
        self, pipeline: PipelineJob, node: NodeBase, component: Component | None, inputs: Mapping[str, Input]
    ) -> dict[str, Any]:
        """What a step runs, by its kind."""
        match node:
            case CommandNode():
                assert component is None or isinstance(component, CommandComponent)
                return {"type": "command", **command_of(node, component, inputs)}
            case SweepNode():
                assert isinstance(component, CommandComponent)
                return {"type": "sweep", **sweep_of(node, component, inputs)}
            case PipelineNode():
                settings = pipeline.settings.dump() if pipeline.settings else {}
                kept = {key: value for key, value in settings.items() if key not in ("on_init", "on_finalize")}
                return {"type": "pipeline", "component": node.component, "settings": kept}
            case _:
                raise AssertionError(node.type)

    def is_deterministic(self, scope: Scope, node: NodeBase) -> bool:
        """Whether a step that is run again on the same gives the same; a pipeline's own steps are asked one by one."""
        if isinstance(node, PipelineNode) or node.is_deterministic is False:
            return False
        component = self._components.of_step(scope, node)
        return component is None or component.is_deterministic

    def writes_outside(self, child: Record) -> bool:
        """Whether a step's job puts anything on storage outside this server."""
        places = [said["path"] for said in (child.body.get("outputs") or {}).values() if said.get("path")]
        return any(self._storage.locate(child.id.scope, path).is_outside for path in places)

    def twin(self, child: Record, earlier: Record, now: str | None) -> Record:
        """The job of a step that is not run, because an earlier one gave what it would give.

        Its outputs are those of the earlier one; where it says a place for one, that holds the same from now on.
        :meth:`keep_files` does as much for its own folder.
        """
        outputs: dict[str, Any] = {}
        for name, said in (child.body.get("outputs") or {}).items():
            source = f"azureml://jobs/{earlier.id.name}/outputs/{name}"
            if said.get("path"):
                here = self._storage.locate(child.id.scope, said["path"])
                self._storage.copy((self._storage.locate(child.id.scope, source), here))
                outputs[name] = said
            else:
                outputs[name] = {**said, "path": self._storage.resolve(child.id.scope, source)}
        first = {"azureml.reusedrunid": earlier.id.name, "azureml.reusedpipelinerunid": earlier.parent}
        told = {**first, **(earlier.body.get("properties") or {})}  # of a twin, whose it is
        properties = {
            **(child.body.get("properties") or {}),
            "azureml.isreused": "true",
            **{word: told[word] for word in first if told[word]},
        }
        body = {**child.body, "properties": properties, **({"outputs": outputs} if outputs else {})}
        facts = {"reused": earlier.id.name, "start_time": now, "end_time": now, "written": earlier.state["written"]}
        facts |= {word: earlier.state[word] for word in ("key", "best") if word in earlier.state}
        unused = {key: value for key, value in child.state.items() if key not in ("target", "nodes")}
        return replace(child, body=body, state={**unused, **facts}, status=Status.COMPLETED.value)

    def keep_files(self, twins: Sequence[Record]) -> None:
        """Let the folder of each, with its logs, hold what that of the earlier job holds. Safe to repeat."""
        pairs: list[tuple[Location, Location]] = []
        for each in twins:
            artifacts = self._storage.container(each.id.scope, ARTIFACTS)
            kept, own = (artifact_folder(name) for name in (str(each.state["reused"]), each.id.name))
            pairs.append((Location(artifacts, kept), Location(artifacts, own)))
        self._storage.copy(*pairs)

    def _promoted(self, record: Record, pipeline: PipelineJob, node: NodeBase) -> Callable[[str], Output | None]:
        """The pipeline's output of a name, where it has one, with the place where it lies.

        The trials of a sweep write each to a place of its own: :meth:`promote` puts there what the best one left.
        """

        def promoted(name: str) -> Output | None:
            output = pipeline.outputs.get(name)
            if output is None:
                return None
            here = place_of(record, name)
            if isinstance(node, SweepNode) and not self._storage.locate(record.id.scope, here).is_outside:
                return output.model_copy(update={"path": None})
            return output.model_copy(update={"path": here})

        return promoted

    def promote(self, record: Record, output: str, path: str) -> None:
        """Let an output of the pipeline be what lies at ``path``, where that is not where it is. Safe to repeat."""
        there, here = (self._storage.locate(record.id.scope, each) for each in (path, place_of(record, output)))
        if there != here and not there.is_outside and not here.is_outside:
            self._storage.copy((there, here))

    def _compute(self, pipeline: PipelineJob, node: NodeBase) -> str | None:
        default = pipeline.settings.default_compute if pipeline.settings else None
        return node.compute or pipeline.compute or default


def _given(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if value not in (None, {}, [])}
