"""A package in Kubernetes: a Deployment that is changed without a failed request, its Service, and the keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lazuli.endpoints.packages.contents import PORT, Contents
from lazuli.schema.yaml import dump
from lazuli.store.secrets import random_token

__all__ = ["manifests"]

_USER = 10001


def manifests(contents: Contents, image: str) -> str:
    """The YAML of all that ``kubectl apply`` needs, with keys made anew."""
    name = re.sub(r"[^a-z0-9]+", "-", contents.name.lower()).strip("-")[:50].strip("-") or "model"
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "lazuli"}
    version = re.sub(r"[^A-Za-z0-9._-]", "-", contents.version)[:63].strip("-._") or "1"
    documents = (
        _secret(name, labels),
        _deployment(name, image, labels, version),
        _service(name, labels),
    )
    return "---\n".join(dump(document) for document in documents)


def _secret(name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"{name}-keys", "labels": dict(labels)},
        "type": "Opaque",
        "stringData": {"primary": random_token(), "secondary": random_token()},
    }


def _deployment(name: str, image: str, labels: Mapping[str, str], version: str) -> dict[str, Any]:
    chosen = {"app.kubernetes.io/name": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": chosen},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": {
                "metadata": {"labels": {**labels, "app.kubernetes.io/version": version}},
                "spec": {
                    "automountServiceAccountToken": False,
                    "terminationGracePeriodSeconds": 30,
                    "securityContext": {"runAsNonRoot": True, "runAsUser": _USER, "runAsGroup": _USER},
                    "containers": [_container(name, image)],
                    "volumes": [{"name": "tmp", "emptyDir": {}}],
                },
            },
        },
    }


def _container(name: str, image: str) -> dict[str, Any]:
    return {
        "name": "server",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": "http", "containerPort": PORT}],
        "env": [
            {
                "name": f"LAZULI_{word.upper()}_KEY",
                "valueFrom": {"secretKeyRef": {"name": f"{name}-keys", "key": word}},
            }
            for word in ("primary", "secondary")
        ],
        "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"memory": "2Gi"}},
        "readinessProbe": _probe(period=5, failures=3),
        "livenessProbe": _probe(period=10, failures=6),
        "startupProbe": _probe(period=2, failures=150),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        # a pod that is to end still gets requests for a moment, until every node knows
        "lifecycle": {"preStop": {"exec": {"command": ["python", "-c", "import time; time.sleep(5)"]}}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108  (the container's)
    }


def _probe(period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": "/", "port": "http"},
        "periodSeconds": period,
        "timeoutSeconds": 2,
        "failureThreshold": failures,
    }


def _service(name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {
            "type": "ClusterIP",
            "selector": {"app.kubernetes.io/name": name},
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
    }
