"""How a sweep moves: it makes trials, gives up those that do badly, and ends with the best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from lazuli.assets.storage import Storage
from lazuli.jobs.family import Child
from lazuli.jobs.parents import LOOK_MS, Parent, ending
from lazuli.jobs.pinning import Pinning
from lazuli.jobs.submit import Jobs, new_record
from lazuli.jobs.sweep.diary import LOG
from lazuli.jobs.sweep.earlier import Earlier
from lazuli.jobs.sweep.function_lifecycle import FunctionLifecycle
from lazuli.jobs.sweep.functions import OF_FUNCTION, FunctionSweeps
from lazuli.jobs.sweep.known import Known, KnownSweep, Memory, goal_of
from lazuli.jobs.sweep.trial import OF_TRIAL, trial_job, trial_name
from lazuli.jobs.sweep.verdict import NO_METRIC, best_trial, failing, over
from lazuli.ml.search import Sampler, Trial, judge, policy_for, sampler_for
from lazuli.resources.job import Status
from lazuli.resources.search import SweepLimits
from lazuli.resources.sweep import SweepJob
from lazuli.schema.identity import ResourceId
from lazuli.schema.places import ARTIFACTS, artifact_folder
from lazuli.shelves.principal import Principal
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Step
from lazuli.tracking.runs import Runs

__all__ = ["SweepLifecycle", "sampler_of"]

_AT_ONCE = 20
"""How many trials are made with one commit."""


class SweepLifecycle(Parent):
    """The steps of sweeps."""

    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        memory: Memory,
        earlier: Earlier,
        runs: Runs,
        pinning: Pinning,
        storage: Storage,
        register: Callable[[Record], object],
        functions: FunctionSweeps,
    ) -> None:
        super().__init__(store, jobs)
        self._of_functions = FunctionLifecycle(store, jobs, functions, self.finish)
        self._memory = memory
        self._earlier = earlier
        self._runs = runs
        self._pinning = pinning
        self._storage = storage
        self._register = register

    def advance(self, record: Record) -> Step:
        """The next step of a sweep, of commands or of a function."""
        return self._of_functions.advance(record) if record.state.get(OF_FUNCTION) else super().advance(record)

    def children(self, record: Record) -> list[Child]:
        """The trials on their way."""
        known = self._memory.of(record)
        with known.looked_at(record):
            return known.live()

    def go_on(self, record: Record, children: Sequence[Child]) -> Step:
        """Make the trials that there is room for, and give up those that do badly; end when all have been tried."""
        known = self._memory.of(record)
        job = known.job(record)
        limits = job.limits or SweepLimits()
        with known.held(record) as trials:
            if (left_ms := self._left_ms(record, limits)) <= 0:
                message = f"It ran longer than limits.timeout allows ({limits.timeout} s) and was canceled."
                return Step(state=ending(Status.CANCELED, "JobTimeout", message))
            if not record.state.get("resumed_at") and (said := failing(trials)):
                return Step(state=said)
            made = self._make(record, known, job, trials)
            self._give_up(record, known, job, trials)
            best = _best(job, trials)
            if made or any(not trial.over for trial in trials.values()):
                return Step(state=best, again_ms=min(LOOK_MS, left_ms))
            return Step(state={**best, **over(trials.values()), "trials": len(trials)})

    def finish(self, record: Record) -> Mapping[str, Any]:
        """Settle which trial is the best; what it left becomes what the sweep leaves."""
        known = self._memory.of(record)
        job = known.job(record)
        with known.looked_at(record) as trials:
            best = _best(job, trials)
        found = best.get("best")
        told = {} if found else {"status_reason": NO_METRIC.format(metric=job.objective.primary_metric)}
        if record.state.get("verdict") == Status.COMPLETED.value and found:
            self._register(record)
        self._keep_log(record, known)
        if found:
            tags = [("best_child_run_id", found["trial"]), ("score", repr(found["score"]))]
            self._runs.log(record.id.scope, record.id.name, tags=tags)
        known.resting = True
        return {**best, **told, "trials": len(trials)}

    def _keep_log(self, record: Record, known: KnownSweep) -> None:
        container = self._storage.container(record.id.scope, ARTIFACTS)
        self.store.blobs.put_bytes(container, f"{artifact_folder(record.id.name)}/{LOG}", known.log(record))

    def _left_ms(self, record: Record, limits: SweepLimits) -> int:
        """How long it may still go on."""
        if limits.timeout is None:
            return LOOK_MS
        began = datetime.fromisoformat(str(record.state["start_time"])).timestamp() * 1000
        return int(record.state.get("resumed_at") or began) + limits.timeout * 1000 - self.store.clock()

    def _make(self, record: Record, known: KnownSweep, job: SweepJob, trials: Mapping[int, Known]) -> bool:
        """Make trials where there is room for some; whether any were made."""
        limits = job.limits or SweepLimits()
        total = limits.max_total_trials or 1
        running = sum(not trial.over for trial in trials.values())
        room = min((limits.max_concurrent_trials or total) - running, _AT_ONCE)
        new = list(islice(self._drawn(record, known, job, trials, total), room)) if room > 0 else []
        if not new:
            return False
        if job.early_termination:
            known.listen([trial.name for trial in new], job.objective.primary_metric)
        if self.jobs.bear(record, [self._record(record, job, trial) for trial in new]):
            known.add(record, new)
        return True

    def _drawn(
        self, record: Record, known: KnownSweep, job: SweepJob, trials: Mapping[int, Known], total: int
    ) -> Iterator[Known]:
        """The next trials, each drawn from what all before it have told."""
        goal = goal_of(job.objective)
        number = max([int(record.state.get("trials") or 0), *(number + 1 for number in trials)])
        if number >= total:
            return
        if known.sampler is None or known.sampler[0] != total:
            known.sampler = (total, sampler_of(job, record.state, total, self._before(record, known, job)))
        sampler = known.sampler[1]
        past = [trial.told(goal) for trial in trials.values()]
        while number < total and (params := sampler.ask(number, past)) is not None:
            trial = Known(trial_name(record.id.name, number), number, params, created_at=self.store.clock())
            past.append(trial.told(goal))
            yield trial
            number += 1

    def _record(self, sweep: Record, job: SweepJob, trial: Known) -> Record:
        """The record of a trial: what was settled for the sweep is settled for each."""
        id = ResourceId(sweep.id.scope, "jobs", trial.name)
        said = trial_job(job, trial.name, trial.params)
        outputs = {name: self._pinning.placed(trial.name, name, output) for name, output in said.outputs.items()}
        facts = {**sweep.state["each"], OF_TRIAL: {"number": trial.number, "params": trial.params}}
        return new_record(id, said.model_copy(update={"outputs": outputs}), facts, str(sweep.state["user"]))

    def _before(self, record: Record, known: KnownSweep, job: SweepJob) -> Sequence[Trial]:
        """The trials of the sweeps that this one goes on from; these have ended, so they are read once."""
        if known.earlier is None:
            known.earlier = self._earlier.trials(record.id.scope, job)
        return known.earlier

    def _give_up(self, record: Record, known: KnownSweep, job: SweepJob, trials: Mapping[int, Known]) -> None:
        """Cancel the trials that the policy judges to be hopeless, beside those of earlier sweeps."""
        news = {trial.number: trial for trial in trials.values() if len(trial.values) > trial.judged}
        if not news or job.early_termination is None:
            return
        policy, goal = policy_for(job.early_termination.dump()), goal_of(job.objective)
        told = [*self._before(record, known, job), *(trial.told(goal) for trial in trials.values())]
        hopeless = judge(policy, goal, told, {trial.number: trial.judged for trial in trials.values()})
        if hopeless:
            kind, metric = job.early_termination.type.value, job.objective.primary_metric
            said = {
                trials[number].name: f"Given up by the policy '{kind}' at interval {len(trials[number].values)},"
                f" with {metric} {trials[number].best(goal)} at best."
                for number in sorted(hopeless)
            }
            actor = Principal(record.id.name, str(record.state["user"]), "job")
            self.jobs.cancel_all(record.id.scope, list(said), actor, said)
        for trial in news.values():
            trial.judged = len(trial.values)


def sampler_of(job: SweepJob, state: Mapping[str, Any], total: int, earlier: Sequence[Trial] = ()) -> Sampler:
    """What draws the trials of a sweep, with the seed that was settled when it was submitted."""
    said = job.sampling_algorithm.model_dump(mode="json", by_alias=False, exclude_none=True)
    algorithm = {"type": said} if isinstance(said, str) else dict(said)
    settings = {"seed": state.get("seed"), **algorithm}
    return sampler_for(job.dump()["search_space"], settings, goal_of(job.objective), total, earlier)


def _best(job: SweepJob, trials: Mapping[int, Known]) -> dict[str, Any]:
    found = best_trial(job.objective, trials.values())
    return {"best": {"trial": found[0].name, "number": found[0].number, "score": found[1]}} if found else {}
