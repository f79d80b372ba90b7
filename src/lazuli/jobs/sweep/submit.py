"""Sweeps as they are submitted: their trial is checked as the job it will be, and what is drawn has a seed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from lazuli.jobs.commands import Commands
from lazuli.jobs.kinds import Kind
from lazuli.jobs.sweep.earlier import Earlier
from lazuli.jobs.sweep.lifecycle import sampler_of
from lazuli.jobs.sweep.trial import trial_job, trial_name
from lazuli.jobs.sweep.verdict import OF_THE_END
from lazuli.jobs.transitions import TERMINAL
from lazuli.ml.search import policy_for
from lazuli.resources.job import CommandJob, Status
from lazuli.resources.search import SweepLimits
from lazuli.resources.sweep import SweepJob, Trial
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, Problem
from lazuli.store.clock import Clock
from lazuli.store.documents import Record

__all__ = ["Sweeps"]

_MOST_TRIALS = 1000
"""How many trials there are where a sweep does not say."""
_LONGEST_S = 60 * 24 * 3600
"""How long it may take where it does not say."""


class Sweeps(Kind):
    """The kind of job that is a search."""

    work: Sequence[str] = (
        "trial",
        "search_space",
        "sampling_algorithm",
        "objective",
        "early_termination",
        "inputs",
        "resources",
    )

    def __init__(self, commands: Commands, earlier: Earlier, clock: Clock) -> None:
        self._commands = commands
        self._earlier = earlier
        self._clock = clock

    def prepared(self, id: ResourceId, job: SweepJob) -> tuple[SweepJob, dict[str, Any]]:
        """The job with every reference settled; what each trial is given, and the seed."""
        job = job.model_copy(update={"limits": _limits(job.limits)})
        seed = {} if job.sampling_algorithm.seed is not None else {"seed": secrets.randbelow(2**31)}
        self._earlier.check(id.scope, job)
        sampler_of(job, seed, job.limits.max_total_trials if job.limits and job.limits.max_total_trials else 1)
        if job.early_termination:
            policy_for(job.early_termination.dump())
        with _told_of_the_trial():
            each, facts = self._commands.prepared(*_first(id, job))
        return _settled(id, job, each), {"each": facts, **seed}

    def settled(self, id: ResourceId, job: SweepJob) -> SweepJob:
        """The job with every reference settled to one version."""
        with _told_of_the_trial():
            return _settled(id, job, self._commands.settled(*_first(id, job)))

    def revised(self, old: Record, job: SweepJob) -> Mapping[str, Any]:
        """Other limits count from now on; a sweep that has ended goes on where they allow for more trials."""
        said = {"limits": _limits(job.limits).dump()}
        if said["limits"] == old.body.get("limits"):
            return {}
        if old.status not in TERMINAL:
            if old.state.get("ending") or old.status not in (Status.QUEUED, Status.RUNNING):
                raise Conflict(f"The sweep '{old.id.name}' is ending.", target="limits", mend="Try again when it has.")
            return {"body": said}
        made = int(old.state.get("trials") or 0)
        if said["limits"]["max_total_trials"] <= made:
            raise Conflict(
                f"The sweep '{old.id.name}' has ended with {made} trials.",
                target="limits.max_total_trials",
                mend=f"Raise it above {made}, and it goes on from there.",
                code="JobEnded",
            )
        if old.parent:
            raise Conflict(
                f"The sweep '{old.id.name}' is a step of '{old.parent}', which has gone on without it.",
                target="limits",
                mend="Submit the sweep by itself.",
            )
        state = {key: value for key, value in old.state.items() if key not in OF_THE_END}
        return {"body": said, "status": Status.RUNNING.value, "state": {**state, "resumed_at": self._clock()}}


def _first(id: ResourceId, job: SweepJob) -> tuple[ResourceId, CommandJob]:
    """The first trial, before anything is drawn."""
    name = trial_name(id.name, 0)
    return ResourceId(id.scope, "jobs", name), trial_job(job, name, {})


def _settled(id: ResourceId, job: SweepJob, trial: CommandJob) -> SweepJob:
    """The sweep, with what has been settled for a trial."""
    said = job.trial.model_copy(update={"environment": trial.environment, "code": trial.code})
    settled = {"trial": said, "display_name": job.display_name or id.name}
    # What is bound to a hyperparameter is filled in for each trial, so a literal stays as it is said.
    inputs = {name: given if given.path is None else trial.inputs[name] for name, given in job.inputs.items()}
    properties = {**job.properties, **trial.properties}  # where its code came from
    return job.model_copy(update={**settled, "inputs": inputs, "properties": properties, "services": trial.services})


def _limits(said: SweepLimits | None) -> SweepLimits:
    """The limits, with those that are not said."""
    total = (said and said.max_total_trials) or _MOST_TRIALS
    at_once = min((said and said.max_concurrent_trials) or total, total)
    timeout = (said and said.timeout) or _LONGEST_S
    told = {"max_total_trials": total, "max_concurrent_trials": at_once, "timeout": timeout}
    return (said or SweepLimits()).model_copy(update=told)


@contextmanager
def _told_of_the_trial() -> Iterator[None]:
    """What is wrong with the command job that a trial is, told of the field of the sweep that says it."""
    try:
        yield
    except Problem as problem:
        if problem.target.partition(".")[0] in Trial.model_fields:
            problem.target = f"trial.{problem.target}"
        raise
