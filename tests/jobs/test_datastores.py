"""Folders of the server's machine as datastores: read in place, written to when the job has ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.place import ENVIRONMENT, Place


@pytest.fixture
def folder(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the datastore 'nearby'."""
    object.__setattr__(place.platform.store.settings, "local_roots", str(tmp_path))
    place.put("datastore", "nearby", type="local", path=str(tmp_path))
    yield tmp_path
    object.__setattr__(place.platform.store.settings, "local_roots", "")


AT = "azureml://datastores/nearby/paths"


def test_a_mounted_folder_is_read_where_it_lies(place: Place, folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "a.txt").write_text("one")
    place.run(
        "nearby-mounted",
        "echo ${{inputs.all}} ${{inputs.one}}",
        inputs={
            "all": {"type": "uri_folder", "path": f"{AT}/in"},
            "one": {"type": "uri_file", "path": f"{AT}/in/a.txt", "mode": "ro_mount"},
        },
    )
    assert place.log("nearby-mounted").split() == [str(folder / "in"), str(folder / "in" / "a.txt")]


def test_a_downloaded_folder_is_the_jobs_own(place: Place, folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "a.txt").write_text("one")
    place.run(
        "nearby-copied",
        "echo two > ${{inputs.all}}/a.txt; echo two > ${{inputs.one}}; cat ${{inputs.all}}/a.txt",
        inputs={
            "all": {"type": "uri_folder", "path": f"{AT}/in", "mode": "download"},
            "one": {"type": "uri_file", "path": f"{AT}/in/a.txt", "mode": "download"},
        },
    )
    assert place.log("nearby-copied") == "two\n"
    assert (folder / "in" / "a.txt").read_text() == "one"


def test_outputs_are_there_when_the_job_has_ended(place: Place, folder: Path) -> None:
    record = place.run(
        "nearby-written",
        "cd ${{outputs.all}}; echo 1 > a; mkdir b; echo 2 > b/c; echo 3 > ${{outputs.one}}",
        outputs={
            "all": {"type": "uri_folder", "path": f"{AT}/out", "name": "nearby-made"},
            "one": {"type": "uri_file", "path": f"{AT}/single.txt"},
        },
    )
    written = {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}
    assert written == {"out/a": "1\n", "out/b/c": "2\n", "single.txt": "3\n"}
    assert record.state["status_reason"] is None
    made = place.platform.shelves["data"].resolve(place.scope, "azureml:nearby-made@latest", target="x")  # type: ignore[attr-defined]
    assert (made.body["path"], made.state["file_count"]) == (f"{AT}/out", 2)


def test_a_folder_that_is_not_there_fails_the_job(place: Place, folder: Path) -> None:
    place.submit("nearby-lost", inputs={"x": {"type": "uri_folder", "path": f"{AT}/nothing"}})
    record = place.until("nearby-lost", "Failed")
    assert "Nothing lies at 'nothing' on the datastore 'nearby'" in record.state["error"]["message"]


def test_logs_are_kept_where_an_output_cannot_be_sent(place: Place, folder: Path) -> None:
    (folder / "taken").write_text("a file where the output wants a folder")
    place.submit(
        "nearby-blocked",
        "echo said; echo 1 > ${{outputs.all}}/a",
        outputs={"all": {"type": "uri_folder", "path": f"{AT}/taken"}},
    )
    record = place.until("nearby-blocked", "Failed")
    assert record.state["error"]["code"] == "DatastoreUnwritable"
    assert place.log("nearby-blocked") == "said\n"


def test_a_step_whose_output_goes_there_always_runs(place: Place, folder: Path) -> None:
    """What lies outside is not the server's to copy: used again, the step would leave nothing there."""
    step = {"type": "command", "command": "echo kept > ${{outputs.o}}/f", "environment": ENVIRONMENT}
    for name, output in (("near-1", {}), ("near-2", {"path": f"{AT}/near"})):
        place.put("job", name, type="pipeline", jobs={"one": {**step, "outputs": {"o": output}}})
        place.until(name, "Completed")
    assert "reused" not in place.get("near-2-one").state
    assert (folder / "near" / "f").read_text() == "kept\n"
