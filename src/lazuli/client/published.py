"""Published pipelines from Python: what every collection has, and running one with parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lazuli.client.collection import Collection

__all__ = ["PublishedPipelines"]


class PublishedPipelines(Collection):
    """The published pipelines of a workspace."""

    def submit(
        self, name: str, version: str = "", *, parameters: Mapping[str, Any] | None = None, experiment_name: str = ""
    ) -> str:
        """Run a version with parameters, without a version the default one; the name of the job."""
        shown = self.get(name, version)
        address = shown["endpoint" if version else "name_endpoint"]
        body = {"ExperimentName": experiment_name, "ParameterAssignments": dict(parameters or {}), "RunSource": "SDK"}
        return self._http.call("POST", urlsplit(address).path, body=body)["Id"]
