"""Workspaces: made with what belongs to them, and gone with all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from lazuli.resources.job import CommandJob
from lazuli.resources.workspace import Workspace
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.places import DEFAULT
from lazuli.schema.problems import Conflict, InvalidInput, NotFound
from lazuli.server.platform import Platform, open_platform
from lazuli.shelves.principal import Principal
from lazuli.store import tables
from lazuli.store.documents import Record, Selection
from lazuli.store.settings import Settings
from lazuli.workspaces.workspaces import Workspaces

ME = Principal("p", "me", "admin")


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    platform = open_platform(Settings(data_dir=tmp_path))
    yield platform
    platform.stop()


def shelf(platform: Platform) -> Workspaces:
    workspaces = platform.shelves["workspace"]
    assert isinstance(workspaces, Workspaces)
    return workspaces


def make(platform: Platform, name: str, group: str = "Group", sub: str = "Sub", **said: str) -> Record:
    record, _ = shelf(platform).put(ResourceId(Scope(sub, group, name)), Workspace.load({"name": name, **said}), ME)
    return record


def test_a_workspace_comes_with_its_storage(platform: Platform) -> None:
    scope = make(platform, "one").id.scope
    stores = platform.shelves["datastore"].select(Selection(scope, "datastores"))
    names = ["workspaceartifactstore", "workspaceblobstore", "workspacefilestore", "workspaceworkingdirectory"]
    assert sorted(r.id.name for r in stores) == names
    container = platform.storage.container(scope, DEFAULT)
    assert platform.storage.key_of(container)
    assert platform.storage.token(container, "r", 60).startswith("s")


def test_workspaces_keep_apart(platform: Platform) -> None:
    one, two = (make(platform, name).id.scope for name in ("one", "two"))
    containers = [platform.storage.container(scope, DEFAULT) for scope in (one, two)]
    assert containers[0] != containers[1]
    assert platform.storage.key_of(containers[0]) != platform.storage.key_of(containers[1])


def test_a_workspace_is_one_in_any_case(platform: Platform) -> None:
    first = make(platform, "Home")
    again = make(platform, "hOME", "gROUP", "sUB", description="changed")
    assert again.id == first.id and again.state == first.state and again.body["description"] == "changed"
    assert shelf(platform).get(ResourceId(Scope("SUB", "GROUP", "HOME"))).id == first.id
    assert len(shelf(platform).select(Selection(None, ""))) == 1


def test_workspaces_are_listed_by_place(platform: Platform) -> None:
    for name, group, sub in (("a", "g1", "s1"), ("b", "G1", "S1"), ("c", "g2", "s1"), ("d", "g1", "s2")):
        make(platform, name, group, sub)

    def listed(sub: str, group: str, **page: Any) -> list[str]:
        return [r.id.scope.workspace for r in shelf(platform).select(Selection(Scope(sub, group, ""), "", **page))]

    assert listed("s1", "g1") == ["a", "b"]
    assert listed("S1", "") == ["a", "b", "c"]
    assert listed("s1", "", skip=1, limit=1) == ["b"]
    assert listed("s3", "") == []


@pytest.mark.parametrize("name", ["..", "a/b", "a b", "", "x" * 34, "ü", "a\n"])
def test_odd_names_are_refused(platform: Platform, name: str) -> None:
    with pytest.raises(InvalidInput):
        make(platform, name)
    assert shelf(platform).select(Selection(None, "")) == []


def test_a_workspace_that_is_not_there_tells_those_that_are(platform: Platform) -> None:
    with pytest.raises(NotFound, match="lazuli workspace create"):
        shelf(platform).get(ResourceId(Scope("s", "g", "w")))
    make(platform, "one")
    with pytest.raises(NotFound, match="Workspaces here: one"):
        platform.shelves["data"].get(ResourceId(Scope("s", "g", "w"), "data", "d", "1"))


def add_job(platform: Platform, scope: Scope, status: str) -> Record:
    document = CommandJob.load({"command": "true"})
    with platform.store.state.write() as tx:
        record = Record(ResourceId(scope, "jobs", f"job-{status}"), document.dump(), {}, status=status)
        return platform.store.documents.add(tx, record, "me")


def test_a_workspace_at_work_stays(platform: Platform) -> None:
    workspace = make(platform, "busy")
    add_job(platform, workspace.id.scope, "Completed")
    running = add_job(platform, workspace.id.scope, "Running")
    with pytest.raises(Conflict, match="has 1 jobs on their way"):
        shelf(platform).delete(workspace.id, ME)
    assert platform.shelves["job"].get(running.id)
    with platform.store.state.write() as tx:
        platform.store.documents.change(tx, running, "me", status="Canceled")
    assert shelf(platform).delete(workspace.id, ME)


def test_a_deletion_that_was_cut_short_goes_on_at_the_next_start(platform: Platform) -> None:
    workspaces, record = shelf(platform), make(platform, "half")
    platform.tracking.experiments.ensure(record.id.scope, "old")

    def die(_: Record) -> None:
        raise SystemExit("killed")

    workspaces.closing.insert(1, die)
    with pytest.raises(SystemExit):
        workspaces.delete(record.id, ME)
    workspaces.closing.remove(die)
    assert workspaces.get(record.id).state["provisioning_state"] == "Deleting"
    with pytest.raises(Conflict, match="being deleted"):
        make(platform, "half", description="again")
    workspaces.resume(ME)
    with pytest.raises(NotFound):
        workspaces.get(record.id)
    again = make(platform, "half")
    assert [e.name for e in platform.tracking.experiments.search(again.id.scope)[0]] in ([], ["Default"])


def test_a_deleted_workspace_leaves_nothing(platform: Platform) -> None:
    kept, gone = make(platform, "kept"), make(platform, "gone")
    for workspace in (kept, gone):
        scope = workspace.id.scope
        add_job(platform, scope, "Completed")
        platform.store.blobs.put_bytes(platform.storage.container(scope, DEFAULT), "x", b"x")
        platform.tracking.experiments.create(scope, "trial")
    container = platform.storage.container(gone.id.scope, DEFAULT)
    assert shelf(platform).delete(gone.id, ME) is True
    assert shelf(platform).delete(gone.id, ME) is False
    assert platform.storage.key_of(container) is None
    with platform.store.state.read() as tx:
        for table in (tables.resource, tables.experiment):
            scopes = set(tx.execute(select(table.c.scope)).scalars())
            assert scopes == {kept.id.scope.key}, table.name
        count = tx.execute(select(func.count()).select_from(tables.blob)).scalar_one()
        assert count == 1
    fresh = make(platform, "gone")
    assert fresh.state["workspace_id"] != gone.state["workspace_id"]
    assert platform.shelves["job"].select(Selection(fresh.id.scope, "jobs")) == []
