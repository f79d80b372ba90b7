"""The door to the table of jobs: any page by any filter and order, the words for filters, and experiments."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from lazuli.jobs.table.question import MOST_ROWS, Question, ask
from lazuli.jobs.table.rows import JobTable
from lazuli.schema.problems import InvalidInput
from lazuli.server.mlflow.spelling import float_json
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.tracking.experiments import Experiments

__all__ = ["job_table_routes", "number_in"]

_QUERY = {
    "filter": "MLflow's search syntax over metrics, params, tags and the columns of a job, such as "
    "metrics.auc > 0.8 and params.lr = '0.1' and status = 'Completed' and created > '2026-05-01'; "
    "words that compare nothing are looked for in name, display name and experiment.",
    "text": "Words that name, display name or experiment hold, beside a filter.",
    "orderBy": "Columns with asc or desc, and commas between them, such as metrics.auc desc, created. Newest first.",
    "offset": "How many rows are skipped.",
    "limit": f"How many rows are shown: 50 if nothing is said, {MOST_ROWS} at most.",
    "columns": "Metrics, params and tags that are wanted in 'values': metrics.auc,params.lr,tags.x.",
    "parent": "Only the children of this job. Without it only jobs that no other job made.",
    "all": "With 'true' also the children of other jobs.",
    "archived": "'true' for archived jobs alone, 'all' for both.",
}


def job_table_routes(table: JobTable, experiments: Experiments) -> list[Route]:
    """The routes of the table of jobs."""
    door = _Door(table, experiments)
    return [
        Route(
            "GET",
            f"{WORKSPACE}/jobTable",
            door.page,
            "jobs/read",
            "A page of the table of jobs",
            response="JobPage",
            query=_QUERY,
            tags=("Lazuli",),
        ),
        Route(
            "GET",
            f"{WORKSPACE}/jobTable/words",
            door.words,
            "jobs/read",
            "What jobs can be filtered by",
            response="JobWords",
            tags=("Lazuli",),
        ),
        Route(
            "GET",
            f"{WORKSPACE}/experiments",
            door.experiments,
            "jobs/read",
            "The experiments, with how many jobs each has",
            response="ExperimentRows",
            tags=("Lazuli",),
        ),
    ]


class _Door:
    def __init__(self, table: JobTable, experiments: Experiments) -> None:
        self._table = table
        self._experiments = experiments

    def page(self, call: Call) -> Response:
        """Some rows, and how many there are in all."""
        page = self._table.page(call.scope, _question(call))
        return reply({"total": page.total, "rows": [_plain(row) for row in page.rows]})

    def words(self, call: Call) -> Response:
        """The names of metrics, parameters and tags, and the values of columns, the most used first."""
        return reply(self._table.words(call.scope))

    def experiments(self, call: Call) -> Response:
        """Every experiment that is not deleted, the one with the newest job first."""
        active = self._table.activity(call.scope)
        known = {each.name: each for each in self._every(call)}
        rows = [
            {
                "name": name,
                "id": known[name].id if name in known else None,
                "jobs": active.get(name, (0, None))[0],
                "created": known[name].created_at if name in known else None,
                "lastJob": active.get(name, (0, None))[1],
            }
            for name in {**active, **known}
        ]
        return reply({"value": sorted(rows, key=lambda row: -(row["lastJob"] or row["created"] or 0))})

    def _every(self, call: Call) -> list[Any]:
        found, token = self._experiments.search(call.scope)
        while token:
            more, token = self._experiments.search(call.scope, page=token)
            found += more
        return found


def _question(call: Call) -> Question:
    said = call.query.get
    archived = {"": False, "false": False, "true": True, "all": None}
    if (word := said("archived", "").lower()) not in archived:
        raise InvalidInput(f"'{word[:40]}' is not a view.", target="archived", mend="Use true, false or all.")
    return ask(
        said("filter", ""),
        said("text", ""),
        ",".join(call.query.getlist("orderBy")),
        ",".join(call.query.getlist("columns")),
        parent=said("parent", ""),
        everyone=said("all", "").lower() == "true",
        archived=archived[word],
        offset=number_in(call, "offset", 0),
        limit=number_in(call, "limit", 50),
    )


def number_in(call: Call, word: str, missing: int) -> int:
    """The whole number that a query says. Raises :class:`InvalidInput` for what is none."""
    text = call.query.get(word, "")
    if text and not (text.isdecimal() and len(text) < 16):
        raise InvalidInput(f"'{text[:40]}' is not a whole number.", target=word)
    return int(text) if text else missing


def _plain(row: Any) -> dict[str, Any]:
    values = {word: float_json(value) if isinstance(value, float) else value for word, value in row["values"].items()}
    return {**row, "values": values}
