"""Datastores: where the bytes of a workspace lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, SerializationInfo, ValidationInfo, field_serializer, field_validator, model_validator

from lazuli.resources import refused
from lazuli.schema.document import READ_ONLY, Document, Text
from lazuli.schema.problems import InvalidInput
from lazuli.schema.words import Word

__all__ = ["SECRET_FIELDS", "Credentials", "Datastore", "DatastoreType"]


class DatastoreType(Word):
    """The kinds of datastore."""

    AZURE_BLOB = "azure_blob", "AzureBlob"
    AZURE_DATA_LAKE_GEN2 = "azure_data_lake_gen2", "AzureDataLakeGen2"
    S3 = "s3", "S3"
    GCS = "gcs", "Gcs"
    LOCAL = "local", "Local"


_PROTOCOLS = {DatastoreType.S3: "s3", DatastoreType.GCS: "gs", DatastoreType.LOCAL: "file"}
"""What Azure has no kind of: said in REST as blob storage that speaks this protocol, because Microsoft's client
cannot list the datastores of a workspace where one is of a kind that it does not know."""

_NEEDED: dict[DatastoreType, tuple[str, ...]] = {
    DatastoreType.AZURE_BLOB: ("account_name", "container_name"),
    DatastoreType.AZURE_DATA_LAKE_GEN2: ("account_name", "filesystem"),
    DatastoreType.S3: ("bucket_name",),
    DatastoreType.GCS: ("bucket_name",),
    DatastoreType.LOCAL: ("path",),
}
_MORE: dict[DatastoreType, tuple[str, ...]] = {DatastoreType.S3: ("region",)}
_PLACES = ("account_name", "container_name", "filesystem", "bucket_name", "region", "path")

SECRET_FIELDS = (
    "account_key",
    "sas_token",
    "client_secret",
    "secret_access_key",
    "session_token",
    "service_account_key",
)
"""The fields of :class:`Credentials` that are kept sealed and never shown."""


class Credentials(Document):
    """How to get in: one of an account key, a SAS, a service principal, an access key or a service account."""

    outside_properties: ClassVar[frozenset[str]] = frozenset()

    credentials_type: str | None = None
    """Which of them: `AccountKey`, `Sas`, `ServicePrincipal`, `AccessKey`, `ServiceAccount`; told by what is given."""
    account_key: str | None = Field(default=None, alias="secrets.key")
    """Azure: the key of the storage account."""
    sas_token: str | None = Field(default=None, alias="secrets.sasToken")
    """Azure: a shared access signature."""
    tenant_id: str | None = None
    """Azure: the tenant of a service principal."""
    client_id: str | None = None
    """Azure: the application id of a service principal."""
    client_secret: str | None = Field(default=None, alias="secrets.clientSecret")
    """Azure: the secret of a service principal."""
    authority_url: str | None = None
    """Azure: where a service principal signs in; the public cloud when left out."""
    resource_url: str | None = None
    """Azure: what a service principal signs in for."""
    access_key_id: str | None = None
    """S3: the id of an access key."""
    secret_access_key: str | None = Field(default=None, alias="secrets.secretAccessKey")
    """S3: the access key."""
    session_token: str | None = Field(default=None, alias="secrets.sessionToken")
    """S3: the token that belongs to a temporary access key."""
    service_account_key: str | None = Field(default=None, alias="secrets.serviceAccountKey")
    """GCS: the JSON of a service account's key."""

    @model_validator(mode="before")
    @classmethod
    def _unnamed(cls, data: Any) -> Any:
        """``secrets.secretsType`` says nothing that the secret itself does not."""
        secrets = data.get("secrets") if isinstance(data, Mapping) else None
        if not isinstance(secrets, Mapping):
            return data
        said = {key: value for key, value in secrets.items() if key != "secretsType"}
        return {**{k: v for k, v in data.items() if k != "secrets"}, **({"secrets": said} if said else {})}

    @model_validator(mode="after")
    def _one(self) -> Credentials:
        kinds = {
            "AccountKey": self.account_key,
            "Sas": self.sas_token,
            "ServicePrincipal": self.client_id or self.tenant_id or self.client_secret,
            "AccessKey": self.access_key_id or self.secret_access_key or self.session_token,
            "ServiceAccount": self.service_account_key,
        }
        given = [kind for kind, value in kinds.items() if value]
        if len(given) > 1:
            raise ValueError(f"more than one way in ({', '.join(given)}); keep one")
        if given:
            self.credentials_type = given[0]
        if self.credentials_type == "ServicePrincipal" and not (self.client_id and self.tenant_id):
            raise ValueError("a service principal needs tenant_id, client_id and client_secret")
        if self.credentials_type == "AccessKey" and not self.access_key_id:
            raise ValueError("an access key needs access_key_id and secret_access_key")
        return self

    @property
    def secrets(self) -> dict[str, str]:
        """The secret fields that are given."""
        return {name: str(value) for name in SECRET_FIELDS if (value := getattr(self, name))}

    def without_secrets(self) -> Credentials:
        """The same, with nothing that would let anyone in."""
        return self.model_copy(update=dict.fromkeys(SECRET_FIELDS))


class Datastore(Document):
    """A named place for files: an account and a container in it, a bucket, or a folder of the server's machine."""

    outside_properties: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str = ""
    """The name: letters, digits and `_`."""
    type: DatastoreType = Field(default=DatastoreType.AZURE_BLOB, alias="datastoreType")
    """The kind of storage: `azure_blob`, `azure_data_lake_gen2`, `s3`, `gcs` or `local`."""
    description: str | None = None
    """What it holds."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    account_name: str | None = None
    """Azure: the storage account."""
    container_name: str | None = None
    """Azure Blob: the container in it."""
    filesystem: str | None = None
    """Azure Data Lake Gen2: the file system in the account."""
    bucket_name: str | None = None
    """S3 and GCS: the bucket."""
    region: str | None = None
    """S3: the region of the bucket."""
    path: str | None = None
    """`local`: the folder on the server's machine, below one that the setting `local_roots` names."""
    protocol: str = "https"
    """Azure: `https` or `http`."""
    endpoint: str | None = None
    """The domain of the storage service (Azure), or the whole URL of a server that speaks its protocol."""
    credentials: Credentials = Field(default_factory=Credentials)
    """How to get in; secrets are kept sealed and never shown."""
    is_default: bool = Field(default=False, json_schema_extra=READ_ONLY)
    """Whether clients take this one where none is named."""

    @field_validator("type", mode="before")
    @classmethod
    def _known_type(cls, value: object) -> object:
        try:
            return DatastoreType.read(value)
        except ValueError:
            what = "a kind of datastore"
            raise ValueError(refused.reason(refused.STORES, str(value), what, list(DatastoreType))) from None

    @model_validator(mode="before")
    @classmethod
    def _foreign(cls, data: Any, info: ValidationInfo) -> Any:
        """A protocol that is not Azure's names the kind (see ``_PROTOCOLS``)."""
        if not isinstance(data, Mapping) or not (info.context or {}).get("rest"):
            return data
        kind = next((kind for kind, word in _PROTOCOLS.items() if word == data.get("protocol")), None)
        if kind is None:
            return data
        return {**{k: v for k, v in data.items() if k != "protocol"}, "datastoreType": kind.rest}

    @field_serializer("type")
    def _said_type(self, value: DatastoreType, info: SerializationInfo) -> str:
        if not info.by_alias:
            return value.value
        return DatastoreType.AZURE_BLOB.rest if value in _PROTOCOLS else value.rest

    @field_serializer("protocol")
    def _said_protocol(self, value: str, info: SerializationInfo) -> str:
        other = _PROTOCOLS.get(self.type)
        if other and info.by_alias:
            return other
        return "" if other and (info.context or {}).get("tidy") else value

    def check(self) -> None:
        """Raise :class:`InvalidInput` where it does not say what its kind needs, or says what is another kind's."""
        needed, optional = _NEEDED[self.type], _MORE.get(self.type, ())
        for name in needed:
            if not getattr(self, name):
                raise InvalidInput(
                    f"A datastore of type '{self.type}' needs '{name}'.", target=name, mend=f"Add '{name}'."
                )
        for name in _PLACES:
            if getattr(self, name) and name not in (*needed, *optional):
                raise InvalidInput(
                    f"A datastore of type '{self.type}' has no '{name}'.", target=name, mend="Remove it."
                )
