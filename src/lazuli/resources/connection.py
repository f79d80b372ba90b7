"""Connections: how to reach something outside, with the secrets that open it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, SerializationInfo, ValidationInfo, field_serializer, field_validator, model_validator

from lazuli.schema.document import Document, Text
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput
from lazuli.schema.words import Word

__all__ = ["AuthType", "Connection", "ConnectionCredentials", "ConnectionType"]


class ConnectionType(Word):
    """What is reached. Azure knows more; those are kept as they are sent."""

    GIT = "git", "Git"
    PYTHON_FEED = "python_feed", "PythonFeed"
    CONTAINER_REGISTRY = "container_registry", "ContainerRegistry"
    S3 = "s3", "S3"
    SNOWFLAKE = "snowflake", "Snowflake"
    AZURE_SQL_DB = "azure_sql_db", "AzureSqlDb"
    AZURE_SYNAPSE_ANALYTICS = "azure_synapse_analytics", "AzureSynapseAnalytics"
    AZURE_MY_SQL_DB = "azure_my_sql_db", "AzureMySqlDb"
    AZURE_POSTGRES_DB = "azure_postgres_db", "AzurePostgresDb"
    AZURE_DATA_LAKE_GEN_2 = "azure_data_lake_gen_2", "ADLSGen2"
    AZURE_BLOB = "azure_blob", "AzureBlob"
    AZURE_ONE_LAKE = "azure_one_lake", "AzureOneLake"
    AZURE_OPEN_AI = "azure_open_ai", "AzureOpenAi"
    OPEN_AI = "open_ai", "OpenAI"
    SERP = "serp", "Serp"
    SERVERLESS = "serverless", "Serverless"
    API_KEY = "api_key", "ApiKey"
    CUSTOM = "custom", "CustomKeys"
    FEATURE_STORE = "feature_store", "FeatureStore"
    COGNITIVE_SEARCH = "cognitive_search", "CognitiveSearch"
    COGNITIVE_SERVICE = "cognitive_service", "CognitiveService"
    AI_SERVICES = "azure_ai_services", "AIServices"


class AuthType(Word):
    """How it is opened."""

    NONE = "none", "None"
    AAD = "aad", "AAD"
    PAT = "pat", "PAT"
    USERNAME_PASSWORD = "username_password", "UsernamePassword"
    ACCESS_KEY = "access_key", "AccessKey"
    API_KEY = "api_key", "ApiKey"
    ACCOUNT_KEY = "account_key", "AccountKey"
    SAS = "sas", "SAS"
    SERVICE_PRINCIPAL = "service_principal", "ServicePrincipal"
    MANAGED_IDENTITY = "managed_identity", "ManagedIdentity"
    CUSTOM_KEYS = "custom_keys", "CustomKeys"


SECRET_FIELDS = (
    "pat",
    "password",
    "secret_access_key",
    "key",
    "account_key",
    "sas_token",
    "client_secret",
    "keys",
)
"""The fields of :class:`ConnectionCredentials` that are kept sealed and shown only to who asks for them."""


class ConnectionCredentials(Document):
    """What opens it, by its type."""

    outside_properties: ClassVar[frozenset[str]] = frozenset()

    type: AuthType = Field(default=AuthType.NONE, alias="authType")
    """`pat`, `username_password`, `access_key`, `api_key`, `account_key`, `sas`, `service_principal`, …"""
    pat: str | None = None
    """A personal access token."""
    username: str | None = None
    """The name of a user."""
    password: str | None = None
    """The user's password."""
    access_key_id: str | None = None
    """The id of an access key."""
    secret_access_key: str | None = None
    """The access key."""
    key: str | None = None
    """An API key."""
    account_key: str | None = None
    """The key of a storage account."""
    sas_token: str | None = Field(default=None, alias="sas")
    """A shared access signature."""
    tenant_id: str | None = None
    """The tenant of a service principal."""
    client_id: str | None = None
    """The application id of a service principal or of a managed identity."""
    client_secret: str | None = None
    """The secret of a service principal."""
    resource_id: str | None = None
    """The resource id of a managed identity."""
    keys: dict[str, Text] | None = None
    """Secrets by their names."""

    @property
    def secrets(self) -> dict[str, Any]:
        """The secret fields that are given."""
        return {name: value for name in SECRET_FIELDS if (value := getattr(self, name))}

    def without_secrets(self) -> ConnectionCredentials:
        """The same, with nothing that would let anyone in."""
        return self.model_copy(update=dict.fromkeys(SECRET_FIELDS))


_TARGETS = ("azure_endpoint", "endpoint", "api_base", "url")
"""What files of some kinds of connection call the target."""


class Connection(Document):
    """Something outside that jobs and tools reach: an address, and what opens it."""

    outside_properties: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str = ""
    """The name: letters, digits, `_`, `.` and `-`."""
    type: str = Field(alias="category")
    """What is reached: `git`, `s3`, `python_feed`, `container_registry`, `snowflake`, `custom`, …"""
    target: str | None = None
    """Its address."""
    credentials: ConnectionCredentials = Field(default_factory=ConnectionCredentials)
    """What opens it; secrets are kept sealed, and `listSecrets` alone tells them."""
    metadata: dict[str, Text] = Field(default_factory=dict)
    """More about it."""
    is_shared: bool = Field(default=True, alias="isSharedToAll")
    """Kept as said."""

    @classmethod
    def from_rest(cls, properties: Mapping[str, Any], scope: Scope | None = None) -> Self:
        """The connection that a REST body says: how it is opened stands there beside the credentials."""
        said = dict(properties)
        if not isinstance(given := said.get("credentials") or {}, Mapping):
            raise InvalidInput("'credentials' is no mapping.", target="credentials")
        kind, inside = said.pop("authType", None), dict(given)
        if str(kind).lower() == "accountkey" and "sas" in inside:  # as Microsoft's client says an account key
            inside["accountKey"] = inside.pop("sas")
        if kind is not None:
            inside["authType"] = kind
        return super().from_rest({**said, "credentials": inside}, scope)

    def to_rest(self, scope: Scope | None = None) -> dict[str, Any]:
        """The connection as REST says it."""
        said = super().to_rest(scope)
        inside = said.pop("credentials")
        said["authType"] = inside.pop("authType")
        if "accountKey" in inside:
            inside["sas"] = inside.pop("accountKey")
        return {**said, "credentials": inside} if inside else said

    @model_validator(mode="before")
    @classmethod
    def _by_kind(cls, data: Any, info: ValidationInfo) -> Any:
        """Files of some kinds have words of their own for the target, and say a key without its type."""
        if not isinstance(data, Mapping) or not (info.context or {}).get("yaml"):
            return data
        said = dict(data)
        for word in _TARGETS:
            if word in said and "target" not in said:
                said["target"] = said.pop(word)
        if "api_key" in said and "credentials" not in said:
            said["credentials"] = {"type": "api_key", "key": said.pop("api_key")}
        return said

    @field_validator("type", mode="before")
    @classmethod
    def _known_type(cls, value: Any, info: ValidationInfo) -> Any:
        try:
            return ConnectionType.read(value).value
        except ValueError:
            if (info.context or {}).get("yaml") or not isinstance(value, str):
                raise
            return value

    @field_serializer("type")
    def _said_type(self, value: str, info: SerializationInfo) -> str:
        if not info.by_alias:
            return value
        return next((kind.rest for kind in ConnectionType if kind.value == value), value)

    @model_validator(mode="after")
    def _reachable(self) -> Connection:
        if not self.target and self.type not in ("serp", "open_ai", "custom"):
            raise ValueError(f"a connection of type '{self.type}' needs a target: the address of what is reached")
        return self
