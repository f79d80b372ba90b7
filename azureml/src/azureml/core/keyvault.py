"""The secrets of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Mapping
from urllib.parse import quote

from azureml._lazuli.server import raised_as
from azureml.exceptions import KeyVaultSecretNotFoundException, UserErrorException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = ["Keyvault"]


class Keyvault:
    """The vault of one workspace. ``lazuli keyvault`` shows the same secrets."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def set_secret(self, name: str, value: str, content_type: Any = None) -> None:
        """Keep a secret, or another value for it. Runs may read it too, as :meth:`Run.get_secret` promises."""
        with raised_as(UserErrorException):
            self.workspace._call("PUT", f"secrets/{quote(name, '')}", {"value": value, "jobs": True})

    def set_secrets(self, secrets_batch: Mapping[str, str]) -> None:
        """Keep several secrets, by name."""
        for name, value in secrets_batch.items():
            self.set_secret(name, value)

    def get_secret(self, name: str) -> str | None:
        """The value of a secret; None where there is none."""
        found = self.workspace._found(f"secrets/{quote(name, '')}")
        return found["value"] if found else None

    def get_secrets(self, secrets: Iterable[str]) -> dict[str, str | None]:
        """The values of several secrets, by name."""
        return {name: self.get_secret(name) for name in secrets}

    def list_secrets(self) -> list[dict[str, Any]]:
        """The names of all secrets, in ``[{"name": …}]``."""
        return [{"name": each["name"]} for each in self.workspace._pages("secrets")]

    def delete_secret(self, name: str) -> None:
        """Forget a secret. Raises :class:`KeyVaultSecretNotFoundException` where there is none."""
        if self.get_secret(name) is None:
            raise KeyVaultSecretNotFoundException(f"The vault has no secret '{name}'.")
        self.workspace._call("DELETE", f"secrets/{quote(name, '')}")

    def delete_secrets(self, secrets: Iterable[str]) -> None:
        """Forget several secrets."""
        for name in secrets:
            self.delete_secret(name)
