"""Every field of every noun with what nobody would send: refused in plain words, or kept and told again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.journeys.crashing import SCOPE, Server, server
from tests.journeys.test_rivals import upload

NASTY: list[Any] = [
    None,
    True,
    -1,
    0,
    2**63,
    10**30,
    1e308,
    "",
    " ",
    "a\0b",
    "x" * 50_000,
    "../../etc/passwd",
    "\u202e😀\u0301",
    "azureml:x:1",
    "azureml://datastores/workspaceblobstore/paths/../../x",
    "http://[",
    "${{inputs.x}}${{",
    "PT9999999999999999999H",
    [],
    {},
    [None],
    [[1]],
    {"": None},
    {"a\0b": "c\0d"},
    {"x" * 1000: {"y": 2**70}},
]
RAW = [b'"\\ud800"', b'"\\udfff\\ud800"', b"NaN", b"Infinity", b"1" * 5000, b"[" * 2000, b'"\xff"', b"{", b""]
"""Bodies that Python would never write."""
NAMES = ["..", ".", "a b", "a/b", "../x", "ü", "x" * 300, "\0", "a\nb", "-", "a:b", "a@b", " ", "\u202e", "%2e%2e", "~"]


@contextmanager
def serving(folder: Path, **environ: str) -> Iterator[Server]:
    """A server whose only node is held, so that no job begins."""
    with server(folder / "data", **environ) as made:
        made.start()
        made.found()
        scale = {"properties": {"scaleSettings": {"maxNodeCount": 1}}}
        made.put("/computes/held", {"computeType": "AmlCompute", **scale})
        made.job("holder", "sleep 600", "held")
        yield made
        log = (folder / "server.log").read_text()
        assert "Traceback" not in log, log[-5000:]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("bad")) as made:
        yield made


@pytest.fixture(scope="module")
def share() -> int:
    """Each place gets one in so many of the values, each another one; ``make soak`` sends all of them to all."""
    return 8


def some(values: list[Any], number: int, share: int) -> list[Any]:
    """The values for the place of this number."""
    return values[number % share :: share]


def bodies(house: Server) -> dict[str, tuple[str, dict[str, Any]]]:
    """A good body of every noun, and the path that it goes to; ``{}`` stands for the name."""
    data, model = upload(house, "good/data"), upload(house, "good/model")
    scale = {"minNodeCount": 0, "maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT60S"}
    given = {"jobInputType": "uri_file", "uri": data, "mode": "ReadOnlyMount"}
    job = {
        "jobType": "Command",
        "command": "true",
        "environmentId": "azureml:plain:1",
        "computeId": "held",
        "codeId": None,
        "displayName": "x",
        "experimentName": "x",
        "description": "x",
        "tags": {"a": "b"},
        "properties": {"a": "b"},
        "inputs": {"x": given, "y": {"jobInputType": "literal", "value": "1"}},
        "outputs": {"x": {"jobOutputType": "uri_folder", "mode": "Upload", "assetName": "made", "assetVersion": "1"}},
        "environmentVariables": {"A": "b"},
        "limits": {"jobLimitsType": "Command", "timeout": "PT1H"},
        "resources": {"instanceCount": 1, "instanceType": "x", "properties": {}},
        "distribution": {"distributionType": "PyTorch", "processCountPerInstance": 1},
        "services": {},
        "identity": {"identityType": "AMLToken"},
        "isArchived": False,
    }
    inner = {"vmSize": "Standard_DS3_v2", "vmPriority": "Dedicated", "scaleSettings": scale}
    credentials = {"credentialsType": "AccountKey", "secrets": {"secretsType": "AccountKey", "key": "eA=="}}
    account = {"accountName": "account", "containerName": "photos", "endpoint": "core.windows.net", "protocol": "https"}
    words = {"description": "x", "tags": {"a": "b"}, "properties": {"a": "b"}, "isArchived": False}
    return {
        "workspaces": (f"{SCOPE}{{}}", {"friendlyName": "x", "description": "x", "hbiWorkspace": False}),
        "data": (f"{SCOPE}/data/{{}}/versions/1", {"dataType": "uri_file", "dataUri": data, **words}),
        "environments": (
            f"{SCOPE}/environments/{{}}/versions/1",
            {"image": "python:3.11", "condaFile": '{"dependencies": ["python"]}', "osType": "Linux", **words},
        ),
        "models": (
            f"{SCOPE}/models/{{}}/versions/1",
            {"modelType": "custom_model", "modelUri": model, "flavors": {}, "jobName": "holder", **words},
        ),
        "computes": (f"{SCOPE}/computes/{{}}", {"computeType": "AmlCompute", "description": "x", "properties": inner}),
        "jobs": (f"{SCOPE}/jobs/{{}}", job),
        "datastores": (
            f"{SCOPE}/datastores/{{}}",
            {"datastoreType": "AzureBlob", **account, "credentials": credentials, "description": "x", "tags": {}},
        ),
    }


KINDS = ["workspaces", "data", "environments", "models", "computes", "jobs", "datastores"]


def places(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The way to every field, also of mappings inside."""
    if isinstance(value, dict):
        for word, inner in value.items():
            yield (*at, word)
            yield from places(inner, (*at, word))


def changed(value: dict[str, Any], at: tuple[str, ...], new: Any) -> dict[str, Any]:
    """A copy with another value at one place."""
    word, *rest = at
    return {**value, word: changed(value[word], tuple(rest), new) if rest else new}


def judge(answer: httpx.Response, what: object) -> None:
    """An answer is no fault, and a refusal says in plain words what is wrong."""
    assert answer.status_code < 500 or answer.status_code == 501, (what, answer.status_code, answer.text)
    if answer.status_code >= 400 and answer.headers.get("content-type", "").startswith("application/json"):
        said = answer.json()
        error = said.get("error", {"code": said.get("error_code"), "message": said.get("message")})
        assert error["code"] and error["message"], (what, said)
        assert len(error["message"]) <= 3000, (what, len(error["message"]), error["message"][:300])
        assert not any(word in answer.text for word in ("Traceback", "/site-packages/", "sqlalchemy", "psycopg")), said


@pytest.mark.parametrize("kind", KINDS)
def test_no_value_of_a_field_is_a_fault(house: Server, share: int, kind: str) -> None:
    path, good = bodies(house)[kind]
    for number, at in enumerate(places(good)):
        for each, value in enumerate(some(NASTY, number, share)):
            where = path.format(f"n{number}x{each}")
            body = {"location": "here", "properties": changed(good, at, value)}
            answer = house.ask("PUT", where, content=json.dumps(body).encode())
            judge(answer, (at, value))
            if answer.is_success:
                assert house.ask("GET", where).status_code == 200, (at, value)
    if kind != "workspaces":
        assert house.ask("GET", f"{SCOPE}/{kind}").status_code == 200
    else:
        assert house.ask("GET", SCOPE.rpartition("/")[0]).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_is_a_fault(house: Server, share: int, kind: str) -> None:
    path, good = bodies(house)[kind]
    for name in some(NAMES, KINDS.index(kind), min(share, 3)):
        where = path.format(quote(name, safe=""))
        for method in ("PUT", "GET", "PATCH", "DELETE"):
            body = {"location": "here", "properties": good} if method in ("PUT", "PATCH") else None
            judge(house.ask(method, where, body), (method, name))


@pytest.mark.parametrize("kind", KINDS)
def test_no_body_is_a_fault(house: Server, share: int, kind: str) -> None:
    path, _ = bodies(house)[kind]
    for raw in some(RAW, KINDS.index(kind), min(share, 3)):
        for content in (raw, b'{"properties": ' + raw + b"}", b'{"properties": {"description": ' + raw + b"}}"):
            judge(house.ask("PUT", path.format("raw"), content=content), content[:60])


MLFLOW = {
    "experiments/create": {"name": "x", "artifact_location": "", "tags": [{"key": "a", "value": "b"}]},
    "experiments/search": {"max_results": 10, "filter": "name = 'x'", "order_by": ["name"], "view_type": "ALL"},
    "experiments/set-experiment-tag": {"experiment_id": "0", "key": "a", "value": "b"},
    "runs/create": {"experiment_id": "0", "run_name": "x", "start_time": 1, "tags": [{"key": "a", "value": "b"}]},
    "runs/update": {"run_id": "RUN", "status": "RUNNING", "end_time": 1, "run_name": "x"},
    "runs/log-metric": {"run_id": "RUN", "key": "a", "value": 1.0, "timestamp": 1, "step": 1},
    "runs/log-parameter": {"run_id": "RUN", "key": "a", "value": "b"},
    "runs/set-tag": {"run_id": "RUN", "key": "a", "value": "b"},
    "runs/delete-tag": {"run_id": "RUN", "key": "a"},
    "runs/log-batch": {
        "run_id": "RUN",
        "metrics": [{"key": "a", "value": 1, "timestamp": 1, "step": 1}],
        "params": [{"key": "a", "value": "b"}],
        "tags": [{"key": "a", "value": "b"}],
    },
    "runs/search": {
        "experiment_ids": ["0"],
        "filter": "metrics.a > 1",
        "max_results": 5,
        "order_by": ["metrics.a DESC"],
        "page_token": "x",
        "run_view_type": "ALL",
    },
    "runs/log-inputs": {"run_id": "RUN", "datasets": [{"dataset": {"name": "x", "digest": "y"}, "tags": []}]},
    "registered-models/create": {"name": "x", "tags": [], "description": "x"},
    "model-versions/create": {"name": "x", "source": "x", "run_id": "RUN", "tags": []},
    "logged-models": {"experiment_id": "0", "name": "x", "model_type": "x", "source_run_id": "RUN", "params": []},
    "logged-models/search": {"experiment_ids": ["0"], "filter": "name = 'x'", "max_results": 5, "order_by": []},
}
FILTERS = [
    "metrics.a > 'x'", "params.a = 1", "tags.`a` LIKE '%\0'", "attributes.start_time > 99999999999999999999999", "(((",
    "metrics.a = 1e999", "' OR 1=1 --", "name ILIKE '%'", "metrics.\"x\" != nan", "x" * 5000, "params.a IN ('b'", "and",
    "attributes.run_id IN ()", "metrics.a > 1 and " * 500 + "metrics.a > 1", "datasets.name = 'x'", "\ud83d\ude00 = 1",
]  # fmt: skip


def test_no_value_of_mlflow_is_a_fault(house: Server, share: int) -> None:
    at = f"/mlflow/v2.0{SCOPE}/api/2.0/mlflow"
    run = house.call("POST", f"{at}/runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
    for call, good in MLFLOW.items():
        body = json.loads(json.dumps(good).replace("RUN", run))
        for number, place in enumerate(places(body)):
            for value in some(NASTY, number, share):
                judge(house.ask("POST", f"{at}/{call}", changed(body, place, value)), (call, place, value))
        for word, value in body.items():
            for inner in _rows(value, share):
                judge(house.ask("POST", f"{at}/{call}", {**body, word: [inner]}), (call, word, inner))
        for raw in RAW:
            judge(house.ask("POST", f"{at}/{call}", content=raw), (call, raw[:40]))
    for text in FILTERS:
        for call in ("runs/search", "experiments/search", "logged-models/search"):
            body = {"experiment_ids": ["0"], "filter": text}
            judge(house.ask("POST", f"{at}/{call}", content=json.dumps(body).encode()), (call, text))
    assert house.ask("POST", f"{at}/runs/search", {"experiment_ids": ["0"]}).status_code == 200
    assert house.ask("GET", f"{at}/runs/get?run_id={run}").status_code == 200


def _rows(value: Any, share: int) -> list[dict[str, Any]]:
    """The first row of a list of mappings, each time with one other value."""
    if not (isinstance(value, list) and value and isinstance(value[0], dict)):
        return []
    keys = enumerate(value[0])
    return [{**value[0], key: nasty} for number, key in keys for nasty in some(NASTY, number, share)]


DIGITS = "9" * 5000
QUERIES = {
    f"{SCOPE}/jobs": ["$skip", "$top", "listViewType", "$filter", "tag", "properties"],
    f"{SCOPE}/jobs/holder/events": ["after"],
    f"{SCOPE}/insights": ["limit", "since", "until", "kind", "contains"],
    f"{SCOPE}/environments/plain/versions/1/buildlog": ["offset"],
    f"{SCOPE}/data": ["$skip", "$top", "$orderBy", "stage"],
    f"/mlflow/v2.0{SCOPE}/api/2.0/mlflow/metrics/get-history": ["run_id", "metric_key", "max_results", "page_token"],
    f"/mlflow/v2.0{SCOPE}/api/2.0/mlflow/artifacts/list": ["run_id", "path", "page_token"],
}


def test_no_query_is_a_fault(house: Server) -> None:
    nasty = [DIGITS, "-1", "", "\0", "²", "x" * 3000, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "../x"]
    for path, words in QUERIES.items():
        for word in words:
            for value in nasty:
                if path.endswith("/events") and value in ("", "\0"):
                    continue  # followed from the beginning, for as long as the job runs
                judge(house.ask("GET", f"{path}?{quote(word)}={quote(value)}"), (path, word, value[:40]))


def test_no_header_is_a_fault(house: Server) -> None:
    path = upload(house, "good/ranged").partition("/paths/")[2]
    store = f"{SCOPE}/datastores/workspaceblobstore"
    container = house.call("GET", store)["properties"]["containerName"]
    sas = house.call("POST", f"{store}/listSecrets", {})["sasToken"]
    url = f"{house.url}/lazuli.blob.core.lazuli.local/{container}/{path}?{sas}"
    headers = ["range", "x-ms-range", "if-match", "if-modified-since", "x-ms-blob-content-md5", "content-md5"]
    for word in headers:
        for value in (f"bytes={DIGITS}-", f"bytes=0-{DIGITS}", f"bytes=-{DIGITS}", "bytes=1-0", DIGITS, "x", "-"):
            answer = httpx.get(url, headers={word: value}, trust_env=False)
            judge(answer, (word, value[:40]))
            put = {"x-ms-blob-type": "BlockBlob", word: value}
            judge(httpx.put(f"{url}", content=b"x", headers=put, trust_env=False), (word, value[:40]))
    listing = f"{house.url}/lazuli.blob.core.lazuli.local/{container}?restype=container&comp=list&{sas}"
    for value in (DIGITS, "0", "-1", "x"):
        judge(httpx.get(f"{listing}&maxresults={value}", trust_env=False), value[:40])
    for xml in (
        b"",
        b"<",
        b"<BlockList><Latest>x</Latest>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><BlockList/>",
        b"\xff\xfe",
    ):
        judge(httpx.put(f"{url}&comp=blocklist", content=xml, trust_env=False), xml)
