"""What a job is given, and what of it is kept."""

from __future__ import annotations

import jwt
import pytest
from tests.jobs.place import Place

from lazuli.compute.contract import until
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Problem

TELL_ENVIRONMENT = "python -c 'import json, os; print(json.dumps(dict(os.environ)))'"


def test_inputs_in_every_mode(place: Place) -> None:
    place.upload("in/a.txt", "alpha")
    place.upload("in/deep/b.txt", "beta")
    folder, file = (
        "azureml://datastores/workspaceblobstore/paths/in",
        "azureml://datastores/workspaceblobstore/paths/in/a.txt",
    )
    place.put("data", "letters", "1", type="uri_folder", path=folder)
    inputs = {
        "rate": 1e-3,
        "mounted": {"type": "uri_folder", "path": "azureml:letters:1"},
        "copied": {"type": "uri_folder", "path": folder, "mode": "download"},
        "one": {"type": "uri_file", "path": file},
        "named": {"type": "uri_folder", "path": "azureml:letters:1", "mode": "direct"},
        "remote": {"type": "uri_file", "path": "https://example.org/x.csv", "mode": "direct"},
    }
    place.run(
        "modes",
        "echo ${{inputs.rate}} $(cat ${{inputs.mounted}}/a.txt ${{inputs.mounted}}/deep/b.txt) $(cat ${{inputs.one}});"
        " echo more >> ${{inputs.copied}}/a.txt; cat ${{inputs.copied}}/a.txt;"
        " echo; echo ${{inputs.named}}; echo ${{inputs.remote}}; basename ${{inputs.one}}",
        inputs=inputs,
    )
    said = place.log("modes").split("\n")
    assert said[0] == "0.001 alphabeta alpha"
    assert said[1] == "alphamore"
    assert said[3] == (
        "azureml://subscriptions/sub/resourcegroups/group/workspaces/Space/datastores/workspaceblobstore/paths/in"
    )
    assert said[4:6] == ["https://example.org/x.csv", "a.txt"]


def test_a_data_asset_never_changes_whatever_a_job_does_to_its_input(place: Place) -> None:
    address = place.upload("precious/gold.txt", "gold")
    place.upload("precious/silver.txt", "silver")
    place.put("data", "gold", "1", type="uri_file", path=address)
    folder = {"type": "uri_folder", "path": address.removesuffix("/gold.txt")}
    place.submit(
        "vandal",
        "f=${{inputs.one}}; chmod u+w $f; echo lead > $f; cat $f;"
        " chmod -R u+w ${{inputs.all}}; echo lead > ${{inputs.all}}/silver.txt; rm ${{inputs.all}}/gold.txt",
        inputs={"one": {"type": "uri_file", "path": "azureml:gold:1"}, "all": folder},
    )
    place.until("vandal", "Completed")
    assert place.log("vandal") == "lead\n"
    assert place.files("precious/") == {"gold.txt": "gold", "silver.txt": "silver"}


def test_outputs_are_kept_where_they_belong(place: Place) -> None:
    place.run(
        "outputs",
        "echo m > outputs/model.txt; echo l > logs/steps.txt; echo f > ${{outputs.folder}}/x;"
        " echo 1 > ${{outputs.file}};"
        " echo p > ${{outputs.placed}}/y; echo q > ${{outputs.placed_file}};"
        " ln -s /etc/passwd ${{outputs.folder}}/link",
        outputs={
            "folder": {},
            "file": {"type": "uri_file"},
            "placed": {"path": "azureml://datastores/${{default_datastore}}/paths/mine/${{name}}/${{output_name}}"},
            "placed_file": {
                "type": "uri_file",
                "path": "azureml://datastores/workspaceblobstore/paths/mine/result.csv",
            },
        },
    )
    assert place.artifacts("outputs") == {
        "logs/steps.txt": "l\n",
        "outputs/model.txt": "m\n",
        "user_logs/std_log.txt": "",
    }
    assert place.files("azureml/outputs/") == {"folder/x": "f\n", "file": "1\n"}
    assert place.files("mine/") == {"outputs/placed/y": "p\n", "result.csv": "q\n"}
    until(lambda: place.get("outputs").state["key"] not in place.work_folders(), "no work folder")


def test_what_a_failed_job_wrote_is_kept_too(place: Place) -> None:
    place.submit("half", "echo half > outputs/x; echo half > ${{outputs.o}}/x; exit 3", outputs={"o": {"name": "half"}})
    record = place.until("half", "Failed")
    assert record.state["error"]["code"] == "UserProcessExited"
    assert "exit code 3" in record.state["error"]["message"]
    assert place.artifacts("half")["outputs/x"] == place.files("azureml/half/o/")["x"] == "half\n"
    with pytest.raises(Problem, match="does not exist"):
        place.platform.shelves["data"].get(ResourceId(place.scope, "data", "half", "1"))


def test_registered_outputs_become_assets_once(place: Place) -> None:
    said = {
        "model": {"type": "custom_model", "name": "tree"},
        "table": {"type": "uri_file", "name": "numbers", "version": "7"},
    }
    command = "echo tree > ${{outputs.model}}/tree.txt; echo 1,2 > ${{outputs.table}}"
    for name in ("register1", "register2"):
        place.run(name, command, outputs=said)
        said = {"model": said["model"]}
        command = command.partition(";")[0]
    models = place.platform.shelves["model"]
    first, second = (models.get(ResourceId(place.scope, "models", "tree", version)) for version in "12")
    assert (first.state["job_name"], second.state["job_name"]) == ("register1", "register2")
    table = place.platform.shelves["data"].get(ResourceId(place.scope, "data", "numbers", "7"))
    assert table.body["path"] == "azureml://datastores/workspaceblobstore/paths/azureml/register1/table"
    with pytest.raises(Problem, match="exists already"):
        place.submit("register3", outputs={"table": {"type": "uri_file", "name": "numbers", "version": "7"}})


def test_an_output_to_register_that_was_never_written_fails_the_job_and_says_so(place: Place) -> None:
    place.submit("empty", "echo done", outputs={"o": {"name": "nothing"}})
    record = place.until("empty", "Failed")
    assert record.state["error"]["code"] == "OutputMissing"
    assert place.log("empty") == "done\n"
    until(lambda: record.state["key"] not in place.work_folders(), "no work folder")


def test_optional_blocks_and_words_of_the_shell(place: Place) -> None:
    place.run(
        "blocks",
        "echo a $[[--lr ${{inputs.lr}}]] ${{ inputs.word }}\necho 'b c' | tr b d",
        inputs={"lr": 2, "word": "x"},
    )
    assert place.log("blocks") == "a --lr 2 x\nd c\n"


def test_the_variables_that_a_job_sees(place: Place) -> None:
    place.run(
        "variables",
        f"{TELL_ENVIRONMENT} # ${{{{inputs.lr}}}}",
        inputs={"lr": 0.5},
        outputs={"out": {}},
        environment_variables={"MINE": "1", "AZUREML_RUN_ID": "hers"},
        experiment_name="trials",
    )
    seen = place.told("variables")
    work = seen["LAZULI_WORK_FOLDER"]
    expected = {
        "AZUREML_ROOT_RUN_ID": "variables",
        "AZUREML_RUN_ID": "hers",
        "AZUREML_EXPERIMENT_NAME": "trials",
        "AZUREML_ARM_PROJECT_NAME": "trials",
        "AZUREML_ARM_SUBSCRIPTION": "sub",
        "AZUREML_ARM_RESOURCEGROUP": "group",
        "AZUREML_ARM_WORKSPACE_NAME": "Space",
        "AZUREML_WORKSPACE_SCOPE": place.scope.path,
        "AZUREML_CR_NODE_RANK": "0",
        "AZUREML_ENVIRONMENT_IMAGE": "True",
        "AZUREML_FRAMEWORK": "Python",
        "AZUREML_COMMUNICATOR": "None",
        "AZUREML_OUTPUT_DIRECTORY": f"{work}/code/outputs",
        "AZUREML_LOGDIRECTORY_PATH": f"{work}/code/logs",
        "AZ_BATCHAI_JOB_TEMP": f"{work}/temp/0",
        "AZ_BATCHAI_TASK_INDEX": "0",
        "AZ_BATCH_HOST_LIST": "127.0.0.1",
        "AZUREML_PARAMETER_lr": "0.5",
        "AZURE_ML_INPUT_lr": "0.5",
        "AZURE_ML_OUTPUT_out": f"{work}/outputs/out",
        "AZUREML_DATAREFERENCE_out": f"{work}/outputs/out",
        "MLFLOW_RUN_ID": "variables",
        "MLFLOW_EXPERIMENT_NAME": "trials",
        "MLFLOW_EXPERIMENT_ID": place.tracked("variables").experiment_id,
        "MINE": "1",
        "PWD": f"{work}/code",
    }
    assert {name: seen.get(name) for name in expected} == expected
    assert f"{work}/bin:{seen['AZUREML_CONDA_ENVIRONMENT_PATH']}/bin:" in seen["PATH"]
    assert all(seen[name] for name in ("AZUREML_WORKSPACE_ID", "AZUREML_RUN_TOKEN", "AZUREML_SERVICE_ENDPOINT"))
    claims = jwt.decode(seen["AZUREML_RUN_TOKEN"], options={"verify_signature": False})
    assert seen["AZUREML_RUN_TOKEN_EXPIRY"] == str(claims["exp"])
    assert seen["AZUREML_TARGET_TYPE"] in ("local", "amlcompute")


def test_a_secret_of_the_server_is_not_among_them(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "x")
    place.run("secrets", TELL_ENVIRONMENT)
    assert "SECRET_OF_THE_SERVER" not in place.told("secrets")


def test_the_code_is_a_copy_to_write_in_and_the_snapshot_stays(place: Place) -> None:
    code = place.code("script", main__sh="echo first; echo 'echo second' > main.sh; touch new", run__sh="exit 9")
    for name in ("code1", "code2"):
        place.run(name, "bash main.sh; bash main.sh; ls; test -x run.sh", code=code)
        assert place.log(name).split() == ["first", "second", "logs", "main.sh", "new", "outputs", "run.sh"]


METRICS = """
import json, os, urllib.request
for step in range(3):
    run = os.environ["MLFLOW_RUN_ID"]
    point = {"run_id": run, "key": "loss", "value": 1 / (step + 1), "timestamp": 0, "step": step}
    request = urllib.request.Request(
        os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric",
        json.dumps(point).encode(),
        {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).read()
"""


def test_metrics_logged_over_http_arrive_on_the_run_of_the_jobs_name(place: Place) -> None:
    place.run("metrics", "python metrics.py", code=place.code("metrics", metrics__py=METRICS))
    history = place.platform.tracking.metrics.history(place.scope, "metrics", "loss")
    points = history[0] if isinstance(history, tuple) else history
    assert [(point.step, point.value) for point in points] == [(0, 1.0), (1, 0.5), (2, 1 / 3)]


@pytest.mark.parametrize(
    ("command", "status", "told"),
    [("true", "Completed", "FINISHED"), ("false", "Failed", "FAILED"), ("sleep 60", "Canceled", "KILLED")],
)
def test_the_run_tells_what_the_job_tells(place: Place, command: str, status: str, told: str) -> None:
    name = f"told-{told}"
    place.submit(name, command)
    if status == "Canceled":
        place.until(name, "Running")
        assert place.tracked(name).status == "RUNNING"
        place.cancel(name)
    place.until(name, status)
    run = place.tracked(name)
    assert run.status == told
    assert run.ended_at is not None
    assert run.started_at <= run.ended_at


def test_a_log_is_read_while_the_job_runs(place: Place) -> None:
    place.submit("talking", "echo hello; sleep 60")
    until(lambda: "hello" in place.log("talking"), "a line")
    assert place.get("talking").status in ("Preparing", "Running")
    place.cancel("talking")
    place.until("talking", "Canceled")
    assert place.log("talking").startswith("hello\n")


def test_a_plan_with_its_secrets_is_gone_when_the_job_runs(place: Place) -> None:
    place.submit("private", "sleep 60")
    place.until("private", "Running")
    home = place.platform.engine.folder(place.get("private").state["key"]).parent
    assert sorted(file.name for file in home.iterdir()) == [
        "heartbeat",
        "lock",
        "runner.json",
        "runner.log",
        "started.json",
        "work",
    ]
    place.cancel("private")
