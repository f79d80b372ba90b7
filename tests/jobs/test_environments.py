"""What jobs run in: named as Azure names it, built once, and told of while it is built."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.jobs.place import Place

from lazuli.compute.contract import until
from lazuli.resources.asset import Container
from lazuli.schema.identity import ResourceId
from lazuli.schema.places import ARTIFACTS, DEFAULT, artifact_folder
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.store.documents import Selection


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that stands for the package index, with one package in it."""
    info = "tiny-1.0.dist-info"
    with zipfile.ZipFile(tmp_path / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", "answer = 42\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    for name, value in {"UV_FIND_LINKS": str(tmp_path), "UV_NO_INDEX": "1", "UV_PYTHON_DOWNLOADS": "never"}.items():
        monkeypatch.setenv(name, value)


def curated(place: Place, name: str, version: str = "") -> ResourceId:
    return ResourceId(place.scope, "environments", name, version)


class TestCurated:
    @pytest.mark.parametrize(
        ("said", "settled"),
        [
            ("azureml:AzureML-sklearn-1.5@latest", "AzureML-sklearn-1.5:1"),
            ("azureml:AzureML-sklearn-1.5:31", "AzureML-sklearn-1.5:31"),
            ("azureml:sklearn-1.5:4", "AzureML-sklearn-1.5:4"),
            ("sklearn-1.5", "AzureML-sklearn-1.5:1"),
            ("azureml://registries/azureml/environments/sklearn-1.5/labels/latest", "AzureML-sklearn-1.5:1"),
            ("azureml://registries/azureml/environments/sklearn-1.5/versions/37", "AzureML-sklearn-1.5:37"),
            ("azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/versions/4",
             "AzureML-acpt-pytorch-2.8-cuda12.6:4"),
            ("azureml:AzureML-lightgbm-3.2-ubuntu18.04-py37-cpu:5", "AzureML-lightgbm-3.2-ubuntu18.04-py37-cpu:5"),
        ],
    )  # fmt: skip
    def test_is_resolved_however_it_is_spelt(self, place: Place, said: str, settled: str) -> None:
        shelf = place.platform.shelves["environment"]
        record = shelf.resolve(place.scope, said, target="environment")  # type: ignore[attr-defined]
        assert f"{record.id.name}:{record.id.version}" == settled
        assert shelf.get(record.id).body == record.body

    @pytest.mark.parametrize(
        ("said", "mend"),
        [
            ("azureml:AzureML-sklaern-1.5@latest", "Did you mean 'AzureML-sklearn-1.5'?"),
            ("azureml://registries/azureml/environments/cobol/labels/latest", "families: sklearn, lightgbm"),
            ("azureml://registries/elsewhere/environments/sklearn-1.5/labels/latest", "registries/azureml"),
            ("azureml:sklearn-env:1", "plain"),
            ("azureml:plain:9", "Versions here: 1"),
        ],
    )
    def test_what_is_none_is_refused_with_a_mend(self, place: Place, said: str, mend: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            place.submit("never", environment=said)
        assert mend in caught.value.mend and caught.value.target == "environment"

    def test_is_listed_after_the_workspaces_own_and_over_pages(self, place: Place) -> None:
        shelf = place.platform.shelves["environment"]

        def names(skip: int = 0, limit: int = 100) -> list[str]:
            page = Selection(place.scope, "environments", versions=False, archived=False, skip=skip, limit=limit)
            found = shelf.select(page)
            return [record.id.name for record in found]

        everything = names()
        assert everything.index("plain") < everything.index("AzureML-sklearn-1.5")
        assert len(set(everything)) == len(everything)
        paged = [name for skip in range(0, len(everything), 2) for name in names(skip=skip, limit=2)]
        assert paged == everything
        versions = shelf.select(Selection(place.scope, "environments", name="sklearn-1.5", versions=True))
        assert [record.id.version for record in versions] == ["1"]

    def test_is_nobodys_to_change(self, place: Place) -> None:
        shelf = place.platform.shelves["environment"]
        with pytest.raises(InvalidInput, match="curated"):
            place.put("environment", "azureml-mine", "1", image="ubuntu")
        with pytest.raises(InvalidInput, match="curated"):
            shelf.delete(curated(place, "AzureML-sklearn-1.5"), place.actor)
        with pytest.raises(InvalidInput, match="curated"):
            shelf.put_container(curated(place, "AzureML-minimal"), Container(), place.actor)  # type: ignore[attr-defined]

    def test_comes_after_one_of_the_workspace_with_its_name(self, place: Place) -> None:
        own = place.put("environment", "sklearn-1.4", "1", image="ubuntu")
        shelf = place.platform.shelves["environment"]
        assert shelf.resolve(place.scope, "azureml:sklearn-1.4@latest", target="x").id == own.id  # type: ignore[attr-defined]
        with pytest.raises(InvalidInput):
            shelf.resolve(place.scope, "azureml:sklearn-1.4:7", target="x")  # type: ignore[attr-defined]
        with pytest.raises(NotFound):
            shelf.get(curated(place, "sklearn-1.4", "7"))


def ask(place: Place, path: str, method: str = "GET", **query: str) -> httpx.Response:
    url = f"http://127.0.0.1:{place.platform.store.settings.port}{place.scope.path}/{path}"
    token = (place.platform.store.settings.data_dir / "token").read_text().strip()
    return httpx.request(method, url, params=query, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def events(place: Place, job: str) -> list[tuple[str, dict[str, str]]]:
    told = [event.splitlines() for event in ask(place, f"jobs/{job}/events").text.split("\n\n") if "data:" in event]
    return [
        (
            next(line[7:] for line in lines if line.startswith("event: ")),
            json.loads(next(line[6:] for line in lines if line.startswith("data: "))),
        )
        for lines in told
    ]


def test_a_build_is_told_of_and_shared_and_its_lock_is_kept(place: Place) -> None:
    place.put("environment", "tiny", "1", image="ubuntu", conda_file="dependencies: [{pip: [tiny]}]\nvariables: {A: b}")
    said = {"command": "python -c \"import os, tiny; print(tiny.answer, os.environ['A'])\""}
    for name in ("tiny-1", "tiny-2", "tiny-3"):
        place.submit(name, **said, environment="azureml:tiny:1")
    heard = events(place, "tiny-1")
    for name in ("tiny-1", "tiny-2", "tiny-3"):
        place.until(name, "Completed")
        assert place.log(name) == "42 b\n"
    build = "".join(data["text"] for kind, data in heard if kind == "build")
    assert build.count("Making a virtual environment") == 1 and "Activate" not in build and "+ tiny==1.0" in build
    assert any("environment" in data["reason"] for kind, data in heard if kind == "status")
    assert ask(place, "environments/tiny/versions/1/lock").json() == {"value": ["tiny==1.0"]}
    shown = ask(place, "environments/tiny/versions/1").json()["properties"]
    assert shown["lock"] == ["tiny==1.0"] and shown["buildState"] == "ready"
    log = ask(place, "environments/tiny/versions/1/buildlog").json()
    assert (log["text"], log["state"]) == (build, "ready")
    rest = ask(place, "environments/tiny/versions/1/buildlog", offset=str(log["offset"] - 5)).json()
    assert rest["text"] == log["text"][-5:]
    assert ask(place, "environments/tiny/versions/1/buildlog", offset="x").status_code == 400
    assert ask(place, "environments/plain/versions/9/lock").status_code == 404


def test_a_job_whose_environment_is_there_waits_for_nothing(place: Place) -> None:
    place.run("at-once")
    assert "build" not in place.run("at-once-too").state


def test_a_build_that_fails_says_what_uv_said_in_the_error_and_in_the_log(place: Place) -> None:
    place.put("environment", "missing", "1", image="ubuntu", conda_file="dependencies: [{pip: [no-such-thing]}]")
    place.submit("unbuilt", environment="azureml:missing:1")
    heard = events(place, "unbuilt")
    error = place.until("unbuilt", "Failed").state["error"]
    assert error["code"] == "EnvironmentBuildFailed"
    assert "no-such-thing was not found" in error["message"]
    assert "no-such-thing was not found" in place.log("unbuilt")
    kinds = [kind for kind, _ in heard]
    assert "build" in kinds and "log" not in kinds, "nobody is told it twice"
    assert ask(place, "environments/missing/versions/1/lock").status_code == 409


def test_a_version_is_built_before_a_job_wants_it_and_again_where_that_failed(place: Place) -> None:
    place.put("environment", "early", "1", image="ubuntu", conda_file="dependencies: [{pip: [tiny==1.0]}]\nname: early")
    place.put("environment", "never", "1", image="ubuntu", conda_file="dependencies: [{pip: [nor-this]}]")

    def built(name: str, state: str) -> str:
        wanted = ask(place, f"environments/{name}/versions/1/build", method="POST")
        assert (wanted.status_code, wanted.json()) == (202, {"state": "building"}), wanted.text
        until(lambda: ask(place, f"environments/{name}/versions/1/buildlog").json()["state"] == state, state)
        return str(ask(place, f"environments/{name}/versions/1/buildlog").json()["text"])

    assert "+ tiny==1.0" in built("early", "ready")
    assert ask(place, "environments/early/versions/1/build", method="POST").json() == {"state": "ready"}
    first = built("never", "failed")
    assert "nor-this was not found" in first
    assert built("never", "failed") == first, "begun anew, with a log of its own"


DOCKERFILE = "FROM rocker/tidyverse:4.0.0-ubuntu18.04\nRUN R -e \"install.packages('optparse')\"\n"
R = """
library(optparse)
given <- parse_args(OptionParser(option_list = list(make_option("--rows", type = "integer"))))
belts <- as.data.frame(datasets::Seatbelts)[seq_len(given$rows), ]
model <- glm(DriversKilled ~ law + PetrolPrice, family = poisson, data = belts)
saveRDS(model, "outputs/model.rds")
cat("AIC", round(AIC(model), 3), "\\n")
"""


def dockerfile(place: Place, name: str, text: str, **said: Any) -> None:
    place.upload(f"contexts/{name}/Dockerfile", text)
    path = f"azureml://datastores/workspaceblobstore/paths/contexts/{name}"
    place.put("environment", name, "1", build={"path": path}, **said)


@pytest.mark.needs("Rscript")
def test_the_r_dockerfile_of_the_preview_runs_on_the_r_of_the_machine(place: Place) -> None:
    dockerfile(place, "r-image", DOCKERFILE)
    place.run("r-job", "Rscript glm.R --rows 180", code=place.code("r-code", glm__R=R), environment="azureml:r-image:1")
    assert place.log("r-job") == "AIC 1931.192 \n"
    container = place.platform.storage.container(place.scope, ARTIFACTS)
    assert place.platform.store.blobs.stat(container, f"{artifact_folder('r-job')}/outputs/model.rds")


@pytest.mark.needs("Rscript")
def test_an_r_package_that_is_not_here_is_named_before_the_start(place: Place) -> None:
    dockerfile(place, "r-lacks", DOCKERFILE.replace("optparse", "noSuchPackage"))
    place.submit("r-never", environment="azureml:r-lacks:1")
    record = place.until("r-never", "Failed")
    assert "the R package 'noSuchPackage'" in record.state["error"]["message"]
    assert not record.state.get("start_time")


@pytest.mark.needs("podman", "busybox")
def test_a_dockerfile_that_only_a_container_can_follow_runs_in_one(place: Place) -> None:
    container = place.platform.storage.container(place.scope, DEFAULT)
    shell = Path(shutil.which("busybox") or "").read_bytes()
    place.platform.store.blobs.put_bytes(container, "contexts/box/bin/shell", shell)
    dockerfile(place, "box", "FROM scratch\nCOPY bin/shell /bin/sh\nENV INSIDE=yes\n")
    place.upload("words.txt", "from outside")
    place.submit(
        "boxed",
        'echo "$INSIDE $AZUREML_RUN_ID"; read -r it < ${{inputs.words}} || echo "$it" > outputs/said; test ! -e /usr',
        environment="azureml:box:1",
        inputs={"words": {"type": "uri_file", "path": f"azureml://datastores/{DEFAULT}/paths/words.txt"}},
    )
    place.until("boxed", "Completed")
    assert place.log("boxed") == "yes boxed\n"
    assert place.artifacts("boxed")["outputs/said"] == "from outside\n"
    place.submit("boxed-long", "trap 'exit 9' TERM; echo on; while :; do :; done", environment="azureml:box:1")
    until(lambda: "on" in place.log("boxed-long"), "its first word")
    place.cancel("boxed-long")
    place.until("boxed-long", "Canceled")
    place.submit(
        "boxed-ranks",
        'echo "$RANK of $WORLD_SIZE, $MASTER_ADDR"; echo x > outputs/of-$RANK; '
        "test $RANK = 0 || { until test -e outputs/of-0; do :; done; exit 7; }",
        environment="azureml:box:1",
        distribution={"type": "pytorch", "process_count_per_instance": 2},
        resources={"shm_size": "16m", "docker_args": "--ulimit nofile=64"},
    )
    error = place.until("boxed-ranks", "Failed").state["error"]
    assert error["message"].startswith("Rank 1 ended with exit code 7.")
    logs = [place.platform.logs.read(place.get("boxed-ranks"), f"user_logs/std_log_process_{n}.txt") for n in range(2)]
    assert [log.splitlines()[0] for log in logs] == [b"0 of 2, 127.0.0.1", b"1 of 2, 127.0.0.1"]
    place.submit("boxed-out", environment="azureml:box:1", resources={"docker_args": "--privileged"})
    assert "'--privileged' is not let through" in place.until("boxed-out", "Failed").state["error"]["message"]


def test_a_context_without_its_dockerfile_is_refused(place: Place) -> None:
    place.upload("contexts/empty/readme", "x")
    with pytest.raises(InvalidInput, match="Dockerfile"):
        place.put(
            "environment", "empty", "1", build={"path": "azureml://datastores/workspaceblobstore/paths/contexts/empty"}
        )


def test_nothing_is_begun_by_looking(place: Place) -> None:
    conda = "dependencies: [{pip: [tiny==1.0]}]\nvariables: {ITS: own}"  # no other test's recipe, which may be built
    place.put("environment", "looked-at", "1", image="ubuntu", conda_file=conda)
    record = place.platform.shelves["environment"].get(curated(place, "looked-at", "1"))
    assert "build_state" not in record.state
    recipe = place.platform.made.recipe(record)
    assert place.platform.environments.state(recipe) is None
