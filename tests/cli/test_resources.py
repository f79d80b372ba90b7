from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from lazuli.client import storage

Run = Callable[..., Result]


def shown(done: Result) -> dict:
    return json.loads(done.stdout)


def test_compute_from_nothing_to_nothing(lazuli: Run, workspace: str) -> None:
    made = shown(lazuli("compute", "create", "-n", "big", "--max-instances", "3", "-o", "json"))
    assert (made["type"], made["max_instances"]) == ("amlcompute", 3)
    changed = shown(lazuli("compute", "update", "-n", "big", "--set", "max_instances=5", "-o", "json"))
    assert (changed["max_instances"], changed["size"]) == (5, made["size"])
    assert "big" in lazuli("compute", "list").output
    lazuli("compute", "delete", "-n", "big", "--yes")
    assert "'big' does not exist" in lazuli("compute", "show", "-n", "big", fails=1).stderr
    assert "'big' does not exist" in lazuli("compute", "delete", "-n", "big", "--yes", fails=1).stderr


def test_delete_asks_first(lazuli: Run, workspace: str) -> None:
    lazuli("compute", "create", "-n", "kept")
    lazuli("compute", "delete", "-n", "kept", fails=1)
    assert shown(lazuli("compute", "show", "-n", "kept", "-o", "json"))["name"] == "kept"


def test_data_is_uploaded_once_and_versioned_by_itself(
    lazuli: Run, workspace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "d" / "sub dir").mkdir(parents=True)
    (tmp_path / "d" / "a.csv").write_text("1,2")
    (tmp_path / "d" / "sub dir" / "ü #1.txt").write_text("x")
    (tmp_path / "data.yml").write_text("name: things\npath: d\ndescription: first\n")
    first = shown(lazuli("data", "create", "-f", "data.yml", "-o", "json"))
    assert first["version"] == "1"
    assert first["path"].startswith("azureml://datastores/workspaceblobstore/paths/LocalUpload/")

    def never(*_: object) -> None:
        raise AssertionError("unchanged content is sent again")

    monkeypatch.setattr(storage.Storage, "_send", never)
    second = shown(lazuli("data", "create", "-f", "data.yml", "--set", "description=second", "-o", "json"))
    assert (second["version"], second["description"], second["path"]) == ("2", "second", first["path"])
    assert shown(lazuli("data", "show", "-n", "things", "--label", "latest", "-o", "json"))["version"] == "2"
    assert shown(lazuli("data", "show", "-n", "things", "-v", "1", "-o", "json"))["description"] == "first"


def test_a_label_is_set_moved_and_taken_away(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("1")
    for version in ("1", "2"):
        lazuli("data", "create", "-n", "rows", "-v", version, "--type", "uri_file", "--path", "rows.csv")
    lazuli("data", "label", "-n", "rows", "-v", "2", "--label", "checked")
    assert shown(lazuli("data", "label", "-n", "rows", "-v", "1", "--label", "checked", "-o", "json"))["labels"] == [
        "checked"
    ]
    assert shown(lazuli("data", "show", "-n", "rows", "--label", "checked", "-o", "json"))["version"] == "1"
    lazuli("data", "unlabel", "-n", "rows", "--label", "checked")
    assert "no label 'checked'" in lazuli("data", "unlabel", "-n", "rows", "--label", "checked", fails=1).stderr
    assert "labels: latest" in lazuli("data", "show", "-n", "rows", "--label", "checked", fails=1).stderr


def test_an_upload_cut_short_is_not_taken_for_whole(
    lazuli: Run, workspace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(f"cut {name}")
    real = storage.Storage._send_file

    def cut(self: storage.Storage, container: storage.Container, blob: str, file: storage.File) -> int:
        if file.relative == "b":
            raise KeyboardInterrupt
        return real(self, container, blob, file)

    with monkeypatch.context() as broken:
        broken.setattr(storage.Storage, "_send_file", cut)
        lazuli("data", "create", "-n", "cut", "--path", ".", fails=130)
    assert "does not exist" in lazuli("data", "show", "-n", "cut", fails=1).stderr
    made = shown(lazuli("data", "create", "-n", "cut", "--path", ".", "-o", "json"))
    lazuli("model", "create", "-n", "cut", "--path", made["path"])
    lazuli("model", "download", "-n", "cut", "-p", "out")
    assert (tmp_path / "out/cut/b").read_text() == "cut b"


def test_large_files_go_in_blocks_and_come_back_whole(
    lazuli: Run, workspace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "BLOCK", 1000)
    content = bytes(range(256)) * 20
    (tmp_path / "model.bin").write_bytes(content)
    (tmp_path / "empty").write_bytes(b"")
    lazuli("model", "create", "-n", "blocks", "--path", ".")
    lazuli("model", "download", "-n", "blocks", "-p", "out")
    assert (tmp_path / "out/blocks/model.bin").read_bytes() == content
    assert (tmp_path / "out/blocks/empty").read_bytes() == b""


def test_archive_hides_and_restore_shows(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "m").write_text("m")
    for _ in range(2):
        lazuli("model", "create", "-n", "shy", "--path", "m")
    lazuli("model", "archive", "-n", "shy", "-v", "1")
    assert [m["version"] for m in json.loads(lazuli("model", "list", "-n", "shy", "-o", "json").stdout)] == ["2"]
    lazuli("model", "archive", "-n", "shy")
    assert "shy" not in lazuli("model", "list").output
    assert "shy" in lazuli("model", "list", "--include-archived").output
    lazuli("model", "restore", "-n", "shy")
    assert "shy" in lazuli("model", "list").output


def test_what_a_deployment_brought_along_is_not_listed(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "m").write_text("1")
    for name in ("anonymous-1f2e", "own"):
        lazuli("model", "create", "-n", name, "--path", "m")
    listed = lazuli("model", "list").output
    assert "own" in listed and "anonymous" not in listed
    assert "anonymous-1f2e" in lazuli("model", "list", "-n", "anonymous-1f2e").output


def test_a_version_never_changes(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "m").write_text("m")
    lazuli("model", "create", "-n", "fixed", "-v", "1", "--path", "m")
    lazuli("model", "create", "-n", "fixed", "-v", "1", "--path", "m")
    (tmp_path / "m").write_text("another")
    assert "never changes" in lazuli("model", "create", "-n", "fixed", "-v", "1", "--path", "m", fails=1).stderr
    told = lazuli("model", "update", "-n", "fixed", "--set", "description=better", "-o", "json")
    assert shown(told)["description"] == "better"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["data", "create", "-n", "../up", "--path", "."], "cannot be a name"),
        (["data", "create", "-n", "x", "--path", "nowhere"], "does not exist"),
        (["data", "create"], "nothing to make the data from"),
        (["data", "create", "--path", "here"], "'name' is required"),
        (["compute", "create", "-n", "x", "--max-instances", "many"], "'max_instances' is 'many'"),
        (["compute", "create", "-n", "x", "--set", "max_instances"], "--set a.b.c=value"),
        (["model", "show", "-n", "none"], "does not exist"),
        (["data", "create", "-f", "none.yml"], "'none.yml' does not exist"),
        (["job", "list", "-w", "none"], "workspace 'none' does not exist"),
    ],
)
def test_mistakes_are_told_with_their_mend(lazuli: Run, workspace: str, args: list[str], told: str) -> None:
    done = lazuli(*args, fails=1)
    assert told in done.stderr
    assert done.stderr.startswith("error: ")


def test_a_component_brings_its_code_and_its_environment(lazuli: Run, workspace: str) -> None:
    file = Path(__file__).parents[2] / "examples" / "assets" / "components" / "longest.yml"
    made = shown(lazuli("component", "create", "-f", str(file), "-o", "json"))
    assert made["code"].startswith("azureml:") and made["environment"].startswith("azureml:CliV2Anonymous")
    assert made["inputs"]["lines"] == {"type": "integer", "optional": False, "default": "3", "min": 1}
    assert shown(lazuli("component", "create", "-f", str(file), "-o", "json")) == made
    assert shown(lazuli("component", "show", "-n", "longest_lines", "-o", "json")) == made
    lazuli("component", "archive", "-n", "longest_lines", "-v", "1")
    assert "no such versions" in lazuli("component", "list", "-n", "longest_lines").stderr
    lazuli("component", "restore", "-n", "longest_lines", "-v", "1")
    assert "The longest lines" in lazuli("component", "list", "-n", "longest_lines").output


def test_the_only_workspace_is_found_in_whichever_group_it_is(lazuli: Run) -> None:
    elsewhere = {"LAZULI_SUBSCRIPTION": "00000000-0000-0000-0000-0000000000aa"}
    lazuli("workspace", "create", "-n", "far", "-g", "g1", **elsewhere)
    assert lazuli("workspace", "show", "--query", "name", "-o", "tsv", **elsewhere).output == "far\n"
    assert "There is no compute yet" in lazuli("compute", "list", **elsewhere).output
    told = lazuli("compute", "list", "-w", "far", fails=1, **elsewhere).output
    assert "Workspaces here: far (in resource group 'g1')" in told
    lazuli("workspace", "create", "-n", "near", "-g", "g2", **elsewhere)
    assert "Here are: far (in g1), near (in g2)." in lazuli("compute", "list", fails=1, **elsewhere).output
    assert "There is no compute yet" in lazuli("compute", "list", "-g", "g2", **elsewhere).output


def test_a_pipeline_is_checked_and_nothing_is_made_of_a_wrong_one(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "part.yml").write_text(
        "name: part\ncommand: echo ${{inputs.n}}\nenvironment: azureml:e:1\n"
        "inputs: {n: {type: integer}, how: {type: string, default: well, enum: [well, badly]}}\n"
    )
    file = tmp_path / "pipe.yml"
    file.write_text(
        "type: pipeline\nname: pipe\nsettings: {default_datestore: x}\n"
        "jobs:\n  a:\n    component: ./part.yml\n    inputs: {n: 3, m: 4, how: 224}\n"
    )
    done = lazuli("job", "validate", "-f", str(file)).output
    assert "pipe.yml:3: 'settings.default_datestore' is not a known key. Did you mean 'default_datastore'?" in done
    assert "pipe.yml:7: 'jobs.a.inputs.m': the component 'part' has no input 'm'." in done
    assert "'jobs.a.inputs.how': the component 'part' does not expect '224' as 'how': it is none of its values" in done
    assert "is valid" in done
    assert "default_datestore" in lazuli("job", "validate", "-f", str(file), "--strict", fails=1).output
    told = lazuli("job", "create", "-f", str(file), fails=1).output
    assert "The environment 'e' does not exist" in told
    assert "does not exist" in lazuli("job", "show", "-n", "pipe", fails=1).output
    file.write_text(file.read_text().replace("n: 3, m: 4, how: 224", ""))
    told = lazuli("job", "validate", "-f", str(file), fails=1).output
    assert "pipe.yml:7: 'jobs.a.inputs': the component 'part' needs the input 'n'." in told
    (tmp_path / "part.yml").write_text("name: part\ncommand: x\n")
    assert "part.yml:1: 'environment' is required" in lazuli("job", "validate", "-f", str(file), fails=1).output


def test_a_schedule_brings_its_job_and_is_switched_off_and_on(lazuli: Run, workspace: str) -> None:
    examples = Path(__file__).parents[2] / "examples"
    lazuli("compute", "create", "-f", str(examples / "compute" / "cluster.yml"))
    made = shown(lazuli("schedule", "create", "-f", str(examples / "schedules" / "nightly.yml"), "-o", "json"))
    assert made["create_job"]["environment"].startswith("azureml:CliV2Anonymous")
    assert made["trigger"]["schedule"]["hours"] == [2] and "last_job" not in made
    assert made["status"] == "Active" and made["next_trigger_time"].endswith((":00:00.000Z", ":30:00.000Z"))
    done = shown(lazuli("schedule", "trigger", "-n", "nightly", "-o", "json"))
    assert done["schedule_action_type"] == "CreateJob" and done["job_name"].startswith("nightly-")
    assert shown(lazuli("job", "show", "-n", done["job_name"], "-o", "json"))["tags"] == {"ScheduleName": "nightly"}
    assert shown(lazuli("schedule", "show", "-n", "nightly", "-o", "json"))["last_job"] == done["job_name"]
    other = shown(lazuli("schedule", "create", "-f", str(examples / "schedules" / "hourly.yml"), "-o", "json"))
    assert other["create_job"]["command"] == 'echo "hello, $(whoami)"'
    assert not shown(lazuli("schedule", "disable", "-n", "nightly", "-o", "json"))["is_enabled"]
    assert "nightly" not in lazuli("schedule", "list").output
    assert shown(lazuli("schedule", "enable", "-n", "nightly", "-o", "json"))["is_enabled"]
    listed = lazuli("schedule", "list").output
    assert all(word in listed for word in ("nightly", "Next trigger time", "Active", done["job_name"]))
    lazuli("schedule", "delete", "-n", "nightly", "--yes")
    assert "'nightly' does not exist" in lazuli("schedule", "show", "-n", "nightly", fails=1).stderr
