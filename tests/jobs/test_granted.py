"""Secrets in a job's environment variables: the job has them, and nothing that is kept of it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.jobs.place import Place

from lazuli.compute.contract import until
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput, NotFound

VALUE = "pä55-w0rd/+="


@pytest.fixture
def given(place: Place) -> dict[str, str]:
    place.platform.vault.set(place.scope, "Db-Password", VALUE, for_jobs=True)
    place.platform.vault.set(place.scope, "of-people", "private-1", for_jobs=False)
    return {
        "URL": "db://me:${{ secrets.db-password }}@${{inputs.x}}/",
        "PASSWORD": "${{secrets.db-password}}",
        "A": "1",
    }


def test_a_job_has_them_and_its_log_does_not_tell(place: Place, given: dict[str, str]) -> None:
    command = """python -c "import os; print(len(os.environ['PASSWORD']), os.environ['URL'])"; echo $PASSWORD >&2"""
    place.run("granted", command, environment_variables=given)
    hidden = "*" * len(VALUE.encode())
    assert place.log("granted") == f"12 db://me:{hidden}@${{{{inputs.x}}}}/\n{hidden}\n"
    assert place.artifacts("granted")["user_logs/std_log.txt"] == place.log("granted")


def test_nothing_that_is_kept_of_it_holds_the_value(place: Place, given: dict[str, str]) -> None:
    place.submit("granted-traces", "sleep 60", environment_variables=given)
    place.until("granted-traces", "Running")
    record = place.get("granted-traces")
    assert record.body["environment_variables"] == given
    assert VALUE not in json.dumps([record.body, record.state])
    home = place.platform.engine.folder(record.state["key"]).parent
    data = place.platform.store.settings.data_dir
    files = [*home.rglob("*"), *data.glob("*.db*"), *data.glob("insights/*")]
    told = [file for file in files if file.is_file() and any(_holds(file, v) for v in (VALUE, json.dumps(VALUE)[1:-1]))]
    assert told == []
    place.cancel("granted-traces")
    place.until("granted-traces", "Canceled")


def _holds(file: Path, text: str) -> bool:
    return text.encode() in file.read_bytes()


def test_no_warm_python_gets_it(place: Place, given: dict[str, str]) -> None:
    before = set(place.platform.warm.keys())
    code = place.code(
        "granted-warm", main__py="import os, json, fractions\nprint(os.environ['PASSWORD'] == os.environ['B'])"
    )
    said = {"code": code, "environment_variables": {**given, "B": VALUE}}
    place.run("granted-warm", "python main.py", **said)
    assert place.log("granted-warm").strip() == "True"
    until(lambda: set(place.platform.warm.keys()) - before, "a warm Python")
    for key in set(place.platform.warm.keys()) - before:
        folder = place.platform.engine.folder(key).parent
        until((folder / "started.json").exists, "its start")
        runner = json.loads((folder / "started.json").read_text())
        environ = Path(f"/proc/{runner['pid']}/environ").read_bytes()
        assert b"PASSWORD=" not in environ and b"URL=" not in environ


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("${{secrets.db-pasword}}", "SecretNotFound", "Did you mean 'Db-Password'?"),
        ("x${{secrets.of-people}}", "SecretNotGranted", "--name of-people --jobs"),
        ("${{secrets}}", "SecretNotFound", "There is no secret ''"),
    ],
)
def test_one_that_cannot_be_had_is_told_before_anything_is_kept(
    place: Place, given: dict[str, str], text: str, code: str, told: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        place.submit("never", environment_variables={"OK": "1", "P": text})
    assert (caught.value.code, caught.value.target) == (code, "environment_variables.P")
    assert told in str(caught.value)
    with pytest.raises(NotFound):
        place.platform.shelves.job.get(ResourceId(place.scope, "jobs", "never"))


def test_one_that_is_withdrawn_before_the_start_fails_the_job_and_is_named(place: Place) -> None:
    place.platform.vault.set(place.scope, "fleeting", "here-today", for_jobs=True)
    place.put("compute", "one-node", type="amlcompute", size="Standard_DS1_v2", max_instances=1)
    place.submit("first-on-it", "until [ -e go ]; do sleep 0.02; done", compute="one-node")
    place.until("first-on-it", "Running")
    place.submit("second-on-it", compute="one-node", environment_variables={"P": "${{secrets.fleeting}}"})
    place.platform.vault.set(place.scope, "fleeting", "here-today", for_jobs=False)
    (place.platform.engine.folder(place.get("first-on-it").state["key"]) / "code" / "go").touch()
    error = place.until("second-on-it", "Failed").state["error"]
    assert error["code"] == "SecretNotGranted" and "'fleeting' is not granted to jobs" in error["message"]
    assert not place.get("second-on-it").state.get("start_time")
