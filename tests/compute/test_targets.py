"""Compute targets: what may be one, what of it may change, and how many nodes it has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lazuli.assets.storage import Storage
from lazuli.compute.sizes import SIZES, Category, price_of
from lazuli.compute.targets import LOCAL, Targets
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.shelves.principal import Principal
from lazuli.store.documents import Record
from lazuli.store.opened import Store, open_store
from lazuli.store.reconciler import Reconciler
from lazuli.store.settings import Settings
from lazuli.workspaces.workspaces import Workspaces

SCOPE = Scope("sub", "group", "Space")
ADMIN = Principal("1", "admin", "admin")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(Settings(data_dir=tmp_path))
    workspaces = Workspaces(store)
    workspaces.founding.append(Storage(store, lambda *_: "").found)
    workspaces.put(ResourceId(SCOPE), noun("workspace").document.load({"location": "here"}), ADMIN)
    yield store
    store.close()


class Jobs:
    """What jobs hold: as many nodes as a test says."""

    held = 0

    def busy(self, *_: Any, **__: Any) -> int:
        return self.held

    def waiting(self, *_: Any, **__: Any) -> int:
        return 0

    def holds(self, *_: Any, **__: Any) -> bool:
        return True

    def next(self, *_: Any, **__: Any) -> list[ResourceId]:
        return []


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def targets(store: Store, jobs: Jobs) -> Targets:
    # Its reconciler is never started: nodes stay as they are made.
    return Targets(store, Reconciler(store.state, store.documents), jobs)


def put(targets: Targets, name: str, **said: Any) -> Record:
    document = noun("compute").document.load({"type": "amlcompute", **said})
    return targets.put(ResourceId(SCOPE, "computes", name), document, ADMIN)[0]


def nodes(targets: Targets, store: Store, name: str) -> int:
    with store.state.read() as tx:
        return targets.slots(tx, SCOPE, name).most


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
    for field, value in {"size": "Standard_NC6", "tier": "low_priority", "type": "computeinstance"}.items():
        with pytest.raises(InvalidInput, match=f"The {field} of 'cluster' is .* and cannot change"):
            put(targets, "cluster", **{field: value})


def test_an_unknown_size_is_told_with_the_nearest_ones(targets: Targets) -> None:
    with pytest.raises(InvalidInput, match="'Standard_DS3v2' is not the name of a size") as refused:
        put(targets, "cluster", size="Standard_DS3v2")
    assert "Standard_DS3_v2" in refused.value.mend


def test_the_nodes_that_are_always_kept_are_made_with_the_cluster(targets: Targets, store: Store) -> None:
    put(targets, "cluster", min_instances=2)
    shown = targets.get(ResourceId(SCOPE, "computes", "cluster")).state
    assert (shown["nodes_preparing"], shown["nodes_allocated"], shown["allocation_state"]) == (2, 2, "Resizing")
    put(targets, "cluster", min_instances=3)
    assert len(targets.list_nodes(ResourceId(SCOPE, "computes", "cluster"))) == 3


def test_a_password_is_not_kept_and_what_is_only_kept_says_so(targets: Targets, store: Store) -> None:
    said = {"admin_username": "me", "admin_password": "Hush-hush-1", "ssh_key_value": "ssh-rsa AAA"}
    put(targets, "cluster", ssh_settings=said, network_settings={"subnet": "s"}, size="Standard_NC24s_v3")
    record = targets.get(ResourceId(SCOPE, "computes", "cluster"))
    assert record.body["ssh_settings"] == {"admin_username": "me", "ssh_key_value": "ssh-rsa AAA"}
    assert "Hush" not in repr(record)
    put(targets, "cluster", ssh_settings=said, size="Standard_NC24s_v3")  # nor after a change
    record = targets.get(ResourceId(SCOPE, "computes", "cluster"))
    assert "Hush" not in repr(record)
    notes = " ".join(record.state["notes"])
    assert "SSH: " in notes and "Network: " not in notes and ("GPU: Standard_NC24s_v3 has 4" in notes)


def test_only_an_instance_is_started_and_stopped(targets: Targets) -> None:
    put(targets, "cluster")
    with pytest.raises(InvalidInput, match="is a cluster"):
        targets.stop_instance(ResourceId(SCOPE, "computes", "cluster"), ADMIN)


def test_an_instance_has_one_node_while_it_is_not_stopped(targets: Targets, store: Store) -> None:
    id = ResourceId(SCOPE, "computes", "desk")
    put(targets, "desk", type="computeinstance")
    (node,) = targets.list_nodes(id)
    assert targets.get(id).state["state"] == "Starting"
    targets.stop_instance(id, ADMIN)
    assert targets.get(id).state["state"] == "Stopping"
    assert targets.get(id).state["last_operation"]["operationName"] == "Stop"
    with store.state.read() as tx:
        assert "is stopped. Start it" in targets.slots(tx, SCOPE, "desk").closed
    targets.start_instance(id, ADMIN)
    targets.start_instance(id, ADMIN)
    assert [n.name == node.name for n in targets.list_nodes(id) if n.usable] == [False]


def test_a_price_is_that_of_the_size_and_tier() -> None:
    prices = {"standard_ds3_v2": 0.25, "Standard_DS3_v2:low_priority": 0.05}
    assert price_of(prices, "STANDARD_DS3_V2") == 0.25
    assert price_of(prices, "Standard_DS3_v2", low_priority=True) == 0.05
    assert price_of({"Standard_F2": 1.5}, "Standard_F2", low_priority=True) == 1.5
    assert price_of(prices, "Standard_F2") == 0


def test_every_size_is_named_once_and_belongs_to_a_family() -> None:
    assert len(SIZES) > 150
    for key, size in SIZES.items():
        assert key == size.name.lower() and size.cores > 0 and size.memory_gb > 0
        assert (size.gpus > 0) == (size.category is Category.GPU), size
    assert SIZES["standard_ds3_v2"].cores == 4 and SIZES["standard_nc24s_v3"].gpus == 4


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


def test_a_target_in_use_shows_it_and_stays(targets: Targets, jobs: Jobs) -> None:
    put(targets, "cluster")
    jobs.held = 2
    id = ResourceId(SCOPE, "computes", "cluster")
    assert targets.get(id).state["nodes_busy"] == 2
    with pytest.raises(Conflict, match="2 of its nodes"):
        targets.delete(id, ADMIN)
    jobs.held = 0
    assert targets.delete(id, ADMIN)
