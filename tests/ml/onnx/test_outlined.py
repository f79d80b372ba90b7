"""An ONNX file outlined by its bytes alone is what the onnx library tells of it, and hostile bytes are refused."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

import pytest
from onnx import TensorProto, helper, save_model
from tests.ml.onnx.test_inspected import small_model

import lazuli.onnx
from lazuli.ml.onnx.outlined import outline
from lazuli.schema.problems import InvalidInput

SAME = ("size", "ir_version", "opsets", "producer", "producer_version", "name", "description", "metadata")


def outlined(content: bytes) -> dict[str, Any]:
    return outline(io.BytesIO(content), len(content))


def check_same(file: Path) -> None:
    told, known = outlined(file.read_bytes()), lazuli.onnx.inspect(file)
    assert {word: told[word] for word in SAME} == {word: getattr(known, word) for word in SAME}
    assert (told["parameters"], told["operators"]) == (known.parameters, known.operators)
    assert told["nodes"] == sum(known.operators.values())
    for word in ("inputs", "outputs"):
        assert told[word] == [
            {**asdict(port), "shape": None if port.shape is None else list(port.shape)}
            for port in getattr(known.signature, word)
        ]
    places = {each.location: each.tensors for each in known.external}
    assert {each["location"]: each["tensors"] for each in told["external"]} == places


def test_a_small_model_with_branches_is_the_same(tmp_path: Path) -> None:
    file = tmp_path / "small.onnx"
    save_model(small_model(doc_string="words ä"), file)
    check_same(file)


def test_trees_maps_and_external_weights_are_the_same(tmp_path: Path) -> None:
    tensors = helper.make_tensor("w", TensorProto.FLOAT, [3], [1, 2, 3])
    outside = TensorProto(name="far", dims=[7, 5], data_type=1, data_location=TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value="../far.bin")
    lists: dict[str, Any] = {"weights": [0.5] * 40, "ids": [1, 300, -5, 2**40], "names": ["a", "b"]}
    node = helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", **lists)
    key = helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    outputs = [
        helper.make_tensor_value_info("y", TensorProto.BFLOAT16, [None, "n", 4]),
        helper.make_value_info("z", helper.make_sequence_type_proto(key)),
        helper.make_value_info("o", helper.make_optional_type_proto(key)),
    ]
    values = [helper.make_tensor_value_info("x", TensorProto.STRING, []), helper.make_tensor_value_info("w", 1, [3])]
    graph = helper.make_graph([node], "g", values, outputs, [tensors, outside])
    function = helper.make_function("own", "F", ["a"], ["b"], [helper.make_node("Neg", ["a"], ["b"])], [])
    model = helper.make_model(graph, functions=[function])
    file = tmp_path / "trees.onnx"
    file.write_bytes(model.SerializeToString())
    check_same(file)


def test_weights_are_stepped_over(tmp_path: Path) -> None:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [1 << 20, 4], bytes(16 << 20), raw=True)
    node = helper.make_node("Add", ["x", "w"], ["y"])
    x, y = ([helper.make_tensor_value_info(name, 1, [4])] for name in "xy")
    content = helper.make_model(helper.make_graph([node], "g", x, y, [weight])).SerializeToString()

    class Counting(io.BytesIO):
        count = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.count += len(data)
            return data

    source = Counting(content)
    assert outline(source, len(content))["parameters"] == 4 << 20
    assert source.count < 2 << 20


def test_no_bytes_break_it() -> None:
    whole = small_model().SerializeToString()
    random = Random(7)
    for cut in range(len(whole)):
        with suppress(InvalidInput):  # where a part of the model ends, what stands before it is one
            assert outlined(whole[:cut])["outputs"]
    for _ in range(3000):
        damaged = bytearray(whole)
        for _ in range(random.randint(1, 8)):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        with suppress(InvalidInput):
            outlined(bytes(damaged))


def test_graphs_that_are_nested_without_end_are_refused() -> None:
    def field(number: int, content: bytes) -> bytes:
        length, size = b"", len(content)
        while size >= 0x80:
            length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
        return bytes([number << 3 | 2]) + length + bytes([size]) + content

    graph = b""
    for _ in range(5000):  # the graph of an attribute of a node
        graph = field(1, field(5, field(6, graph)))
    with pytest.raises(InvalidInput, match="deep"):
        outlined(b"\x08\x08" + field(7, graph))
