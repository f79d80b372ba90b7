"""What a job writes is among its run's files while it runs: soon, at a bounded cost, never in the way of its end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.place import Place, opened

from lazuli.compute.contract import until
from lazuli.jobs import growing
from lazuli.jobs.growing import MARK
from lazuli.schema.places import ARTIFACTS
from lazuli.shelves.principal import Principal

GO = "until [ -e go{} ]; do sleep 0.02; done; "


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"BEAT_S": 0.02, "QUIET_S": 0.05, "LONGEST_WAIT_S": 0.2, "GRACE_S": 0.3}.items():
        monkeypatch.setattr(growing, name, seconds)


def running(place: Place, name: str, command: str, **said: object) -> Path:
    """The code folder of a job that runs."""
    place.submit(name, command, **said)
    place.until(name, "Running")
    return place.platform.engine.folder(place.get(name).state["key"]) / "code"


def kept(place: Place, name: str, *files: str) -> None:
    until(lambda: set(files) <= place.artifacts(name).keys(), f"{files} among {place.artifacts(name).keys()}")


def contents(place: Place) -> set[str]:
    return {file.name for file in (place.platform.store.settings.data_dir / "blobs" / "content").glob("??/*")}


def test_what_a_job_writes_is_seen_while_it_runs(place: Place) -> None:
    code = running(
        place,
        "growing",
        "mkdir outputs/deep logs/tb; echo 1 > outputs/deep/x; echo 2 > logs/tb/y; echo hello;"
        + GO.format(1)
        + "echo more >> outputs/deep/x; rm logs/tb/y; "
        + GO.format(2),
    )
    kept(place, "growing", "outputs/deep/x", "logs/tb/y", "user_logs/std_log.txt")
    files = place.platform.tracking.artifacts.list(place.scope, "ExperimentRun/dcid.growing/outputs/deep")
    assert [(file.path.rpartition("/")[2], file.size) for file in files] == [("x", 2)]
    (code / "go1").touch()
    until(lambda: place.artifacts("growing").get("outputs/deep/x") == "1\nmore\n", "what was added")
    until(lambda: "logs/tb/y" not in place.artifacts("growing"), "what was removed is gone")
    (code / "go2").touch()
    place.until("growing", "Completed")
    assert place.artifacts("growing") == {"outputs/deep/x": "1\nmore\n", "user_logs/std_log.txt": "hello\n"}
    container = place.platform.storage.container(place.scope, ARTIFACTS)
    left = place.platform.store.blobs.list(container, "ExperimentRun/dcid.growing/").blobs
    assert not any(MARK in blob.metadata for blob in left), "all is as final as its job"


def test_a_file_that_grows_leaves_no_old_versions_behind(place: Place) -> None:
    before = contents(place)
    code = running(place, "versions", GO.format(""))
    for number in range(5):
        (code / "outputs" / "x").write_text(f"version {number}")
        until(lambda n=number: place.artifacts("versions").get("outputs/x") == f"version {n}", f"version {number}")
    until(lambda: len(contents(place) - before) <= 4, "the old versions are gone")
    (code / "go").touch()
    place.until("versions", "Completed")
    assert place.artifacts("versions")["outputs/x"] == "version 4"


def test_an_old_version_that_cannot_be_removed_hinders_nothing(place: Place) -> None:
    blobs = place.platform.store.settings.data_dir / "blobs" / "content"
    code = running(place, "stuck", GO.format(""))
    for number in range(4):  # more than there are threads
        (blobs / f"{number:02x}" / ("0" * 62)).mkdir(parents=True)
        place.platform.growing._outdated.append((0.0, f"{number:02x}" + "0" * 62))
    (code / "outputs" / "first").write_text("1")
    kept(place, "stuck", "outputs/first")
    until(lambda: not place.platform.growing._outdated, "it was tried")
    (code / "outputs" / "second").write_text("2")
    kept(place, "stuck", "outputs/second")
    (code / "go").touch()
    place.until("stuck", "Completed")


def test_an_old_version_that_something_else_is_called_by_stays(place: Place) -> None:
    code = running(place, "shared-content", GO.format(""))
    (code / "outputs" / "last").write_text("the first")
    kept(place, "shared-content", "outputs/last")
    place.upload("best-so-far", "the first")
    (code / "outputs" / "last").write_text("the second")
    until(lambda: place.artifacts("shared-content")["outputs/last"] == "the second", "the second")
    (code / "outputs" / "other").write_text("x")
    time.sleep(2 * growing.GRACE_S)
    kept(place, "shared-content", "outputs/other")
    assert place.files("best-so-far") == {"": "the first"}
    (code / "go").touch()
    place.until("shared-content", "Completed")


def test_secrets_in_a_log_that_grows_are_hidden(place: Place) -> None:
    place.platform.vault.set(place.scope, "grown", "s3cret-word", for_jobs=True)
    code = running(place, "masked-growing", "echo s3cret-word and s3c; " + GO.format(""))
    job = Principal("masked-growing", "u", "job", place.get("masked-growing").id.key)
    place.platform.vault.show(place.scope, "grown", job)
    os.utime(code.parent / "user_logs" / "std_log.txt")
    until(lambda: "***********" in place.artifacts("masked-growing").get("user_logs/std_log.txt", ""), "the log")
    (code / "go").touch()
    place.until("masked-growing", "Completed")
    assert place.artifacts("masked-growing")["user_logs/std_log.txt"] == "*********** and s3c\n"


def test_links_lead_nowhere_while_a_job_runs(place: Place, tmp_path: Path) -> None:
    (tmp_path / "private").write_text("not yours")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").write_text("nor this")
    code = running(place, "linking", GO.format(""))
    (code / "outputs" / "private").symlink_to(tmp_path / "private")
    (code / "outputs" / "folder").symlink_to(tmp_path / "folder")
    os.mkfifo(code / "outputs" / "pipe")
    (code / "logs").rmdir()
    (code / "logs").symlink_to(tmp_path / "folder")
    (code / "outputs" / "a\\b").write_text("odd")
    (code / "outputs" / "fine").write_text("1")
    kept(place, "linking", "outputs/fine")
    assert place.artifacts("linking").keys() <= {"outputs/fine", "user_logs/std_log.txt"}
    assert growing._opened(str(code / "outputs" / "folder" / "x"), str(code)) is None
    assert growing._opened(str(code / "outputs" / "pipe"), str(code)) is None
    (code / "go").touch()
    place.until("linking", "Completed")


def test_a_server_that_starts_again_goes_on_and_copies_nothing_twice(tmp_path: Path) -> None:
    with opened(tmp_path) as place:
        code = running(place, "lasting", GO.format(""))
        (code / "outputs" / "x").write_text("1")
        (code / "outputs" / "gone").write_text("1")
        kept(place, "lasting", "outputs/x", "outputs/gone")
    (code / "outputs" / "gone").unlink()
    with opened(tmp_path) as place:
        until(lambda: "outputs/gone" not in place.artifacts("lasting"), "what went meanwhile")
        container = place.platform.storage.container(place.scope, ARTIFACTS)
        blob = place.platform.store.blobs.stat(container, "ExperimentRun/dcid.lasting/outputs/x")
        (code / "outputs" / "y").write_text("2")
        kept(place, "lasting", "outputs/y")
        assert blob == place.platform.store.blobs.stat(container, "ExperimentRun/dcid.lasting/outputs/x")
        (code / "go").touch()
        place.until("lasting", "Completed")


def test_what_was_kept_is_left_where_the_work_folder_is_lost(place: Place) -> None:
    code = running(place, "lost-growing", GO.format(""))
    (code / "outputs" / "x").write_text("1")
    kept(place, "lost-growing", "outputs/x")
    (code / "outputs").rename(code / "elsewhere")  # at once: of an empty folder its file would be known to be gone
    (code / "go").touch()
    place.until("lost-growing", "Completed")
    assert place.artifacts("lost-growing")["outputs/x"] == "1"


def test_a_large_file_waits_in_proportion_to_what_it_costs(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "LARGE", 1 << 20)
    monkeypatch.setattr(growing, "LARGE_SHARE", 10_000)
    code = running(place, "large", GO.format(""))
    (code / "outputs" / "large").write_bytes(bytes(1 << 20))
    kept(place, "large", "outputs/large")
    (code / "outputs" / "large").write_bytes(bytes(2 << 20))
    (code / "outputs" / "small").write_text("1")
    kept(place, "large", "outputs/small")
    assert len(place.artifacts("large")["outputs/large"]) == 1 << 20
    (code / "go").touch()
    place.until("large", "Completed")
    assert len(place.artifacts("large")["outputs/large"]) == 2 << 20


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(growing, "_room", lambda folder: 100)
    yield


def test_it_does_not_fill_the_disk(place: Place, full: None) -> None:
    code = running(place, "no-room", GO.format(""))
    (code / "outputs" / "small").write_text("1")
    (code / "outputs" / "large").write_bytes(bytes(200))
    kept(place, "no-room", "outputs/small")
    assert "outputs/large" not in place.artifacts("no-room")
    (code / "go").touch()
    place.until("no-room", "Completed")
    assert "outputs/large" in place.artifacts("no-room")
