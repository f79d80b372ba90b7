"""What scoring scripts of v1 import: raw requests, answers with headers, and what keeps data."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest
import requests
from tests.azureml.serving import my_own, plain

from azureml.contrib.services import rawhttp as raw_of_package
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse
from azureml.core import Workspace
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AciWebservice, AksWebservice
from azureml.monitoring import ModelDataCollector

RAW = """
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

def init():
    pass

@rawhttp
def run(request):
    if request.method == "OPTIONS":
        return AMLResponse("", 200, {"Access-Control-Allow-Origin": "*"})
    if request.method == "GET":
        return AMLResponse(str.encode(request.full_path), 200)
    data = request.get_data(False)
    if not data:
        return AMLResponse("bad request", 500)
    return AMLResponse({"said": data.decode(), "code": request.args.get("code")}, 201, {"X-Kind": "raw"}, json_str=True)
"""
KEPT = """
import json
from azureml.monitoring import ModelDataCollector

def init():
    global inputs, predictions
    inputs = ModelDataCollector("best", designation="inputs", feature_names=["a", "b"])
    predictions = ModelDataCollector("best", identifier="predictions", feature_names=["y"])

def run(data):
    rows = json.loads(data)["data"]
    correlations = inputs.collect(rows)
    answers = [sum(row) for row in rows]
    predictions.collect(predictions.add_correlations(answers, correlations))
    return answers
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_script_takes_requests_as_they_come(ws: Workspace) -> None:
    Path("raw.py").write_text(RAW)
    service = Model.deploy(ws, "raw", [], InferenceConfig("raw.py", environment=plain()))
    service.wait_for_deployment()
    address = service.scoring_uri
    answer = requests.post(address, b"bytes", timeout=30)
    assert (answer.status_code, answer.headers["X-Kind"]) == (424, "raw")  # the script's own status is another header's
    assert answer.headers["ms-azureml-model-error-statuscode"] == "201"
    assert answer.json() == {"said": "bytes", "code": None}
    assert requests.get(f"{address}&a=1", timeout=30).text == "/score?a=1"
    assert requests.post(address, b"", timeout=30).text == "bad request"
    service.delete()


def test_scripts_are_tried_by_hand() -> None:
    @rawhttp
    def run(request: AMLRequest) -> AMLResponse:
        said = {"a": request.args["a"], "body": request.get_json(), "by": request.headers["X-By"]}
        return AMLResponse(said, 200, response_headers={"Access-Control-Allow-Origin": "*"}, json_str=True)

    body = b'{"x": 1}'
    environ = {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": "a=1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_BY": "hand",
        "wsgi.input": io.BytesIO(body),
    }
    answer = run(AMLRequest(environ))
    assert answer.json == {"a": "1", "body": {"x": 1}, "by": "hand"} and answer.status_code == 200
    assert answer.headers == {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
    assert raw_of_package(run) is run
    request = AMLRequest({"wsgi.input": io.BytesIO(b"text")})
    assert (request.method, request.get_data(as_text=True), request.get_json(silent=True)) == ("GET", "text", None)
    with pytest.raises(ValueError, match="Content-Type"):
        print(request.json)
    failed = AMLResponse(b"no", status_code=500, run_function_failed=True)
    assert (failed.get_data(as_text=True), failed.run_function_failed, failed.data) == ("no", True, b"no")


def test_what_a_script_collects_is_kept(ws: Workspace) -> None:
    Path("kept.py").write_text(KEPT)
    config = InferenceConfig("kept.py", environment=my_own())
    how = AksWebservice.deploy_configuration(collect_model_data=True, auth_enabled=False)
    service = Model.deploy(ws, "kept", [], config, how)
    service.wait_for_deployment()
    assert service.run(json.dumps({"data": [[1, 2], [3, 4]]})) == [3, 7]
    inputs, predictions = (_lines(ws, f"modelDataCollector/kept/v1/{name}") for name in ("inputs", "predictions"))
    assert [each["data"] for each in inputs] == [[{"a": 1, "b": 2}, {"a": 3, "b": 4}]]
    assert [each["data"] for each in predictions] == [[{"y": 3}, {"y": 7}]]
    assert inputs[0]["correlationid"] == predictions[0]["correlationid"]
    assert ws._found("data/kept-v1-inputs/versions/1") is not None
    service.update(collect_model_data=False)
    assert not ws._call("GET", "onlineEndpoints/kept/deployments/v1")["properties"].get("dataCollector")
    service.delete()
    aci = AciWebservice.deploy_configuration(collect_model_data=True)
    assert aci.collect_model_data  # type: ignore[attr-defined] - every word is an attribute


def _lines(ws: Workspace, folder: str) -> list[dict]:
    """The lines of a stream, as soon as they have been carried to the datastore."""
    container = ws._storage.container("workspaceblobstore")
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found = [
            json.loads(line) for each in container.below(folder) for line in container.read(each.name).splitlines()
        ]
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"Nothing is below {folder}.")


def test_a_collector_where_no_service_is(capsys: pytest.CaptureFixture[str]) -> None:
    np = pytest.importorskip("numpy")
    pd = pytest.importorskip("pandas")
    collector = ModelDataCollector(
        model_name="best",
        designation="inputs",
        feature_names=["a", "b"],
        workspace="w",
        webservice_name="s",
        model_version="1",
        collection_name="c",
    )
    correlations = collector.collect(np.array([1, 2]), user_correlation_id="mine")
    assert "Attempted to collect inputs of best: [{'a': 1, 'b': 2}]" in capsys.readouterr().out
    assert collector.add_correlations([[3, 4]], correlations) == [{"a": 3, "b": 4, "$CorrelationId": "mine"}]
    collector.collect(pd.DataFrame({"a": [1], "b": [2]}))
    ModelDataCollector("best", "inputs").collect(["x", "y"])
    said = capsys.readouterr().out
    assert "[{'a': 1, 'b': 2}]" in said and "[{'0': 'x'}, {'0': 'y'}]" in said
    with pytest.raises(ValueError, match="A row has 3 values"):
        collector.collect([[1, 2, 3]])
