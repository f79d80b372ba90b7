"""An earlier place of :class:`ParallelRunStep`, where it is told which models it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Mapping, Sequence

from azureml.pipeline.steps import ParallelRunConfig
from azureml.pipeline.steps import ParallelRunStep as _ParallelRunStep

if TYPE_CHECKING:
    from azureml.core.model import Model
    from azureml.pipeline.core._plan import Plan

__all__ = ["ParallelRunConfig", "ParallelRunStep"]


class ParallelRunStep(_ParallelRunStep):
    """As the one of ``azureml.pipeline.steps``; the ids of its ``models`` and its ``properties`` are kept with its run.

    The packages that the steps need are those of the environment, so ``add_parallel_run_step_dependencies`` adds none.
    """

    def __init__(
        self,
        name: str,
        parallel_run_config: ParallelRunConfig,
        inputs: Sequence[Any],
        output: Any = None,
        side_inputs: Iterable[Any] | None = None,
        models: Iterable[Model] | None = None,
        arguments: Sequence[Any] | None = None,
        allow_reuse: bool = True,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        add_parallel_run_step_dependencies: bool = True,
    ) -> None:
        super().__init__(name, parallel_run_config, inputs, output, side_inputs, arguments, allow_reuse)
        used = ",".join(model.id for model in models or ())
        self._tags = dict(tags or {})
        self._properties = {**(properties or {}), **({"azureml.models": used} if used else {})}

    def _as_node(self, plan: Plan) -> dict[str, Any]:
        return {**super()._as_node(plan), "tags": self._tags, "properties": self._properties}
