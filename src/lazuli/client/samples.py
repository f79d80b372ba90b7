"""Sample data sets from Python."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from lazuli.client.http import Http
from lazuli.schema.identity import Scope

__all__ = ["Samples"]


class Samples:
    """The catalogue of sample data sets in a workspace: ``Samples(client.http, client.scope)``."""

    def __init__(self, http: Http, scope: Scope) -> None:
        self._http = http
        self._path = f"{scope.path}/sampleData"

    def list(self) -> list[dict[str, Any]]:
        """All of them, each with its ``state`` here: Offered, Unavailable, Adding, Added or Failed."""
        return [_flat(each) for each in self._http.call("GET", self._path)["value"]]

    def get(self, name: str, asset: str = "") -> dict[str, Any]:
        """One of them, as the data asset ``asset``; its own name where left out."""
        return _flat(self._http.call("GET", self._one(name), query={"assetName": asset} if asset else {}))

    def add(self, name: str, asset: str = "") -> dict[str, Any]:
        """Begin to put one into the workspace: the job ``job_name`` does it. Safe to repeat."""
        return _flat(self._http.call("POST", f"{self._one(name)}/add", body={"assetName": asset} if asset else {}))

    def _one(self, name: str) -> str:
        return f"{self._path}/{quote(name, safe='')}"


def _flat(body: dict[str, Any]) -> dict[str, Any]:
    said = body["properties"]
    words: dict[str, str] = {"dataType": "type", "assetName": "asset_name", "dataId": "data_id", "jobName": "job_name"}
    return {"name": body["name"], **{words.get(key) or key: value for key, value in said.items()}}
