"""Microsoft's Python client against Lazuli, without a shell: what ``lazuli client-env`` prints, for this process.

::

    import lazuli.azure

    client = lazuli.azure.ml_client()                       # the workspace in force, or ml_client("mine")

or, for a script that makes its own client, before it imports ``azure.ai.ml``::

    credential = lazuli.azure.credential()
    client = MLClient(credential, subscription, resource_group, workspace)

Nothing of Microsoft's is imported before it is asked for, and nothing of it is a dependency of Lazuli.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lazuli.client import profile
from lazuli.client.environ import variables
from lazuli.client.http import Http
from lazuli.schema.problems import InvalidInput
from lazuli.store.settings import default_data_dir

__all__ = ["Credential", "credential", "ml_client"]


class Credential:
    """A credential as azure-core wants it: an access token of this server, whatever the scope."""

    def __init__(self, http: Http, identity_header: str) -> None:
        self._http = http
        self._identity_header = identity_header

    def get_token(self, *scopes: str, **_: Any) -> Any:
        """An ``azure.core.credentials.AccessToken``. Raises :class:`Unavailable` where the server does not answer."""
        from azure.core.credentials import AccessToken

        audience = scopes[0].removesuffix("/.default") if scopes else ""
        headers = {"X-IDENTITY-HEADER": self._identity_header}
        said = self._http.call("GET", "/msi/token", query={"resource": audience}, headers=headers)
        return AccessToken(said["access_token"], int(said["expires_on"]))

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()


def credential(data_dir: str | Path | None = None, *, workspace: str = "", resource_group: str = "") -> Credential:
    """A credential for the server of ``data_dir`` (else of ``LAZULI_DATA_DIR``).

    This process is told as well where Azure is and whom to trust: the variables of ``lazuli client-env``. Raises
    :class:`Unavailable` where no server runs there.
    """
    folder = Path(data_dir).expanduser().resolve() if data_dir else default_data_dir()
    told = variables(folder, workspace, resource_group)
    os.environ.update(told)
    known = profile.running(folder) or {}
    return Credential(Http(str(known["url"]), ""), told["IDENTITY_HEADER"])


def ml_client(workspace: str = "", *, resource_group: str = "", data_dir: str | Path | None = None, **more: Any) -> Any:
    """An ``azure.ai.ml.MLClient`` for a workspace here, the one in force where none is named.

    ``more`` goes to ``MLClient``. Raises :class:`InvalidInput` where no workspace is chosen.
    """
    own = credential(data_dir, workspace=workspace, resource_group=resource_group)
    words = ("LAZULI_SUBSCRIPTION", "LAZULI_RESOURCE_GROUP", "LAZULI_WORKSPACE")
    if "LAZULI_WORKSPACE" not in os.environ:
        raise InvalidInput("No workspace is chosen.", target="workspace", mend="Name one: ml_client('mine').")
    from azure.ai.ml import MLClient

    return MLClient(own, *(os.environ[word] for word in words), **more)
