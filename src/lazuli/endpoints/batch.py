"""Batch endpoints and the deployments behind them. Nothing runs for them until they are asked: then it is a job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from lazuli.assets.components import Components
from lazuli.compute.targets import Targets
from lazuli.endpoints.behind import deployments_of, endpoint_of, made_of, no_deployment, said_of
from lazuli.endpoints.made import Assets
from lazuli.endpoints.moves import SUCCEEDED
from lazuli.jobs.pinning import Pinning
from lazuli.resources.batch import ROWS, BatchDeployment, BatchSettings, BatchType, OutputAction
from lazuli.resources.endpoint import BatchEndpoint
from lazuli.resources.pipeline import PipelineComponent
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.problems import InvalidInput, NotFound, did_you_mean
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import ANYTHING, Expected, Shelf
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.sources import Source

__all__ = ["BatchDeployments", "BatchEndpoints", "Parts"]

_READY = {"provisioning_state": SUCCEEDED}
_DEFAULTS: dict[str, Any] = {
    "max_concurrency_per_instance": 1,
    "mini_batch_size": 10,
    "output_action": OutputAction.APPEND_ROW,
    "retry_settings": {"max_retries": 3, "timeout": 30},
    "error_threshold": -1,
    "logging_level": "info",
}
"""What holds for a model where nothing is said, as on Azure."""


class BatchEndpoints(Shelf):
    """The batch endpoints of workspaces."""

    def __init__(self, store: Store) -> None:
        super().__init__(noun("batch-endpoint"), store)
        store.documents.sources["batchEndpoints"] = _answering

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new endpoint. Raises :class:`InvalidInput` where it has a default: nothing is behind it yet."""
        BatchEndpoint.settled({"name": id.name})  # the name of the path is judged as the document's own
        body = said_of(document)
        if (body.get("defaults") or {}).get("deployment_name"):
            raise InvalidInput(
                "A new endpoint has no deployments yet, so none can be its default.",
                target="defaults.deployment_name",
                mend="Leave it out, and create the deployment with --set-default.",
            )
        return Record(id, body, _READY, status=SUCCEEDED)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """Its words and its default. Raises :class:`InvalidInput` for a default that is not there."""
        body = said_of(document)
        named = (body.get("defaults") or {}).get("deployment_name")
        with self.store.state.read() as tx:
            there = [each.id.version for each in deployments_of(self.store, tx, old.id)]
        known = {name.lower(): name for name in there}
        if named and named.lower() not in known:
            raise InvalidInput(
                f"There is no deployment '{named[:80]}' behind this endpoint.",
                target="defaults.deployment_name",
                mend=did_you_mean(named, there) if there else "There is none at all: create it first.",
                code="ReferenceNotFound",
            )
        if named:
            body["defaults"] = {"deployment_name": known[named.lower()]}
        return {"body": body} if body != old.body else {}

    def delete(self, id: ResourceId, actor: Principal) -> bool:
        """Remove an endpoint with all that is behind it; whether there was one. Its jobs stay, and go on."""
        with self.store.state.write() as tx:
            record = self.store.documents.find(tx, self.place(tx, id))
            if record is None:
                return False
            for each in [*deployments_of(self.store, tx, record.id), record]:
                self.store.documents.remove(tx, each, actor.name)
        return True


@dataclass(frozen=True)
class Parts:
    """Of what batch deployments are made beside models, and where they run."""

    assets: Assets
    components: Components
    targets: Targets
    pinning: Pinning


class BatchDeployments(Shelf):
    """The deployments behind batch endpoints. One is told by its endpoint's name and its own, as version."""

    def __init__(self, store: Store, parts: Parts) -> None:
        super().__init__(noun("batch-deployment"), store)
        store.documents.sources["batchDeployments"] = made_of
        self._parts = parts

    def missing(self, tx: Connection, id: ResourceId) -> NotFound:
        """The problem that there is no such deployment, or no such endpoint."""
        return no_deployment(self.store, tx, id)

    def put(
        self, id: ResourceId, document: Document, actor: Principal, expected: Expected = ANYTHING
    ) -> tuple[Record, bool]:
        """Create a deployment or change it; the environment that a model without a script needs is kept before."""
        assert isinstance(document, BatchDeployment)
        self._parts.assets.keep_environment(id.scope, document, actor)
        return super().put(id, document, actor, expected)

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new deployment, with all that it is made of settled to exact versions."""
        check_name(id.version, what="deployment name")
        return Record(id, self._settled(id, document), _READY, status=SUCCEEDED)

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """Raise :class:`NotFound` where its endpoint is not there."""
        if self.store.documents.find(tx, endpoint_of(record.id)) is None:
            raise self.missing(tx, record.id)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """Other words, another model or other settings: jobs that were made before go on as they were."""
        body = self._settled(old.id, document)
        return {"body": body} if body != old.body else {}

    def delete(self, id: ResourceId, actor: Principal) -> bool:
        """Remove a deployment; whether there was one.

        Raises :class:`InvalidInput` where it is the default and others are there, of which one could be.
        """
        with self.store.state.write() as tx:
            record = self.store.documents.find(tx, self.place(tx, id))
            if record is None:
                return False
            endpoint = self.store.documents.get(tx, endpoint_of(record.id), "batch-endpoint")
            default = (endpoint.body.get("defaults") or {}).get("deployment_name") or ""
            if default.lower() == record.id.version.lower():
                others = [
                    each.id.version for each in deployments_of(self.store, tx, endpoint.id) if each.id != record.id
                ]
                if others:
                    raise _is_default(record, others)
                body = {word: value for word, value in endpoint.body.items() if word != "defaults"}
                self.store.documents.change(tx, endpoint, actor.name, body=body)
            self.store.documents.remove(tx, record, actor.name)
        return True

    def _settled(self, id: ResourceId, document: Document) -> dict[str, Any]:
        assert isinstance(document, BatchDeployment)
        said = document.model_copy(update={"name": id.version, "endpoint_name": id.name})
        is_model = said.type is BatchType.MODEL
        changes = self._of_model(id.scope, said) if is_model else self._of_pipeline(id.scope, said)
        return said_of(said.model_copy(update=changes))

    def _of_model(self, scope: Scope, said: BatchDeployment) -> dict[str, Any]:
        if said.model is None:
            raise InvalidInput(
                "A deployment of 'type: model' needs a model.",
                target="model",
                mend="Add 'model: azureml:name:version'.",
            )
        if said.compute:
            self._parts.targets.named(scope, said.compute)
        given = (said.settings or BatchSettings()).dump()
        retry = {**_DEFAULTS["retry_settings"], **given.get("retry_settings", {})}
        settings = BatchSettings.load({**_DEFAULTS, **given, "retry_settings": retry})
        has_rows = settings.output_action is OutputAction.APPEND_ROW
        file = (settings.output_file_name or ROWS) if has_rows else None
        settings = settings.model_copy(update={"output_file_name": file})
        return {**self._parts.assets.settled(scope, said, self.noun.word), "settings": settings}

    def _of_pipeline(self, scope: Scope, said: BatchDeployment) -> dict[str, Any]:
        if said.component is None:
            raise InvalidInput(
                "A deployment of a job is made by the client, which makes a component of that job.",
                target="job_definition",
                mend="Use 'lazuli batch-deployment create' or azure-ai-ml, or name a component.",
            )
        parts, settings = self._parts, said.settings or BatchSettings()
        component = parts.components.named(scope, said.component, target="component")
        if not isinstance(component, PipelineComponent):
            raise InvalidInput(
                f"The component '{component.name}' is of type '{component.type}'.",
                target="component",
                mend="A pipeline deployment runs a component of 'type: pipeline'.",
            )
        if compute := settings.default_compute or said.compute:
            try:
                parts.targets.named(scope, compute)
            except InvalidInput as problem:
                problem.target = "settings.default_compute"
                raise
        if settings.default_datastore:
            name = settings.default_datastore.removeprefix("azureml:")
            parts.pinning.check_datastore(scope, name, "settings.default_datastore")
        return {"component": parts.components.reference(scope, said.component, target="component")}


def _answering(endpoint: Record) -> Iterator[Source]:
    """The deployment that answers where none is named."""
    if name := (endpoint.body.get("defaults") or {}).get("deployment_name"):
        yield Source("deployment", ResourceId(endpoint.id.scope, "batchDeployments", endpoint.id.name, name).shown)


def _is_default(record: Record, others: list[str]) -> InvalidInput:
    return InvalidInput(
        f"The deployment '{record.id.version}' is the default of its endpoint.",
        target="defaults.deployment_name",
        mend=f"Make another the default first: 'lazuli batch-endpoint update -n {record.id.name} "
        f"--set defaults.deployment_name={others[0]}'.",
        code="DeploymentIsDefault",
    )
