"""The key vault's door: secrets by name, in the manner of Azure Key Vault's own API."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from lazuli.schema.problems import InvalidInput
from lazuli.server.present import moment
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.workspaces.vault import Secret, Vault

__all__ = ["vault_routes"]

_UNSEEN = {"Cache-Control": "no-store"}


def vault_routes(vault: Vault) -> list[Route]:
    """Set, show, list and delete the secrets of a workspace."""

    def every(call: Call) -> Response:
        return reply({"value": [_told(secret) for secret in vault.list(call.scope, call.principal)]})

    def show(call: Call) -> Response:
        secret = vault.show(call.scope, call.params["name"], call.principal)
        return reply({**_told(secret), "value": secret.value}, headers=_UNSEEN)

    def put(call: Call) -> Response:
        body = call.json()
        for_jobs = body.get("jobs")
        if for_jobs is not None and not isinstance(for_jobs, bool):
            raise InvalidInput("'jobs' is neither true nor false.", target="jobs")
        return reply(_told(vault.set(call.scope, call.params["name"], body.get("value"), for_jobs=for_jobs)))

    def delete(call: Call) -> Response:
        return reply(status=200 if vault.delete(call.scope, call.params["name"]) else 204)

    path = f"{WORKSPACE}/secrets"
    tags = ("Lazuli",)
    return [
        Route("GET", path, every, "secrets/read", "List the secrets, without their values", tags=tags),
        Route("GET", f"{path}/{{name}}", show, "secrets/read", "Show a secret with its value", tags=tags),
        Route("PUT", f"{path}/{{name}}", put, "secrets/write", "Set a secret", tags=tags),
        Route("DELETE", f"{path}/{{name}}", delete, "secrets/delete", "Delete a secret", tags=tags),
    ]


def _told(secret: Secret) -> dict[str, Any]:
    return {"name": secret.name, "jobs": secret.for_jobs, "updatedAt": moment(secret.updated_at)}
