"""What an MLmodel file tells of a model, and that a file made with ill will tells nothing and does nothing."""

from __future__ import annotations

import pytest
from tests.assets.conftest import Room

from lazuli.assets.mlmodel import flavors_of

MLMODEL = b"""
artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    env: {conda: conda.yaml}
  sklearn:
    sklearn_version: 1.9.1
utc_time_created: 2026-01-01 10:00:00.5
"""


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"\xff\xfe\x00",
        b"flavors: [a]",
        b"- flavors",
        b"flavors: {a: 1}",
        b"flavors: {a: !!python/object/apply:os.system [id]}",
        b"flavors: {a: {b: " + b"[" * 5000,
        b"flavors: {a: {b: " + b"x" * 200_000 + b"}}",
        b'flavors: {a: {b: "\\0"}}',
        b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nflavors: {c: {d: [*b,*b,*b,*b], e: &e [*e]}}",
    ],
)
def test_what_is_no_mlmodel_tells_no_flavors(content: bytes | None) -> None:
    assert flavors_of(content) == {}


def test_a_registered_mlflow_model_tells_its_flavors_in_either_dialect(room: Room, name: str) -> None:
    folder = room.upload(f"{name}/model/MLmodel", MLMODEL).rpartition("/")[0]
    record, _ = room.put("model", name, "1", type="mlflow_model", path=folder)
    assert record.body["flavors"] == {
        "python_function": {"loader_module": "mlflow.sklearn", "env": {"conda": "conda.yaml"}},
        "sklearn": {"sklearn_version": "1.9.1"},
    }
    assert room.put("model", name, "1", type="mlflow_model", path=folder)[1] is False
    said, _ = room.put("model", name, "2", type="mlflow_model", path=folder, flavors={"own": {"a": "b"}})
    assert said.body["flavors"] == {"own": {"a": "b"}}
    plain, _ = room.put("model", name, "3", path=folder)
    assert "flavors" not in plain.body
