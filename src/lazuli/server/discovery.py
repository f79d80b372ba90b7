"""How clients find their way: the cloud's metadata, the addresses of the services, and tokens.

Microsoft's client fetches the first two before it has a token, so they are public; they tell addresses and nothing
else. The token door is the managed-identity protocol of Azure's App Service: whoever knows the random header that
``lazuli client-env`` prints gets an access token.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from starlette.responses import Response

from lazuli.schema.problems import NotSignedIn
from lazuli.server.routes import PUBLIC, Call, Route, reply
from lazuli.workspaces.access import Access

__all__ = ["CLOUD", "discovery_routes"]

CLOUD = "LazuliCloud"
"""The name of this cloud among Azure's."""
STORAGE_SUFFIX = "core.lazuli.local"
PORTAL = "https://portal.lazuli.local/"
"""Microsoft's client makes the audience of its tokens from this: https://ml.azure.local."""


def discovery_routes(access: Access) -> list[Route]:
    """Metadata, discovery, tokens and health."""

    def token(call: Call) -> Response:
        given = call.headers.get("x-identity-header", "")
        if not hmac.compare_digest(given.encode(), access.identity_header.encode()):
            raise NotSignedIn(
                "The X-IDENTITY-HEADER is not the one of this server.",
                target="X-IDENTITY-HEADER",
                mend="Set IDENTITY_HEADER to what 'lazuli client-env' prints.",
            )
        audience = call.query.get("resource", "")
        value, ends = access.access_token(access.admin(), audience)
        return reply({"access_token": value, "expires_on": str(ends), "resource": audience, "token_type": "Bearer"})

    def route(path: str, handler: Callable[[Call], Response], summary: str, *, inline: bool = True) -> Route:
        return Route("GET", path, handler, PUBLIC, summary, inline=inline, tags=("Discovery",))

    return [
        route("/health", _health, "Whether the server answers"),
        route("/metadata/endpoints", _metadata, "The addresses of this cloud"),
        route("/discovery", _discovery, "The addresses of its services"),
        route("/msi/token", token, "An access token for who knows the identity header", inline=False),
    ]


def _health(call: Call) -> Response:
    return reply({"status": "ok"})


def _metadata(call: Call) -> Response:
    url = call.base_url
    cloud = {
        "name": CLOUD,
        "portal": PORTAL,
        "resourceManager": f"{url}/",
        "authentication": {"loginEndpoint": f"{url}/", "audiences": [f"{url}/"], "tenant": "common"},
        "suffixes": {"storage": STORAGE_SUFFIX, "keyVaultDns": "vault.lazuli.local"},
    }
    return reply([cloud])


def _discovery(call: Call) -> Response:
    words = ("api", "catalog", "experimentation", "history", "hyperdrive", "labeling", "modelmanagement", "pipelines")
    return reply(dict.fromkeys(words, call.base_url) | {"studio": f"{call.base_url}/studio"})
