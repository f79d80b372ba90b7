"""Logged models and artifact files."""

from __future__ import annotations

from pathlib import Path

import pytest

from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.tracking import Tracking
from lazuli.tracking.artifacts import Artifact


def test_a_logged_model_from_beginning_to_end(tracking: Tracking, scope: Scope) -> None:
    run = tracking.runs.create(scope)
    made = tracking.models.create(
        scope, run.experiment_id, name="net", source_run_id=run.id, params=[("k", "1")], tags=[("t", "1")]
    )
    assert (made.status, made.artifact_uri) == ("PENDING", f"mlflow-artifacts:/LoggedModels/{made.id}/artifacts")
    tracking.models.log_params(scope, made.id, [("k", "1"), ("l", "2")])
    with pytest.raises(InvalidInput):
        tracking.models.log_params(scope, made.id, [("k", "other")])
    tracking.models.set_tags(scope, made.id, [("t", "2"), ("u", "3")])
    tracking.models.delete_tag(scope, made.id, "u")
    found = tracking.models.finish(scope, made.id, "READY")
    assert (found.status, found.params, found.tags) == ("READY", {"k": "1", "l": "2"}, {"t": "2"})
    tracking.models.delete(scope, made.id)
    with pytest.raises(NotFound):
        tracking.models.get(scope, made.id)
    assert tracking.models.get(scope, made.id, deleted=True).lifecycle == "deleted"
    assert tracking.models.search(scope, [run.experiment_id])[0] == []


def test_a_model_is_found_by_what_was_measured_on_it(tracking: Tracking, scope: Scope) -> None:
    run = tracking.runs.create(scope)
    models = [tracking.models.create(scope, run.experiment_id, name=f"n{i}") for i in range(3)]
    for i, model in enumerate(models[:2]):
        for step, data in enumerate(("train", "test")):
            metric = {"key": "acc", "value": i + step / 10, "timestamp": 1, "step": step}
            tracking.metrics.log(scope, run.id, {**metric, "model_id": model.id, "dataset_name": data})

    def names(**words: object) -> list[str]:
        return [one.name for one in tracking.models.search(scope, ["0"], **words)[0]]  # type: ignore[arg-type]

    assert names() == ["n2", "n1", "n0"]
    assert names(text="metrics.acc >= 1.05") == ["n1"]
    assert names(text="metrics.acc >= 1.05", datasets=[("train", "")]) == []
    assert names(datasets=[("train", "")]) == ["n1", "n0"]
    assert names(datasets=[("train", "other digest")]) == []
    assert names(order_by=["metrics.acc DESC"]) == ["n1", "n0", "n2"]
    assert names(text="name LIKE 'n%' AND source_run_id = ''", order_by=["name"], limit=2) == ["n0", "n1"]
    (measured,) = tracking.models.search(scope, ["0"], text="name = 'n0'")[0]
    assert [(m.value, m.dataset_name, m.run_id) for m in measured.metrics] == [
        (0.0, "train", run.id), (0.1, "test", run.id),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a/b", "a:b", "a.b"])
def test_what_is_no_name_is_told(tracking: Tracking, scope: Scope, name: str) -> None:
    with pytest.raises(InvalidInput):
        tracking.models.create(scope, "0", name=name)


def test_files_are_put_listed_read_and_removed(tracking: Tracking, scope: Scope, other: Scope, tmp_path: Path) -> None:
    artifacts, upload = tracking.artifacts, tmp_path / "upload"
    for path, data in (("r/a.txt", b"one"), ("r/b/c.txt", b"four"), ("r2/x", b"")):
        upload.write_bytes(data)
        artifacts.put(scope, f"ExperimentRun/dcid.{path}", upload, content_type="text/plain")
    root = "ExperimentRun/dcid.r"
    assert artifacts.list(scope, root) == [Artifact(f"{root}/a.txt", 3), Artifact(f"{root}/b")]
    assert artifacts.list(scope, f"{root}/a.txt") == []
    assert artifacts.list(scope, "") == [Artifact("ExperimentRun")]
    blob, file = artifacts.open(scope, f"{root}/a.txt")
    assert (blob.content_type, file.read_bytes()) == ("text/plain", b"one")
    with pytest.raises(NotFound):
        artifacts.open(other, f"{root}/a.txt")
    artifacts.delete(scope, root)
    assert artifacts.list(scope, root) == []
    assert artifacts.list(scope, "ExperimentRun/dcid.r2") == [Artifact("ExperimentRun/dcid.r2/x", 0)]


@pytest.mark.parametrize("path", ["../a", "/etc/passwd", "a/../../b", "a\\b", "a\0b"])
def test_no_path_leads_out_of_the_container(tracking: Tracking, scope: Scope, path: str, tmp_path: Path) -> None:
    for refused in (
        lambda: tracking.artifacts.put(scope, path, tmp_path / "upload"),
        lambda: tracking.artifacts.open(scope, path),
        lambda: tracking.artifacts.list(scope, path),
        lambda: tracking.artifacts.delete(scope, path),
    ):
        with pytest.raises(InvalidInput):
            refused()
