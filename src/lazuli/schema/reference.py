"""References from one resource to another, in the short form people write and the long form REST wants.

=========================================  ==========================================
``azureml:name:version``                   one version of an asset
``azureml:name@label``                     the version a label points to; ``latest`` is the newest
``azureml:name`` or ``name``               a resource without versions (compute, datastore)
``/subscriptions/…/data/name/versions/1``  the same, as a resource id (any of them, also with ``azureml:``)
``azureml://datastores/D/paths/P``         a path on a datastore of this workspace
``azureml://registries/R/environments/E``  an asset of a registry, with ``/versions/1`` or ``/labels/latest``
``azureml://jobs/J/outputs/O/paths/P``     an output of a job; ``artifacts`` is the job's own folder
=========================================  ==========================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, SerializationInfo, ValidationInfo
from pydantic_core import core_schema

from lazuli.schema.document import scope_of
from lazuli.schema.git import is_git
from lazuli.schema.identity import ResourceId, Scope, parse_resource_id
from lazuli.schema.problems import InvalidInput
from lazuli.schema.yaml import written

__all__ = [
    "CodeRef",
    "ComponentRef",
    "ComputeRef",
    "DatastorePath",
    "DatastoreRef",
    "EnvironmentRef",
    "JobOutput",
    "ModelRef",
    "Reference",
    "RegistryPlace",
    "StorageUri",
    "expand",
    "is_remote",
    "parse_datastore_path",
    "parse_job_output",
    "parse_reference",
    "parse_registry",
    "shorten",
]


@dataclass(frozen=True)
class Reference:
    """One resource named by another: with a version, a label, or neither."""

    name: str
    version: str = ""
    label: str = ""
    scope: Scope | None = None
    """The workspace, where the reference names one."""

    def inside(self, scope: Scope, *, target: str) -> Reference:
        """The reference itself. Raises :class:`InvalidInput` where it names another workspace than ``scope``."""
        if self.scope is None or self.scope.key == scope.key:
            return self
        raise InvalidInput(
            f"'{self.name}' lies in workspace '{self.scope.workspace}', not in '{scope.workspace}'.",
            target=target,
            mend="A job uses what is in its own workspace: create it there as well.",
            code="ReferenceNotFound",
        )

    def __str__(self) -> str:
        tail = f":{self.version}" if self.version else f"@{self.label}" if self.label else ""
        return f"azureml:{self.name}{tail}"


@dataclass(frozen=True)
class RegistryPlace:
    """One asset of a registry, which workspaces share."""

    registry: str
    kind: str
    """``environments``, ``models``, ``components``, ``data`` or ``codes``."""
    name: str
    version: str = ""
    label: str = ""


@dataclass(frozen=True)
class DatastorePath:
    """A file or folder on a datastore of the workspace."""

    datastore: str
    path: str

    def __str__(self) -> str:
        return f"azureml://datastores/{self.datastore}/paths/{self.path}"

    def in_full(self, scope: Scope) -> str:
        """The long form, which names the workspace as well."""
        return (
            f"azureml://subscriptions/{scope.subscription}/resourcegroups/{scope.resource_group}"
            f"/workspaces/{scope.workspace}/datastores/{self.datastore}/paths/{self.path}"
        )


@dataclass(frozen=True)
class JobOutput:
    """An output of a job, or a path below it."""

    job: str
    output: str
    path: str = ""


_SHORT = re.compile(r"^(?:azureml:)?(?P<name>[^:@/\\\s]+)(?::(?P<version>[^:@/\\\s]+)|@(?P<label>[^:@/\\\s]+))?$")
_LONG_ASSET = re.compile(
    r"^azureml://(?:locations|subscriptions)/.+?/workspaces/[^/]+/(?:data|models|environments|codes|components)"
    r"/(?P<name>[^/]+)/(?:versions/(?P<version>[^/]+)|labels/(?P<label>[^/]+))$",
    re.IGNORECASE,
)
_REGISTRY = re.compile(
    r"^azureml://registries/(?P<registry>[^/]+)/(?P<kind>environments|models|components|data|codes)/(?P<name>[^/]+)"
    r"(?:/versions/(?P<version>[^/]+)|/labels/(?P<label>[^/]+))?$",
    re.IGNORECASE,
)
_DATASTORE = re.compile(
    r"^azureml://(?:subscriptions/[^/]+/resourcegroups/[^/]+/workspaces/[^/]+/)?"
    r"datastores/(?P<datastore>[^/]+)(?:/paths/(?P<path>.*))?$",
    re.IGNORECASE,
)
_JOB_OUTPUT = re.compile(
    r"^azureml://jobs/(?P<job>[^/]+)/outputs/(?P<output>[^/]+)(?:/paths?(?:/(?P<path>.*))?)?/?$", re.IGNORECASE
)


def parse_reference(text: str) -> Reference | None:
    """The reference that ``text`` spells in any form, or None where it is something else (a path, a URL)."""
    if resource := parse_resource_id(text.removeprefix("azureml:")):
        return Reference(resource.name, resource.version, scope=resource.scope)
    if match := _LONG_ASSET.fullmatch(text):
        return Reference(match["name"], match["version"] or "", match["label"] or "")
    if match := _SHORT.fullmatch(text):
        return Reference(match["name"], match["version"] or "", match["label"] or "")
    return None


def parse_registry(text: str) -> RegistryPlace | None:
    """The asset of a registry that ``text`` spells, or None."""
    match = _REGISTRY.fullmatch(text.removeprefix("azureml:") if text.startswith("azureml:azureml:") else text)
    return RegistryPlace(**{key: value or "" for key, value in match.groupdict().items()}) if match else None


def parse_datastore_path(text: str) -> DatastorePath | None:
    """The datastore path that ``text`` spells, in the short or the long form, or None."""
    match = _DATASTORE.fullmatch(text)
    return DatastorePath(match["datastore"], (match["path"] or "").rstrip("/")) if match else None


def parse_job_output(text: str) -> JobOutput | None:
    """The job's output that ``text`` spells, or None."""
    match = _JOB_OUTPUT.fullmatch(text)
    return JobOutput(match["job"], match["output"], (match["path"] or "").strip("/")) if match else None


def is_remote(text: str) -> bool:
    """Whether ``text`` is understood by the server as it stands: a reference, a resource id or a URL."""
    return text.startswith("azureml:") or "://" in text or is_git(text) or parse_resource_id(text) is not None


@dataclass(frozen=True)
class _Names:
    """The annotation of a field that names a resource of ``kind`` (a REST collection).

    The field is kept in the short form; in REST it is spelt as a resource id of the workspace at hand.
    """

    kind: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_before_validator_function(
            self._read,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(self._write, info_arg=True),
        )

    def _read(self, value: Any, info: ValidationInfo) -> Any:
        return shorten(written(value).strip(), self.kind, scope_of(info)) if _is_scalar(value) else value

    def _write(self, value: Any, info: SerializationInfo) -> Any:
        scope = scope_of(info)
        return expand(value, self.kind, scope) if scope and isinstance(value, str) else value


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


class _StorageUri:
    """The annotation of a field that holds a place: a datastore path is kept short, and spelt in full in REST."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_before_validator_function(
            self._read,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(self._write, info_arg=True),
        )

    def _read(self, value: Any, info: ValidationInfo) -> Any:
        scope = scope_of(info)
        if scope is None or not isinstance(value, str):
            return value
        place = parse_datastore_path(value)
        return str(place) if place and value.lower().startswith(place.in_full(scope).lower()) else value

    def _write(self, value: Any, info: SerializationInfo) -> Any:
        scope = scope_of(info)
        if scope is None or not isinstance(value, str) or not value.lower().startswith("azureml://datastores/"):
            return value
        place = parse_datastore_path(value)
        return place.in_full(scope) if place else value


StorageUri = Annotated[str, _StorageUri()]
ComponentRef = Annotated[str, _Names("components")]
ComputeRef = Annotated[str, _Names("computes")]
CodeRef = Annotated[str, _Names("codes")]
DatastoreRef = Annotated[str, _Names("datastores")]
EnvironmentRef = Annotated[str, _Names("environments")]
ModelRef = Annotated[str, _Names("models")]


def shorten(text: str, kind: str, scope: Scope | None) -> str:
    """The short form of a resource id of ``kind`` in ``scope``; anything else as it stands."""
    resource = parse_resource_id(text.removeprefix("azureml:"))
    if resource is None or resource.kind.lower() != kind.lower():
        return text
    if scope is not None and resource.scope.key != scope.key:
        return text
    return str(Reference(resource.name, resource.version))


def expand(text: str, kind: str, scope: Scope) -> str:
    """The resource id for a short reference to one thing; anything else as it stands."""
    if parse_resource_id(text) or "://" in text or "${{" in text:
        return text
    found = parse_reference(text)
    if found is None or found.label:
        return text
    return ResourceId(scope, kind, found.name, found.version).shown
