"""Components as assets: what they run with is settled when they are made, so that a version always means the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from lazuli.assets.kinds import Codes, Environments
from lazuli.assets.runnable import code_of, environment_of
from lazuli.assets.versions import Versions
from lazuli.resources.asset import Asset
from lazuli.resources.component import CommandComponent
from lazuli.resources.kinds import check_runs
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.problems import InvalidInput
from lazuli.shelves.principal import Principal
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["Components"]

_DEFAULT = "azureml_default"
"""The version that Microsoft's client asks for when it was told none."""


class Components(Versions):
    """Components, by what they run."""

    def __init__(self, store: Store, environments: Environments, codes: Codes) -> None:
        super().__init__(noun("component"), store)
        self._environments = environments
        self._codes = codes

    def place(self, tx: Connection, id: ResourceId) -> ResourceId:
        """``id`` as it was created; the default version is the newest that is not archived."""
        id = super().place(tx, id)
        if id.version.lower() != _DEFAULT:
            return id
        newest = next((r for r in self._versions(tx, id) if not r.archived), None)
        return newest.id if newest else id

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new version whose code and environment are there."""
        check_runs(document)
        assert isinstance(document, CommandComponent)
        if id.version.lower() == _DEFAULT:
            raise InvalidInput(f"'{_DEFAULT}' is no version of its own.", target="version", mend="Name another.")
        for word in ("inputs", "outputs"):
            for name in getattr(document, word):
                check_name(name, target=f"{word}.{name}", what=f"{word[:-1]} name")
        return super().prepare(id, self._pinned(id.scope, document), actor)

    def settled(self, old: Record, document: Asset) -> dict[str, Any]:
        """References are compared by the versions that they name."""
        check_runs(document)
        assert isinstance(document, CommandComponent)
        return self._pinned(old.id.scope, document).dump()

    def _pinned(self, scope: Scope, component: CommandComponent) -> CommandComponent:
        environment = environment_of(self._environments, scope, component.environment, self.noun.word)
        code = code_of(self._codes, scope, component.code, self.noun.word)
        return component.model_copy(update={"environment": environment, "code": code})
