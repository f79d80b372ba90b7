"""Networks of PyTorch become ONNX files that answer as they do. Runs in an environment that has PyTorch."""

# pyright: reportMissingImports=false

from __future__ import annotations

import json
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from lazuli.ml.onnx import check, export
from lazuli.ml.onnx.program import main
from lazuli.schema.problems import Problem

RNG = np.random.default_rng(0)
torch.manual_seed(0)
ROWS = RNG.normal(size=(30, 4))
Answer = namedtuple("Answer", "total scaled")


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 2))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.lstm, self.last = nn.Embedding(50, 8), nn.LSTM(8, 6, batch_first=True), nn.Linear(6, 3)

    def forward(self, tokens: torch.Tensor) -> dict[str, torch.Tensor]:
        states, (hidden, _) = self.lstm(self.embed(tokens))
        return {"scores": self.last(states[:, -1]), "hidden": hidden}


class Named(nn.Module):
    def forward(self, x: torch.Tensor, mask: Any = None, scale: Any = None) -> Answer:
        return Answer(x.sum(1), x * scale)


class Branching(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.sum() > 0:
            return x
        return -x


class Decomposing(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.linalg.eig(x.reshape(-1, 2, 2))[0].real


def told(model: Any, sample: Any) -> str:
    try:
        export(model, sample, "never.onnx")
    except Problem as problem:
        return str(problem)
    raise AssertionError("it was exported")


def networks_answer_alike(folder: Path) -> None:
    network = mlp().train()
    made = export(network, ROWS, folder / "mlp.onnx")
    assert network.training and all(part.training for part in network.modules())  # it was left as it is
    assert [str(port) for port in (*made.signature.inputs, *made.signature.outputs)] == [
        "input: float32[batch, 4]",
        "output: float32[batch, 2]",
    ]
    assert made.check.max_difference < 1e-6, made.check
    assert {group.name for group in made.check.groups if group.rows} >= {"one row", "extremes", "large values"}
    assert check(network.eval(), made.file, ROWS).agrees
    assert not check(mlp(), made.file, ROWS).agrees
    pictures = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 5))
    made = export(pictures, RNG.normal(size=(1, 3, 16, 16)), folder / "cnn.onnx")
    assert made.signature.inputs[0].shape == ("batch", 3, 16, 16) and made.check.max_difference < 1e-6


def sizes_vary_where_they_are_said_to(folder: Path) -> None:
    tokens = RNG.integers(0, 50, size=(30, 8))
    made = export(Recurrent(), {"tokens": tokens}, folder / "lstm.onnx", dynamic={"tokens": [1]})
    assert [str(port) for port in (*made.signature.inputs, *made.signature.outputs)] == [
        "tokens: int64[batch, tokens_1]",
        "scores: float32[batch, 3]",
        "hidden: float32[1, batch, 6]",
    ]
    assert "other sizes" in {group.name for group in made.check.groups if group.rows}


def inputs_have_their_names(folder: Path) -> None:
    made = export(Named(), {"x": ROWS, "scale": ROWS}, folder / "named.onnx")
    assert [port.name for port in made.signature.inputs] == ["x", "scale"]
    assert [port.name for port in made.signature.outputs] == ["total", "scaled"]


def what_cannot_be_is_told() -> None:
    assert "of forward: if x.sum() > 0." in told(Branching(), ROWS), told(Branching(), ROWS)
    assert told(Decomposing(), ROWS).startswith("aten.linalg_eig has no form in ONNX")
    assert "compiled for TorchScript" in told(torch.jit.script(nn.Linear(4, 2)), ROWS)
    assert told(mlp(), None).startswith("A network is followed through on an example")
    assert told(mlp(), RNG.normal(size=(3, 5))).startswith("The network refuses the sample: RuntimeError")
    assert "no input 'y'" in told(Named(), {"x": ROWS, "y": ROWS})


def models_of_mlflow_are_exported(folder: Path) -> None:
    """A program with tensors in its signature, a pickled network with an example, and bare weights."""
    spec = json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}])
    said = {"flavors": {"pytorch": {"model_data": "data", "code": None}}, "signature": {"inputs": spec}}
    for name in ("program", "pickled", "weights"):
        (folder / name / "data").mkdir(parents=True)
        (folder / name / "MLmodel").write_text(json.dumps(said))
    varies = torch.export.Dim.AUTO
    program = torch.export.export(mlp().eval(), (torch.randn(3, 4),), dynamic_shapes=({0: varies},))
    torch.export.save(program, folder / "program/data/model.pt2")
    torch.save(mlp(), folder / "pickled/data/model.pth")
    torch.save(mlp().state_dict(), folder / "weights/data/model.pth")
    pd.DataFrame(RNG.integers(0, 5, size=(20, 4))).to_csv(folder / "rows.csv", index=False)  # numbers, but whole ones
    for name, more, rows in (("program", [], 64), ("pickled", ["--sample", str(folder / "rows.csv")], 20)):
        target, report = folder / f"{name}.onnx", folder / f"{name}.json"
        assert main([str(folder / name), str(target), *more, "--report", str(report)]) == 0, report.read_text()
        assert json.loads(report.read_text())["check"]["groups"][0]["rows"] == rows
    assert main([str(folder / "weights"), "never.onnx", "--report", str(folder / "weights.json")]) == 1
    assert "holds weights" in (folder / "weights.json").read_text()


if __name__ == "__main__":
    where = Path(sys.argv[1])
    networks_answer_alike(where)
    sizes_vary_where_they_are_said_to(where)
    inputs_have_their_names(where)
    what_cannot_be_is_told()
    models_of_mlflow_are_exported(where)
