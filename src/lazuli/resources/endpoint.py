"""Endpoints: an address where models answer, one at a time or in batches."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pydantic import Field, field_validator

from lazuli.schema.document import READ_ONLY, Document, Text
from lazuli.schema.reference import ComputeRef
from lazuli.schema.words import Word

__all__ = ["AuthMode", "BatchEndpoint", "OnlineEndpoint"]

_NAME = r"^[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]$"


class AuthMode(Word):
    """How callers show who they are."""

    KEY = "key", "Key"
    AML_TOKEN = "aml_token", "AMLToken"
    AAD_TOKEN = "aad_token", "AADToken"


class _Endpoint(Document):
    """What both kinds of endpoint say."""

    outside_properties: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str = ""
    """The name: 3 to 32 letters, digits and `-`, the first a letter."""
    description: str | None = None
    """What it is for."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    properties: dict[str, Text] = Field(default_factory=dict)
    """Facts recorded with it."""
    identity: dict[str, Any] | None = None
    """Whose identity it uses; kept as said."""
    scoring_uri: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Where it is asked."""
    provisioning_state: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """`Succeeded` once it can be used."""

    @field_validator("name")
    @classmethod
    def _usable(cls, value: str) -> str:
        if value and not re.fullmatch(_NAME, value):
            raise ValueError("a name has 3 to 32 letters, digits and '-', the first a letter, the last no '-'")
        return value


class OnlineEndpoint(_Endpoint):
    """An address where a model answers at once, with deployments behind it that share the traffic."""

    auth_mode: AuthMode = AuthMode.KEY
    """How callers show who they are: `key`, `aml_token` or `aad_token`."""
    traffic: dict[str, int] = Field(default_factory=dict)
    """How much of the traffic each deployment gets, in percent: 100 in all, or 0."""
    mirror_traffic: dict[str, int] = Field(default_factory=dict)
    """How much of the traffic one deployment gets a copy of, in percent: 50 at most."""
    public_network_access: str | None = None
    """`enabled` or `disabled`; kept as said."""
    compute: ComputeRef | None = None
    """Kept as said: models answer on this machine."""
    address_key: bool = False
    """Whether an address with a secret word, `?code=…`, opens it to callers who send no key. Its keys tell the word."""
    port: int | None = Field(default=None, ge=1024, le=65535)
    """The port of this machine where it is asked first, if nothing else is there then; any where none is said."""
    kind: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """`Managed`."""
    openapi_uri: str | None = Field(default=None, alias="swaggerUri", json_schema_extra=READ_ONLY)
    """Where it describes what it takes."""

    @field_validator("traffic")
    @classmethod
    def _whole(cls, value: dict[str, int]) -> dict[str, int]:
        if any(not 0 <= share <= 100 for share in value.values()) or sum(value.values()) not in (0, 100):
            told = ", ".join(f"{name} {share}" for name, share in value.items())
            raise ValueError(
                f"the shares of traffic add up to 100, or are all 0; these ({told}) to {sum(value.values())}"
            )
        return value

    @field_validator("mirror_traffic")
    @classmethod
    def _mirrored(cls, value: dict[str, int]) -> dict[str, int]:
        mirrored = [share for share in value.values() if share]
        if len(mirrored) > 1 or any(not 0 < share <= 50 for share in mirrored):
            raise ValueError("one deployment is mirrored to, with 1 to 50 percent")
        return value


class BatchDefaults(Document):
    """What answers where nothing is named."""

    deployment_name: str | None = None
    """The deployment."""


class BatchEndpoint(_Endpoint):
    """An address that is given much at once and answers with a job."""

    auth_mode: AuthMode = AuthMode.AAD_TOKEN
    """How callers show who they are: `aad_token`."""
    defaults: BatchDefaults | None = None
    """What answers where nothing is named."""
    compute: ComputeRef | None = None
    """Kept as said; it belongs to the deployment."""

    @field_validator("auth_mode")
    @classmethod
    def _by_identity(cls, value: AuthMode) -> AuthMode:
        if value is not AuthMode.AAD_TOKEN:
            raise ValueError("batch endpoints are opened by 'aad_token', the token of whoever asks")
        return value
