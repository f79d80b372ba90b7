"""Who asks. Lazuli knows one kind of proof, a token; each class of Azure ML's says where it comes from."""

from __future__ import annotations

import os
from typing import Any, Callable

from azureml._lazuli import place
from azureml._lazuli.server import Server
from azureml.exceptions import AuthenticationException

__all__ = [
    "AbstractAuthentication",
    "AuthenticationException",
    "AzureCliAuthentication",
    "InteractiveLoginAuthentication",
    "MsiAuthentication",
    "ServicePrincipalAuthentication",
    "TokenAuthentication",
]


class AbstractAuthentication:
    """What every kind of authentication can do."""

    def __init__(self, cloud: str | None = None) -> None:
        self._cloud = cloud

    def get_authentication_header(self) -> dict[str, str]:
        """The header for requests of one's own to the server and to its services."""
        return {"Authorization": f"Bearer {self._server().token}"}

    def get_token(self, *scopes: str, **kwargs: Any) -> Any:
        """The token, with the second at which it ends, as libraries of Azure ask for it."""
        return AccessToken(self._server().token)

    def _server(self) -> Server:
        return Server.find()


class AccessToken(tuple):
    """A token and the second, since 1970, at which it ends. One that does not end says a day that is far."""

    _FAR = 4102444800

    def __new__(cls, token: str) -> AccessToken:
        """Of the text of a token."""
        return super().__new__(cls, (token, cls._FAR))

    @property
    def token(self) -> str:
        """The text."""
        return self[0]

    @property
    def expires_on(self) -> int:
        """When it ends."""
        return self[1]


class InteractiveLoginAuthentication(AbstractAuthentication):
    """The token of this machine's server, or of ``LAZULI_TOKEN``. Nobody is asked to log in."""

    def __init__(self, force: bool = False, tenant_id: str | None = None, cloud: str | None = None) -> None:
        super().__init__(cloud)
        self._tenant_id = tenant_id


class AzureCliAuthentication(AbstractAuthentication):
    """The token that the command ``lazuli`` uses."""


class MsiAuthentication(AbstractAuthentication):
    """In a job its own token, elsewhere that of this machine's server."""

    def __init__(self, cloud: str | None = None, **kwargs: Any) -> None:
        super().__init__(cloud)


class ServicePrincipalAuthentication(AbstractAuthentication):
    """A token of its own for a program: ``service_principal_password`` is what ``lazuli token create`` printed.

    Tenant and id are kept and shown; the token alone says who asks.
    """

    def __init__(
        self,
        tenant_id: str,
        service_principal_id: str,
        service_principal_password: str,
        cloud: str = "AzureCloud",
        _enable_caching: bool = True,
    ) -> None:
        super().__init__(cloud)
        if not service_principal_password:
            raise AuthenticationException(
                "service_principal_password is empty. Make a token with 'lazuli token create' and give it here.",
                target="service_principal_password",
            )
        self._tenant_id = tenant_id
        self._service_principal_id = service_principal_id
        self._token = service_principal_password

    def _server(self) -> Server:
        return _opened_by(self._token)


class TokenAuthentication(AbstractAuthentication):
    """Tokens that a function of the user's brings: it is called with an audience, and returns the text of a token."""

    def __init__(self, get_token_for_audience: Callable[[Any], str], cloud: str | None = None) -> None:
        super().__init__(cloud)
        self._get = get_token_for_audience

    def _server(self) -> Server:
        return _opened_by(str(self._get("ARM")))


def _opened_by(token: str) -> Server:
    """The server that the surroundings name, by another token than theirs."""
    return Server(place.find({**os.environ, "LAZULI_TOKEN": token, "AZUREML_RUN_TOKEN": ""}))
