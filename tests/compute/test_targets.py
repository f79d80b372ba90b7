"""Compute targets: what may be one, what of it may change, and how many nodes it has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lazuli.assets.storage import Storage
from lazuli.compute.targets import LOCAL, Targets
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.store.documents import Record
from lazuli.store.opened import Store, open_store
from lazuli.store.settings import Settings
from lazuli.workspaces.identity import Principal
from lazuli.workspaces.workspaces import Workspaces

SCOPE = Scope("sub", "group", "Space")
ADMIN = Principal("1", "admin", "admin")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(Settings(data_dir=tmp_path))
    workspaces = Workspaces(store)
    workspaces.founding.append(Storage(store).found)
    workspaces.put(ResourceId(SCOPE), noun("workspace").document.load({"location": "here"}), ADMIN)
    yield store
    store.close()


@pytest.fixture
def targets(store: Store) -> Targets:
    return Targets(store)


def put(targets: Targets, name: str, **said: Any) -> Record:
    document = noun("compute").document.load({"type": "amlcompute", **said})
    return targets.put(ResourceId(SCOPE, "computes", name), document, ADMIN)[0]


def nodes(targets: Targets, store: Store, name: str) -> int:
    with store.state.read() as tx:
        return targets.nodes(tx, SCOPE, name)


def test_a_cluster_is_ready_at_once_where_its_workspace_is(targets: Targets, store: Store) -> None:
    record = put(targets, "cpu-cluster", max_instances=3)
    assert record.state["provisioning_state"] == "Succeeded"
    assert record.body["location"] == "here"
    assert nodes(targets, store, "cpu-cluster") == 3


@pytest.mark.parametrize("name", ["x", "1st", "a_b", "a" * 33, "../up", "a.b"])
def test_names_that_cannot_be(targets: Targets, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a compute name"):
        put(targets, name)


@pytest.mark.parametrize("name", ["local", "LOCAL", "serverless"])
def test_what_is_always_there_is_not_made(targets: Targets, name: str) -> None:
    with pytest.raises(Conflict, match="always there"):
        put(targets, name)


def test_the_number_of_nodes_may_change_and_their_size_may_not(targets: Targets, store: Store) -> None:
    put(targets, "cluster", max_instances=1, size="Standard_DS3_v2")
    put(targets, "cluster", max_instances=5, size="STANDARD_DS3_V2", location="elsewhere")
    assert nodes(targets, store, "cluster") == 5
    assert targets.get(ResourceId(SCOPE, "computes", "cluster")).body["location"] == "here"
    with pytest.raises(InvalidInput, match="cannot change"):
        put(targets, "cluster", size="Standard_NC6")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("local", LOCAL),
        ("azureml:local", LOCAL),
        ("serverless", LOCAL),
        ("azureml:Cluster", "Cluster"),
        ("cluster", "Cluster"),
        (f"{SCOPE.path}/computes/cluster", "Cluster"),
    ],
)
def test_a_target_is_named_in_every_form(targets: Targets, text: str, name: str) -> None:
    put(targets, "Cluster")
    assert targets.named(SCOPE, text) == name


def test_an_unknown_target_is_told_with_those_there_are(targets: Targets) -> None:
    put(targets, "cluster")
    with pytest.raises(InvalidInput, match=r"'clutser' does not exist.*Here are: cluster\..*'local'") as refused:
        targets.named(SCOPE, "azureml:clutser")
    assert refused.value.target == "compute"


def test_the_machine_itself_has_a_slot_for_each_core_and_what_is_gone_has_none(targets: Targets, store: Store) -> None:
    assert nodes(targets, store, LOCAL) == os.cpu_count()
    assert nodes(targets, store, "gone") == 0


def test_a_target_in_use_shows_it_and_stays(targets: Targets) -> None:
    put(targets, "cluster")
    targets.busy = lambda tx, scope, name: 2
    id = ResourceId(SCOPE, "computes", "cluster")
    assert targets.get(id).state["nodes_busy"] == 2
    with pytest.raises(Conflict, match="2 of its nodes"):
        targets.delete(id, ADMIN)
    targets.busy = lambda tx, scope, name: 0
    assert targets.delete(id, ADMIN)
