"""How a service comes about, and how it is changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from azureml.core._model_versions import OURS, texts
from azureml.core.webservice._endpoint import Endpoint
from azureml.core.webservice._settings import TIMEOUT_MS, check, collector_of, said_of
from azureml.core.webservice.aci import AciWebservice
from azureml.core.webservice.aks import AksWebservice
from azureml.core.webservice.webservice import KIND, Webservice, WebserviceDeploymentConfiguration
from azureml.exceptions import WebserviceException

if TYPE_CHECKING:
    from azureml.core.inference_config import InferenceConfig, Kept
    from azureml.core.workspace import Workspace

_ENDPOINT_WORDS = ("tags", "properties", "description", "auth_enabled", "token_auth_enabled", "port")
_KEYS = {"primary_key": "Primary", "secondary_key": "Secondary"}


def deploy(
    workspace: Workspace,
    name: str,
    models: Sequence[Any],
    inference_config: InferenceConfig | Kept | None,
    configured: WebserviceDeploymentConfiguration | None = None,
    target: Any = None,
    overwrite: bool = False,
    image_id: str = "",
) -> Webservice:
    """A service, which :meth:`Webservice.wait_for_deployment` waits for."""
    if configured is None:
        configured = (AciWebservice if target is None else AksWebservice).deploy_configuration()
    words = configured._words
    check(words)
    endpoint = Endpoint(workspace, name)
    before = endpoint.found()
    if before is not None and not overwrite:
        raise WebserviceException(
            f"Error, there is already a service with name {name} found in workspace {workspace.name}. "
            "Delete it, choose another name, or pass overwrite=True."
        )
    kind = Webservice.kinds[configured.kind]
    said = deployment_said(workspace, kind, models, inference_config, words, new_said())
    if before is not None and set(endpoint.deployments()) - {kind._main(words)}:
        endpoint.delete_and_wait()
        before = None
    own = {KIND: configured.kind, **({OURS + "image": image_id} if image_id else {})}
    endpoint.put(_endpoint_said(kind, words, own), texts(configured.tags))
    try:
        put_deployment(endpoint, kind._main(words), said, words)
    except WebserviceException:
        if before is None:
            endpoint.delete()
        raise
    for word, key in _KEYS.items():
        if words.get(word):
            endpoint.set_key(key, words[word])
    return kind(workspace, name)


def new_said() -> dict[str, Any]:
    """The properties of a deployment of which nothing is said."""
    return said_of({"scoring_timeout_ms": TIMEOUT_MS}, {"endpointComputeType": "Managed", "instanceType": "Default"})


def change(
    service: Webservice,
    models: Sequence[Any] | None,
    inference_config: InferenceConfig | Kept | None,
    words: Mapping[str, Any],
) -> None:
    """Let a service be what the words say, and otherwise what it was."""
    check(words)
    workspace, endpoint, kind = service.workspace, service._endpoint, type(service)
    found = endpoint.found()
    assert found is not None
    if any(word in words for word in _ENDPOINT_WORDS):
        tags = texts(words["tags"]) if "tags" in words else found.get("tags") or {}
        endpoint.put(_changed(kind, words, found["properties"]), tags)
        endpoint.settle()
    main = endpoint.deployments().get(service._main(words))
    rest = {word: value for word, value in words.items() if word not in _ENDPOINT_WORDS}
    if main is None or not (models is not None or inference_config is not None or rest):
        return
    said = deployment_said(workspace, kind, models, inference_config, {**main.words, **rest}, main.said, rest)
    put_deployment(endpoint, main.name, said, {"num_replicas": main.capacity, **rest}, main.tags)


def deployment_said(
    workspace: Workspace,
    kind: type[Webservice],
    models: Sequence[Any] | None,
    inference_config: InferenceConfig | Kept | None,
    words: Mapping[str, Any],
    before: Mapping[str, Any],
    new: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The properties of a deployment: what is ``new`` (else all the words) laid over those of ``before``."""
    said = said_of(words if new is None else new, before)
    kept = {word: value for word, value in words.items() if word not in (*_ENDPOINT_WORDS, *_KEYS)}
    own = {OURS + "words": json.dumps(kept), **kind._own(inference_config)}
    said["properties"] = {**(said.get("properties") or {}), **own}
    if models is not None:
        ids = [each._resource_id for each in models]
        said.pop("model", None)
        said.update({"model": ids[0]} if ids else {}, furtherModels=ids[1:])
    if inference_config is not None:
        said.update(inference_config._scripted(workspace, is_local=kind._kind == "Local"))
    elif models and not said.get("codeConfiguration"):
        said.update(_no_code(workspace, models))
    if words.get("collect_model_data") is False:
        said["dataCollector"] = None
    elif words.get("collect_model_data") and inference_config is not None:
        said["dataCollector"] = collector_of(inference_config._streams())
    return said


def put_deployment(
    endpoint: Endpoint,
    name: str,
    said: Mapping[str, Any],
    words: Mapping[str, Any],
    tags: Mapping[str, str] | None = None,
) -> None:
    """Make a deployment of a service, or change it."""
    endpoint.put_deployment(name, said, tags or {}, int(words.get("num_replicas") or 1))


def _endpoint_said(kind: type[Webservice], words: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, Any]:
    """The properties of a new endpoint."""
    said = {"authMode": "Key", "description": words.get("description"), "port": words.get("port")}
    said["properties"] = {**texts(words.get("properties")), **own}
    return {**said, **_doors(kind, words, kind._asks_for_keys)}


def _changed(kind: type[Webservice], words: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of an endpoint that is said anew."""
    said = dict(before)
    if "properties" in words:
        kept = {word: value for word, value in (before.get("properties") or {}).items() if word.startswith(OURS)}
        said["properties"] = {**texts(words["properties"]), **kept}
    if "description" in words:
        said["description"] = words["description"]
    if "auth_enabled" in words or "token_auth_enabled" in words:
        said.update(_doors(kind, words, not before.get("addressKey")))
    return said


def _doors(kind: type[Webservice], words: Mapping[str, Any], usual: bool) -> dict[str, Any]:
    """Whom an endpoint lets in."""
    has_tokens, asks = bool(words.get("token_auth_enabled")), words.get("auth_enabled")
    if has_tokens and asks:
        raise WebserviceException("A service has keys (auth_enabled) or tokens (token_auth_enabled), not both.")
    asks = usual if asks is None else asks
    return {"authMode": "AMLToken" if has_tokens else "Key", "addressKey": not (asks or has_tokens)}


def _no_code(workspace: Workspace, models: Sequence[Any]) -> dict[str, Any]:
    """The script and environment for a model whose framework says how it is asked; nothing where it answers itself."""
    from azureml.core.webservice._no_code import config_of

    config = config_of(models)
    return config._scripted(workspace) if config is not None else {}
