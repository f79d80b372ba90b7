"""Online endpoints and the deployments behind them, as they are submitted: what can be wrong is found here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from lazuli.assets.kinds import Codes, Environments, Models
from lazuli.assets.runnable import code_of, environment_of, spelt
from lazuli.endpoints.keys import EndpointKeys
from lazuli.endpoints.leaving import Leaving
from lazuli.endpoints.moves import CREATING, FAILED, SUCCEEDED, UPDATING
from lazuli.resources.deployment import OnlineDeployment
from lazuli.resources.endpoint import OnlineEndpoint
from lazuli.resources.model import Model
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, InvalidInput, NotFound
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import Shelf
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store
from lazuli.store.reconciler import Reconciler

__all__ = ["Assets", "OnlineDeployments", "OnlineEndpoints", "deployments_of", "endpoint_of", "keys_of"]

_MOST = 1000
_READY = (SUCCEEDED, FAILED)


@dataclass(frozen=True)
class Assets:
    """What deployments are made of."""

    models: Models
    codes: Codes
    environments: Environments


def endpoint_of(id: ResourceId) -> ResourceId:
    """The endpoint that a deployment is behind."""
    return ResourceId(id.scope, "onlineEndpoints", id.name)


def deployments_of(store: Store, tx: Connection, id: ResourceId) -> list[Record]:
    """The deployments behind an endpoint, the oldest first."""
    wanted = Selection(id.scope, "onlineDeployments", name=id.name, limit=_MOST, newest_first=False)
    return list(store.documents.select(tx, wanted))


def keys_of(record: Record) -> list[str]:
    """The engine's keys of what runs for an endpoint or a deployment."""
    runs = [record.state.get(word) or {} for word in ("run", "next", "last")]
    return [str(run["key"]) for run in runs if run.get("key")]


class OnlineEndpoints(Shelf):
    """The online endpoints of workspaces."""

    def __init__(self, store: Store, reconciler: Reconciler, keys: EndpointKeys, leaving: Leaving) -> None:
        super().__init__(noun("online-endpoint"), store)
        self._reconciler = reconciler
        self.keys = keys
        self._leaving = leaving

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new endpoint. Raises :class:`InvalidInput` where it has traffic: nothing is behind it yet."""
        assert isinstance(document, OnlineEndpoint)
        OnlineEndpoint.load({"name": id.name})  # the name of the path is judged as the document's own
        if any(document.traffic.values()) or any(document.mirror_traffic.values()):
            raise InvalidInput(
                "A new endpoint has no deployments yet that could take traffic.",
                target="traffic",
                mend="Leave it out, create a deployment, and then set the traffic.",
            )
        self.keys.of(id)
        return Record(id, _body(document), {"provisioning_state": CREATING}, status=CREATING)

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """It is looked after from now on."""
        self._reconciler.enlist(tx, record.id)

    def after(self, record: Record) -> None:
        """The reconciler looks at it at once."""
        self._reconciler.wake(record.id)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """Its words and its traffic. Raises :class:`InvalidInput` for traffic to what is not there."""
        assert isinstance(document, OnlineEndpoint)
        body = _body(document)
        with self.store.state.read() as tx:
            there = {each.id.version: each for each in deployments_of(self.store, tx, old.id)}
        for word in ("traffic", "mirror_traffic"):
            self._check_traffic(word, body.get(word) or {}, there)
        if body == old.body:
            return {}
        return {"body": body, "status": UPDATING, "state": {**old.state, "provisioning_state": UPDATING}}

    def _check_traffic(self, word: str, shares: dict[str, int], there: dict[str, Record]) -> None:
        for name, share in shares.items():
            if name not in there:
                known = ", ".join(there) or "none"
                raise InvalidInput(
                    f"There is no deployment '{name[:80]}' behind this endpoint.",
                    target=word,
                    mend=f"Deployments here: {known}.",
                )
            if share and not there[name].state.get("run"):
                raise InvalidInput(
                    f"The deployment '{name}' does not answer: it is {there[name].status}.",
                    target=word,
                    mend="Wait until it is Succeeded.",
                )

    def delete(self, id: ResourceId, actor: Principal) -> bool:
        """Remove an endpoint with all that is behind it; whether there was one."""
        with self.store.state.write() as tx:
            record = self.store.documents.find(tx, id)
            if record is None:
                return False
            gone = [record, *deployments_of(self.store, tx, record.id)]
            for each in reversed(gone):
                self.store.documents.remove(tx, each, actor.name)
        self._leaving.stop(*(key for each in gone for key in keys_of(each)))
        self.keys.forget(record.id)
        return True

    def renew_key(self, id: ResourceId, kind: str, value: str | None = None) -> None:
        """Make a key of an endpoint anew; the one before holds no longer as soon as its front was told."""
        record = self.get(id)
        self.keys.renew(record.id, kind, value)
        self._reconciler.wake(record.id)


class OnlineDeployments(Shelf):
    """The deployments behind online endpoints. A deployment is told by its endpoint's name and its own, as version."""

    def __init__(self, store: Store, reconciler: Reconciler, assets: Assets, leaving: Leaving) -> None:
        super().__init__(noun("online-deployment"), store)
        self._reconciler = reconciler
        self._assets = assets
        self._leaving = leaving

    def missing(self, tx: Connection, id: ResourceId) -> NotFound:
        """The problem that there is no such deployment, or no such endpoint."""
        if self.store.documents.find(tx, endpoint_of(id)) is None:
            return NotFound(f"The endpoint '{id.name}' does not exist.", target=endpoint_of(id).path)
        names = ", ".join(each.id.version for each in deployments_of(self.store, tx, id))
        return NotFound(
            f"The endpoint '{id.name}' has no deployment '{id.version}'.",
            target=id.path,
            mend=f"It has: {names}." if names else "It has none.",
        )

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new deployment, with all that it is made of settled to exact versions."""
        return Record(id, self._settled(id, document), {"provisioning_state": CREATING}, status=CREATING)

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """It is looked after from now on. Raises :class:`NotFound` where its endpoint is not there."""
        if self.store.documents.find(tx, endpoint_of(record.id)) is None:
            raise self.missing(tx, record.id)
        self._reconciler.enlist(tx, record.id)

    def after(self, record: Record) -> None:
        """The reconciler looks at it at once."""
        self._reconciler.wake(record.id)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """Another model, script or size: what serves goes on until its successor does."""
        body = self._settled(old.id, document)
        if body == old.body and old.status != FAILED:
            return {}
        if old.status not in _READY:
            raise Conflict(
                f"The deployment '{old.id.version}' is {old.status}.",
                target=old.id.path,
                mend="Wait until it is ready.",
            )
        state = {key: value for key, value in old.state.items() if key not in ("error", "failures", "status_reason")}
        return {"body": body, "status": UPDATING, "state": {**state, "provisioning_state": UPDATING}}

    def check_removal(self, tx: Connection, record: Record) -> None:
        """Not while it takes traffic."""
        endpoint = self.store.documents.find(tx, endpoint_of(record.id))
        said = endpoint.body if endpoint else {}
        for word in ("traffic", "mirror_traffic"):
            if (said.get(word) or {}).get(record.id.version):
                raise InvalidInput(
                    f"The deployment '{record.id.version}' takes traffic.",
                    target=record.id.path,
                    mend=f"Set its {word.replace('_', ' ')} to 0 first: 'lazuli online-endpoint update "
                    f'-n {record.id.name} --traffic "{record.id.version}=0"\'.',
                    code="DeploymentTakesTraffic",
                )

    def delete(self, id: ResourceId, actor: Principal) -> bool:
        """Remove a deployment; whether there was one. It ends once its endpoint's front knows."""
        with self.store.state.read() as tx:
            record = self.store.documents.find(tx, id)
        if not super().delete(id, actor):
            return False
        assert record is not None
        self._leaving.stop((record.state.get("next") or {}).get("key"), (record.state.get("last") or {}).get("key"))
        self._reconciler.wake(endpoint_of(record.id))
        return True

    def _settled(self, id: ResourceId, document: Document) -> dict[str, Any]:
        assert isinstance(document, OnlineDeployment)
        said = document.model_copy(update={"name": id.version, "endpoint_name": id.name})
        scope, assets = id.scope, self._assets
        if isinstance(said.model, Model):
            raise InvalidInput(
                "A model written inside the deployment is registered by the client first.",
                target="model",
                mend="Use 'lazuli online-deployment create' or azure-ai-ml, or name a registered one.",
            )
        model = assets.models.resolve(scope, said.model, target="model") if said.model else None
        configured = said.code_configuration
        changes: dict[str, Any] = {"model": spelt(model) if model else None}
        if configured is None or not configured.scoring_script:
            raise InvalidInput(
                "Nothing says how the model is asked.",
                target="code_configuration",
                mend="Give 'code_configuration' with a scoring script: init() and run(data).",
            )
        code = code_of(assets.codes, scope, configured.code, "online-deployment")
        changes["code_configuration"] = configured.model_copy(update={"code": code})
        changes["environment"] = environment_of(assets.environments, scope, said.environment, "online-deployment")
        return _body(said.model_copy(update=changes))


def _body(document: Document) -> dict[str, Any]:
    own = {"name", "endpoint_name"}
    return {key: value for key, value in document.dump().items() if key not in own}
