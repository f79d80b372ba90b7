"""The key vault: a workspace's secrets, sealed where they lie, and which of them its jobs may read.

What a job has read is remembered, so that its logs can be served without it.
"""

from __future__ import annotations

import builtins
import hashlib
import json
import re
from dataclasses import dataclass

from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import InvalidInput, NotAllowed, NotFound, did_you_mean
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import known_workspace
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.workspaces.workspaces import workspace_id

__all__ = ["Secret", "Vault"]

_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")
_LONGEST = 25_000
_SHORTEST_MASKED = 4
"""Shorter ones would turn every log into stars, and are no secrets."""


@dataclass(frozen=True)
class Secret:
    """A secret as it was set. Its value is in nobody's ``repr``."""

    name: str
    for_jobs: bool
    """Whether jobs of the workspace may read it."""
    updated_at: int

    value: str = ""
    """Empty in lists."""

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"


class Vault:
    """The secrets of every workspace. Names that differ only in case are the same, as in Azure."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def set(self, scope: Scope, name: str, value: object, *, for_jobs: bool | None = None) -> Secret:
        """Keep ``value`` under ``name``, in place of what was there; None leaves as it is who may read it.

        Raises :class:`InvalidInput` for a name or a value that cannot be.
        """
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                f"'{name[:130]}' is not a name for a secret.",
                target="name",
                mend="Use letters, digits and '-', 127 at most.",
            )
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise InvalidInput(f"The value is not a text of at most {_LONGEST} characters.", target="value")
        place = self._place(scope)
        if for_jobs is None:
            old = self._find(place, name)
            for_jobs = old is not None and old.for_jobs
        secret = Secret(name, for_jobs, self._store.clock(), value)
        self._store.secrets.set(place, name.lower(), json.dumps([name, for_jobs, secret.updated_at, value]))
        return secret

    def show(self, scope: Scope, name: str, reader: Principal) -> Secret:
        """A secret with its value.

        Raises :class:`NotFound` with the names there are, and :class:`NotAllowed` for a job that it is not granted to.
        """
        place = self._place(scope)
        secret = self._found(scope, place, name, is_job=reader.role == "job")
        if reader.role == "job":
            self._remember(place, reader.job.rpartition("/")[2], secret.value)
        return secret

    def check(self, scope: Scope, name: str) -> None:
        """Raise what :meth:`show` would raise for a job."""
        self._found(scope, self._place(scope), name, is_job=True)

    def _found(self, scope: Scope, place: str, name: str, *, is_job: bool) -> Secret:
        secret = self._find(place, name)
        if secret is None:
            names = [known.name for known in self._every(scope) if known.for_jobs or not is_job]
            raise NotFound(f"There is no secret '{name[:130]}'.", target="name", mend=did_you_mean(name, names))
        if is_job and not secret.for_jobs:
            raise NotAllowed(
                f"The secret '{secret.name}' is not granted to jobs.",
                target="name",
                mend=f"Grant it: 'lazuli keyvault secret set --name {secret.name} --jobs'.",
            )
        return secret

    def list(self, scope: Scope, reader: Principal) -> list[Secret]:
        """The secrets that ``reader`` may show, by name, without their values."""
        return [secret for secret in self._every(scope) if secret.for_jobs or reader.role != "job"]

    def delete(self, scope: Scope, name: str) -> bool:
        """Forget a secret; whether there was one. What jobs have read of it stays hidden in their logs."""
        return self._store.secrets.delete(self._place(scope), name.lower())

    def masks(self, job: ResourceId) -> list[bytes]:
        """What the logs of a job may not tell: every value that it has read, and the long lines of each."""
        read = self._store.secrets.values(_read_by(self._place(job.scope), job.name)).values()
        pieces = {piece for value in read for piece in (value, *value.splitlines())}
        return [piece.encode() for piece in pieces if len(piece) >= _SHORTEST_MASKED]

    def close(self, workspace: Record) -> None:
        """Forget every secret of a workspace that is gone. Safe to repeat."""
        self._store.secrets.delete_all(_vault(workspace))

    def _every(self, scope: Scope) -> builtins.list[Secret]:
        known = self._store.secrets.values(self._place(scope))
        return [_secret(sealed, with_value=False) for _, sealed in sorted(known.items())]

    def _place(self, scope: Scope) -> str:
        return _vault(known_workspace(self._store, scope))

    def _find(self, place: str, name: str) -> Secret | None:
        sealed = self._store.secrets.get(place, name.lower())
        return None if sealed is None else _secret(sealed)

    def _remember(self, place: str, job: str, value: str) -> None:
        """Before the job gets to see it, so that none of its lines can be served too early."""
        digest = hashlib.sha256(value.encode()).hexdigest()
        self._store.secrets.get_or_create(_read_by(place, job), digest, lambda: value)


def _vault(workspace: Record) -> str:
    # By the workspace's own id: one made anew under the same name inherits nothing.
    return f"vault/{workspace_id(workspace)}"


def _read_by(place: str, job: str) -> str:
    return f"{place}/read/{job.lower()}"


def _secret(sealed: str, *, with_value: bool = True) -> Secret:
    name, for_jobs, updated_at, value = json.loads(sealed)
    return Secret(name, for_jobs, updated_at, value if with_value else "")
