"""The front of an endpoint: keys, traffic, limits, and no request that fails while deployments come and go."""

from __future__ import annotations

import asyncio
import fcntl
import http.server
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.fronts import KEY, Endpoint, digest, kill
from tests.runtime.scoring import Shell, answered, free_port, until

from lazuli.runtime.front.exchange import Exchange
from lazuli.runtime.front.front import Front
from lazuli.runtime.front.table import Table
from lazuli.runtime.inside.lazuli_score.pages import drawn

CHUNKED = f"POST /score HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
ECHO = "import json\ndef run(data):\n    return json.loads(data)\n"
HEADERS = "def run(data, request_headers):\n    return request_headers\n"
WAITS = """
import json, os, time
def run(data):
    said = json.loads(data)
    with open(str(os.getpid()), "w") as file:
        file.write(str(os.getpid()))
    os.replace(str(os.getpid()), f"began{said}")
    while not os.path.exists("go"):
        time.sleep(0.002)
    return said
"""


def named(name: str) -> str:
    return f"def run(data):\n    return '{name}'\n"


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except (ConnectionRefusedError, ConnectionResetError):  # reset: it was in the queue when the door closed
        return False
    return True


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    endpoint = Endpoint(tmp_path)
    yield endpoint
    endpoint.stop()


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint whose deployment says what it was told."""
    endpoint = Endpoint(tmp_path_factory.mktemp("echo"))
    endpoint.script("blue", ECHO)
    endpoint.script("seen", HEADERS)
    yield endpoint.start(traffic={"blue": 100}, largest=1000)
    assert endpoint.stop() == 0


def test_a_key_lets_in(echo: Endpoint) -> None:
    for key in (KEY, "the secondary key"):
        answer = echo.ask(body=b'{"a": 1}', key=key)
        assert (answer.status, answer.says) == (200, {"a": 1})
    assert answer.headers["azureml-model-deployment"] == "blue"


@pytest.mark.parametrize("key", [None, "", "another key", digest(KEY)])
def test_nobody_else_comes_in(echo: Endpoint, key: str | None) -> None:
    answer = echo.ask(key=key)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert echo.ask(key=key, path="/swagger.json", method="GET").status == 401


def test_the_word_of_an_address_lets_in_and_goes_no_further(endpoint: Endpoint) -> None:
    endpoint.script("blue", "def init(): pass\ndef run(data): return data\n")
    endpoint.start()
    assert endpoint.ask("GET", "/score?code=word", key=None).status == 401
    endpoint.reload(code=digest("word"))
    assert endpoint.ask("GET", "/score?a=1&code=word&b=2", key=None).says == '{"a": 1, "b": 2}'
    assert endpoint.ask(path="/score?code=word", body=b"1", key=None).says == "1"
    assert endpoint.ask(path="/score?code=guess", key=None).status == 401
    assert endpoint.ask("GET", "/score?code=guess&a=1").says == '{"a": 1}'  # whoever has a key needs no word
    endpoint.stop()
    assert "code" not in (endpoint.root / "requests.jsonl").read_text()


def test_a_token_holds_until_its_time(endpoint: Endpoint) -> None:
    endpoint.script("blue", ECHO)
    tokens = [{"sha256": digest("good"), "expires": time.time() + 3600}, {"sha256": digest("old"), "expires": 1}]
    endpoint.start(tokens=tokens, keys=[])
    assert [endpoint.ask(key=key).status for key in ("good", "old", KEY)] == [200, 401, 401]
    tokens[0]["expires"] = 1
    line = endpoint.line()
    assert line.ask("POST", "/score", b"1", {"Authorization": "Bearer good"}).status == 200
    endpoint.reload(tokens=tokens)
    assert line.ask("POST", "/score", b"1", {"Authorization": "Bearer good"}).status == 401
    line.close()


def test_an_endpoint_may_be_open(endpoint: Endpoint) -> None:
    endpoint.script("blue", ECHO)
    endpoint.start(auth="none")
    assert endpoint.ask(key=None).status == 200


def test_its_health_is_told_to_all(echo: Endpoint) -> None:
    assert (echo.ask("GET", "/", key=None).status, echo.ask("GET", "/", key=None).text) == (200, "Healthy")
    assert echo.ask("HEAD", "/", key=None).body == b""


def test_every_path_goes_to_the_deployment(echo: Endpoint) -> None:
    assert echo.ask("GET", "/swagger.json?version=3").says["openapi"] == "3.0.3"
    assert echo.ask("GET", "/score?a=1").says == {"a": 1}


def test_a_deployment_sees_the_callers_headers_but_not_the_key(echo: Endpoint) -> None:
    said = echo.ask(azureml_model_deployment="seen", X_A="1", x_request_id="mine").says
    assert (said["X-A"], said["X-Request-Id"], said["Content-Type"]) == ("1", "mine", "application/json")
    assert "Authorization" not in said and "Azureml-Model-Deployment" not in said


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        ({"x-ms-request-id": "abc"}, {"x-ms-request-id": "abc", "x-ms-client-request-id": "abc"}),
        ({"x-ms-client-request-id": "c"}, {"x-ms-request-id": "c", "x-ms-client-request-id": "c"}),
        ({"x-request-id": "given"}, {"x-request-id": "given", "x-ms-request-id": "given"}),
    ],
)
def test_names_of_a_request_come_back(echo: Endpoint, sent: dict[str, str], got: dict[str, str]) -> None:
    more: dict[str, Any] = {name.replace("-", "_"): value for name, value in sent.items()}
    headers = echo.ask(**more).headers
    assert {name: headers[name] for name in got} == got
    assert float(headers["ms-azureml-model-time"]) > 0 and headers["x-ms-run-function-failed"] == "False"
    assert echo.ask().headers["x-request-id"] != echo.ask().headers["x-request-id"]


def test_a_long_name_is_refused(echo: Endpoint) -> None:
    assert echo.ask(x_request_id="a" * 101).status == 431


def test_what_is_not_200_is_told_as_the_models_error(echo: Endpoint) -> None:
    answer = echo.ask(body=b"nonsense")
    assert (answer.status, answer.headers["ms-azureml-model-error-statuscode"]) == (424, "500")
    assert answer.headers["ms-azureml-model-error-reason"] == "model_error"
    assert answer.headers["x-ms-run-function-failed"] == "True"
    assert answer.says["message"].startswith("An unexpected error occurred in scoring script.")


def test_requests_come_in_any_pieces(echo: Endpoint) -> None:
    line = echo.line()
    line.connect()
    key = f"Authorization: Bearer {KEY}\r\n".encode()
    sent = b"POST /score HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + key
    sent += b'\r\n3;a=b\r\n"ab\r\n1\r\n"\r\n0\r\nX-T: 1\r\n\r\n'
    sent += b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n" + key
    sent += b"\r\n7GET / HTTP/1.0\r\n\r\n"
    for place in range(len(sent)):
        line.sock.sendall(sent[place : place + 1])
    found = b""
    while piece := line.sock.recv(1000):
        found += piece
    bodies = [part.split(b"HTTP/1.1")[0] for part in found.split(b"\r\n\r\n")[1:]]
    assert bodies == [b'"ab"', b"7", b"Healthy"]


def test_a_client_may_wait_for_a_word(echo: Endpoint) -> None:
    line = echo.line()
    line.connect()
    head = f"POST /score HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\nAuthorization: Bearer {KEY}\r\n\r\n"
    line.sock.sendall(head.encode())
    assert line.sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    line.sock.sendall(b"7")
    assert line.sock.recv(1000).endswith(b"\r\n\r\n7")


@pytest.mark.parametrize("word", ["GET / HTTP/1.1\r\nConnection: close", "GET / HTTP/1.0"])
def test_a_client_that_wants_no_more_is_let_go(echo: Endpoint, word: str) -> None:
    found = answered(echo.line(), f"{word}\r\nHost: x\r\n\r\n".encode())
    assert found.endswith(b"Healthy") and b"connection: close" in found


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"GET http://x/ HTTP/1.1\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (CHUNKED + b"x\r\n", 400),
        (CHUNKED + b"3e9\r\n", 413),
        (b"POST /score HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 70_000, 431),
    ],
)
def test_what_is_no_request_is_refused(echo: Endpoint, sent: bytes, status: int) -> None:
    found = answered(echo.line(), sent)
    assert found.startswith(b"HTTP/1.1 %d " % status) and b'{"message":"' in found


def test_traffic_is_split_evenly(endpoint: Endpoint) -> None:
    endpoint.script("blue", named("blue"))
    endpoint.script("green", named("green"))
    endpoint.start(traffic={"blue": 90, "green": 10})
    said = [endpoint.ask().says for _ in range(40)]
    assert Counter(said) == {"blue": 36, "green": 4}
    assert all("green" in said[start : start + 10] for start in range(0, 40, 10))
    assert endpoint.ask(azureml_model_deployment="green").says == "green"
    unknown = endpoint.ask(azureml_model_deployment="red")
    assert unknown.status == 404 and "no deployment 'red'. It has: blue, green." in unknown.says["message"]
    endpoint.reload(traffic={"blue": 0, "green": 0})
    assert endpoint.ask().status == 404 and endpoint.ask("GET", "/").status == 503
    assert endpoint.ask(azureml_model_deployment="blue").says == "blue"


def test_a_mirror_gets_its_share_and_nobody_waits_for_it(endpoint: Endpoint) -> None:
    endpoint.script("blue", named("blue"))
    green = endpoint.script("green", WAITS, concurrency=10)
    endpoint.start(traffic={"blue": 100}, mirror={"green": 20})
    assert {endpoint.ask(body=str(number).encode()).says for number in range(10)} == {"blue"}
    until(lambda: endpoint.state()["deployments"]["green"]["asked"] == 2)
    (green.root / "code" / "go").touch()
    until(lambda: endpoint.state()["deployments"]["green"]["asked"] == 0)
    assert endpoint.metrics()['lazuli_endpoint_requests_total{endpoint="prices",deployment="green",status="200"}'] == 2


def test_more_than_can_be_answered_is_refused(endpoint: Endpoint) -> None:
    shell = endpoint.script("blue", WAITS)
    endpoint.start()
    found: list[Any] = []
    asking = [threading.Thread(target=lambda: found.append(endpoint.ask())) for _ in range(2)]
    for thread in asking:
        thread.start()
    until(lambda: endpoint.state()["deployments"]["blue"]["asked"] == 2)
    assert endpoint.state()["deployments"]["blue"]["waiting"] == 1
    third = endpoint.ask()
    assert third.status == 429 and third.says["message"].startswith("2 requests are being answered or wait.")
    (shell.root / "code" / "go").touch()
    for thread in asking:
        thread.join()
    assert [answer.status for answer in found] == [200, 200]


def test_a_request_does_not_wait_for_ever(endpoint: Endpoint) -> None:
    shell = endpoint.script("blue", WAITS, timeout_ms=300, wait_ms=50)
    endpoint.start()
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(endpoint.ask().status))
    thread.start()
    until((shell.root / "code" / "began1").exists)
    assert endpoint.ask().status == 429
    thread.join()
    assert found == [408]
    # the process still has it: its seat is not given to another
    assert endpoint.ask(body=b"2").status == 429 and not (shell.root / "code" / "began2").exists()
    (shell.root / "code" / "go").touch()
    until(lambda: endpoint.state()["deployments"]["blue"]["in_flight"] == 0)
    assert endpoint.ask(body=b"3").says == 3


def test_instances_come_and_go_without_a_failed_request(endpoint: Endpoint) -> None:
    shell = endpoint.script("blue", WAITS, workers=3)
    every = endpoint.table["deployments"]["blue"]["addresses"]
    endpoint.table["deployments"]["blue"]["addresses"] = every[:1]
    endpoint.start()
    found: list[Any] = []

    def ask(number: int) -> threading.Thread:
        thread = threading.Thread(target=lambda: found.append(endpoint.ask(body=b"%d" % number).says))
        thread.start()
        return thread

    def has_begun(number: int) -> bool:
        return (shell.root / "code" / f"began{number}").exists()

    asking = [ask(1)]
    until(lambda: has_begun(1))
    asking.append(ask(2))
    until(lambda: endpoint.state()["deployments"]["blue"]["waiting"] == 1)
    endpoint.table["deployments"]["blue"].update(addresses=every, instances=3)
    endpoint.reload()
    until(lambda: has_begun(2))  # who waited goes to one that came
    endpoint.table["deployments"]["blue"].update(addresses=every[2:], instances=1)
    endpoint.reload()
    state = endpoint.state()
    assert not state["leaving"] and state["deployments"]["blue"]["seats"] == 1
    asking.append(ask(3))
    until(lambda: has_begun(3))
    assert endpoint.state()["deployments"]["blue"]["busy"] == [every[2]] or len(found) == 0
    (shell.root / "code" / "go").touch()
    for thread in asking:
        thread.join()
    assert sorted(found) == [1, 2, 3]
    assert endpoint.metrics()['lazuli_endpoint_instances{endpoint="prices",deployment="blue"}'] == 1
    endpoint.table["deployments"]["blue"].update(addresses=[], instances=0)
    endpoint.reload()
    assert endpoint.ask().status == 503
    endpoint.table["deployments"]["blue"].update(addresses=every, instances=3)
    endpoint.reload()
    assert endpoint.ask(body=b"4").says == 4


def test_where_nothing_listens_is_told(endpoint: Endpoint) -> None:
    endpoint.deploy("blue", kind="process", addresses=[str(endpoint.root / "none.sock")], timeout_ms=200)
    endpoint.start()
    assert endpoint.ask().status == 503


def test_a_worker_that_dies_fails_no_request(endpoint: Endpoint) -> None:
    shell = endpoint.script("blue", WAITS, workers=2)
    endpoint.start()
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(endpoint.ask(body=b"7").says))
    thread.start()
    began = shell.root / "code" / "began7"
    until(began.exists)
    busy, workers = int(began.read_text()), shell.workers()
    assert len(workers) == 2
    began.unlink()
    for pid in sorted(workers, key=busy.__eq__):  # it last: else it may be asked anew of the one that dies next
        kill(pid)
    until(began.exists)  # it was asked anew
    (shell.root / "code" / "go").touch()
    thread.join()
    assert found == [7]


def test_one_that_kills_its_worker_is_given_up(endpoint: Endpoint) -> None:
    endpoint.script("blue", "import os\ndef run(data):\n    os.kill(os.getpid(), 9)\n")
    endpoint.start()
    answer = endpoint.ask()
    assert (answer.status, answer.headers["ms-azureml-model-error-statuscode"]) == (424, "502")


def test_deployments_come_and_go_without_a_failed_request(endpoint: Endpoint) -> None:
    endpoint.script("blue", named("blue"))
    endpoint.start()
    stop, found = threading.Event(), list[int]()

    def ask() -> None:
        line = endpoint.line()
        while not stop.is_set():
            found.append(line.ask("POST", "/score", b"1", {"Authorization": f"Bearer {KEY}"}).status)
        line.close()

    # two callers fill what one seat takes: a third would rightly be refused
    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    for number in range(6):
        new, old = ("green", "blue") if number % 2 == 0 else ("blue", "green")
        before = endpoint.shells[-1]
        endpoint.script(new, named(new))
        endpoint.reload(traffic={new: 50, old: 50})
        del endpoint.table["deployments"][old]
        endpoint.reload(traffic={new: 100})
        until(lambda: not endpoint.state()["leaving"])
        assert before.stop() == 0
    stop.set()
    for thread in asking:
        thread.join()
    assert set(found) == {200} and len(found) > 12


def in_work(endpoint: Endpoint) -> tuple[Shell, threading.Thread, list[Any]]:
    """A deployment that has begun with a request, who asks, and where its answer will be."""
    shell = endpoint.script("blue", WAITS)
    endpoint.start()
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(endpoint.ask()))
    thread.start()
    until((shell.root / "code" / "began1").exists)
    return shell, thread, found


def test_one_that_leaves_answers_what_it_has(endpoint: Endpoint) -> None:
    shell, thread, found = in_work(endpoint)
    endpoint.script("green", named("green"))
    del endpoint.table["deployments"]["blue"]
    endpoint.reload(traffic={"green": 100})
    assert endpoint.ask().says == "green" and endpoint.state()["leaving"][0]["name"] == "blue"
    (shell.root / "code" / "go").touch()
    thread.join()
    assert found[0].says == 1 and endpoint.state()["leaving"] == []


def test_a_wrong_table_changes_nothing(endpoint: Endpoint) -> None:
    endpoint.script("blue", ECHO)
    endpoint.start()
    endpoint.write(traffic={"red": 100})
    endpoint.hang_up()
    until(lambda: "traffic: there is no deployment 'red'" in endpoint.told())
    assert endpoint.ask().status == 200 and endpoint.state()["generation"] == 1
    endpoint.reload(traffic={"blue": 100})
    assert endpoint.state()["generation"] == 3


def test_the_end_comes_after_the_last_answer(endpoint: Endpoint) -> None:
    shell, thread, found = in_work(endpoint)
    assert endpoint.process
    endpoint.process.terminate()
    until(lambda: not is_open(endpoint.table["address"][1]))
    (shell.root / "code" / "go").touch()
    thread.join()
    assert (found[0].status, found[0].headers.get("connection"), endpoint.process.wait(60)) == (200, "close", 0)


def test_what_callers_are_told_where_no_answer_comes(endpoint: Endpoint) -> None:
    shell = endpoint.script("slow", WAITS, timeout_ms=400, wait_ms=20)
    endpoint.script("wrong", "def run(data):\n    raise ValueError(data)\n")
    endpoint.script("wordy", "def run(data):\n    return 'x' * int(data)\n", largest_answer=100)
    endpoint.deploy("away", kind="process", addresses=[str(endpoint.root / "none.sock")], timeout_ms=50)
    endpoint.start(traffic={}, largest=1000)
    blamed = {"ms-azureml-model-error-statuscode": "500", "ms-azureml-model-error-reason": "model_error"}
    failed = "An unexpected error occurred in scoring script. Check the logs for more info."
    large = {"ms-azureml-model-error-statuscode": "200", "ms-azureml-model-error-reason": "response_too_large"}
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(endpoint.ask(azureml_model_deployment="slow")))
    waiting.start()
    until((shell.root / "code" / "began1").exists)
    to = "azureml_model_deployment"
    no_key = "Send a key of the endpoint or a token that has not expired: 'Authorization: Bearer …'."
    no_traffic = "No deployment of this endpoint takes traffic. Give one some, or name one in a request's header."
    no_process = "No process of the deployment can be reached. Try again in a moment."
    cases: list[tuple[dict[str, Any], int, str, dict[str, str]]] = [
        ({to: "slow"}, 429, "The request waited 20 ms for its turn. Try again in a moment.", {}),
        ({"key": "no"}, 401, no_key, {"www-authenticate": "Bearer"}),
        ({}, 404, no_traffic, {}),
        ({to: "red"}, 404, "The endpoint has no deployment 'red'. It has: slow, wrong, wordy, away.", {}),
        ({to: "wrong"}, 424, failed, {**blamed, "x-ms-run-function-failed": "True"}),
        ({to: "wordy", "body": b"101"}, 424, "The deployment's answer has more than 100 bytes.", large),
        ({to: "away"}, 503, no_process, {}),
        ({"body": b"1" * 1001}, 413, "The body of a request may have 1000 bytes at most.", {"connection": "close"}),
    ]
    for asked, status, says, headers in cases:
        answer = endpoint.ask(**asked)
        assert (answer.status, answer.says) == (status, {"message": says})
        assert answer.headers["content-type"].lower() == "application/json"
        assert headers.items() <= {name.lower(): value for name, value in answer.headers.items()}.items()
    assert endpoint.ask(azureml_model_deployment="wordy", body=b"9").says == "x" * 9
    waiting.join()
    assert (found[0].status, found[0].says) == (408, {"message": "The deployment took longer than 400 ms."})
    (shell.root / "code" / "go").touch()


def test_each_request_is_logged_and_counted(endpoint: Endpoint) -> None:
    endpoint.script("blue", ECHO)
    endpoint.start()
    endpoint.ask(body=b"[1, 2]", x_request_id="mine")
    endpoint.ask(key=None)
    log = Path(endpoint.table["log"])
    until(lambda: log.exists() and len(log.read_bytes().splitlines()) == 2)
    first, second = map(json.loads, log.read_bytes().splitlines())
    assert first.pop("ms") > 0 and first.pop("time") > 1.7e9
    assert first == {
        "request": "mine", "method": "POST", "path": "/score", "status": 200, "deployment": "blue", "received": 6,
        "sent": 6, "mirrored": False,
    }  # fmt: skip
    assert (second["status"], second["deployment"]) == (401, None)
    metrics = endpoint.metrics()
    of = 'endpoint="prices",deployment="blue"'
    assert metrics[f'lazuli_endpoint_requests_total{{{of},status="200"}}'] == 1
    assert metrics['lazuli_endpoint_requests_total{endpoint="prices",deployment="",status="401"}'] == 1
    assert metrics[f'lazuli_endpoint_request_seconds_bucket{{{of},le="+Inf"}}'] == 1
    assert metrics[f"lazuli_endpoint_seats{{{of}}}"] == 1


def collecting(root: Path, *names: str, **said: Any) -> dict[str, Any]:
    """What a table says of a deployment whose requests are kept below a folder."""
    collections = {name: {"folder": str(root / name), **said} for name in names}
    return {"source": "/…/prices/blue", "model_version": "3", "headers": ["X-A"], "collections": collections}


def lines_of(folder: Path) -> list[dict[str, Any]]:
    files = folder.glob("20??/??/??/??/*.jsonl")
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_inputs_and_outputs_are_kept(endpoint: Endpoint) -> None:
    kept = endpoint.root / "kept"
    streams = ("request", "response", "model_inputs", "model_outputs", "own")
    endpoint.script("blue", ECHO, collect=collecting(kept, *streams))
    endpoint.start()
    endpoint.ask(
        path="/score?n=1", body=b'{"input_data": {"columns": ["a"],\n "data": [[1], [2]]}}', x_request_id="r", X_A="7"
    )
    endpoint.ask(body=b"nonsense", x_request_id="r2")
    kill(endpoint.process.pid)  # type: ignore[union-attr]
    endpoint.process.wait()  # type: ignore[union-attr]
    found = {name: lines_of(kept / name) for name in streams}
    table = {"columns": ["a"], "data": [[1], [2]]}
    assert [event["data"] for event in found["request"]] == [{"input_data": table}, "nonsense"]
    assert [event["statuscode"] for event in found["response"]] == [200, 424]
    assert [event["data"] for event in found["model_inputs"]] == [[{"a": 1}, {"a": 2}]]
    assert [event["data"] for event in found["model_outputs"]] == [[{"a": 1}, {"a": 2}]] and not found["own"]
    event = found["request"][0]
    assert event.pop("id") and event.pop("time").endswith("Z")
    assert event == {
        "specversion": "1.0", "source": "/…/prices/blue", "type": "azureml.inference.request",
        "datacontenttype": "application/json", "data": {"input_data": table}, "correlationid": "r", "xrequestid": "r",
        "modelversion": "3", "collectdatatype": "json", "agent": "lazuli-front/1.0", "contentrange": "bytes 0-54/55",
        "path": "/score?n=1", "method": "POST", "headers": {"x-a": "7"},
    }  # fmt: skip


def test_a_share_is_kept_and_what_is_large_lies_beside(endpoint: Endpoint) -> None:
    kept = endpoint.root / "kept"
    endpoint.script("blue", ECHO, collect=collecting(kept, "model_inputs", "model_outputs", "request", sampling=0.5))
    endpoint.start()
    for number in range(60):
        endpoint.ask(body=b"%d" % number, x_request_id=f"r{number}")
    found = [[event["data"] for event in lines_of(kept / name)] for name in ("model_inputs", "model_outputs")]
    assert found[0] == found[1] and 15 < len(found[0]) < 45  # by the name of the request: the same in both
    large = json.dumps("x" * 2_000_000).encode()
    name = next(name for name in map(str, range(99)) if drawn(name) < 0.5)
    assert endpoint.ask(body=large, x_request_id=name).status == 200
    event = lines_of(kept / "request")[-1]
    assert event["datainblob"] == "true" and (kept / "request" / event["data"]).read_bytes() == large


SELF = """
from azureml.ai.monitoring import Collector
from azureml.ai.monitoring.context import BasicCorrelationContext
class Table:
    columns = ["a"]
    def to_json(self, **said): return '[{"a": 1}]'
def init():
    global inputs, own, absent
    inputs, own, absent = Collector(name="model_inputs"), Collector(name="own"), Collector(name="absent")
    wrong.append(Collector(name="own", on_error=wrong.append))
wrong = []
def run(data):
    context = inputs.collect(Table())
    own.collect([data], context)
    own.collect({"b": 2}, BasicCorrelationContext(id="mine"))
    absent.collect(Table())
    wrong[0].collect(object())
    return [context.get_id(), str(wrong[1])]
"""


def test_a_script_keeps_by_itself(endpoint: Endpoint) -> None:
    kept = endpoint.root / "kept"
    collect = collecting(kept, "model_inputs", "model_outputs", "own")
    shell = endpoint.script("blue", SELF, collect=collect, shell={"collect": collect})
    endpoint.start()
    answer = endpoint.ask(x_request_id="r")
    assert answer.says == ["r", "A builtins.object cannot be collected. Give a pandas.DataFrame."]
    assert "x-lazuli-collects" not in {name.lower() for name in answer.headers}
    for pid in shell.workers():
        kill(pid)
    [event] = lines_of(kept / "model_inputs")  # once: the front leaves it to the script
    assert (event["data"], event["correlationid"], event["modelversion"]) == ([{"a": 1}], "r", "3")
    assert event["collectdatatype"] == "pandas.core.frame.DataFrame"
    assert [(event["data"], event["correlationid"]) for event in lines_of(kept / "own")] == [
        (["1"], "r"),
        ({"b": 2}, "mine"),
    ]
    assert [event["agent"] for event in lines_of(kept / "model_outputs")] == ["lazuli-front/1.0"]


class Own(http.server.BaseHTTPRequestHandler):
    """A server as people bring it along."""

    protocol_version = "HTTP/1.0"

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("X-Own", self.path)
        if self.path == "/chunks":
            self.protocol_version = "HTTP/1.1"
            self.send_header("Transfer-Encoding", "chunked")
            said = b"%x\r\n%b\r\n0\r\n\r\n" % (len(said), said)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.parametrize("path", ["/v1/models/mine:predict", "/chunks"])
def test_the_users_own_server_answers(endpoint: Endpoint, path: str) -> None:
    port = free_port()
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Own) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        endpoint.deploy("own", kind="process", addresses=[f"127.0.0.1:{port}"])
        endpoint.start()
        for _ in range(3):
            answer = endpoint.ask(path=path, body=b"said")
            assert (answer.status, answer.text, answer.headers["x-own"]) == (200, "said", path)
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"traffic": {"red": 1}}, "traffic: there is no deployment 'red'"),
        ({"keys": ["plain"]}, "keys.0:"),
        ({"colour": "blue"}, "colour: Extra inputs are not permitted"),
    ],
)
def test_a_front_without_a_table_does_not_start(endpoint: Endpoint, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(AssertionError):
        endpoint.start(**wrong)
    assert endpoint.process and endpoint.process.returncode == 3
    assert says in endpoint.told() and "Traceback" not in endpoint.told()


def test_a_caller_that_has_said_all_is_still_answered(endpoint: Endpoint) -> None:
    shell = endpoint.script("blue", WAITS)
    endpoint.start()
    line = endpoint.line()
    line.connect()
    line.sock.sendall(f"POST /score HTTP/1.1\r\nContent-Length: 1\r\nAuthorization: Bearer {KEY}\r\n\r\n7".encode())
    until((shell.root / "code" / "began7").exists)
    line.sock.shutdown(socket.SHUT_WR)
    (shell.root / "code" / "go").touch()
    found = b""
    while piece := line.sock.recv(1000):
        found += piece
    assert found.endswith(b"\r\n\r\n7")


def test_callers_that_stop_midway_are_left(tmp_path: Path) -> None:
    async def swept() -> None:
        table = Endpoint(tmp_path).table
        front = Front(Table.model_validate(table))
        await front.take(front.table)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Exchange(front), *table["address"])
        lines = [await asyncio.open_connection(*table["address"]) for _ in range(2)]
        lines[0][1].write(b"POST /score HTTP/1.1\r\n")
        while not any(exchange.is_midway for exchange in front.exchanges) or len(front.exchanges) < 2:
            await asyncio.sleep(0)
        front.sweep(loop.time() + 20)
        assert len(front.exchanges) == 2
        front.sweep(loop.time() + 40)
        assert await lines[0][0].read() == b"" and not lines[1][0].at_eof()
        front.sweep(loop.time() + 400)
        assert await lines[1][0].read() == b""
        for _, writer in lines:
            writer.close()
        server.close()

    asyncio.run(swept())


def test_a_collector_of_a_deployment_that_leaves_lets_go(endpoint: Endpoint) -> None:
    kept = endpoint.root / "kept"
    endpoint.script("blue", ECHO, collect=collecting(kept, "request"))
    endpoint.start()
    endpoint.ask(body=b"[1]")
    [file] = kept.rglob("*.jsonl")
    with file.open("rb") as stream:
        with pytest.raises(BlockingIOError):
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        endpoint.script("green", ECHO)
        del endpoint.table["deployments"]["blue"]
        endpoint.reload(traffic={"green": 100})
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("told", ["Content-Length: 90000000", "Transfer-Encoding: chunked"])
def test_a_strangers_body_is_not_waited_for(endpoint: Endpoint, told: str) -> None:
    endpoint.script("blue", ECHO)
    endpoint.start()
    with socket.create_connection(("127.0.0.1", endpoint.table["address"][1])) as line:
        line.settimeout(10)
        line.sendall(f"POST /score HTTP/1.1\r\nAuthorization: Bearer wrong\r\n{told}\r\n\r\n".encode())
        answer = line.recv(1000)
        assert answer.startswith(b"HTTP/1.1 401 ") and b"www-authenticate: Bearer" in answer
        line.sendall(b"x" * 10_000_000)  # whoever sends all the same before it reads may read why
        assert line.recv(1000) == b""


def test_a_caller_has_no_end_of_time_for_a_head(tmp_path: Path) -> None:
    async def drip() -> list[bool]:
        said = {"endpoint": "e", "address": ["127.0.0.1", 0], "control": tmp_path / "c", "deployments": {}}
        table = Table.model_validate(said)
        front = Front(table)
        await front.take(table)
        exchange, found = Exchange(front), []
        server = await asyncio.get_running_loop().create_server(lambda: exchange, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for piece in (b"POST / HTTP/1.1\r\n", b"a: b\r\n"):
            writer.write(piece)
            while piece not in exchange._found:
                await asyncio.sleep(0.001)
            exchange.since -= 20  # as if so long had gone by
            front.sweep(asyncio.get_running_loop().time())
            found.append(exchange._line.is_closing())
        writer.close()
        server.close()
        return found

    assert asyncio.run(drip()) == [False, True]


def test_a_link_in_place_of_a_socket_is_not_followed(endpoint: Endpoint) -> None:
    endpoint.script("blue", ECHO)
    link = endpoint.root / "link.sock"
    link.symlink_to(endpoint.table["deployments"]["blue"]["addresses"][0])
    endpoint.deploy("lured", kind="process", addresses=[str(link)], timeout_ms=300)
    endpoint.start()
    assert endpoint.ask(azureml_model_deployment="blue").status == 200
    assert endpoint.ask(azureml_model_deployment="lured").status == 503
