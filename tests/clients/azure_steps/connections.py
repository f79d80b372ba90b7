"""Connections."""

# pyright: reportMissingImports=false
from __future__ import annotations

from azure.ai.ml.entities import (
    AccessKeyConfiguration,
    NoneCredentialConfiguration,
    PatTokenConfiguration,
    UsernamePasswordConfiguration,
    WorkspaceConnection,
)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from azure_steps.tour import Tour, expected, lazuli


def make_connections(tour: Tour) -> None:
    """connections.create_or_update, get, list, delete"""
    connections = tour.client.connections
    opened = {
        "git": PatTokenConfiguration(pat="hush"),
        "s3": AccessKeyConfiguration(access_key_id="id", secret_access_key="hush"),
        "container_registry": UsernamePasswordConfiguration(username="me", password="hush"),
        "python_feed": NoneCredentialConfiguration(),
    }
    for kind, credentials in opened.items():
        wanted = WorkspaceConnection(name=f"a-{kind}", type=kind, target="https://x.org", credentials=credentials)
        made = connections.create_or_update(wanted)
        assert (made.name, made.type, made.target) == (f"a-{kind}", kind, "https://x.org"), vars(made)
    assert connections.get("a-container_registry").credentials.username == "me"
    assert not connections.get("a-git").credentials.pat
    assert {f"a-{kind}" for kind in opened} <= {each.name for each in connections.list()}
    assert [each.name for each in connections.list(connection_type="s3")] == ["a-s3"]
    connections.delete("a-python_feed")
    with expected(ResourceNotFoundError):
        connections.get("a-python_feed")


def see_the_same_connection(tour: Tour) -> None:
    """connections: lazuli shows what the client made, the client what lazuli made"""
    told = lazuli("connection", "show", "-n", "a-s3")
    assert (told["type"], told["target"]) == ("s3", "https://x.org")
    assert told["credentials"] == {"type": "access_key", "access_key_id": "id"}
    lazuli("connection", "create", "-f", str(tour.examples / "connections/git.yml"))
    seen = tour.client.connections.get("our-git")
    assert (seen.type, seen.target) == ("git", "https://git.example.org/team/project")
    seen._target = "https://elsewhere.org"
    with expected(HttpResponseError, "secret was not said again"):
        seen._credentials.pat = None
        tour.client.connections.create_or_update(seen)
