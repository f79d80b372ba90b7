"""A server that is older or newer than the command that asks it: told where that may be why something is missing."""

from __future__ import annotations

import lazuli
from lazuli.client.http import Http
from lazuli.schema.problems import MethodNotAllowed, NotFound, Problem, Unexpected

__all__ = ["explained"]


def explained(problem: Problem, http: Http) -> Problem:
    """The problem, with the versions in its mend where the server lacks what was asked for and is of another one.

    Patch versions understand each other and are not told apart.
    """
    if not _may_be_about_versions(problem):
        return problem
    try:
        theirs = str(http.call("GET", "/openapi.json")["info"]["version"])
    except (Problem, KeyError, TypeError):
        return problem
    if theirs.split(".")[:2] == lazuli.__version__.split(".")[:2]:
        return problem
    mend = (
        f"The server runs Lazuli {theirs}, this command is {lazuli.__version__}: bring both to one version, and start "
        "the server again with 'lazuli down' and 'lazuli up'."
    )
    return type(problem)(
        problem.message, target=problem.target, mend=f"{problem.mend} {mend}".strip(), code=problem.code
    )


def _may_be_about_versions(problem: Problem) -> bool:
    """Whether no such address is there, rather than no such resource at it."""
    return isinstance(problem, MethodNotAllowed | Unexpected) or (
        isinstance(problem, NotFound) and problem.code == "NotFound"
    )
