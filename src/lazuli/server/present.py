"""How a resource looks in Azure's REST API: the envelope, and the way into it and out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from lazuli.assets.storage import ACCOUNT, BUILT_IN, DOMAIN
from lazuli.endpoints.instances import READY, instances_of
from lazuli.jobs.services import ServiceState, tell
from lazuli.jobs.sweep.told import properties_of
from lazuli.resources.asset import Container
from lazuli.resources.datastore import Credentials
from lazuli.resources.deployment import OnlineDeployment
from lazuli.resources.service import JobService
from lazuli.resources.table import Noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput
from lazuli.server.scoring import scoring_address
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record
from lazuli.store.settings import LOOPBACK

__all__ = ["PUBLISHED_BY_ID", "PUBLISHED_BY_NAME", "moment", "present", "present_container", "read", "read_container"]

PUBLISHED_BY_ID = "/pipelines/v1.0{workspace}/PipelineRuns/PipelineSubmit/{id}"
PUBLISHED_BY_NAME = "/pipelines/v1.0{workspace}/PipelineRuns/PipelineEndpointSubmit/Name/{name}"
"""The addresses that run one version of a published pipeline, and the default version of a name."""


def moment(milliseconds: int) -> str:
    """A time as Azure spells it: ISO 8601, UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(noun: Noun, id: ResourceId, body: Mapping[str, Any]) -> Any:
    """The document that a request body says, named by the path it was sent to."""
    return _read(noun.document, noun.hoisted, id, body)


def read_container(id: ResourceId, body: Mapping[str, Any]) -> Container:
    """The container that a request body says."""
    return _read(Container, (), id, body)


def _read(cls: type[Document], hoisted: tuple[str, ...], id: ResourceId, body: Mapping[str, Any]) -> Any:
    properties = body.get("properties") or {}
    if not isinstance(properties, Mapping):
        raise InvalidInput("'properties' is not a mapping.", target="properties")
    outside = {word: body[word] for word in hoisted if body.get(word) is not None}
    outside |= _INWARD[cls](outside) if cls in _INWARD else {}
    said = {word: value for word, value in properties.items() if word not in _OURS and (word, value) != _NO_FLAVORS}
    document = cls.from_rest({**said, **outside}, id.scope)
    named = {"name": "", "version": "", **id.names}
    return document.model_copy(update={k: v for k, v in named.items() if k in cls.model_fields})


def present(noun: Noun, record: Record, base_url: str) -> dict[str, Any]:
    """A record as REST tells it to a caller who came in at ``base_url``."""
    document: Document = document_of(noun, record)
    extras = _EXTRAS.get(noun.word)
    if extras:
        document = document.model_copy(update=extras(record, base_url))
    properties = document.to_rest(record.id.scope)
    if record.status:
        properties["status"] = record.status
    outside = {word: properties.pop(word) for word in noun.hoisted if word in properties}
    outside |= _BESIDE[noun.word](record) if noun.word in _BESIDE else {}
    properties.update(_REQUIRED.get(noun.word, {}) | properties)
    if noun.versioned:
        properties.setdefault("provisioningState", "Succeeded")
    return _envelope(record, noun.arm_type, properties, outside)


def present_container(noun: Noun, record: Record) -> dict[str, Any]:
    """A container of versions as REST tells it."""
    facts = {key: record.state[key] for key in ("labels", "latest_version", "next_version") if record.state.get(key)}
    container = Container.load({**record.body, **facts, "is_archived": record.archived})
    return _envelope(record, noun.arm_type.removesuffix("/versions"), container.to_rest(record.id.scope), {})


def _envelope(record: Record, type: str, properties: Mapping[str, Any], outside: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": record.id.shown,
        "name": record.id.version or record.id.name or record.id.scope.workspace,
        "type": type,
        **outside,
        "properties": properties,
        "systemData": {
            "createdAt": moment(record.created_at),
            "createdBy": record.created_by,
            "createdByType": "User",
            "lastModifiedAt": moment(record.modified_at),
            "lastModifiedBy": record.modified_by,
            "lastModifiedByType": "User",
        },
        "etag": f'"{record.etag}"',
    }


def _workspace(record: Record, base_url: str) -> dict[str, Any]:
    scope = record.id.scope
    beside = f"/subscriptions/{scope.subscription}/resourceGroups/{scope.resource_group}/providers"
    return {
        "discovery_url": f"{base_url}/discovery",
        "mlflow_tracking_uri": f"{base_url}/mlflow/v2.0{scope.path}",
        "workspace_id": record.state["workspace_id"],
        "resource_group": scope.resource_group,
        "subscription_id": scope.subscription,
        "storage_account": f"{beside}/Microsoft.Storage/storageAccounts/{ACCOUNT}",
        "key_vault": f"{beside}/Microsoft.KeyVault/vaults/{scope.workspace}",
        "application_insights": f"{beside}/Microsoft.Insights/components/{scope.workspace}",
        "container_registry": f"{beside}/Microsoft.ContainerRegistry/registries/{scope.workspace}",
        "provisioning_state": "Succeeded",
    }


def _registry(record: Record, base_url: str) -> dict[str, Any]:
    scope = record.id.scope
    return {
        "discovery_url": f"{base_url}/registrymanagement/v1.0/registries/{scope.workspace}/discovery",
        "resource_group": scope.resource_group,
        "subscription_id": scope.subscription,
        "provisioning_state": "Succeeded",
    }


def _datastore(record: Record, base_url: str) -> dict[str, Any]:
    """The account name carries host and port: Microsoft's client makes its storage address of it."""
    if record.id.name not in BUILT_IN:
        # Microsoft's client asks for the secrets of every one that does not say it has none.
        return {} if record.body.get("credentials") else {"credentials": Credentials.load({"credentials_type": "None"})}
    address = urlsplit(base_url)
    return {
        "account_name": f"{address.netloc}/{record.body['account_name']}",
        "protocol": address.scheme,
        "endpoint": DOMAIN,
        "credentials": Credentials.load({"credentials_type": "Sas"}),
    }


def _code(record: Record, base_url: str) -> dict[str, Any]:
    return {"path": f"{base_url}/{ACCOUNT}.blob.core.lazuli.local/{record.body['path']}"}


def _job(record: Record, base_url: str) -> dict[str, Any]:
    scope = record.id.scope
    studio = f"{base_url}/studio/{scope.subscription}/{scope.resource_group}/{scope.workspace}/jobs/{record.id.name}"
    tracking = f"{base_url}/mlflow/v2.0{scope.path}"
    told = {word: record.state.get(word) for word in ("node_seconds", "cost", "attempt")}
    spent = {f"lazuli.{word}": str(value) for word, value in told.items() if value is not None}
    return {
        "properties": {**(record.body.get("properties") or {}), **spent, **properties_of(record)},
        "services": {
            **{name: _service(record.body["services"][name], state) for name, state in tell(record).items()},
            "Studio": JobService.load({"type": "Studio", "endpoint": studio}),
            "Tracking": JobService.load({"type": "Tracking", "endpoint": tracking}),
        },
    }


def _service(said: Mapping[str, Any], state: ServiceState) -> JobService:
    """What everybody may know who may see the job: where it answers, but not the word that opens it."""
    told = {"endpoint": state.endpoint, "status": state.status, "error_message": state.error}
    return JobService.load({**said, **told, **({"port": state.port} if state.port else {})})


def _published(record: Record, base_url: str) -> dict[str, Any]:
    within = record.id.scope.path
    return {
        "endpoint": base_url + PUBLISHED_BY_ID.format(workspace=within, id=record.state["pipeline_id"]),
        "name_endpoint": base_url + PUBLISHED_BY_NAME.format(workspace=within, name=record.id.name),
    }


def _online_endpoint(record: Record, base_url: str) -> dict[str, Any]:
    if not (port := record.state.get("port")):
        return {}
    is_near = (urlsplit(base_url).hostname or "") in LOOPBACK
    home = f"http://127.0.0.1:{port}" if is_near else scoring_address(base_url, record.id)
    return {"scoring_uri": f"{home}/score", "openapi_uri": f"{home}/swagger.json"}


def _online_deployment(record: Record, base_url: str) -> dict[str, Any]:
    run = record.state.get("run") or {}
    ready = sum(each.phase == READY for each in instances_of(run)) + ("model" in run)
    return {"ready_instances": ready, "scale_reason": run.get("why")}


def _batch_endpoint(record: Record, base_url: str) -> dict[str, Any]:
    return {"scoring_uri": f"{base_url}{record.id.path}/jobs"}


def _at_home(record: Record) -> dict[str, Any]:
    return {"location": "local"}


def _beside_endpoint(record: Record) -> dict[str, Any]:
    return {"kind": "Managed", "location": "local"}


def _beside_deployment(record: Record) -> dict[str, Any]:
    """How many instances there are is said of the size, not of the deployment."""
    size = {"name": "Default", "capacity": int(record.body.get("instance_count") or 1)}
    return {**_beside_endpoint(record), "sku": size}


def _of_size(outside: Mapping[str, Any]) -> dict[str, Any]:
    capacity = (outside.get("sku") or {}).get("capacity")
    return {"instanceCount": capacity} if capacity else {}


_BESIDE = {
    "online-endpoint": _beside_endpoint,
    "online-deployment": _beside_deployment,
    "batch-endpoint": _at_home,
    "batch-deployment": _at_home,
}
"""What stands beside the properties and is no field of the document."""
_INWARD: dict[type[Document], Callable[[Mapping[str, Any]], dict[str, Any]]] = {OnlineDeployment: _of_size}
"""The fields of documents that REST says beside the properties in other words."""

_EXTRAS = {
    "online-endpoint": _online_endpoint,
    "online-deployment": _online_deployment,
    "batch-endpoint": _batch_endpoint,
    "published-pipeline": _published,
    "workspace": _workspace,
    "registry": _registry,
    "datastore": _datastore,
    "code": _code,
    "job": _job,
}

_REQUIRED: dict[str, dict[str, Any]] = {
    "schedule": {"provisioningState": "Succeeded"},
    "model": {"flavors": {}},
    "compute": {"provisioningErrors": None, "isAttachedCompute": False},
    "online-endpoint": {"properties": {}, "traffic": {}, "mirrorTraffic": {}},
    "batch-endpoint": {"properties": {}},
    "batch-deployment": {"properties": {}},
    "online-deployment": {
        "properties": {},
        "endpointComputeType": "Managed",
        "scaleSettings": {"scaleType": "Default"},
    },
}
"""What Microsoft's client reads without asking whether it is there."""

_NO_FLAVORS = ("flavors", {})
_OURS = frozenset({"provisioningState", "provisioningErrors", "isAttachedCompute", "endpointComputeType"})
"""What only an answer tells. A client that gets, changes and puts sends it back, and it says nothing."""
