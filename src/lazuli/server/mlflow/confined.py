"""What a job may write of what is tracked: its own run, what it began itself, and what is nested in these.

To the runs of what it is a part of, its pipeline or sweep, it may add: metrics, parameters, tags and files.

Every job of a workspace may read what the others have measured and made. That one of them, by a mistake or by a
program that it did not write, could also change or delete it, is what this holds back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import orjson
from starlette.responses import Response

from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import NotAllowed, NotFound
from lazuli.server.mlflow.door import body_of, run_id_of, text_of
from lazuli.server.mlflow.files import SCHEME
from lazuli.server.routes import Call, Route
from lazuli.store.paths import clean
from lazuli.tracking import Tracking
from lazuli.tracking.runs import PARENT_TAG

__all__ = ["BEGUN_BY", "confined"]

BEGUN_BY = "lazuli.job"
"""The tag of a run or logged model that a job began: the name of the job."""
_WRITES = frozenset({"runs/write", "experiments/write", "artifacts/write"})
_DEEPEST = 16
"""Runs nested deeper than that are nobody's."""
_LONGEST_PATH = 64
_MOST_REMEMBERED = 10_000

_ADDS = frozenset({"runs/log-metric", "runs/log-batch", "runs/log-parameter", "runs/set-tag"})
_WHOSE = frozenset({PARENT_TAG, BEGUN_BY})
"""The tags that say whose a run is."""

Above = Callable[[ResourceId], list[str]]
"""The names of the jobs that a job is a part of."""
Check = Callable[[Call], Call]
"""The call as it may be made. Raises :class:`NotAllowed` where it may not."""


def confined(routes: list[Route], tracking: Tracking, above: Above) -> list[Route]:
    """The routes, with those that write opened to a job for what is its own alone, and to add to what is ``above``."""
    checks = _Checks(tracking, above)
    return [_with(route, checks) if route.permission in _WRITES else route for route in routes]


def _with(route: Route, checks: _Checks) -> Route:
    check, handler, soon = checks.of(route), route.handler, route.soon

    def handle(call: Call) -> Response:
        return handler(check(call) if call.principal.role == "job" else call)

    def answer_soon(call: Call) -> Awaitable[Response] | None:
        assert soon is not None
        return soon(call) if call.principal.role != "job" or checks.is_known(call) else None

    def admit(call: Call) -> None:
        if route.admit:
            route.admit(call)
        if call.principal.role == "job":
            check(call)

    return replace(
        route, handler=handle, soon=answer_soon if soon else None, admit=admit if route.upload else route.admit
    )


class _Checks:
    def __init__(self, tracking: Tracking, above: Above) -> None:
        self._tracking = tracking
        self._above = above
        self._own: set[tuple[str, str, str]] = set()  # workspace, job, run: what was found to be a job's stays so

    def of(self, route: Route) -> Check:
        """The check of a route that writes; of one that is not known here, that no job may take it."""
        path = route.path.rpartition("/api/2.0/")[2]
        if path.startswith("mlflow-artifacts/"):
            return self._file
        path = path.removeprefix("mlflow/")
        if path in ("runs/create", "logged-models"):
            return self._begin
        if path in _ADDS:
            return self._add
        if path.startswith("runs/"):
            return self._run
        if path.startswith("logged-models/{model_id}"):
            return self._model
        return {
            "experiments/create": lambda call: call,
            "experiments/set-experiment-tag": self._experiment,
        }.get(path, _nobody)

    def is_known(self, call: Call) -> bool:
        """Whether the run that a call writes to is known to be its job's, without asking the database."""
        run_id = run_id_of(body_of(call))
        return run_id == call.principal.id or self._key(call, run_id) in self._own

    def _run(self, call: Call) -> Call:
        self._check(call, run_id_of(body_of(call)))
        return call

    def _add(self, call: Call) -> Call:
        body = body_of(call)
        run_id, tags = run_id_of(body), body.get("tags")
        names = [body.get("key"), *(tag.get("key") for tag in tags or () if isinstance(tag, dict))]
        is_kept = _WHOSE.isdisjoint(map(str, names))  # else it would make the run its own
        if not self._is_its_own(call, run_id) and not (is_kept and self._is_part_of(call, run_id)):
            raise _not_its_own(f"run '{run_id[:100]}'")
        return call

    def _begin(self, call: Call) -> Call:
        """What a job begins is marked as its own."""
        body = body_of(call)
        if source := text_of(body, "source_run_id"):
            self._check(call, source)
        said = body.get("tags")
        others = [one for one in said if not _is_mark(one)] if isinstance(said, list) else said or []
        if not isinstance(others, list):
            return call  # the handler says what is wrong with it
        mark = {"key": BEGUN_BY, "value": call.principal.id}
        return replace(call, body=orjson.dumps({**body, "tags": [*others, mark]}, option=orjson.OPT_NON_STR_KEYS))

    def _model(self, call: Call) -> Call:
        model = self._tracking.models.get(call.scope, call.params["model_id"], deleted=True)
        if model.tags.get(BEGUN_BY) != call.principal.id:
            self._check(call, model.source_run_id)
        return call

    def _experiment(self, call: Call) -> Call:
        run = self._tracking.runs.get(call.scope, call.principal.id)
        if text_of(body_of(call), "experiment_id") != run.experiment_id:
            raise _not_its_own("an experiment")
        return call

    def _file(self, call: Call) -> Call:
        said = call.params.get("path") or call.params["rest"].partition("/")[2]  # behind the verb of a multipart upload
        path = PurePosixPath(clean(said))
        if not any(path.is_relative_to(root) for root in self._folders(call, path)):
            raise _not_its_own(f"'{str(path)[:200]}'")
        return call

    def _folders(self, call: Call, path: PurePosixPath) -> Iterator[str]:
        """The folders of the job's runs and models whose names stand in ``path``."""
        for part in path.parts[:_LONGEST_PATH]:
            name = part.removeprefix("dcid.")
            uri = self._uri_of_run(call, name) or self._uri_of_model(call, name)
            if uri.startswith(SCHEME):
                yield clean(uri.removeprefix(SCHEME))

    def _uri_of_run(self, call: Call, run_id: str) -> str:
        if not self._is_its_own(call, run_id) and not (call.method == "PUT" and self._is_part_of(call, run_id)):
            return ""
        try:
            return self._tracking.runs.get(call.scope, run_id).artifact_uri
        except NotFound:
            return ""

    def _uri_of_model(self, call: Call, model_id: str) -> str:
        try:
            model = self._tracking.models.get(call.scope, model_id)
        except NotFound:
            return ""
        is_own = model.tags.get(BEGUN_BY) == call.principal.id or self._is_its_own(call, model.source_run_id)
        return model.artifact_uri if is_own else ""

    def _check(self, call: Call, run_id: str) -> None:
        if not self._is_its_own(call, run_id):
            raise _not_its_own(f"run '{run_id[:100]}'")

    def _is_its_own(self, call: Call, run_id: str) -> bool:
        if run_id == call.principal.id or self._key(call, run_id) in self._own:
            return True
        if not self._is_below(call.scope, run_id, call.principal.id):
            return False
        if len(self._own) >= _MOST_REMEMBERED:
            self._own.clear()
        self._own.add(self._key(call, run_id))
        return True

    def _is_part_of(self, call: Call, run_id: str) -> bool:
        """Whether the job was made by another whose run this is, or by one that was."""
        return run_id in self._above(ResourceId(call.scope, "jobs", call.principal.id))

    def _is_below(self, scope: Scope, run_id: str, job: str) -> bool:
        """Whether a run was begun by the job, or is nested in one that is its own."""
        for _ in range(_DEEPEST):
            try:
                tags = self._tracking.runs.get(scope, run_id).tags
            except NotFound:
                return False
            run_id = tags.get(PARENT_TAG, "")
            if tags.get(BEGUN_BY) == job or run_id == job:
                return True
        return False

    def _key(self, call: Call, run_id: str) -> tuple[str, str, str]:
        return call.scope.key, call.principal.id, run_id


def _is_mark(tag: Any) -> bool:
    return isinstance(tag, dict) and tag.get("key") == BEGUN_BY


def _nobody(call: Call) -> Call:
    raise _not_its_own("what others use as well")


def _not_its_own(what: str) -> NotAllowed:
    return NotAllowed(
        f"A job may not change {what}: it writes its own run and those nested in it.",
        target="run_id",
        mend="Leave run ids out of the script: in a job, mlflow logs to the job's run.",
    )
