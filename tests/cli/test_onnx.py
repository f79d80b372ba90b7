"""``lazuli model inspect``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result
from onnx import TensorProto, helper, save_model

from lazuli.cli.commands import root

Run = Callable[..., Result]


def write_model(file: Path) -> None:
    """``y = x @ w`` with a name that is not for terminals."""
    weight = helper.make_tensor("w", TensorProto.FLOAT, [2, 1], [1, 2])
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "graph\x1b[31m[bold]",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 1])],
        [weight],
    )
    save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]), file)


def test_a_file_is_told_without_a_server(tmp_path: Path) -> None:
    file = tmp_path / "m.onnx"
    write_model(file)
    env = {"LAZULI_DATA_DIR": str(tmp_path), "LAZULI_URL": None}
    done = CliRunner().invoke(root, ["model", "inspect", str(file)], env=env)
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert {"input x float32[batch, 2]", "output y float32[batch, 1]", "MatMul 1", "MatMul(x) -> y"} <= set(lines)
    assert "graph graph [31m[bold]" in lines
    assert "\x1b" not in done.stdout
    data = json.loads(CliRunner().invoke(root, ["model", "inspect", str(file), "-o", "json"], env=env).stdout)
    assert data["signature"]["inputs"] == [{"name": "x", "type": "float32", "shape": ["batch", 2]}]


def test_a_file_that_is_none_is_one_neat_message(tmp_path: Path) -> None:
    done = CliRunner().invoke(root, ["model", "inspect", str(tmp_path / "none.onnx")])
    assert done.exit_code == 1
    assert done.stderr.startswith("error: There is no file")


def test_a_model_of_the_workspace_is_fetched_to_be_told(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    write_model(tmp_path / "m" / "m.onnx")
    lazuli("model", "create", "-n", "told", "-v", "3", "--path", "m")
    for said in ("azureml:told:3", "azureml:told@latest"):
        assert json.loads(lazuli("model", "inspect", said, "-o", "json").stdout)["operators"] == {"MatMul": 1}
    write_model(tmp_path / "m" / "other.onnx")
    lazuli("model", "create", "-n", "told", "--path", "m")
    assert "not one ONNX file but m.onnx, other.onnx" in lazuli("model", "inspect", "azureml:told:4", fails=1).stderr
