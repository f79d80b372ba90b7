"""What scripts written for Azure ML may ask for and this version does not have: refused by name, never ignored."""

from __future__ import annotations

__all__ = ["FLAGS", "NOUNS", "VERBS"]

NOUNS = {
    "feature-set": "feature sets",
    "feature-store": "feature stores",
    "feature-store-entity": "feature stores",
}
"""Nouns of ``az ml``, and what they are about."""

_ARCHIVE = "What ran and what was made stays findable: hide it from lists with 'archive'."

VERBS = {
    **{(noun, "delete"): _ARCHIVE for noun in ("component", "data", "environment", "job", "model")},
    ("compute", "attach"): "Machines elsewhere cannot be attached; create a cluster on this one with 'compute create'.",
    ("data", "import"): "Data is not fetched through connections; download it, and use 'data create'.",
    ("data", "list-materialization-status"): "Data is not fetched through connections.",
    ("job", "connect-ssh"): "Jobs run on this machine, there is nothing to connect to.",
    ("model", "share"): "Use azure-ai-ml: MLClient(credential, registry_name=…).models.create_or_update(…).",
    ("workspace", "diagnose"): "See 'lazuli status' and the server's log.",
    ("workspace", "provision-network"): "There is no managed network; the server listens on this machine alone.",
    ("workspace", "sync-keys"): "There are no keys that could differ.",
}
"""Verbs, by their noun, and why they are not there or what to do instead."""

FLAGS = {
    "--registry-name": "Assets come into a registry through azure-ai-ml; name them azureml://registries/…/versions/1.",
    "--identity-type": "There are no managed identities; jobs run as the user who started the server. Leave it out.",
    "--user-assigned-identities": "There are no managed identities. Leave it out.",
    "--managed-network": "There is no managed network. Leave it out.",
    "-m": "There is no managed network. Leave it out.",
    "--vnet-name": "There are no virtual networks. Leave it out.",
    "--subnet": "There are no virtual networks. Leave it out.",
}
"""Flags, and why they are not there."""
