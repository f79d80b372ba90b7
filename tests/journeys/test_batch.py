"""A batch endpoint by the command line and over REST, as its page tells."""

from __future__ import annotations

import json
from pathlib import Path

from tests.journeys.crashing import Server, server

EXAMPLE = Path(__file__).parents[2] / "examples" / "endpoints" / "longest"
ROWS = "a.txt,carpenter planed\nb.txt,followed seagulls\nc.txt,december expected\n"


def lazuli(house: Server, *words: str, fails: bool = False) -> str:
    """What a command prints."""
    return house.lazuli(EXAMPLE, *words, fails=fails)


def answer(house: Server, folder: Path, output: str, *asked: str) -> dict[str, str]:
    """What the job that answers left in an output."""
    job = lazuli(house, "batch-endpoint", "invoke", "-n", "longest", *asked, "--query", "name", "-o", "tsv").strip()
    lazuli(house, "job", "stream", "-n", job)
    lazuli(house, "job", "download", "-n", job, "--output-name", output, "-p", str(folder / job))
    return {file.name: file.read_text() for file in (folder / job / "named-outputs" / output).iterdir()}


def test_a_batch_endpoint_by_the_command_line(tmp_path: Path) -> None:
    with server(tmp_path / "data") as house:
        house.start()
        house.found()
        lazuli(house, "batch-endpoint", "create", "-f", "endpoint.yml")
        lazuli(house, "batch-deployment", "create", "-f", "deployment.yml", "--set-default")
        assert answer(house, tmp_path, "score", "--input", "files") == {"predictions.csv": ROWS}
        once = ["--mini-batch-size", "1", "--set", "output_file_name=words.csv", "--input", "files/a.txt"]
        place = ["--output-path", "azureml://datastores/workspaceblobstore/paths/words", "-d", "by-length"]
        assert answer(house, tmp_path, "score", *once, *place) == {"words.csv": "a.txt,carpenter planed\n"}
        lazuli(house, "batch-deployment", "create", "-f", "by-pipeline.yml")
        told = answer(house, tmp_path, "counts", "-d", "by-pipeline", "-f", "inputs.yml")
        assert told == {"counts.txt": "1\n1\n0\n"}
        told = answer(house, tmp_path, "counts", "-d", "by-pipeline", "--inputs", "texts=files", "word=ferry")
        assert told == {"counts.txt": "0\n1\n0\n"}
        jobs = json.loads(lazuli(house, "batch-endpoint", "list-jobs", "-n", "longest", "-o", "json"))
        assert len(jobs) == 4
        of_job = ["--set", f"job_definition=azureml:{jobs[0]['name']}", "component=null", "name=again"]
        lazuli(house, "batch-deployment", "create", "-f", "by-pipeline.yml", *of_job)
        assert answer(house, tmp_path, "counts", "-d", "again") == told
        behind = ["-n", "by-length", "-e", "longest"]
        jobs = json.loads(lazuli(house, "batch-deployment", "list-jobs", *behind, "-o", "json"))
        assert {job["properties"]["azureml.deploymentname"] for job in jobs} == {"by-length"} and len(jobs) == 2
        refusals(house)
        over_rest(house)
        lazuli(house, "batch-endpoint", "delete", "-n", "longest", "-y")
        assert json.loads(lazuli(house, "batch-endpoint", "list", "-o", "json")) == []
        house.end()


def refusals(house: Server) -> None:
    """What is wrong is told with its field, and with a mend."""
    told = lazuli(house, "batch-endpoint", "invoke", "-n", "longest", "--input", "nowhere", fails=True)
    assert "nowhere" in told and "inputs.input.path" in told
    told = lazuli(house, "batch-endpoint", "invoke", "-n", "longest", "--set", "minibatch=1", fails=True)
    assert "'minibatch' is not a known key" in told
    told = lazuli(house, "batch-deployment", "delete", "-n", "by-length", "-e", "longest", "-y", fails=True)
    assert "is the default of its endpoint" in told and "--set defaults.deployment_name=" in told
    named = ["--set", "defaults.deployment_name=by-lenght"]
    told = lazuli(house, "batch-endpoint", "update", "-n", "longest", *named, fails=True)
    assert "Did you mean 'by-length'?" in told
    broken = ["--set", "settings.mini_batch_size=0"]
    told = lazuli(house, "batch-deployment", "create", "-f", "deployment.yml", *broken, fails=True)
    assert "deployment.yml:13: 'settings.mini_batch_size' is '0': it must be at least 1" in told


def over_rest(house: Server) -> None:
    """The address that the endpoint tells takes what Azure's takes."""
    shown = json.loads(lazuli(house, "batch-endpoint", "show", "-n", "longest", "-o", "json"))
    path = shown["scoring_uri"].removeprefix(house.url)
    given = {"jobInputType": "UriFolder", "uri": "azureml://datastores/workspaceblobstore/paths/words"}
    made = house.call("POST", path, {"properties": {"inputData": {"texts": given}, "miniBatchSize": 5}})
    assert made["type"].endswith("/batchEndpoints/jobs") and made["name"].startswith("batchjob-")
    listed = house.call("GET", f"/mferp/managementfrontend{path}")["value"]
    assert listed[0]["name"] == made["name"]
    lazuli(house, "job", "stream", "-n", made["name"])
