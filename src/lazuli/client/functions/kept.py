"""Keeping trials on the server: one short request for each, whose answer is read when the next trial has ended.

So the search does not wait for the server, and at most one trial that has ended is not yet known to be kept. All of it
is done by the thread that searches: another one would fight with it for the interpreter.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from lazuli.client.client import Client
from lazuli.client.envelope import body_of
from lazuli.client.http import Posts
from lazuli.client.jobs import ENDED
from lazuli.ml.search import Trial, best_of
from lazuli.ml.search.trial import Goal
from lazuli.resources.search import SweepLimits
from lazuli.resources.sweep import SweepJob
from lazuli.resources.table import noun
from lazuli.schema.problems import Problem, Unavailable

__all__ = ["Kept"]

_TICK_S = 1.0
_WORD_S = 20.0
"""How often the server hears that this program is still there."""
_ENDING_S = 20.0
_PATIENCE_S = 120.0
"""For how long a server that does not answer is asked again: it may be starting anew."""


class Kept:
    """A sweep on the server, held by this program until :meth:`end`."""

    def __init__(self, client: Client, name: str, job: SweepJob, goal: Goal) -> None:
        """Begin the sweep, or take it up where there is one of that name.

        Raises :class:`Conflict` where the name stands for something else.
        """
        self._http = client.http
        self._path = f"{client.scope.path}/functionSweeps/{quote(name, safe='')}"
        answer = self._opened(
            body_of(noun("job"), job, client.scope), (job.limits or SweepLimits()).max_total_trials or 0
        )
        self.seed = int(answer["seed"])
        self.past = [_trial(goal, said) for said in answer["trials"]]
        self.earlier = [_trial(goal, said) for said in answer["earlier"]]
        """The trials of other sweeps that this one is to learn from."""
        self.skipped = frozenset(answer["skipped"])
        """Numbers that no trial can have."""
        self.is_over = not answer["holder"]
        """Whether nothing can be added any more."""
        self._holder = {"holder": answer["holder"]}
        self._turn = threading.Lock()
        self._posts = Posts(client.http)
        self._sent: dict[str, Any] | None = None
        self._done = threading.Event()
        self.problem: Problem | None = None
        """For what the search cannot go on, if anything."""
        self._thread = threading.Thread(target=self._look_after, name=f"sweep {name}", daemon=True)
        if not self.is_over:
            self._thread.start()

    def _opened(self, body: Mapping[str, Any], total: int) -> Any:
        """What the server tells of the sweep; of one that is just ending and is to go on, when it has ended."""
        until = time.monotonic() + _ENDING_S
        while True:
            answer = self._http.call("PUT", self._path, body=body)
            status = answer["job"]["properties"]["status"]
            is_ending = not answer["holder"] and status not in ENDED and len(answer["trials"]) < total
            if not is_ending or time.monotonic() > until:
                return answer
            time.sleep(0.1)

    def keep(self, trial: Trial, metrics: Sequence[Mapping[str, Any]], times: tuple[int, int], error: str = "") -> None:
        """Hand over a trial that has ended; returns when the one before it is kept.

        Raises the :class:`Problem` for which one could not be kept.
        """
        said = {
            **self._holder,
            "number": trial.number,
            "params": trial.params,
            "state": trial.state,
            "metrics": metrics,
            "startedAt": times[0],
            "endedAt": times[1],
            **({"error": error} if error else {}),
        }
        with self._turn:
            self._settle()
            if not self._http.is_direct:
                self._patiently("trials", said)
                return
            self._sent = said
            with suppress(Unavailable):  # it is sent again when its answer is asked for
                self._posts.send(f"{self._path}/trials", said)

    def check(self) -> None:
        """Raise the :class:`Problem` for which the search cannot go on, if there is one."""
        if self.problem is not None:
            raise self.problem

    def end(self, verdict: str, message: str = "") -> None:
        """Wait until all trials are kept, and end the sweep: ``completed``, ``failed``, or ``left`` for later."""
        self._done.set()
        self._thread.join()
        with self._turn:
            self._settle()
            self._posts.close()
        self._patiently("end", {**self._holder, "verdict": verdict, "message": message[:10_000]})

    def leave(self) -> None:
        """Leave it for later, as well as can be: nothing is raised."""
        with suppress(Problem):  # its server finds out by itself, or knows better already
            self.end("left")

    def _settle(self) -> None:
        """Make sure that what was sent is kept. Raises the :class:`Problem` for which it is not."""
        self.check()
        if self._sent is None:
            return
        try:
            try:
                self._posts.answer()
            except Unavailable:
                self._patiently("trials", {**self._sent, "again": True})
        except Problem as problem:
            self.problem = problem
            raise
        self._sent = None

    def _look_after(self) -> None:
        """While a trial takes its time: see that the one before is kept, and say now and then that all is well."""
        seen, said_at = None, time.monotonic()
        while not self._done.wait(_TICK_S):
            try:
                with self._turn:
                    if self._sent is seen:
                        self._settle()
                seen = self._sent
                if time.monotonic() > said_at + _WORD_S:
                    self._patiently("alive", self._holder)
                    said_at = time.monotonic()
            except Problem as problem:
                self.problem = problem
                return

    def _patiently(self, what: str, said: Mapping[str, Any]) -> None:
        """Send something that may safely be sent twice, again and again while no server answers."""
        until, pause = time.monotonic() + _PATIENCE_S, 0.1
        while True:
            try:
                self._http.call("POST", f"{self._path}/{what}", body=said)
                return
            except Unavailable:
                if time.monotonic() > until:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, 2.0)


def _trial(goal: Goal, said: Mapping[str, Any]) -> Trial:
    steps = [float(value) for value in said["steps"]]
    return Trial(said["number"], said["params"], best_of(goal, steps), steps, said["state"])
