"""The second job with an environment starts with its imports loaded, and is a job like any other."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.jobs.place import Place

from lazuli.compute.contract import until
from lazuli.compute.warm import imports_in

MAIN = """
import sys
print("xml.dom.minidom" in sys.modules, flush=True)
import xml.dom.minidom
if "wait" in sys.argv:
    import subprocess, time
    subprocess.Popen(["sleep", "60"])
    time.sleep(60)
if "fail" in sys.argv:
    sys.exit(3)
"""


@pytest.fixture(scope="module")
def code(place: Place) -> str:
    """A snapshot whose imports are warm."""
    snapshot = place.code("warm-code", main__py=MAIN)
    place.run("cold", "python main.py", code=snapshot)
    for attempt in range(100):  # others may keep it busy; what counts is that it comes
        place.run(f"probe-{attempt}", "python main.py", code=snapshot)
        if place.log(f"probe-{attempt}") == "True\n":
            break
    return snapshot


def test_the_next_job_is_warm(place: Place, code: str) -> None:
    assert place.log("cold") == "False\n"
    place.run("warm", "python main.py && echo and on", code=code)
    assert place.log("warm") == "True\nand on\n"


def test_it_fails_and_is_canceled_like_any_other(place: Place, code: str) -> None:
    place.submit("warm-fails", "python main.py fail", code=code)
    error = place.until("warm-fails", "Failed").state["error"]
    assert "exit code 3" in error["message"]
    place.submit("warm-waits", "python main.py wait", code=code)
    until(lambda: place.log("warm-waits") == "True\n", "the job to run")
    place.cancel("warm-waits")
    place.until("warm-waits", "Canceled")


def test_so_is_every_rank(place: Place, code: str) -> None:
    distribution = {"type": "pytorch", "process_count_per_instance": 3}
    place.run("warm-ranks", "python main.py", code=code, distribution=distribution)
    record = place.get("warm-ranks")
    said = [place.platform.logs.read(record, f"user_logs/std_log_process_{rank}.txt") for rank in range(3)]
    assert said == [b"True\n"] * 3


def test_a_job_may_ask_for_a_plain_python(place: Place, code: str) -> None:
    place.run("plain-python", "python main.py", code=code, environment_variables={"LAZULI_WARM": ""})
    assert place.log("plain-python") == "False\n"


def test_imports_are_read_without_running_anything(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os.path as p, mine\nfrom sklearn import svm\nfrom . import x\n1/0")
    (tmp_path / "b.py").write_text("def f():\n    from torch.nn import *\nimport sub.deep")
    (tmp_path / "bad.py").write_text("this is no Python")
    sources = [(name, tmp_path / name) for name in ("a.py", "b.py", "bad.py")]
    local = [("mine.py", tmp_path / "bad.py"), ("sub/deep.py", tmp_path / "bad.py")]
    assert imports_in([*sources, *local]) == {"os.path", "sklearn", "sklearn.svm", "torch.nn"}
