"""Buckets of the clouds, opened through fsspec; its packages come with the extra ``cloud``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lazuli.resources.datastore import Datastore, DatastoreType
from lazuli.schema.problems import InvalidInput, Unsupported

__all__ = ["AZURE_DOMAIN", "open_bucket"]

AZURE_DOMAIN = "core.windows.net"
"""Where storage accounts of the public cloud are."""


def open_bucket(datastore: Datastore, secrets: Mapping[str, str]) -> Any:
    """The file system of fsspec in which a datastore's bucket lies, opened with its own credentials and no others."""
    with _cloud_packages():
        return _OPENERS[datastore.type](datastore, secrets)


@contextmanager
def _cloud_packages() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise Unsupported(
            f"The server lacks the package '{error.name}', which datastores outside it need.",
            mend="Install it where the server runs: pip install 'lazuli-ml[cloud]'.",
        ) from None


# No instance and no listing is shared: another datastore may have another key, and files change without us.
_ALONE: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}


def _open_azure(datastore: Datastore, secrets: Mapping[str, str]) -> Any:
    from adlfs import AzureBlobFileSystem

    account, endpoint = str(datastore.account_name), datastore.endpoint or AZURE_DOMAIN
    host = f"{account}.blob.{endpoint}"
    url = f"{endpoint.rstrip('/')}/{account}" if "://" in endpoint else f"{datastore.protocol}://{host}"
    way_in = {"account_key": "AccountKey", "sas_token": "SharedAccessSignature"}
    for field, word in way_in.items():
        if value := secrets.get(field):
            if ";" in value:
                raise InvalidInput(f"'{field}' holds a ';'.", target=f"credentials.{field}")
            parts = (f"BlobEndpoint={url}", f"AccountName={account}", f"{word}={value.lstrip('?')}")
            return AzureBlobFileSystem(account_name=account, connection_string=";".join(parts), **_ALONE)
    if "://" in endpoint:
        raise InvalidInput(
            "An endpoint written as a URL is opened with an account key or a SAS only.", target="credentials"
        )
    if secrets.get("client_secret"):
        said = datastore.credentials
        return AzureBlobFileSystem(
            account_name=account,
            account_host=host,
            tenant_id=said.tenant_id or "",
            client_id=said.client_id or "",
            client_secret=secrets["client_secret"],
            **_ALONE,
        )
    return AzureBlobFileSystem(account_name=account, account_host=host, anon=True, **_ALONE)


def _open_s3(datastore: Datastore, secrets: Mapping[str, str]) -> Any:
    from s3fs import S3FileSystem

    client = {"endpoint_url": datastore.endpoint, "region_name": datastore.region}
    return S3FileSystem(
        anon=not secrets,  # else boto looks for the server's own credentials
        key=datastore.credentials.access_key_id,
        secret=secrets.get("secret_access_key"),
        token=secrets.get("session_token"),
        client_kwargs={key: value for key, value in client.items() if value},
        config_kwargs={"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 3}},
        **_ALONE,
    )


def _open_gcs(datastore: Datastore, secrets: Mapping[str, str]) -> Any:
    import json

    from gcsfs.core import GCSFileSystem  # the package's own one asks an API over gRPC first

    token: Any = "anon"  # else gcsfs looks for the server's own credentials
    if key := secrets.get("service_account_key"):
        try:
            token = json.loads(key)
        except ValueError:
            raise InvalidInput("The service account key is not JSON.", target="credentials") from None
    return GCSFileSystem(token=token, endpoint_url=datastore.endpoint, **_ALONE)


_OPENERS = {
    DatastoreType.AZURE_BLOB: _open_azure,
    DatastoreType.AZURE_DATA_LAKE_GEN2: _open_azure,
    DatastoreType.S3: _open_s3,
    DatastoreType.GCS: _open_gcs,
}
