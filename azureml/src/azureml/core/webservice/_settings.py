"""What deployment configurations and updates say, in the words of the server."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from azureml.exceptions import WebserviceException

TIMEOUT_MS = 60_000
"""How long v1 lets a request take where nothing is said."""
_MOST_REPLICAS = 10
_HTTPS = "Services are asked on the server's machine; from elsewhere through the server's own https. Leave it out."
_REFUSED = {
    **dict.fromkeys(("ssl_enabled", "ssl_cert_pem_file", "ssl_key_pem_file", "ssl_cname"), _HTTPS),
    **dict.fromkeys(
        ("cmk_vault_base_url", "cmk_key_name", "cmk_key_version"),
        "What is stored lies in the server's data folder: encrypt the disk that it is on. Leave it out.",
    ),
}


def _milliseconds(value: float) -> str:
    return f"PT{value / 1000:g}S"


def _seconds(value: int) -> str:
    return f"PT{int(value)}S"


def _scale(value: bool) -> str:
    return "TargetUtilization" if value else "Default"


_PLACES: Mapping[str, tuple[str, str, Callable[[Any], Any]]] = {
    "scoring_timeout_ms": ("requestSettings", "requestTimeout", _milliseconds),
    "max_request_wait_time": ("requestSettings", "maxQueueWait", _milliseconds),
    "replica_max_concurrent_requests": ("requestSettings", "maxConcurrentRequestsPerInstance", int),
    "initial_delay_seconds": ("livenessProbe", "initialDelay", _seconds),
    "period_seconds": ("livenessProbe", "period", _seconds),
    "timeout_seconds": ("livenessProbe", "timeout", _seconds),
    "success_threshold": ("livenessProbe", "successThreshold", int),
    "failure_threshold": ("livenessProbe", "failureThreshold", int),
    "autoscale_enabled": ("scaleSettings", "scaleType", _scale),
    "autoscale_min_replicas": ("scaleSettings", "minInstances", int),
    "autoscale_max_replicas": ("scaleSettings", "maxInstances", int),
    "autoscale_refresh_seconds": ("scaleSettings", "pollingInterval", _seconds),
    "autoscale_target_utilization": ("scaleSettings", "targetUtilizationPercentage", int),
    "cpu_cores": ("resources", "cpu", float),
    "memory_gb": ("resources", "memoryInGB", float),
    "gpu_cores": ("resources", "gpu", int),
    "cpu_cores_limit": ("resources", "cpuLimit", float),
    "memory_gb_limit": ("resources", "memoryInGBLimit", float),
}
"""Where each word stands: in which part of the deployment, under which name, and as what."""


def check(words: Mapping[str, Any]) -> None:
    """Raise :class:`WebserviceException` for what cannot be had here, or not together."""
    for word, instead in _REFUSED.items():
        if words.get(word):
            raise WebserviceException(f"{word} is not available here. {instead}")
    if words.get("autoscale_enabled") and words.get("num_replicas"):
        raise WebserviceException(
            "num_replicas says how many replicas there are, and autoscale_enabled lets the load say it. Leave one out."
        )


def said_of(words: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """A deployment's properties with what the words say laid over those of ``before``."""
    said = dict(before)
    words = dict(words)
    is_scaled = any(word.startswith("autoscale_") for word in words) and words.setdefault("autoscale_enabled", True)
    if is_scaled and not before.get("scaleSettings"):
        words = {"autoscale_min_replicas": 1, "autoscale_max_replicas": _MOST_REPLICAS, **words}
    for word, value in words.items():
        if word in _PLACES and value is not None:
            part, name, spelt = _PLACES[word]
            said[part] = {**(said.get(part) or {}), name: spelt(value)}
    if words.get("enable_app_insights") is not None:
        said["appInsightsEnabled"] = bool(words["enable_app_insights"])
    return said


def collector_of(streams: list[str]) -> dict[str, Any]:
    """A data collector that keeps what a script gives to its ``ModelDataCollector``, by their designations."""
    return {"collections": {name: {"dataCollectionMode": "Enabled"} for name in streams}}
