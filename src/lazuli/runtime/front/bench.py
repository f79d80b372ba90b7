"""Runs of a model that would hold others up: in threads, and several requests in one run where many wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from lazuli.runtime.front.tensors import Feeds

__all__ = ["Bench", "Run"]

Run = Callable[[tuple[str, ...], Feeds], list[Any]]
"""Outputs of these names for these inputs."""


class Job(NamedTuple):
    """What one request asks of the model."""

    names: tuple[str, ...]
    feeds: Feeds
    rows: int
    found: asyncio.Future[list[Any]]

    @property
    def form(self) -> tuple[Any, ...]:
        """What has to be equal for two to be answered in one run."""
        return (self.names, *((name, value.dtype.char, value.shape[1:]) for name, value in self.feeds.items()))


class Bench:
    """Requests that wait, and threads that run the model. Nobody waits for others to come: a batch is who is there."""

    def __init__(self, run: Run, runners: int, batch: int) -> None:
        self._run, self._batch = run, batch
        self._free = runners
        self._waiting: deque[Job] = deque()
        self._pool = ThreadPoolExecutor(runners, "model")

    def __len__(self) -> int:
        return len(self._waiting)

    def ask(self, names: tuple[str, ...], feeds: Feeds, rows: int) -> asyncio.Future[list[Any]]:
        """The outputs, once a thread has made them."""
        found = asyncio.get_running_loop().create_future()
        self._waiting.append(Job(names, feeds, rows, found))
        self._go()
        return found

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False)

    def _go(self) -> None:
        while self._free and (jobs := self._next()):
            self._free -= 1
            done = asyncio.get_running_loop().run_in_executor(self._pool, self._outputs, jobs)
            done.add_done_callback(lambda done, jobs=jobs: self._told(jobs, done.result()))

    def _next(self) -> list[Job]:
        """Those that are answered next, in one run."""
        jobs: list[Job] = []
        rows = 0
        while self._waiting:
            job = self._waiting[0]
            if not job.found.done():  # else its caller waits no more
                if jobs and (rows + job.rows > self._batch or job.form != jobs[0].form):
                    break
                jobs.append(job)
                rows += job.rows
            self._waiting.popleft()
            if rows >= self._batch:
                break
        return jobs

    def _outputs(self, jobs: list[Job]) -> list[list[Any] | Exception]:
        """In a thread: what each asked for, or why not."""
        if len(jobs) > 1:
            names, first = jobs[0].names, jobs[0].feeds
            together = {name: np.concatenate([job.feeds[name] for job in jobs]) for name in first}
            try:
                return split(self._run(names, together), [job.rows for job in jobs])
            except Exception:  # one of them may be to blame: each is asked by itself
                pass
        return [self._one(job) for job in jobs]

    def _one(self, job: Job) -> list[Any] | Exception:
        try:
            return self._run(job.names, job.feeds)
        except Exception as error:
            return error

    def _told(self, jobs: list[Job], outputs: list[list[Any] | Exception]) -> None:
        self._free += 1
        for job, output in zip(jobs, outputs, strict=True):
            if job.found.done():
                continue
            if isinstance(output, Exception):
                job.found.set_exception(output)
            else:
                job.found.set_result(output)
        self._go()


def split(outputs: list[Any], rows: list[int]) -> list[list[Any] | Exception]:
    """The outputs of each request. Raises ValueError where they are not as many rows as were asked for."""
    if any(len(output) != sum(rows) for output in outputs):
        raise ValueError("The outputs have other rows than the inputs.")
    ends = np.cumsum(rows).tolist()
    return [[output[end - count : end] for output in outputs] for end, count in zip(ends, rows, strict=True)]
