"""What is said of a version when it is registered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Sequence
from urllib.parse import quote

from azureml.core._model_versions import OURS, texts
from azureml.core.resource_configuration import ResourceConfiguration
from azureml.exceptions import ServiceException, WebserviceException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

KEPT = ("framework", "framework_version", "datasets", "sample_input", "sample_output", "resources")


def facts(
    frameworks: Sequence[str],
    framework: str | None,
    framework_version: str | None,
    datasets: Iterable[tuple[str, Any]] | None,
    sample_input: Any,
    sample_output: Any,
    resources: ResourceConfiguration | None,
) -> dict[str, str]:
    if framework is not None and framework not in frameworks:
        raise WebserviceException(f"'{framework}' is no model_framework; there are {', '.join(frameworks)}.")
    by_purpose: dict[str, list[Any]] = {}
    for purpose, dataset in datasets or ():
        by_purpose.setdefault(purpose, []).append(id_of(dataset))
    values = (
        framework,
        framework_version,
        json.dumps(by_purpose) if by_purpose else "",
        id_of(sample_input),
        id_of(sample_output),
        json.dumps(resources.serialize()) if resources else "",
    )
    return {OURS + word: str(value) for word, value in zip(KEPT, values) if value}


def id_of(dataset: Any) -> str:
    return "" if dataset is None else str(getattr(dataset, "id", None) or dataset)


def created(
    workspace: Workspace,
    name: str,
    uri: str,
    is_mlflow: bool,
    description: str | None,
    tags: Mapping[str, str] | None,
    properties: Mapping[str, str],
) -> dict[str, Any]:
    """A new version as the server tells it; the next one where somebody else took the number meanwhile."""
    body = {
        "modelUri": uri,
        "modelType": "mlflow_model" if is_mlflow else "custom_model",
        "description": description,
        "tags": texts(tags),
        "properties": properties,
    }
    for _ in range(8):
        container = workspace._found(f"models/{quote(name, '')}")
        version = container["properties"].get("nextVersion") if container else None
        try:
            said = workspace._call("PUT", f"models/{quote(name, '')}/versions/{version or 1}", {"properties": body})
        except ServiceException as refused:
            if refused.status_code != 409:
                raise WebserviceException(refused.message) from refused
        else:
            return said
    raise WebserviceException(f"Others register versions of '{name}' at the same time. Try again.")
