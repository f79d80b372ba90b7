"""Online endpoints and the deployments behind them, as they are submitted: what can be wrong is found here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from lazuli.compute.engine import Engine
from lazuli.endpoints.asked import asked_of_late
from lazuli.endpoints.behind import deployments_of, endpoint_of, made_of, no_deployment, said_of
from lazuli.endpoints.collected import Collections
from lazuli.endpoints.instances import instances_of, keys_in
from lazuli.endpoints.keys import EndpointKeys, Token, digest
from lazuli.endpoints.leaving import Leaving
from lazuli.endpoints.line import ask
from lazuli.endpoints.made import Assets
from lazuli.endpoints.moves import CREATING, FAILED, SUCCEEDED, UPDATING
from lazuli.endpoints.plan import LOG, check_room
from lazuli.endpoints.table import REQUESTS, control_in, doors_of, mark_of
from lazuli.resources.deployment import OnlineDeployment
from lazuli.resources.endpoint import OnlineEndpoint
from lazuli.resources.environment import Environment
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, InvalidInput, NotFound, Unavailable
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import ANYTHING, Expected, Shelf, document_of
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Reconciler
from lazuli.store.secrets import random_token
from lazuli.store.sources import Source

__all__ = ["OnlineDeployments", "OnlineEndpoints", "keys_of"]

_TOKEN_S = 8 * 3600
_PATIENCE_S, _PAUSE_S = 10.0, 0.01
_MOST_TOKENS = 100
_READY = (SUCCEEDED, FAILED)
_LONGEST_LOG = 1 << 20
_LONGEST_KEY = "end-0123456789ab-9999"


def keys_of(record: Record) -> list[str]:
    """The engine's keys of what runs for an endpoint or a deployment."""
    keys = [key for word in ("run", "next", "last") for key in keys_in(record.state.get(word))]
    return [*keys, *(record.state.get("gone") or []), *(record.state.get("leaving") or [])]


def _behind(endpoint: Record) -> Iterator[Source]:
    """The deployments that an endpoint shares its requests among."""
    for word, what in (("traffic", "traffic"), ("mirror_traffic", "mirrored traffic")):
        for name, share in (endpoint.body.get(word) or {}).items():
            if share:
                id = ResourceId(endpoint.id.scope, "onlineDeployments", endpoint.id.name, name)
                yield Source(f"{share} % of {what}", id.shown)


class OnlineEndpoints(Shelf):
    """The online endpoints of workspaces."""

    def __init__(
        self, store: Store, reconciler: Reconciler, keys: EndpointKeys, leaving: Leaving, engine: Engine
    ) -> None:
        super().__init__(noun("online-endpoint"), store)
        store.documents.sources["onlineEndpoints"] = _behind
        self._reconciler = reconciler
        self.keys = keys
        self._leaving = leaving
        self._engine = engine

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new endpoint. Raises :class:`InvalidInput` where it has traffic: nothing is behind it yet."""
        assert isinstance(document, OnlineEndpoint)
        OnlineEndpoint.settled({"name": id.name})  # the name of the path is judged as the document's own
        if any(document.traffic.values()) or any(document.mirror_traffic.values()):
            raise InvalidInput(
                "A new endpoint has no deployments yet that could take traffic.",
                target="traffic",
                mend="Leave it out, create a deployment, and then set the traffic.",
            )
        check_room(control_in(self._engine.folder(_LONGEST_KEY)))
        self.keys.of(id)
        return Record(id, said_of(document), {"provisioning_state": CREATING}, status=CREATING)

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """It is looked after from now on."""
        self._reconciler.enlist(tx, record.id)

    def after(self, record: Record) -> None:
        """The reconciler looks at it at once."""
        self._reconciler.wake(record.id)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """Its words and its traffic. Raises :class:`InvalidInput` for traffic to what is not there."""
        assert isinstance(document, OnlineEndpoint)
        body = said_of(document)
        with self.store.state.read() as tx:
            there = {each.id.version: each for each in deployments_of(self.store, tx, old.id)}
        for word in ("traffic", "mirror_traffic"):
            before = old.body.get(word) or {}
            self._check_traffic(word, body.get(word) or {}, before, there)
        if body == old.body:
            return {}
        return {"body": body, "status": UPDATING, "state": {**old.state, "provisioning_state": UPDATING}}

    def _check_traffic(
        self, word: str, shares: Mapping[str, int], before: Mapping[str, int], there: Mapping[str, Record]
    ) -> None:
        for name, share in shares.items():
            if name not in there:
                known = ", ".join(there) or "none"
                raise InvalidInput(
                    f"There is no deployment '{name[:80]}' behind this endpoint.",
                    target=word,
                    mend=f"Deployments here: {known}.",
                )
            if share and share != before.get(name) and not there[name].state.get("run"):
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

    def metrics(self, id: ResourceId) -> str:
        """What the front of an endpoint counted, in the text of Prometheus. Raises :class:`Unavailable` without one."""
        run = self.get(id).state.get("run")
        said = ask(control_in(self._engine.folder(str(run["key"]))), "GET", "/metrics") if run else None
        if said is None:
            raise Unavailable(
                f"The endpoint '{id.name}' does not answer.", target=id.path, mend="Try again in a moment."
            )
        return said.decode()

    def asked(self, id: ResourceId, minutes: int, step_s: int) -> dict[str, Any]:
        """What it was asked of late, in spans of ``step_s`` seconds; nothing where its front never ran."""
        run = self.get(id).state.get("run")
        log = self._engine.folder(str(run["key"])) / REQUESTS if run else Path()
        return asked_of_late(log, self.store.clock() / 1000 - minutes * 60, step_s)

    def renew_key(self, id: ResourceId, kind: str, value: str | None = None) -> None:
        """Make a key of an endpoint anew; when this returns, the one before holds no longer."""
        record = self.get(id)
        self.keys.renew(record.id, kind, value)
        self._let_in(record.id)

    def make_token(self, id: ResourceId) -> Token:
        """A new token for an endpoint, which holds when this returns."""
        now = self.store.clock() / 1000
        token = Token(random_token(), now + _TOKEN_S / 2, now + _TOKEN_S)
        with self.store.state.write() as tx:
            record = self.store.documents.find(tx, id)
            if record is None:
                raise self.missing(tx, self.place(tx, id))
            known = [each for each in record.state.get("tokens") or [] if each["expires"] > now]
            tokens = [*known, {"sha256": digest(token.word), "expires": token.expires_s}][-_MOST_TOKENS:]
            self.store.documents.change(tx, record, "lazuli", "token made", state={**record.state, "tokens": tokens})
        self._let_in(record.id)
        return token

    def _let_in(self, id: ResourceId) -> None:
        """Wait until the front of an endpoint knows its keys and tokens, or is a long while in coming."""
        self._reconciler.wake(id)
        ends = time.monotonic() + _PATIENCE_S
        while time.monotonic() < ends:
            record = self.get(id)
            if record.state.get("doors") == mark_of(doors_of(record, self.keys)):
                return
            time.sleep(_PAUSE_S)


class OnlineDeployments(Shelf):
    """The deployments behind online endpoints. A deployment is told by its endpoint's name and its own, as version."""

    def __init__(
        self, store: Store, reconciler: Reconciler, assets: Assets, collections: Collections, engine: Engine
    ) -> None:
        super().__init__(noun("online-deployment"), store)
        store.documents.sources["onlineDeployments"] = made_of
        self._engine = engine
        self._reconciler = reconciler
        self._assets = assets
        self._collections = collections

    def missing(self, tx: Connection, id: ResourceId) -> NotFound:
        """The problem that there is no such deployment, or no such endpoint."""
        return no_deployment(self.store, tx, id)

    def put(
        self, id: ResourceId, document: Document, actor: Principal, expected: Expected = ANYTHING
    ) -> tuple[Record, bool]:
        """Create a deployment or change it; the environment that a model of MLflow brings along is kept before."""
        assert isinstance(document, OnlineDeployment)
        self._assets.keep_environment(id.scope, document, actor)
        found = super().put(id, document, actor, expected)
        if document.data_collector:
            self._collections.register(found[0].id, document.data_collector, actor)
        return found

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
        if old.status not in _READY or old.state.get("next"):
            raise Conflict(
                f"The deployment '{old.id.version}' is {old.status}.",
                target=old.id.path,
                mend="Wait until it is ready.",
            )
        state = {key: value for key, value in old.state.items() if key not in ("error", "failures", "status_reason")}
        return {"body": body, "status": UPDATING, "state": {**state, "provisioning_state": UPDATING}}

    def delete(self, id: ResourceId, actor: Principal) -> bool:
        """Remove a deployment; whether there was one. It ends once its endpoint's front knows.

        Raises :class:`InvalidInput` where it shares traffic with others: its part would go nowhere.
        """
        with self.store.state.write() as tx:
            record = self.store.documents.find(tx, id)
            if record is None:
                return False
            if endpoint := self.store.documents.find(tx, endpoint_of(record.id)):
                body = _without(endpoint.body, record.id)
                gone = [*(endpoint.state.get("gone") or []), *keys_of(record)]  # the endpoint's to end
                state = {**endpoint.state, "gone": gone}
                self.store.documents.change(tx, endpoint, actor.name, body=body, state=state)
            self.store.documents.remove(tx, record, actor.name)
        self._reconciler.wake(endpoint_of(record.id))
        return True

    def instances(self, id: ResourceId) -> list[dict[str, Any]]:
        """What runs for a deployment, by the names that its log may be asked for with.

        ``of`` says whether an instance answers (``run``), comes up beside what answers (``next``), or ended last
        (``last``).
        """
        record, found = self.get(id), []
        for word in ("run", "next", "last"):
            run = record.state.get(word) or {}
            known = instances_of(run)
            found += [
                {"name": each.key, "of": word, "phase": each.phase, "since": each.since_ms, "failures": each.failures}
                for each in known
            ] or [{"name": key, "of": word, "phase": "", "since": 0, "failures": 0} for key in keys_in(run)]
        return found

    def log(self, id: ResourceId, container: str, lines: int, instance: str = "") -> str:
        """The last lines of a deployment's processes (``InferenceServer``), or of what set it up (``…Initializer``).

        The logs of its instances follow one another, and all of them that of the instance which ended last; or it is
        that of ``instance`` alone.
        """
        record = self.get(id)
        if container.lower().replace("-", "") == "storageinitializer":
            return str(record.state.get("status_reason") or "")
        if container.lower().replace("-", "") != "inferenceserver":
            raise InvalidInput(
                f"'{container[:40]}' writes no log.",
                target="containerType",
                mend="Use 'InferenceServer' or 'StorageInitializer'.",
            )
        keys = [key for word in ("last", "run", "next") for key in keys_in(record.state.get(word))]
        if instance and instance not in keys:
            raise NotFound(f"The deployment has no instance '{instance[:40]}'.", target="instance")
        keys = [instance] if instance else keys
        said = "".join(self._engine.tail(key, LOG, -_LONGEST_LOG).decode(errors="replace") for key in keys)
        return "".join(said.splitlines(keepends=True)[-lines:])

    def _settled(self, id: ResourceId, document: Document) -> dict[str, Any]:
        assert isinstance(document, OnlineDeployment)
        said = document.model_copy(update={"name": id.version, "endpoint_name": id.name})
        if said.data_collector:
            said = said.model_copy(update={"data_collector": self._collections.settled(id, said.data_collector)})
        own_server = bool(said.command) or self._brings_server(id.scope, said)
        changes = self._assets.settled(id.scope, said, "online-deployment", own_server=own_server)
        if own_server:
            self._check_routes(id.scope, changes["environment"])
        return said_of(said.model_copy(update=changes))

    def _brings_server(self, scope: Scope, said: OnlineDeployment) -> bool:
        """Whether the environment brings a server of its own along."""
        return isinstance(said.environment, str) and bool(self._environment(scope, said.environment).inference_config)

    def _check_routes(self, scope: Scope, environment: str) -> None:
        if not self._environment(scope, environment).inference_config:
            raise InvalidInput(
                "'command' starts a server, and nothing says how it is asked.",
                target="environment.inference_config",
                mend="Give the environment an 'inference_config' with scoring_route, liveness_route, readiness_route.",
            )

    def _environment(self, scope: Scope, said: str) -> Environment:
        found = self._assets.environments.resolve(scope, said, target="environment")
        return document_of(noun("environment"), found)


def _without(said: Mapping[str, Any], id: ResourceId) -> dict[str, Any]:
    """What an endpoint says, without any traffic for a deployment."""
    shares = {name: share for name, share in (said.get("traffic") or {}).items() if share}
    if shares.get(id.version) and len(shares) > 1:
        raise InvalidInput(
            f"The deployment '{id.version}' takes {shares[id.version]} percent of the traffic.",
            target="traffic",
            mend=f"Give it to others first: 'lazuli online-endpoint update -n {id.name} --traffic \"OTHER=100\"'.",
            code="DeploymentTakesTraffic",
        )
    return {
        key: {name: share for name, share in value.items() if name != id.version}
        if key in ("traffic", "mirror_traffic")
        else value
        for key, value in said.items()
    }
