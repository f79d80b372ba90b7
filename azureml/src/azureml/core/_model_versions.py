"""What the server tells of models, and which of them are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Sequence
from urllib.parse import quote

from azureml.exceptions import ServiceException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

OURS = "azureml.v1."
"""What v1 knows and the platform has no word for stands among properties, under such names."""


def texts(said: Mapping[str, Any] | None) -> dict[str, str]:
    """Tags or properties, as REST takes them."""
    return {str(name): str(value) for name, value in (said or {}).items()}


def versions(
    workspace: Workspace, name: str, tags: Sequence[Any] | None, properties: Sequence[Any] | None
) -> list[dict[str, Any]]:
    """The versions of a model with these tags and properties, the newest first."""
    try:
        found = list(workspace._pages(f"models/{quote(name, '')}/versions"))
    except ServiceException as refused:
        if refused.status_code == 404:
            return []
        raise
    fitting = [
        each
        for each in found
        if has(each["properties"].get("tags") or {}, tags)
        and has(each["properties"].get("properties") or {}, properties)
    ]
    return sorted(fitting, key=lambda each: (each["name"].isdigit(), number(each["name"])), reverse=True)


def number(version: str) -> int:
    return int(version) if version.isdigit() else 0


def has(said: Mapping[str, str], asked: Sequence[Any] | Mapping[str, Any] | None) -> bool:
    """Whether tags fit: each is asked for as a name, as ``[name, value]``, or as ``{name: value}``."""
    if isinstance(asked, Mapping):
        asked = list(asked.items())
    for each in [asked] if isinstance(asked, str) else asked or ():
        if isinstance(each, str):
            if each not in said:
                return False
        elif said.get(str(each[0])) != str(each[1]):
            return False
    return True


def fits(said: Mapping[str, Any], run_id: str | None, framework: str | None, dataset_id: str | None) -> bool:
    properties = said["properties"]
    own = properties.get("properties") or {}
    return (
        (run_id is None or properties.get("jobName") == run_id)
        and (framework is None or own.get(f"{OURS}framework") == framework)
        and (dataset_id is None or f'"{dataset_id}"' in own.get(f"{OURS}datasets", ""))
    )
