"""ONNX models that the front answers for itself: forms of data, types, the Open Inference Protocol, batches."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runtime import onnx_models
from tests.runtime.fronts import KEY, Endpoint

from lazuli.runtime.front.bench import Bench
from lazuli.runtime.front.models import Model
from lazuli.runtime.front.requests import Request
from lazuli.runtime.front.table import ModelSaid, WrongTable
from lazuli.runtime.front.wire import Answer, parsed


class Asked:
    """A model, and what it answers."""

    def __init__(self, path: Path, **said: Any) -> None:
        self.model = Model("blue", ModelSaid(kind="onnx", model=path, name="mine", **said))

    def ask(self, body: Any = None, path: str = "/score", **headers: str) -> Answer:
        return asyncio.run(self.later(body, path, **headers))

    async def later(self, body: Any = None, path: str = "/score", **headers: str) -> Answer:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        method = "GET" if body is None else "POST"
        head = parsed(f"{method} {path} HTTP/1.1\r\nContent-Length: {len(content)}\r\n{lines}\r\n".encode())
        found = self.model.answer(Request(head, content, b"name"))
        return found if isinstance(found, Answer) else await found

    def says(self, body: Any = None, path: str = "/score") -> Any:
        answer = self.ask(body, path)
        assert answer.status == 200, answer
        return json.loads(answer.body)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def regressor(folder: Path) -> Asked:
    return Asked(onnx_models.regressor(folder / "regressor.onnx"))


@pytest.fixture(scope="module")
def classifier(folder: Path) -> Asked:
    return Asked(onnx_models.classifier(folder / "classifier.onnx"))


@pytest.fixture(scope="module")
def table(folder: Path) -> Asked:
    return Asked(onnx_models.table(folder / "table.onnx"))


@pytest.fixture(scope="module")
def pictures(folder: Path) -> Asked:
    return Asked(onnx_models.pictures(folder / "pictures.onnx"))


ROWS = [[1, 2], [3, 4.5]]
RECORDS = [{"a": 1, "b": 2}, {"b": 4.5, "a": 3}]


@pytest.mark.parametrize(
    "body",
    [
        {"input_data": ROWS},
        {"input_data": {"columns": ["a", "b"], "index": [0, 1], "data": ROWS}},
        {"input_data": {"data": ROWS}},
        {"input_data": {"a": [1, 3], "b": [2, 4.5]}},
        {"input_data": RECORDS},
        {"input_data": {"x": ROWS}},
        {"x": ROWS},
        {"dataframe_split": {"columns": ["a", "b"], "data": ROWS}},
        {"dataframe_records": RECORDS},
        {"instances": ROWS},
        {"inputs": ROWS},
        {"inputs": {"x": ROWS}},
        {"Inputs": {"data": ROWS}},
        {"data": ROWS},
        ROWS,
        RECORDS,
    ],
    ids=json.dumps,
)
def test_a_matrix_comes_in_many_forms(regressor: Asked, body: Any) -> None:
    assert regressor.says(body) == [4.0, 8.5]


TABLE = [
    {"age": 1.5, "rooms": 2, "town": "Ulm"},
    {"age": None, "rooms": 3, "town": None},
]


@pytest.mark.parametrize(
    "data",
    [
        TABLE,
        {"columns": ["town", "rooms", "age"], "data": [["Ulm", 2, 1.5], [None, 3, None]]},
        {"age": [1.5, None], "rooms": [2, 3], "town": ["Ulm", None], "more": [0, 0]},
        {"age": [[1.5], [None]], "rooms": [[2], [3]], "town": [["Ulm"], [None]]},
        {"age": {"0": 1.5, "1": None}, "rooms": {"0": 2, "1": 3}, "town": {"0": "Ulm", "1": None}},
        [[1.5, 2, "Ulm"], [None, 3, None]],
    ],
    ids=json.dumps,
)
def test_a_table_goes_to_an_input_for_each_column(table: Asked, data: Any) -> None:
    assert table.says({"input_data": data}) == {
        "age_out": [1.5, None], "rooms_out": [2, 3], "town_out": ["Ulm", "nan"],
    }  # fmt: skip


def test_tensors_come_by_name(pictures: Asked) -> None:
    ones = np.ones((2, 3, 3)).tolist()
    assert pictures.says({"input_data": {"pictures": ones, "times": [1, 2]}}) == [9.0, 18.0]


def test_several_outputs_are_an_object_and_a_caller_chooses(classifier: Asked) -> None:
    said = classifier.says({"input_data": [[2, 0], [0, 2]]})
    assert said["label"] == ["first", "second"]
    assert np.allclose(said["scores"], [[0.8808, 0.1192], [0.1192, 0.8808]], atol=1e-4)
    assert classifier.says({"input_data": [[2, 0]], "outputs": ["label"]}) == ["first"]
    assert classifier.says({"input_data": [[2, 0]]}, "/score?outputs=label") == ["first"]
    assert list(classifier.says({"input_data": [[2, 0]], "outputs": ["scores", "label"]})) == ["scores", "label"]


def test_maps_are_objects(folder: Path) -> None:
    assert Asked(onnx_models.named_scores(folder / "maps.onnx")).says({"input_data": [[2, 3]]}) == [{"0": 2, "1": 3}]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "The body is no JSON"),
        ({"rows": 1}, "'input_data' is missing. The model takes x: float32[?, 2]."),
        ({"input_data": 1}, "input_data: a list of rows or an object is expected, not int."),
        ({"input_data": [[1, 2, 3]]}, "an array of shape [1, 3] was sent, the model takes x: float32[?, 2]."),
        ({"input_data": [1, 2]}, "an array of shape [2] was sent, the model takes x: float32[?, 2]."),
        ({"input_data": [[1], [1, 2]]}, "what was sent does not fit into x"),
        ({"input_data": [["a", "b"]]}, "what was sent does not fit into x"),
        ({"input_data": {"a": [1]}}, "1 columns were sent, the model takes x"),
        ({"input_data": {"columns": ["a", "b"], "data": [[1]]}}, "each row has to have 2 values: a, b."),
        ({"input_data": [{"a": 1, "b": 2}, {"a": 1}]}, "each row has to have a, b."),
        ({"input_data": ROWS, "outputs": ["z"]}, "outputs: name some of y in a list."),
        ({"input_data": ROWS, "outputs": [{}]}, "outputs: name some of y in a list."),
    ],
    ids=str,
)
def test_data_that_do_not_fit_are_refused(regressor: Asked, body: Any, says: str) -> None:
    answer = regressor.ask(body)
    assert answer.status == 424 and says in json.loads(answer.body)["message"]
    assert b"ms-azureml-model-error-statuscode: 400\r\n" in answer.headers


def test_columns_that_do_not_fit_are_named(table: Asked) -> None:
    missing = table.ask({"input_data": [{"age": 1, "rooms": 2}]})
    assert b"input_data: 'town' is missing." in missing.body
    broken = table.ask({"input_data": [{"age": 1, "rooms": 2.5, "town": "Ulm"}]})
    assert b"input_data.rooms: numbers with a fraction do not fit into rooms: int64[?, 1]." in broken.body


def test_its_document_tells_the_types(table: Asked, regressor: Asked) -> None:
    of = table.says(path="/swagger.json")["definitions"]
    row = of["ServiceInput"]["properties"]["input_data"]["items"]
    assert row["required"] == ["age", "rooms", "town"]
    assert row["properties"]["rooms"] == {"type": "integer", "format": "int64"}
    for version in ("3", "3.1"):
        of = regressor.says(path=f"/swagger.json?version={version}")["components"]["schemas"]
        assert of["ServiceOutput"]["items"] == {"type": "number", "format": "float"}
    for asked in (table, regressor):
        example = asked.says(path="/swagger.json")["definitions"]["ServiceInput"]["example"]
        assert asked.says(example)
    assert regressor.ask(path="/swagger.json?version=9").status == 424


def test_the_protocol_tells_of_the_model(table: Asked) -> None:
    assert table.says(path="/v2")["extensions"] == ["binary_tensor_data"]
    assert table.says(path="/v2/health/live") == {"live": True}
    assert table.says(path="/v2/health/ready") == table.says(path="/v2/models/mine/ready") == {"ready": True}
    said = table.says(path="/v2/models/mine")
    assert said["inputs"][2] == {"name": "town", "datatype": "BYTES", "shape": [-1, 1]}
    for path in ("/v2/models/other", "/v2/none", "/v2/models/mine/none"):
        assert table.ask(path=path).status == 404


INFER = "/v2/models/mine/infer"


def test_the_protocol_infers(regressor: Asked, table: Asked) -> None:
    tensor = {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [1, 2, 3, 4.5]}
    assert regressor.says({"id": "7", "inputs": [tensor]}, INFER) == {
        "model_name": "mine", "model_version": "1", "id": "7",
        "outputs": [{"name": "y", "shape": [2, 1], "datatype": "FP32", "data": [4.0, 8.5]}],
    }  # fmt: skip
    nested = {**tensor, "data": [[1, 2], [3, 4.5]]}
    assert regressor.says({"inputs": [nested]}, "/v2/models/mine/versions/1/infer")["outputs"][0]["data"] == [4.0, 8.5]
    kinds = {"age": ("FP32", [1]), "rooms": ("INT64", [2]), "town": ("BYTES", ["Ulm"])}
    inputs = [{"name": name, "shape": [1, 1], "datatype": of[0], "data": of[1]} for name, of in kinds.items()]
    [town] = table.says({"inputs": inputs, "outputs": [{"name": "town_out"}]}, INFER)["outputs"]
    assert town == {"name": "town_out", "shape": [1, 1], "datatype": "BYTES", "data": ["Ulm"]}


def binary(inputs: list[dict[str, Any]], tails: list[bytes], **said: Any) -> tuple[bytes, str]:
    for tensor, tail in zip(inputs, tails, strict=True):
        tensor["parameters"] = {"binary_data_size": len(tail)}
    head = json.dumps({"inputs": inputs, **said}).encode()
    return head + b"".join(tails), str(len(head))


def test_the_protocol_takes_and_gives_bytes(regressor: Asked, table: Asked) -> None:
    tail = np.array([[1, 2], [3, 4.5]], "float32").tobytes()
    tensor = {"name": "x", "shape": [2, 2], "datatype": "FP32"}
    body, length = binary([tensor], [tail], parameters={"binary_data_output": True})
    answer = regressor.ask(body, INFER, Inference_Header_Content_Length=length)
    assert answer.status == 200
    size = int(answer.headers.split(b"inference-header-content-length: ")[1].split(b"\r\n")[0])
    assert np.frombuffer(answer.body[size:], "float32").tolist() == [4.0, 8.5]
    assert json.loads(answer.body[:size])["outputs"][0]["parameters"] == {"binary_data_size": 8}
    kinds = {"age": "FP32", "rooms": "INT64", "town": "BYTES"}
    tails = [np.float32(1).tobytes(), np.int64(2).tobytes(), b"\x04\0\0\0K\xc3\xb6l"]
    inputs = [{"name": name, "shape": [1, 1], "datatype": kind} for name, kind in kinds.items()]
    wanted = [{"name": "town_out", "parameters": {"binary_data": True}}, {"name": "age_out"}]
    body, length = binary(inputs, tails, outputs=wanted)
    answer = table.ask(body, INFER, Inference_Header_Content_Length=length)
    assert answer.status == 200 and answer.body.endswith(b"}" + tails[2])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "z"}, "inputs: the model takes x: float32[?, 2]."),
        ({"datatype": "FP64"}, "inputs.x: datatype 'FP64' was sent, the model takes FP32."),
        ({"shape": [1, 3]}, "do not fill an array of shape [1, 3]"),
        ({"shape": [2, 1]}, "an array of shape [2, 1] was sent, the model takes x"),
        ({"shape": "two"}, "'shape' has to be a list"),
        ({"data": ["a", "b"]}, "what was sent does not fit"),
        ({"data": None}, "do not fill an array"),
    ],
)
def test_the_protocol_says_what_does_not_fit(regressor: Asked, change: dict[str, Any], says: str) -> None:
    tensor = {"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2], **change}
    answer = regressor.ask({"inputs": [tensor]}, INFER)
    assert answer.status == 400 and says in json.loads(answer.body)["error"]
    assert regressor.ask({"inputs": []}, INFER).status == 400


def test_requests_that_wait_are_answered_in_one_run(folder: Path) -> None:
    asked = Asked(onnx_models.pictures(folder / "batched.onnx"), batch=8, runners=1)
    ran: list[int] = []
    run, gate = asked.model.run, threading.Event()

    def counted(names: tuple[str, ...], feeds: dict[str, np.ndarray]) -> list[Any]:
        gate.wait(60)
        ran.append(len(feeds["times"]))
        return run(names, feeds)

    asked.model._bench = Bench(counted, 1, 8)

    async def all_at_once() -> list[Answer]:
        bodies = [{"pictures": np.full((1, 3, 3), n).tolist(), "times": [1]} for n in range(12)]
        tasks = [asyncio.create_task(asked.later({"input_data": body})) for body in bodies]
        wrong = asyncio.create_task(asked.later({"input_data": {"pictures": [[[1] * 3] * 3], "times": [1, 2]}}))
        await asyncio.sleep(0)
        gate.set()
        assert (await wrong).status in (200, 424)
        return await asyncio.gather(*tasks)

    answers = asyncio.run(all_at_once())
    assert [json.loads(answer.body) for answer in answers] == [[9.0 * n] for n in range(12)]
    assert ran[:2] == [1, 8] and len(ran) < 8


def test_a_slow_model_refuses_what_it_cannot_answer_in_time(folder: Path) -> None:
    asked = Asked(onnx_models.regressor(folder / "slow.onnx"), batch=8, runners=1, waiting=2, timeout_ms=50)
    gate, run = threading.Event(), asked.model.run

    def held(names: tuple[str, ...], feeds: dict[str, np.ndarray]) -> list[Any]:
        gate.wait(60)
        return run(names, feeds)

    asked.model._bench = Bench(held, 1, 8)

    async def three() -> list[int]:
        return [answer.status for answer in await asyncio.gather(*(asked.later({"x": ROWS}) for _ in range(3)))]

    try:
        assert sorted(asyncio.run(three())) == [408, 408, 429]
    finally:
        gate.set()


def test_a_large_body_is_read_aside(regressor: Asked) -> None:
    rows = [[1.25, 2.5]] * 100_000
    assert regressor.says({"input_data": rows}) == [4.75] * 100_000


def test_what_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(WrongTable, match=r"deployments.blue.model: it cannot be loaded"):
        Asked(tmp_path / "model.onnx")
    with pytest.raises(WrongTable, match=r"deployments.blue.model: it cannot be loaded"):
        Asked(tmp_path / "none.onnx")


def test_a_provider_that_is_not_here_gives_way(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = onnx_models.regressor(folder / "gpu.onnx")
    asked = Asked(path, providers=("NoSuchExecutionProvider", "CPUExecutionProvider"))
    assert asked.says({"x": ROWS}) == [4.0, 8.5]
    told = "NoSuchExecutionProvider is not in the ONNX Runtime of this server; it runs on CPUExecutionProvider."
    assert told in capfd.readouterr().err
    state = asked.model.state()
    assert state["providers"] == ["CPUExecutionProvider"] and state["absent_providers"] == ["NoSuchExecutionProvider"]


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    endpoint = Endpoint(tmp_path)
    yield endpoint
    endpoint.stop()


def test_an_endpoint_of_a_model_needs_no_other_process(endpoint: Endpoint) -> None:
    path = onnx_models.regressor(endpoint.root / "model.onnx")
    endpoint.deploy("blue", kind="onnx", model=str(path))
    endpoint.start()
    answer = endpoint.ask(body=b'{"input_data": [[1, 2]]}', x_ms_request_id="abc")
    assert (answer.status, answer.text) == (200, "[4.0]")
    headers = answer.headers
    assert (headers["azureml-model-deployment"], headers["x-ms-client-request-id"]) == ("blue", "abc")
    assert headers["x-ms-run-function-failed"] == "False" and float(headers["x-ms-run-fn-exec-ms"]) > 0
    assert endpoint.ask("GET", "/swagger.json?version=3").says["openapi"] == "3.0.3"
    assert endpoint.ask("GET", "/v2/models/blue").says["platform"] == "onnxruntime_onnx"
    assert endpoint.ask(body=b"{}", key=None).status == 401


def test_models_are_exchanged_without_a_failed_request(endpoint: Endpoint) -> None:
    path = onnx_models.regressor(endpoint.root / "model.onnx")
    endpoint.deploy("v0", kind="onnx", model=str(path))
    endpoint.start()
    stop, found = threading.Event(), list[int]()

    def ask() -> None:
        line = endpoint.line()
        while not stop.is_set():
            said = line.ask("POST", "/score", b'{"input_data": [[1, 2]]}', {"Authorization": f"Bearer {KEY}"})
            found.append(said.status)
        line.close()

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    for number in range(1, 8):
        endpoint.deploy(f"v{number}", kind="onnx", model=str(path))
        endpoint.table["deployments"].pop(f"v{number - 1}")
        endpoint.reload(traffic={f"v{number}": 100})
    stop.set()
    for thread in asking:
        thread.join()
    assert set(found) == {200} and len(found) > 50
    assert endpoint.state()["leaving"] == []


def test_a_wrong_model_leaves_the_table_as_it_was(endpoint: Endpoint) -> None:
    path = onnx_models.regressor(endpoint.root / "model.onnx")
    endpoint.deploy("blue", kind="onnx", model=str(path))
    endpoint.start()
    endpoint.deploy("green", kind="onnx", model=str(endpoint.config))
    endpoint.write(traffic={"green": 100})
    endpoint.hang_up()
    endpoint.wait_for("The table stays as it was. deployments.green.model: it cannot be loaded")
    assert endpoint.ask(body=b'{"input_data": [[1, 2]]}').headers["azureml-model-deployment"] == "blue"
