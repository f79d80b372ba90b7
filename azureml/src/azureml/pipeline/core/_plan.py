"""From the steps of a pipeline to its job: what each step is called, what it reads of others, and what is given later.

A step becomes a node of the job by :meth:`PipelineStep._as_node`. Whatever it reads or writes is bound to a
:class:`StepJob`, which knows the :class:`Plan` that it is part of; from there a command node is :meth:`StepJob.node`.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, Dict, Iterable, Mapping

from azureml.data import _inputs

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace
    from azureml.pipeline.core.builder import PipelineStep
    from azureml.pipeline.core.graph import PipelineParameter

MODES = {"mount": "ReadOnlyMount", "download": "Download", "direct": "Direct"}
"""How a step comes to what it reads, in the words of REST."""
_VERSION = "LAZULI_STEP_VERSION"


class Plan:
    """A pipeline on its way to be a job. Raises ValueError for steps that do not fit together."""

    def __init__(
        self,
        workspace: Workspace,
        steps: Mapping[PipelineStep, Iterable[PipelineStep]],
        source_directory: str | None = None,
        is_closed: bool = True,
    ) -> None:
        self.workspace = workspace
        self.source_directory = source_directory
        self.parameters: dict[str, PipelineParameter] = {}
        self.inputs: dict[str, dict[str, Any]] = {}
        self.outputs: dict[str, dict[str, Any]] = {}
        self.nodes: dict[str, dict[str, Any]] = {}
        self._steps = steps
        self._is_closed = is_closed
        self._keys: dict[PipelineStep, str] = {}
        self._making: list[PipelineStep] = []
        self._written: dict[_inputs.Written, str] = {}
        self._writers: dict[_inputs.Written, PipelineStep] = {}
        for step in steps:
            self._note_writer(step)
        for step in steps:
            self.make(step)

    def key(self, step: PipelineStep) -> str:
        """The name of a step's node, and of what is bound to it."""
        if step not in self._keys:
            base = key = re.sub(r"\W", "_", step.name) or "step"
            number = 1
            while key in self._keys.values():
                number += 1
                key = f"{base}_{number}"
            self._keys[step] = key
        return self._keys[step]

    def make(self, step: PipelineStep) -> None:
        """Make the node of a step, and those of the steps whose outputs it reads, where there is none yet."""
        key = self.key(step)
        if key in self.nodes:
            return
        if step in self._making:
            circle = " and ".join(f"'{each.name}'" for each in self._making[self._making.index(step) :])
            raise ValueError(f"The steps {circle} wait for each other: break the circle of their inputs and outputs.")
        self._making.append(step)
        node = step._as_node(self)
        self._making.pop()
        before = [*self._steps.get(step, ()), *step._after]
        if before:
            node["run_after"] = [self.key(each) for each in before]
        self.nodes[key] = node
        for each in before:
            self.make(each)

    def beside(self, step: PipelineStep) -> None:
        """Make the node of a step that belongs to the one that is being made, whichever of both came first."""
        if step not in self._making:
            self.make(step)

    def parameter(self, parameter: PipelineParameter) -> str:
        """Let a parameter be one of the pipeline's; the binding that stands for it in a node."""
        known = self.parameters.setdefault(parameter.name, parameter)
        if known is not parameter and known.default_value != parameter.default_value:
            raise ValueError(
                f"Two parameters are called '{parameter.name}', with the values {known.default_value!r} and "
                f"{parameter.default_value!r}. Rename one."
            )
        self.inputs[parameter.name] = parameter._input(self.workspace)
        return f"${{{{parent.inputs.{parameter.name}}}}}"

    def wrote(self, written: _inputs.Written, binding: str) -> None:
        """Remember by which binding the step that is being made writes an output."""
        self._written[written] = binding

    def writes(self, step: PipelineStep, written: _inputs.Written) -> bool:
        """Whether it is this step that writes an output."""
        return self._writers.get(written, written.step) is step

    def read(self, what: Any) -> tuple[str, str]:
        """The binding of what another step writes, and the path below it where that lies."""
        writer = self._writers.get(what._written, what._written.step)
        if writer is None or (writer not in self._steps and not self._is_closed):
            raise ValueError(f"No step of the pipeline writes '{what.name}': name it in the outputs of one.")
        self.make(writer)
        name, _, below = self._written[what._written].partition("}}")
        output = name.partition("outputs.")[2]
        return f"${{{{parent.jobs.{self.key(writer)}.outputs.{output}}}}}", below

    def _note_writer(self, step: PipelineStep) -> None:
        for each in step._outputs:
            other = self._writers.setdefault(each._written, step)
            if other is not step:
                raise ValueError(
                    f"'{each.name}' is written by two steps, '{other.name}' and '{step.name}': give each its own."
                )


class StepJob(Dict[str, Any]):
    """The command job that a step becomes, as REST says it, while what it reads and writes is bound to it."""

    def __init__(self, plan: Plan, step: PipelineStep) -> None:
        super().__init__(jobType="Command", inputs={}, outputs={})
        self.plan = plan
        self.step = step
        self._left: dict[str, str] = {}

    def write(self, what: Any) -> None:
        """Let the step write an output, whether or not its command names it."""
        write = getattr(what, "_write", what._bind)
        self.plan.wrote(what._written, write(self))

    def read(self, what: Any, name: str, mode: str, variable: str) -> str:
        """Let the step read what another writes, and find its path in a variable; the binding of that path."""
        bound, below = self.plan.read(what)
        said = {"jobInputType": "literal", "value": bound, "type": "uri_folder", "mode": MODES[mode]}
        binding = f"{_inputs.add(self, 'inputs', name, said)}{below}"
        _inputs.set_variable(self, variable, binding)
        return binding

    def keep(self, path: str, binding: str) -> str:
        """Let what the script leaves at a path of its own be kept as an output; the path, as a command says it."""
        self._left[path] = binding
        return shlex.quote(path)

    def parameter(self, parameter: PipelineParameter) -> str:
        """Let the step be given a parameter of the pipeline; the name of the input that it is."""
        said = {"jobInputType": "literal", "value": self.plan.parameter(parameter)}
        binding = _inputs.add(self, "inputs", parameter.name, said)
        return binding.partition("inputs.")[2].rstrip("}")

    def promote(self, output: str, name: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """Let an output of the step be the pipeline's own, under a name; what the step's own output says then."""
        kept = {word: value for word, value in said.items() if word != "mode"}
        if self.plan.outputs.setdefault(name, kept) is not kept:
            raise ValueError(f"Two outputs of the pipeline are called '{name}': rename one pipeline_output_name.")
        return {"jobOutputType": "literal", "value": f"${{{{parent.outputs.{name}}}}}", "mode": said["mode"]}

    def node(self) -> dict[str, Any]:
        """The node that this is in the job of the pipeline, where things have other names."""
        step, variables = self.step, dict(self.get("environmentVariables") or {})
        left = [f"cp -a {shlex.quote(path)} {binding}" for path, binding in self._left.items()]
        if step._version is not None:  # another version is other work, so nothing earlier serves for it
            variables[_VERSION] = str(step._version)
        node: dict[str, Any] = {
            "type": "command",
            "display_name": step.name,
            "_command": " && ".join([self["command"], *left]),
            "environment_variables": variables,
            **{word: self[word] for word in ("codeId", "environmentId", "computeId") if self.get(word)},
            "inputs": {name: _renamed(said, "jobInputType") for name, said in self["inputs"].items()},
            "outputs": {name: _renamed(said, "jobOutputType") for name, said in self["outputs"].items()},
        }
        for word in ("resources", "distribution"):
            if self.get(word):
                node[word] = {_snake(key): value for key, value in self[word].items()}
        if self.get("limits"):
            node["limits"] = {"job_limits_type": "Command", "timeout": self["limits"]["timeout"]}
        if not step._allow_reuse:
            node["is_deterministic"] = False
        return node


def _renamed(said: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """An input or output in the words of a node."""
    words = {kind: _snake(kind), "assetName": "name", "assetVersion": "version"}
    return {words.get(word, word): value for word, value in said.items()}


def _snake(word: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", word).lower()
