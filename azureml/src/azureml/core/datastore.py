"""Datastores: where the files of a workspace lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from azureml._lazuli.declined import declined
from azureml._lazuli.server import raised_as
from azureml.data.azure_storage_datastore import (
    AbstractDatastore,
    AzureBlobDatastore,
    AzureDataLakeGen2Datastore,
    AzureFileDatastore,
)
from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = ["Datastore"]

_MOUNTED = "Mount the share on the server, and give the folder a name: 'lazuli datastore create' with type local."
_DATABASE = "Keep its address with 'lazuli connection create', and read with pandas.read_sql in the script."


class Datastore(AbstractDatastore):
    """``Datastore(workspace, name)`` is the datastore of that name; without a name it is the default one."""

    def __new__(cls, workspace: Workspace, name: str | None = None) -> Any:
        """The datastore, of the class that fits its kind."""
        return cls.get(workspace, name) if name else cls.get_default(workspace)

    def __init__(self, workspace: Workspace, name: str | None = None) -> None:
        """Nothing is left to do."""

    @staticmethod
    def get(workspace: Workspace, datastore_name: str) -> Any:
        """The datastore of a name. Raises :class:`UserErrorException` where there is none."""
        said = workspace._found(f"datastores/{quote(datastore_name, '')}")
        if said is None:
            known = ", ".join(sorted(Datastore._all(workspace)))
            raise UserErrorException(
                f"Could not find datastore {datastore_name} in workspace {workspace.name}. It has: {known}.",
                target="datastore_name",
            )
        return _made(workspace, said)

    @staticmethod
    def get_default(workspace: Workspace) -> Any:
        """The datastore that is taken where none is named."""
        return _made(workspace, next(workspace._pages("datastores", {"isDefault": "true"})))

    @staticmethod
    def _all(workspace: Workspace) -> dict[str, Any]:
        return {said["name"]: _made(workspace, said) for said in workspace._pages("datastores")}

    @staticmethod
    def _set_default(workspace: Workspace, name: str) -> None:
        with raised_as(UserErrorException):
            workspace._call("POST", f"datastores/{quote(name, '')}/makeDefault")

    @staticmethod
    def register_azure_blob_container(
        workspace: Workspace,
        datastore_name: str,
        container_name: str,
        account_name: str,
        sas_token: str | None = None,
        account_key: str | None = None,
        protocol: str | None = None,
        endpoint: str | None = None,
        overwrite: bool = False,
        create_if_not_exists: bool = False,
        skip_validation: bool = False,
        blob_cache_timeout: int | None = None,
        grant_workspace_access: bool = False,
        subscription_id: str | None = None,
        resource_group: str | None = None,
    ) -> Any:
        """A name for a blob container of a storage account, which jobs read and write.

        Raises :class:`UserErrorException` where the name is taken; ``overwrite`` says the datastore anew. The container
        is neither made nor looked at before a job needs it; groups, subscriptions and the times of caches are Azure's
        alone, and have no effect here.
        """
        place = AzureBlobDatastore._placed(account_name, container_name, protocol, endpoint)
        credentials = _opened_by(sas_token, account_key)
        return _register(workspace, datastore_name, AzureBlobDatastore, place, credentials, overwrite)

    @staticmethod
    @declined(_MOUNTED)
    def register_azure_file_share(
        workspace: Workspace,
        datastore_name: str,
        file_share_name: str,
        account_name: str,
        sas_token: str | None = None,
        account_key: str | None = None,
        protocol: str | None = None,
        endpoint: str | None = None,
        overwrite: bool = False,
        create_if_not_exists: bool = False,
        skip_validation: bool = False,
    ) -> Any:
        """Raises what to use instead: the server keeps files in containers and folders."""

    @staticmethod
    def register_azure_data_lake_gen2(
        workspace: Workspace,
        datastore_name: str,
        filesystem: str,
        account_name: str,
        tenant_id: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        resource_url: str | None = None,
        authority_url: str | None = None,
        protocol: str | None = None,
        endpoint: str | None = None,
        overwrite: bool = False,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        grant_workspace_access: bool = False,
    ) -> Any:
        """A name for a file system of a data lake, opened by a service principal where one is named.

        Raises as :meth:`register_azure_blob_container` does.
        """
        credentials: dict[str, Any] = {"credentialsType": "None"}
        if client_id:
            credentials = {
                "credentialsType": "ServicePrincipal",
                "tenantId": tenant_id,
                "clientId": client_id,
                "authorityUrl": authority_url,
                "resourceUrl": resource_url,
                "secrets": {"secretsType": "ServicePrincipal", "clientSecret": client_secret},
            }
        place = AzureDataLakeGen2Datastore._placed(account_name, filesystem, protocol, endpoint)
        return _register(workspace, datastore_name, AzureDataLakeGen2Datastore, place, credentials, overwrite)

    @staticmethod
    @declined("Azure ended the first data lake. Use register_azure_data_lake_gen2.")
    def register_azure_data_lake(
        workspace: Workspace,
        datastore_name: str,
        store_name: str,
        tenant_id: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        resource_url: str | None = None,
        authority_url: str | None = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        overwrite: bool = False,
        grant_workspace_access: bool = False,
    ) -> Any:
        """Raises what to use instead."""

    @staticmethod
    @declined(_DATABASE)
    def register_azure_sql_database(
        workspace: Workspace,
        datastore_name: str,
        server_name: str,
        database_name: str,
        tenant_id: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        resource_url: str | None = None,
        authority_url: str | None = None,
        endpoint: str | None = None,
        overwrite: bool = False,
        username: str | None = None,
        password: str | None = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        grant_workspace_access: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Raises what to use instead: databases are connections here."""

    @staticmethod
    @declined(_DATABASE)
    def register_azure_postgre_sql(
        workspace: Workspace,
        datastore_name: str,
        server_name: str,
        database_name: str,
        user_id: str,
        user_password: str,
        port_number: int | None = None,
        endpoint: str | None = None,
        overwrite: bool = False,
        enforce_ssl: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Raises what to use instead: databases are connections here."""

    @staticmethod
    @declined(_DATABASE)
    def register_azure_my_sql(
        workspace: Workspace,
        datastore_name: str,
        server_name: str,
        database_name: str,
        user_id: str,
        user_password: str,
        port_number: int | None = None,
        endpoint: str | None = None,
        overwrite: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Raises what to use instead: databases are connections here."""

    @staticmethod
    @declined("There is no Databricks. Use register_azure_blob_container.")
    def register_dbfs(workspace: Workspace, datastore_name: str) -> Any:
        """Raises what to use instead."""


def _opened_by(sas_token: str | None, account_key: str | None) -> dict[str, Any]:
    if account_key:
        return {"credentialsType": "AccountKey", "secrets": {"secretsType": "AccountKey", "key": account_key}}
    if sas_token:
        return {"credentialsType": "Sas", "secrets": {"secretsType": "Sas", "sasToken": sas_token}}
    return {"credentialsType": "None"}


def _register(
    workspace: Workspace,
    name: str,
    kind: type[AbstractDatastore],
    place: dict[str, Any],
    credentials: dict[str, Any],
    overwrite: bool,
) -> Any:
    path = f"datastores/{quote(name, '')}"
    if not overwrite and workspace._found(path):
        raise UserErrorException(
            f"Another datastore with the same name '{name}' already exists. Set overwrite=True to say it anew.",
            target="datastore_name",
        )
    said = {"datastoreType": kind._TYPE, **_said(place), "credentials": _said(credentials)}
    with raised_as(UserErrorException):
        return _made(workspace, workspace._call("PUT", path, {"properties": said}))


def _said(words: dict[str, Any]) -> dict[str, Any]:
    return {word: value for word, value in words.items() if value is not None}


def _made(workspace: Workspace, said: dict[str, Any]) -> AbstractDatastore:
    kinds = {"AzureFile": AzureFileDatastore, "AzureDataLakeGen2": AzureDataLakeGen2Datastore}
    return kinds.get(said["properties"]["datastoreType"], AzureBlobDatastore)._of(workspace, said)
