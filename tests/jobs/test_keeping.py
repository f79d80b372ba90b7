"""Nothing that a job left is lost, whatever it left and whatever happens while it is kept."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from tests.jobs.place import Place, opened

from lazuli.compute.contract import until
from lazuli.compute.engine import Look, Phase, Plan, Reason
from lazuli.jobs.ending import _why
from lazuli.jobs.leavings import leavings
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Unavailable


@contextmanager
def broken(place: Place) -> Iterator[None]:
    """Nothing can be stored: a file is where new contents are written."""
    incoming = place.platform.store.settings.data_dir / "blobs" / "incoming"
    assert incoming.is_dir()
    aside = incoming.with_name("aside")
    incoming.rename(aside)
    incoming.touch()
    try:
        yield
    finally:
        incoming.unlink()
        aside.rename(incoming)


def test_a_file_whose_name_no_store_takes_is_kept_under_another_and_costs_nothing_else(place: Place) -> None:
    place.run(
        "odd-names",
        r"""echo 1 > outputs/'a\b.txt'; echo 2 > outputs/fine; printf 3 > outputs/$'bad\xff'; ln -s x outputs/x;"""
        " mkdir outputs/shut; echo 4 > outputs/shut/in; chmod 0 outputs/shut; echo 5 > ${{outputs.o}}/x",
        outputs={"o": {"name": "odd-names"}},
    )
    kept = place.artifacts("odd-names")
    log = kept.pop("user_logs/std_log.txt")
    assert kept == {"outputs/a%5Cb.txt": "1\n", "outputs/fine": "2\n", "outputs/bad%FF": "3", "outputs/shut/in": "4\n"}
    assert place.files("azureml/odd-names/") == {"o/x": "5\n"}
    told = place.get("odd-names").state["status_reason"]
    assert "'a\\b.txt' is kept as 'a%5Cb.txt'" in told and told in log
    assert place.platform.shelves["data"].get(ResourceId(place.scope, "data", "odd-names", "1"))
    until(lambda: place.get("odd-names").state["key"] not in place.work_folders(), "no work folder")


def test_what_can_never_be_kept_stays_in_the_work_folder_and_the_rest_is_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as place:
        deep = "/".join(["d" * 200] * 6)
        place.run("too-deep", f"mkdir -p outputs/{deep}; echo 1 > outputs/{deep}/x; echo 2 > outputs/y")
        assert place.artifacts("too-deep")["outputs/y"] == "2\n"
        assert "could not be kept" in place.get("too-deep").state["status_reason"]
        key = place.get("too-deep").state["key"]
        place.platform.engine.start(Plan(command=("true",)), "job-stray")
        until(lambda: place.platform.engine.look("job-stray").over, "the end")
    with opened(tmp_path) as place:
        assert place.work_folders() == [key], "what is not kept stays at the next start, and strays go"
        assert (place.platform.engine.folder(key) / "code" / "outputs" / deep / "x").read_text() == "1\n"


def test_while_nothing_can_be_stored_the_job_waits_and_then_goes_on(place: Place) -> None:
    outputs = {"o": {"name": "long-kept", "type": "uri_folder"}}
    place.submit(
        "long-kept",
        "until [ -e go ]; do sleep 0.05; done; echo 1 > outputs/x; echo 2 > ${{outputs.o}}/y",
        outputs=outputs,
    )
    place.until("long-kept", "Running")
    code = place.platform.engine.folder(place.get("long-kept").state["key"]) / "code"
    with broken(place):
        (code / "go").touch()
        until(lambda: "Keeping" in (place.get("long-kept").state["status_reason"] or ""), "why it waits")
        assert place.get("long-kept").status == "Finalizing"
        assert "not a directory" in place.get("long-kept").state["status_reason"].lower()
    place.until("long-kept", "Completed")
    assert place.get("long-kept").state["status_reason"] is None
    assert place.artifacts("long-kept")["outputs/x"] == "1\n"
    assert place.files("azureml/long-kept/") == {"o/y": "2\n"}


def test_an_output_that_cannot_be_kept_costs_no_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours ends the job, and what was not kept is still there."""
    put_files = place.platform.store.blobs.put_files

    def fail(container: str, files: dict[str, Path], **said: bool) -> object:
        if any("first" in name for name in files):
            raise AssertionError("a mistake")
        return put_files(container, files, **said)

    monkeypatch.setattr(place.platform.store.blobs, "put_files", fail)
    monkeypatch.setattr("lazuli.store.reconciler.RETRY_MS", 1)
    command = "echo 1 > ${{outputs.first}}/x; echo 2 > ${{outputs.second}}/y"
    place.submit("mistaken", command, outputs={"first": {}, "second": {}})
    record = place.until("mistaken", "Failed")
    assert record.state["error"]["code"] == "InternalServerError"
    work = place.platform.engine.folder(record.state["key"])
    assert (work / "outputs/first/x").read_text() == "1\n"
    assert place.files("azureml/mistaken/") == {"second/y": "2\n"}
    place.platform.engine.forget(record.state["key"])


def test_the_work_folder_goes_only_when_the_end_is_committed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, seen = place.platform.engine, []
    forget = engine.forget

    def forget_seen(key: str) -> None:
        if "-committed" in key:
            seen.append(("forgotten", place.get("committed").status))
        forget(key)

    def learn_seen(*given: object) -> None:
        seen.append(("learnt", place.get("committed").status))

    monkeypatch.setattr(engine, "forget", forget_seen)
    monkeypatch.setattr(place.platform.warm, "keep", learn_seen)
    place.run("committed", "python main.py", code=place.code("committed", main__py="import this"))
    until(lambda: len(seen) == 2, "both")
    assert seen == [("forgotten", "Completed"), ("learnt", "Completed")]


def test_a_moment_without_processes_costs_no_job(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    start, refused = place.platform.engine.start, []

    def start_later(plan: Plan, key: str) -> None:
        if key.startswith("job-") and not refused:
            refused.append(key)
            raise Unavailable("No process could be started: Resource temporarily unavailable.")
        start(plan, key)

    monkeypatch.setattr(place.platform.engine, "start", start_later)
    place.run("again", "echo 1")
    assert refused == [place.get("again").state["key"]]


def test_a_job_that_found_no_room_for_its_files_is_begun_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    look, told = place.platform.engine.look, []
    said = f"'code/x' could not be laid into the work folder: {os.strerror(errno.ENOSPC)}."

    def look_full(key: str) -> Look:
        found = look(key)
        if "-no-room-yet" in key and not told and found.phase is not Phase.ABSENT:
            until(lambda: look(key).over, "its end")
            told.append(key)
            return Look(Phase.EXITED, reason=Reason.SETUP, message=said)
        return found

    monkeypatch.setattr("lazuli.jobs.lifecycle._STORE_MS", 10)
    monkeypatch.setattr(place.platform.engine, "look", look_full)
    record = place.run("no-room-yet", "echo 1 > outputs/x")
    assert told == [record.state["key"]] and record.state["status_reason"] is None
    assert place.artifacts("no-room-yet")["outputs/x"] == "1\n"


def test_why_it_waits_is_said_without_a_path() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "/secret/path")
    assert _why(full) == "the disk is full."
    assert _why(OperationalError("", {}, Exception("database or disk is full"))) == "the disk is full."
    assert _why(OSError(errno.EIO, "Input/output error", "/secret/path")) == "input/output error."
    assert _why(Unavailable("The storage does not answer.")) == "The storage does not answer."


def test_what_lies_in_a_folder(tmp_path: Path) -> None:
    """Links in circles, to elsewhere and to nowhere, and one folder under two names."""
    work = tmp_path / "work"
    (work / "run" / "deep").mkdir(parents=True)
    (work / "run" / "deep" / "x").touch()
    (work / "a%5Cb").touch()
    (work / "a\\b").touch()
    os.mkfifo(work / "pipe")
    for name, target in {"self": "self", "gone": "nowhere", "out": "/etc", "latest": "run", "run/up": ".."}.items():
        (work / name).symlink_to(target)
    found = leavings(work)
    assert sorted(found.files) == ["a%5Cb", "latest/deep/x", "run/deep/x"]
    assert found.notes == ["'a\\b' could not be kept under that name."]
    assert not found.is_whole
    assert leavings(work, room=6).files.keys() == {"a%5Cb"}
