"""Command jobs as they are submitted: where they run, on how many nodes, and with which versions of what they name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lazuli.compute.targets import LOCAL, Targets
from lazuli.jobs.kinds import Kind
from lazuli.jobs.pinning import Pinning
from lazuli.jobs.ranks import check_ranks, nodes_wanted
from lazuli.jobs.services import asked_for, check_services
from lazuli.resources.job import CommandJob
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import InvalidInput
from lazuli.store.opened import Store

__all__ = ["Commands", "nodes_on"]


class Commands(Kind):
    """The kind of job that runs one command."""

    work: Sequence[str] = ("command", "environment_variables", "environment", "code", "inputs", "distribution")

    def __init__(
        self,
        store: Store,
        pinning: Pinning,
        targets: Targets,
        check_environment: Callable[[Scope, str, str], None],
    ) -> None:
        self._store = store
        self._pinning = pinning
        self._targets = targets
        self._check_environment = check_environment

    def prepared(self, id: ResourceId, job: CommandJob) -> tuple[CommandJob, dict[str, Any]]:
        """The job with every reference settled, and its target and nodes."""
        job = job.model_copy(update={"services": asked_for(job)})
        check_ranks(job)
        check_services(job)
        target = self._targets.named(id.scope, job.compute or "serverless")
        nodes = self._nodes(id.scope, target, job)
        pinned = self.settled(id, job)
        self._check_environment(id.scope, str(pinned.environment), target)
        self._pinning.check_outputs(id.scope, pinned)
        return pinned, {"target": target, "nodes": nodes}

    def settled(self, id: ResourceId, job: CommandJob) -> CommandJob:
        """The job with every reference settled to one version."""
        return self._pinning.pinned(id, job)

    def _nodes(self, scope: Scope, target: str, job: CommandJob) -> int:
        """How many nodes a job takes. Raises :class:`InvalidInput` where its target will never have as many."""
        return nodes_on(self._store, self._targets, scope, target, nodes_wanted(job))


def nodes_on(store: Store, targets: Targets, scope: Scope, target: str, wanted: int) -> int:
    """So many nodes. Raises :class:`InvalidInput` where a target will never have as many."""
    if wanted == 1:
        return wanted
    with store.state.read() as tx:
        most = targets.slots(tx, scope, target).most
    if wanted > most:
        what = "has a slot for each core" if target == LOCAL else "is of that size"
        raise InvalidInput(
            f"The job takes {wanted} nodes together, and '{target}' has {most} at most: it {what}.",
            target="resources.instance_count",
            mend=f"Set it to {most} or less, or use a cluster whose max_instances is {wanted} or more.",
        )
    return wanted
