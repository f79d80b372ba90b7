"""Sweep jobs: one command, run again and again with other hyperparameters."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from lazuli.resources.distribution import Distribution
from lazuli.resources.job import EnvironmentChoice, Job, JobType, QueueSettings, Resources, of_kind
from lazuli.resources.search import (
    Choice,
    EarlyTermination,
    Objective,
    Sampling,
    SearchSpace,
    SweepLimits,
    check_search,
)
from lazuli.schema import bindings
from lazuli.schema.document import Document, Slip, Text
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import CodeRef

__all__ = ["SweepJob", "Trial"]


class Trial(Document):
    """What each trial runs."""

    command: str = Field(min_length=1)
    """The shell command; `${{search_space.x}}` stands for the value of this trial."""
    code: CodeRef | None = Field(default=None, alias="codeId")
    """The folder the command runs in."""
    environment: EnvironmentChoice | None = Field(default=None, alias="environmentId")
    """The environment, by name or in place."""
    environment_variables: dict[str, Text] = Field(default_factory=dict)
    """Variables for the process."""
    distribution: Distribution | None = None
    """How several processes share the work."""
    resources: Resources | None = None
    """How many nodes, of which size."""


class SweepJob(Job):
    """A search for good hyperparameters: many trials of one command, judged by a metric."""

    type: JobType = of_kind(JobType.SWEEP)
    """The kind of job: `sweep`."""
    trial: Trial
    """What each trial runs."""
    search_space: SearchSpace = Field(min_length=1)
    """The hyperparameters, and how each is drawn."""
    sampling_algorithm: Sampling
    """In which order the space is tried: `random`, `grid` or `bayesian`."""
    objective: Objective
    """What counts as better."""
    early_termination: EarlyTermination | None = None
    """When a trial that does badly is given up."""
    limits: SweepLimits | None = None
    """How many trials, and for how long."""
    resources: Resources | None = None
    """How many nodes each trial has, of which size."""
    queue_settings: QueueSettings | None = None
    """How urgent it is; kept as said."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_search(self.search_space, self.sampling_algorithm, self.early_termination)
        known = {"inputs": set(self.inputs), "outputs": set(self.outputs), "search_space": _names(self.search_space)}
        try:
            bindings.check(self.trial.command, known, target="trial.command")
        except InvalidInput as problem:
            raise Slip(str(problem), *problem.target.split(".")) from None
        return self


def _names(space: SearchSpace) -> set[str]:
    """The hyperparameters, with those of the spaces that stand among the values of a choice."""
    found = set(space)
    for each in space.values():
        for value in each.values if isinstance(each, Choice) else []:
            if isinstance(value, dict):
                found |= _names(value)
    return found
