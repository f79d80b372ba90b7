"""``lazuli.sweep``: the search for the hyperparameters with which a Python function does best."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from lazuli.client.client import Client
from lazuli.client.collection import Unwritten
from lazuli.client.functions.kept import Kept
from lazuli.client.functions.trial import FunctionTrial, GivenUp, caller, now
from lazuli.client.profile import find
from lazuli.ml.search import Policy, Sampler, Trial, best_of, importance, judge, names_in, policy_for, sampler_for
from lazuli.ml.search.trial import Goal
from lazuli.resources.sweep import SweepJob
from lazuli.schema.identity import check_name
from lazuli.schema.problems import Conflict, InvalidInput

__all__ = ["Searched", "sweep"]

_FIRST = 3
"""Where so many trials fail at the start, the others are not tried: it is the function that is wrong."""


@dataclass(frozen=True)
class Searched:
    """What a search has found."""

    name: str
    """The name of the sweep, among the jobs of the workspace."""
    goal: Goal
    trials: Sequence[Trial]
    """All trials, by their numbers."""
    space: Mapping[str, Any] = field(repr=False)

    @property
    def best(self) -> Trial:
        """The best of the trials that completed. Raises :class:`InvalidInput` where none did."""
        ended = [each for each in self.trials if each.state == "completed" and each.value is not None]
        value = best_of(self.goal, (each.value for each in ended if each.value is not None))
        for each in ended:
            if each.value == value:
                return each
        raise InvalidInput(f"No trial of '{self.name}' has completed with a value.", target="best")

    @property
    def params(self) -> Mapping[str, Any]:
        """The hyperparameters of the best."""
        return self.best.params

    @property
    def value(self) -> float:
        """The value of the best."""
        assert self.best.value is not None
        return self.best.value

    def importance(self) -> dict[str, float]:
        """How much each hyperparameter mattered, the most important first; together 1."""
        return importance(self.space, self.trials, self.goal)


def sweep(
    fn: Callable[..., Any],
    space: Mapping[str, Any],
    *,
    goal: Goal = "minimize",
    metric: str = "value",
    trials: int = 20,
    sampling: str | Mapping[str, Any] = "tpe",
    early_stopping: str | Mapping[str, Any] | None = None,
    concurrency: int = 1,
    name: str = "",
    workspace: str = "",
    client: Client | None = None,
    **words: Any,
) -> Searched:
    """Call a function with different hyperparameters, and find those with which it does best.

    ``space`` says how each is drawn (``{"lr": lazuli.loguniform(-6, 0)}``, or as a sweep's YAML says it). A parameter
    of the function that is named like a hyperparameter is given its value; one called ``trial``, or an only other one,
    is given the trial, a mapping of all of them on which it may ``report`` how it goes. The function returns the
    ``metric``, or a mapping with it and other metrics.

    It runs in this process, ``concurrency`` calls at once in threads. Every trial that has ended is a job on the
    Lazuli server, under the sweep ``name``; called again with that name after a crash, the search goes on where it was.
    ``sampling`` and ``early_stopping`` are what a sweep's YAML calls ``sampling_algorithm`` and ``early_termination``.
    ``words`` are other fields of the sweep: ``experiment_name``, ``tags``, ``description``.

    A trial whose function raises is failed and the search goes on; where the first three fail, it ends with what they
    raised. Raises :class:`Unavailable` where no server runs, and :class:`Conflict` where the sweep was canceled.
    """
    name = check_name(name or f"sweep_{uuid4().hex[:12]}")
    job = _job(fn, space, goal, metric, trials, sampling, early_stopping, concurrency, name, words)
    call = caller(fn, names_in(space))
    if client is None:
        with Client(find(workspace=workspace)) as own:
            return _Search(own, name, job, goal, call, trials, concurrency).run()
    return _Search(client, name, job, goal, call, trials, concurrency).run()


def _job(
    fn: Callable[..., Any],
    space: Mapping[str, Any],
    goal: Goal,
    metric: str,
    trials: int,
    sampling: str | Mapping[str, Any],
    early_stopping: str | Mapping[str, Any] | None,
    concurrency: int,
    name: str,
    words: Mapping[str, Any],
) -> SweepJob:
    """The sweep as a job. Raises :class:`InvalidInput` for what is wrong with it, by the words of its fields."""
    said = {
        "type": "sweep",
        "name": name,
        "trial": {"command": f"# {fn.__module__}:{getattr(fn, '__qualname__', type(fn).__qualname__)}"},
        "search_space": dict(space),
        "sampling_algorithm": sampling if isinstance(sampling, str) else dict(sampling),
        "objective": {"goal": goal, "primary_metric": metric},
        "limits": {"max_total_trials": trials, "max_concurrent_trials": concurrency},
        **words,
    }
    if early_stopping is not None:
        said["early_termination"] = {"type": early_stopping} if isinstance(early_stopping, str) else early_stopping
    return SweepJob.from_yaml(Unwritten("lazuli.sweep", Path.cwd(), said, {}, strict=True))


class _Search:
    """One search on its way."""

    def __init__(
        self,
        client: Client,
        name: str,
        job: SweepJob,
        goal: Goal,
        call: Callable[[FunctionTrial], Any],
        total: int,
        concurrency: int,
    ) -> None:
        dumped = job.dump()
        self.name = name
        self.goal: Goal = goal
        self.metric = job.objective.primary_metric
        self.total = total
        self.concurrency = concurrency
        self.call = call
        self.space = dumped["search_space"]
        self.policy: Policy | None = policy_for(dumped["early_termination"]) if job.early_termination else None
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        sampler_for(self.space, dumped["sampling_algorithm"], goal, total)  # before anything is begun
        self.kept = Kept(client, name, job, goal)
        self.sampler = self._sampler(dumped["sampling_algorithm"])
        self.trials = {trial.number: trial for trial in self.kept.past}

    def _sampler(self, said: str | Mapping[str, Any]) -> Sampler:
        algorithm = {"type": said} if isinstance(said, str) else dict(said)
        return sampler_for(self.space, {"seed": self.kept.seed, **algorithm}, self.goal, self.total, self.kept.earlier)

    def run(self) -> Searched:
        """Try what is left to try, and end the sweep."""
        if self.kept.is_over:
            return self._ended_before()
        try:
            self._try_all()
        except BaseException:
            self.kept.leave()
            raise
        if self._failure is not None:
            self.kept.end("failed", f"The first {_FIRST} trials failed. {self._failure!r}")
            raise self._failure
        self.kept.end("completed")
        return self._searched()

    def _ended_before(self) -> Searched:
        if len(self.trials) >= self.total:
            return self._searched()
        raise Conflict(f"The sweep '{self.name}' is ending.", target="name", mend="Try again when it has.")

    def _searched(self) -> Searched:
        return Searched(self.name, self.goal, [self.trials[n] for n in sorted(self.trials)], self.space)

    def _try_all(self) -> None:
        if self.concurrency == 1:
            for trial in self._drawn():
                self._keep(trial, *self._tried(trial))
            return
        with ThreadPoolExecutor(self.concurrency, thread_name_prefix="trial") as pool:
            running: dict[Future[Any], FunctionTrial] = {}
            drawn = self._drawn()
            try:
                while True:
                    while len(running) < self.concurrency and (trial := next(drawn, None)):
                        running[pool.submit(self._tried, trial)] = trial
                    if not running:
                        return
                    for done in wait(running, return_when=FIRST_COMPLETED).done:
                        self._keep(running.pop(done), *done.result())
            finally:
                pool.shutdown(cancel_futures=True)

    def _drawn(self) -> Iterator[FunctionTrial]:
        """The next trials, each drawn from what all before it have told."""
        tried = self.kept.skipped.union(self.trials)
        for number in (number for number in count() if number not in tried):
            if len(self.trials) >= self.total or self._failure is not None:
                return
            with self._lock:
                past = list(self.trials.values())
            params = self.sampler.ask(number, past)
            if params is None:
                return
            with self._lock:
                self.trials[number] = Trial(number, params)
            yield FunctionTrial(number, params, self.metric, self._is_hopeless)

    def _is_hopeless(self, trial: FunctionTrial) -> bool:
        """Whether a trial is to be given up, by what it has reported last."""
        self.kept.check()
        if self.policy is None:
            return False
        with self._lock:
            self.trials[trial.number] = replace(self.trials[trial.number], steps=tuple(trial.steps))
            all_of_them = list(self.trials.values())
        judged = {each.number: len(each.steps) for each in all_of_them} | {trial.number: len(trial.steps) - 1}
        return trial.number in judge(self.policy, self.goal, all_of_them, judged)

    def _tried(self, trial: FunctionTrial) -> tuple[str, str, BaseException | None]:
        """Call the function: how it ended, what is to be said of that, and what it raised."""
        try:
            trial.finish(self.call(trial))
        except GivenUp as given_up:
            return "canceled", str(given_up), None
        except Exception as error:
            if error is self.kept.problem:
                raise
            return "failed", "".join(traceback.format_exception(error))[-10_000:], error
        return "completed", "", None

    def _keep(self, trial: FunctionTrial, state: Any, message: str, error: BaseException | None) -> None:
        value = best_of(self.goal, trial.steps)
        ended = Trial(trial.number, trial.params, value, tuple(trial.steps), state)
        with self._lock:
            self.trials[trial.number] = ended
        self.kept.keep(ended, trial.metrics, (trial.began, now()), message)
        first = [self.trials.get(number) for number in range(_FIRST)]
        if any(each.state == "completed" for each in list(self.trials.values())):
            return
        if error is not None and all(each is not None and each.state == "failed" for each in first):
            self._failure = error
