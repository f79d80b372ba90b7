"""How jobs end that do not end well, and that nothing of them stays."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tests.jobs.place import Place

from lazuli.compute.contract import until
from lazuli.compute.environments import recipe_of
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, NotFound


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def error(place: Place, name: str) -> dict[str, str]:
    return place.get(name).state["error"]


def test_a_command_that_is_not_found(place: Place) -> None:
    place.submit("nosuch", "no-such-program --x")
    place.until("nosuch", "Failed")
    assert "exit code 127" in error(place, "nosuch")["message"]
    assert "not found" in error(place, "nosuch")["message"]
    assert "no-such-program" in place.log("nosuch")


def test_a_killed_command_names_the_signal(place: Place) -> None:
    place.submit("killed", "kill -9 $$")
    place.until("killed", "Failed")
    assert "SIGKILL" in error(place, "killed")["message"]


def test_a_timeout_cancels(place: Place) -> None:
    command = "echo log; echo a > outputs/a; echo o > ${{outputs.o}}/o; sleep 60"
    place.submit("slow", command, limits={"timeout": 1}, outputs={"o": {}})
    place.until("slow", "Canceled")
    assert place.artifacts("slow") == {"outputs/a": "a\n", "user_logs/std_log.txt": place.log("slow")}
    assert place.log("slow").startswith("log\n")
    assert place.files("azureml/slow/") == {"o/o": "o\n"}
    assert error(place, "slow")["code"] == "JobTimeout"
    assert place.tracked("slow").status == "KILLED"


def test_cancel_while_running_ends_the_whole_tree(place: Place) -> None:
    place.submit("tree", "(sleep 60 & echo $!; wait) & setsid sleep 60 & echo $!; wait")
    until(lambda: len(place.log("tree").split()) == 2, "both pids")
    pids = [int(word) for word in place.log("tree").split()]
    place.cancel("tree")
    record = place.until("tree", "Canceled")
    assert [pid for pid in pids if alive(pid)] == []
    until(lambda: place.platform.engine.look(record.state["key"]).phase == "absent", "no work folder")
    assert record.state["end_time"] >= record.state["start_time"]


def test_cancel_while_preparing(place: Place) -> None:
    conda = {"dependencies": ["python", {"pip": ["no-such-package-of-lazuli"]}]}
    place.put("environment", "stuck", "1", image="python:3.11", conda_file=conda)
    place.submit("preparing", environment="azureml:stuck:1")
    place.until("preparing", "Preparing")
    place.cancel("preparing")
    assert "start_time" not in place.until("preparing", "Canceled").state


def test_an_environment_that_cannot_be_built_tells_why_and_leaves_nothing(place: Place) -> None:
    conda = {"dependencies": ["python", {"pip": ["--no-index", "no-such-package-here"]}]}
    place.put("environment", "broken", "1", conda_file=conda)
    for name in ("broken1", "broken2"):
        place.submit(name, environment="azureml:broken:1")
        place.until(name, "Failed")
        assert error(place, name)["code"] == "EnvironmentBuildFailed"
        assert "no-such-package-here was not found" in error(place, name)["message"]
    assert not (place.platform.store.settings.data_dir / "environments" / recipe_of(conda=conda).hash).exists()


def test_a_job_whose_runner_is_killed_is_lost_and_says_so(place: Place) -> None:
    command = "echo a > outputs/a; echo o > ${{outputs.o}}/o; echo before; sleep 60"
    place.submit("lost", command, outputs={"o": {"name": "of-the-lost"}})
    until(lambda: "before" in place.log("lost"), "a line")
    home = place.platform.engine.folder(place.get("lost").state["key"]).parent
    pid = int((home / "runner.json").read_text().split('"pid": ')[1].split(",")[0])
    os.kill(pid, signal.SIGKILL)
    place.until("lost", "Failed")
    assert error(place, "lost")["code"] == "JobLost"
    assert place.artifacts("lost") == {"outputs/a": "a\n", "user_logs/std_log.txt": "before\n"}
    assert place.files("azureml/lost/") == {"o/o": "o\n"}


def test_a_job_that_the_platform_cannot_start_fails_with_the_reason(place: Place) -> None:
    address = place.upload("gone/x.txt", "x")
    place.put("compute", "narrow", type="amlcompute", max_instances=1)
    place.submit("holder", "sleep 60", compute="azureml:narrow")
    place.submit("inputless", inputs={"x": {"type": "uri_file", "path": address}}, compute="azureml:narrow")
    container = place.platform.storage.container(place.scope, "workspaceblobstore")
    place.platform.store.blobs.delete(container, "gone/x.txt")
    place.cancel("holder")
    place.until("inputless", "Failed")
    assert "'x'" in error(place, "inputless")["message"]
    assert place.tracked("inputless").status == "FAILED"


def test_a_job_is_deleted_when_it_is_over_and_its_name_stays_taken(place: Place) -> None:
    place.submit("doomed", "echo kept > outputs/x; sleep 60")
    id = ResourceId(place.scope, "jobs", "doomed")
    with pytest.raises(Conflict, match="Cancel it first"):
        place.platform.shelves.job.delete(id, place.actor)
    place.until("doomed", "Running")
    place.cancel("doomed")
    place.until("doomed", "Canceled")
    assert place.platform.shelves.job.delete(id, place.actor)
    assert not place.platform.shelves.job.delete(id, place.actor)
    with pytest.raises(NotFound):
        place.get("doomed")
    with pytest.raises(Conflict, match="used before"):
        place.submit("doomed")
    assert place.artifacts("doomed")["outputs/x"] == "kept\n"
