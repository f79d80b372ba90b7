"""Lists over HTTP: what a query asks for, and the pages in which it is answered.

The next page is told by where this one ended (``$skipToken``), so it is found as quickly as the first, and what comes
or goes between two pages neither repeats nor hides others. ``$skip`` is understood as well.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from starlette.responses import Response

from lazuli.jobs.family import ROOT
from lazuli.resources.job import Status
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput, did_you_mean
from lazuli.server.routes import Call, reply
from lazuli.store.documents import Record, Selection
from lazuli.store.facets import TAG
from lazuli.store.selection import Place

__all__ = ["of_jobs", "page", "wanted"]

PAGE = 200
_ARCHIVED = {"activeonly": False, "archivedonly": True, "all": None} | {"enabledonly": False, "disabledonly": True}
_TOKEN = "$skipToken"
_MOST_FACETS = 20


def wanted(call: Call, kind: str, **fixed: Any) -> Selection:
    """The page that a query asks for, of the resources of a kind; ``fixed`` says what the address settles.

    Raises :class:`InvalidInput` for what it does not understand. Words that it does not know are no concern of it.
    """
    params = call.params
    is_inside = call.is_inside
    scope = call.scope if is_inside else Scope(params["subscription"], params.get("group", ""), "")
    return Selection(
        scope,
        kind,
        archived=_archived(call) if is_inside else None,
        facets=tuple((TAG, name) if value is None else (f"{TAG}:{name}", value) for name, value in _tags(call)),
        properties=tuple(_pairs(call.query.get("properties", "").split(","), "properties")),
        after=_after(call, scope.key if is_inside else ""),
        skip=_number(call, "$skip", 0),
        limit=max(1, min(_number(call, "$top", PAGE), _number(call, "$maxpagesize", PAGE), PAGE)),
        newest_first=_newest_first(call),
        **fixed,
    )


def of_jobs(call: Call, selection: Selection) -> Selection:
    """The selection narrowed by what only jobs have: kind, experiment, parent and status.

    Without a parent it holds the jobs that no other job made, unless ``includeChildren`` asks for all.
    """
    facets = list(selection.facets)
    parent = call.query.get("parentJobName") or None
    if parent is None and call.query.get("includeChildren", "").lower() != "true":
        facets.append(ROOT)
    if kind := call.query.get("jobType"):
        facets.append(("type", kind.lower()))
    if experiment := call.query.get("experimentName"):
        facets.append(("experiment_name", experiment.lower()))
    statuses = tuple(_status(word) for said in call.query.getlist("status") for word in said.split(",") if word)
    return replace(selection, facets=tuple(facets), statuses=statuses, parent=parent)


def page(
    call: Call,
    selection: Selection,
    select: Callable[[Selection], list[Record]],
    show: Callable[[Record], dict[str, Any]],
) -> Response:
    """One page of a list, and where the next one is."""
    found = select(replace(selection, limit=selection.limit + 1))
    shown = found[: selection.limit]
    answer: dict[str, Any] = {"value": [show(record) for record in shown]}
    total = _number(call, "$top", 0)  # more than a page holds goes on in the next one
    if len(found) > len(shown) and (not total or total > len(shown)):
        query = [(word, value) for word, value in call.query.multi_items() if word not in ("$skip", _TOKEN, "$top")]
        query.append((_TOKEN, _token(shown[-1].place, _within(call))))
        if total:
            query.append(("$top", str(total - len(shown))))
        answer["nextLink"] = f"{call.base_url}{quote(call.path)}?{urlencode(query)}"
    return reply(answer)


def _within(call: Call) -> str:
    return call.scope.key if call.is_inside else ""


def _token(place: Place, within: str) -> str:
    said = orjson.dumps([place[0], place[1].removeprefix(within)])
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def _after(call: Call, within: str) -> Place | None:
    text = call.query.get(_TOKEN, "")
    if not text:
        return None
    try:
        place: Any = orjson.loads(base64.urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}"))
    except (binascii.Error, ValueError):
        place = None
    match place:
        case [int(at), str(tail)] if abs(at) < 2**62 and "\0" not in tail:
            return at, within + tail
        case _:
            raise InvalidInput("This is no place in a list.", target=_TOKEN, mend="Follow the nextLink of an answer.")


def _tags(call: Call) -> list[tuple[str, str | None]]:
    """The tags that are asked for: ``tag`` once for each, ``tags`` and ``$tags`` with commas between them."""
    listed = [word for name in ("tags", "$tags") for word in call.query.get(name, "").split(",")]
    found = _pairs([*call.query.getlist("tag"), *listed], "tag")
    if len(found) > _MOST_FACETS:
        raise InvalidInput(f"More than {_MOST_FACETS} tags.", target="tag", mend="Ask for fewer.")
    return found


def _pairs(words: Iterable[str], target: str) -> list[tuple[str, str | None]]:
    """``name`` or ``name=value``, each."""
    found: list[tuple[str, str | None]] = []
    for word in filter(None, words):
        name, equals, value = word.partition("=")
        if not name or "\0" in word:
            raise InvalidInput(f"'{word[:40]}' is no name.", target=target, mend="Write name or name=value.")
        found.append((name, value if equals else None))
    return found


def _archived(call: Call) -> bool | None:
    view = call.query.get("listViewType", "ActiveOnly")
    # azure-ai-ml 1.35 asks registries for 'ListViewType.ACTIVE_ONLY': the name of its word, not the word.
    word = view.rpartition(".")[2].replace("_", "").lower()
    if word not in _ARCHIVED:
        raise InvalidInput(
            f"'{view[:40]}' is not a view.", target="listViewType", mend="Use ActiveOnly, ArchivedOnly or All."
        )
    return _ARCHIVED[word]


def _newest_first(call: Call) -> bool:
    said = call.query.get("$orderBy") or call.query.get("orderBy") or "createdtime desc"
    column, _, direction = said.strip().lower().partition(" ")
    if column not in ("createdtime", "createdat") or direction.strip() not in ("", "asc", "desc"):
        raise InvalidInput(
            f"Lists have no order '{said[:40]}'.",
            target="$orderBy",
            mend="Use 'createdtime desc' or 'createdtime asc'.",
        )
    return direction.strip() == "desc"


def _status(word: str) -> str:
    known = {status.value.lower(): status.value for status in Status}
    if word.strip().lower() not in known:
        raise InvalidInput(
            f"'{word[:40]}' is not a status.",
            target="status",
            mend=did_you_mean(word, list(known.values())) or f"Use {', '.join(known.values())}.",
        )
    return known[word.strip().lower()]


def _number(call: Call, word: str, missing: int) -> int:
    text = call.query.get(word, "")
    if text and not (text.isdecimal() and len(text) < 10):
        raise InvalidInput(f"'{text[:40]}' is not a whole number.", target=word)
    return int(text) if text else missing
