"""What is told of ONNX files: made here with the library's own tools, whole, broken and hostile."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from onnx import StringStringEntryProto, TensorProto, helper, load_model, save_model

import lazuli.onnx
from lazuli.schema.problems import InvalidInput, NotFound


def small_model(**more: Any) -> Any:
    """``y = If(flag) x @ w else x``, with a weight in the graph and a constant in a branch."""
    weight = helper.make_tensor("w", TensorProto.FLOAT, [2, 2], [1, 2, 3, 4])
    one = helper.make_tensor("one", TensorProto.FLOAT, [1], [1])
    inner = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
    then = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["z"])], "then", [], [inner])
    other = helper.make_graph(
        [helper.make_node("Constant", [], ["c"], value=one), helper.make_node("Add", ["x", "c"], ["z"])],
        "else",
        [],
        [inner],
    )
    graph = helper.make_graph(
        [
            helper.make_node("If", ["flag"], ["y"], then_branch=then, else_branch=other),
            helper.make_node("Own", ["x"], ["own"], domain="my.own"),
        ],
        "small",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 2]),
            helper.make_tensor_value_info("flag", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, [2, 2]),
        ],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, None),
            helper.make_tensor_sequence_value_info("own", TensorProto.INT64, None),
        ],
        [weight],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("my.own", 1)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="hand", producer_version="7", **more)
    helper.set_model_props(model, {"owner": "somebody"})
    return model


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.onnx"
    save_model(small_model(), path)
    return path


def test_it_tells_what_a_model_takes_and_gives(file: Path) -> None:
    signature = lazuli.onnx.inspect(file).signature
    assert list(map(str, signature.inputs)) == ["x: float32[batch, 2]", "flag: bool[]"]
    assert list(map(str, signature.outputs)) == ["y: float32", "own: sequence(int64)"]


def test_it_tells_what_a_model_is_made_of(file: Path) -> None:
    found = lazuli.onnx.inspect(file)
    assert found.operators == {"If": 1, "my.own.Own": 1, "MatMul": 1, "Constant": 1, "Add": 1}
    assert found.parameters == 5
    assert found.opsets == {"ai.onnx": 21, "my.own": 1}
    assert (found.producer, found.producer_version, found.name) == ("hand", "7", "small")
    assert found.metadata == {"owner": "somebody"}
    assert found.size == file.stat().st_size
    assert found.graph == ("If(flag) -> y", "my.own.Own(x) -> own")


@pytest.mark.parametrize(
    ("location", "state"),
    [
        ("weights.bin", "present"),
        ("gone.bin", "missing"),
        ("../weights.bin", "outside"),
        ("/etc/passwd", "outside"),
        ("..\\weights.bin", "outside"),
        ("a\0b", "outside"),
        ("link.bin", "outside"),
    ],
)
def test_external_weights_are_told_and_never_opened(file: Path, location: str, state: str) -> None:
    (file.parent / "weights.bin").write_bytes(b"")
    (file.parent / "link.bin").symlink_to("/etc/passwd")
    model = load_model(file)
    weight = model.graph.initializer[0]
    weight.ClearField("float_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=location)
    file.write_bytes(model.SerializeToString())
    found = lazuli.onnx.inspect(file)
    assert [(each.location, each.tensors, each.state) for each in found.external] == [(location, 1, state)]
    assert found.parameters == 5
    if state != "present":  # and where a reader might take the last of several
        model.graph.initializer[0].external_data.insert(0, StringStringEntryProto(key="location", value="weights.bin"))
        file.write_bytes(model.SerializeToString())
        assert {each.state for each in lazuli.onnx.inspect(file).external} == {"present", state}


def test_external_weights_of_functions_are_told(file: Path) -> None:
    model = load_model(file)
    constant = helper.make_node("Constant", [], ["y"], value=TensorProto(data_location=TensorProto.EXTERNAL))
    constant.attribute[0].t.external_data.add(key="location", value="../weights.bin")
    model.functions.append(helper.make_function("own", "F", [], ["y"], [constant], [helper.make_opsetid("", 17)]))
    file.write_bytes(model.SerializeToString())
    assert [each.state for each in lazuli.onnx.inspect(file).external] == ["outside"]


def test_a_size_that_cannot_be_is_only_told(file: Path) -> None:
    model = load_model(file)
    model.graph.initializer[0].dims[:] = [2**62, 2**62]
    file.write_bytes(model.SerializeToString())
    assert lazuli.onnx.inspect(file).parameters == 2**124 + 1


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"PK\x03\x04", b"\x08\x09", b"{}" * 100])
def test_what_is_no_model_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.onnx").write_bytes(content)
    with pytest.raises(InvalidInput, match=r"'no.onnx' holds no ONNX model: .+\. Name a file"):
        lazuli.onnx.inspect(tmp_path / "no.onnx")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        lazuli.onnx.inspect(tmp_path)


def test_graphs_within_graphs_without_end_are_refused(file: Path) -> None:
    graph = b""
    for _ in range(1000):
        graph = field(1, field(5, field(6, graph)))  # node, attribute, g
    file.write_bytes(b"\x08\x08" + field(7, graph))
    with pytest.raises(InvalidInput, match="holds no ONNX model"):
        lazuli.onnx.inspect(file)


def field(number: int, content: bytes) -> bytes:
    """A message within a message, as protobuf writes it."""
    size, length = len(content), bytearray()
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes([number << 3 | 2, *length, size]) + content


def test_damaged_files_end_in_a_summary_or_a_problem(file: Path) -> None:
    whole = file.read_bytes()
    ends = set()
    for seed in range(500):
        random, damaged = Random(seed), bytearray(whole)
        for _ in range(random.randint(1, 4)):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        file.write_bytes(damaged[: random.randint(1, len(damaged))] if seed % 3 == 0 else damaged)
        try:
            ends.add(bool(str(lazuli.onnx.inspect(file))))
        except InvalidInput:
            ends.add(False)
    assert ends == {True, False}
