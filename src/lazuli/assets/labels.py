"""Labels: words that each lead to one version of an asset. Those of models are what MLflow calls aliases.

A label lies with the version it leads to, so that it goes when the version goes, whichever door removed that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import Connection

from lazuli.schema.problems import InvalidInput
from lazuli.store.documents import Documents, Record

__all__ = ["LATEST", "STATE", "check_label", "labelled", "labels_of", "move_label"]

LATEST = "latest"
"""The label that every asset has, and nobody moves: the newest version that is not archived."""

STATE = "labels"
"""Where the state of a version keeps them."""
_LABEL = re.compile(rf"^(?!{LATEST}$)(?![vV]\d+$)[\w-]{{1,255}}$")


def check_label(label: str, what: str = "label") -> None:
    """Raise :class:`InvalidInput` for a word that cannot be a label."""
    if not _LABEL.match(label):
        raise InvalidInput(
            f"Invalid {what} name: '{label[:100]}'.",
            target=what,
            mend=f"Use letters, digits, '_' and '-'; '{LATEST}' and words like 'v1' are reserved.",
        )


def labels_of(version: Record) -> list[str]:
    """The labels that lead to a version."""
    return list(version.state.get(STATE, ()))


def labelled(versions: Iterable[Record], label: str) -> Record | None:
    """The one among ``versions`` that a label leads to."""
    return next((each for each in versions if label in labels_of(each)), None)


def move_label(
    documents: Documents, tx: Connection, versions: Iterable[Record], label: str, to: Record | None, actor: str
) -> None:
    """Let a label lead to one of the ``versions`` of an asset and to no other; to none where ``to`` is None."""
    for each in versions:
        now, wanted = labels_of(each), to is not None and each.id.key == to.id.key
        if wanted != (label in now):
            kept = sorted({*now, label} if wanted else {*now} - {label})
            told = {"label": label, "given": wanted}
            documents.change(tx, each, actor, "labelled", detail=told, state={**each.state, STATE: kept})
