"""The program that serves a scoring script, on this Python and on every other that is here.

What it answers is what Azure's inference server 1.5.1 was seen to answer to the same requests.
"""

from __future__ import annotations

import hashlib
import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.clients.environments import client_environment
from tests.runtime.scoring import Shell, answered, free_port, until
from tests.runtime.steps import pythons

FAILED = {"message": "An unexpected error occurred in scoring script. Check the logs for more info."}
UNEXPECTED = {"message": "An unexpected internal error occurred. Check the logs for more info."}
PLAIN = """
import json, logging, os, sys
from azureml.contrib.services.aml_response import AMLResponse

def init():
    print("loaded", os.environ["AZUREML_MODEL_DIR"], os.getcwd(), __name__)
    logging.getLogger("mine").info("a word of the script")

def run(data, request_headers):
    said = json.loads(data)
    answers = {
        "headers": request_headers,
        "none": None,
        "nan": float("nan"),
        "text": json.dumps({"a": 1}),
        "accents": {"a": "\\u00e9"},
        "bytes": b"abc",
        "created": lambda: AMLResponse({"a": 1}, 201, {"X-A": "b"}, json_str=True),
        "teapot": lambda: AMLResponse("t\\u00e9", 418, run_function_failed=True),
        "exit": lambda: sys.exit(3),
        "loop": lambda: [0 for _ in iter(int, 1)],
        "die": lambda: os.kill(os.getpid(), 9),
    }
    if not isinstance(said, str) or said not in answers:
        return said
    found = answers[said]
    return found() if callable(found) else found
"""


@pytest.fixture(params=pythons(), ids=lambda python: Path(python).resolve().name + python[-24:], scope="module")
def any_python(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def plain(any_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The script above, served by each Python."""
    shell = Shell(tmp_path_factory.mktemp("plain"), any_python)
    variables = {"AZUREML_MODEL_DIR": "/models", "AML_CORS_ORIGINS": "http://a.com, http://b.com"}
    yield shell.start(PLAIN, variables, timeout_ms=1000).ready()
    assert shell.stop() == 0


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path)
    yield shell
    if shell.process is not None:
        shell.stop()


CASES: list[tuple[str, str, bytes | None, int, Any, str | None]] = [
    ("GET", "/", None, 200, "Healthy", None),
    ("HEAD", "/", None, 200, "", None),
    ("POST", "/", b"", 405, {"message": "The method is not allowed for the requested URL."}, "False"),
    ("PUT", "/score", b"{}", 405, {"message": "The method is not allowed for the requested URL."}, "False"),
    ("OPTIONS", "/score", None, 200, "", "False"),
    ("GET", "/score?a=1&b=x&a=3", None, 200, {"a": [1, 3], "b": "x"}, "False"),
    ("POST", "/score", b'{"a": [1, 2]}', 200, {"a": [1, 2]}, "False"),
    ("POST", "/score", b'"none"', 200, {}, "False"),
    ("POST", "/score", b'"nan"', 200, "NaN", "False"),
    ("POST", "/score", b'"text"', 200, '"{\\"a\\": 1}"', "False"),
    ("POST", "/score", b'"accents"', 200, '{"a": "\\u00e9"}', "False"),
    ("POST", "/score", b'"created"', 201, {"a": 1}, "False"),
    ("POST", "/score", b'"teapot"', 418, "té", "True"),
    ("POST", "/score", b'"bytes"', 500, UNEXPECTED, "False"),
    ("POST", "/score", b'"exit"', 500, FAILED, "True"),
    ("POST", "/score", b"not json", 500, FAILED, "True"),
    ("POST", "/score", b"", 500, FAILED, "True"),
    ("POST", "/score", b'"loop"', 500, {"message": "Scoring timeout after 1000 ms"}, "True"),
    (
        "POST", "/score", b"\xff", 400,
        {"message": "Input cannot be decoded as UTF-8: 'utf-8' codec can't decode byte 0xff in position 0: "
                    "invalid start byte"}, "False",
    ),
    (
        "GET", "/nope", None, 404,
        {"message": "The requested URL was not found on the server. If you entered the URL manually please check "
                    "your spelling and try again."}, "False",
    ),
    (
        "GET", "/swagger.json?version=9", None, 404,
        {"message": "Swagger version [9] is not valid. Supported versions: [2, 3, 3.1]."}, "False",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1]} {(case[2] or b'').decode('latin-1')}")
def test_it_answers_as_azure_does(plain: Shell, case: tuple[str, str, bytes | None, int, Any, str | None]) -> None:
    method, path, body, status, says, failed = case
    answer = plain.ask(method, path, body)
    assert (answer.status, answer.text) == (status, says if isinstance(says, str) else json.dumps(says))
    assert answer.headers.get("x-ms-run-function-failed") == failed
    if method != "HEAD":
        assert answer.headers["Content-Length"] == str(len(answer.body))


def test_headers_tell_whose_answer_it_is(plain: Shell) -> None:
    answer = plain.score(1)
    assert list(answer.headers) == [
        "Content-Type", "Content-Length", "x-ms-run-function-failed", "x-ms-run-fn-exec-ms", "x-ms-server-version",
        "x-request-id", "x-ms-request-id",
    ]  # fmt: skip
    assert answer.headers["Content-Type"] == "application/json"
    assert len(answer.headers["x-ms-run-fn-exec-ms"].partition(".")[2]) == 3
    assert (
        answer.headers["x-request-id"] == answer.headers["x-ms-request-id"]
        and len(answer.headers["x-request-id"]) == 36
    )


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        ({"x-ms-request-id": "abc"}, {"x-ms-request-id": "abc", "x-ms-client-request-id": "abc"}),
        ({"x-ms-client-request-id": "c"}, {"x-ms-request-id": "c", "x-ms-client-request-id": "c"}),
        (
            {"x-ms-client-request-id": "c", "x-ms-request-id": "abc"},
            {"x-ms-request-id": "abc", "x-ms-client-request-id": "c"},
        ),
        (
            {"x-request-id": "given", "TraceId": "t"},
            {"x-request-id": "given", "x-ms-request-id": "given", "TraceId": "t"},
        ),
    ],
)
def test_names_of_a_request_come_back(plain: Shell, sent: dict[str, str], got: dict[str, str]) -> None:
    headers = plain.ask("POST", "/score", b"1", sent).headers
    names = ("x-request-id", "x-ms-request-id", "x-ms-client-request-id", "TraceId")
    assert {name: headers[name] for name in names if name in headers and (name in got or name != "x-request-id")} == got


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("x-request-id", "x-request-id must not exceed 100 characters"),
        ("x-ms-request-id", "x-ms-request-id and x-ms-client-request-id must not exceed 100 characters"),
        ("x-ms-client-request-id", "x-ms-request-id and x-ms-client-request-id must not exceed 100 characters"),
    ],
)
def test_a_long_name_is_refused(plain: Shell, name: str, says: str) -> None:
    answer = plain.ask("POST", "/score", b"1", {name: "a" * 101})
    assert (answer.status, answer.says) == (431, {"message": says})


def test_a_script_sees_headers(plain: Shell) -> None:
    said = plain.ask("POST", "/score", b'"headers"', {"X-A": "1"}).says
    assert said["Content-Type"] == "application/json" and said["X-A"] == "1"


def test_a_script_sets_status_and_headers(plain: Shell) -> None:
    answer = plain.score("created")
    assert (answer.headers["X-A"], answer.headers["Content-Type"]) == ("b", "application/json")
    assert plain.score("teapot").headers["Content-Type"] == "text/html; charset=utf-8"


def test_pages_of_known_origins_may_ask(plain: Shell) -> None:
    asks = {"Origin": "http://a.com", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-a"}
    headers = plain.ask("OPTIONS", "/score", None, asks).headers
    assert headers["Access-Control-Allow-Origin"] == "http://a.com"
    assert (headers["Access-Control-Allow-Headers"], headers["Access-Control-Allow-Methods"]) == ("x-a", "GET, POST")
    assert plain.score(1, Origin="http://b.com").headers["Access-Control-Allow-Origin"] == "http://b.com"
    assert "Access-Control-Allow-Origin" not in plain.score(1, Origin="http://z.com").headers


@pytest.mark.parametrize(
    ("version", "digest"),
    [
        ("", "4032327f37922c3a"),
        ("?version=2", "4032327f37922c3a"),
        ("?version=3", "64838425e806784c"),
        ("?version=3.1", "a2fe67495cc36136"),
    ],
)
def test_a_script_without_schema_has_a_document(plain: Shell, version: str, digest: str) -> None:
    answer = plain.ask("GET", f"/swagger.json{version}")
    assert answer.status == 200 and hashed(answer.body) == digest


def hashed(body: bytes) -> str:
    """A document that is long, in short: every byte of it counts."""
    return hashlib.sha256(body).hexdigest()[:16]


def test_many_requests_go_over_one_connection(plain: Shell) -> None:
    line = plain.line()
    answers = [line.ask("POST", "/score", json.dumps(number).encode()) for number in range(50)]
    assert [answer.says for answer in answers] == list(range(50))
    line.close()


def test_requests_come_in_any_pieces(plain: Shell) -> None:
    line = plain.line()
    line.connect()
    chunked = b'3;a=b\r\n"ab\r\n1\r\n"\r\n0\r\nX-T: 1\r\n\r\n'
    sent = b"POST /score HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked
    sent += b"\r\nPOST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n7GET / HTTP/1.0\r\n\r\n"
    for place in range(len(sent)):
        line.sock.sendall(sent[place : place + 1])
    found = b""
    while piece := line.sock.recv(1000):
        found += piece
    bodies = [part.split(b"HTTP/1.1")[0] for part in found.split(b"\r\n\r\n")[1:]]
    assert bodies == [b'"ab"', b"7", b"Healthy"]


def test_a_client_may_wait_for_a_word(plain: Shell) -> None:
    line = plain.line()
    line.connect()
    line.sock.sendall(b"POST /score HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
    assert line.sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    line.sock.sendall(b"7")
    assert line.sock.recv(1000).endswith(b"\r\n\r\n7")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        (b"POST /score HTTP/1.1\r\nContent-Length: 104857601\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 70_000, 431),
    ],
)
def test_what_is_no_request_is_refused(plain: Shell, sent: bytes, status: int) -> None:
    found = answered(plain.line(), sent)
    assert found.startswith(b"HTTP/1.1 %d " % status) and b'{"message": "' in found


def test_the_log_tells_what_the_script_says_and_what_is_asked(plain: Shell) -> None:
    plain.score(b"not json")
    told = plain.told()
    code = plain.root / "code"
    assert f"loaded /models {code} score\n" in told and "mine - a word of the script\n" in told
    assert "lazuli_score - POST /score 500 " in told
    assert f'Traceback (most recent call last):\n  File "{code / "score.py"}"' in told


RAW = """
import json
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

@rawhttp
def run(request):
    assert isinstance(request, AMLRequest)
    if request.method == "GET":
        return AMLResponse(json.dumps(dict(request.args)), 200)
    if request.args.get("as") == "json":
        return request.get_json()
    if request.args.get("as") == "image":
        answer = AMLResponse(request.get_data(False), 200)
        answer.mimetype = "image/jpg"
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer
    files = {name: [file.filename, file.content_type, file.read().decode()] for name, file in request.files.items()}
    return {
        "path": request.path, "full_path": request.full_path, "url": request.url, "data": len(request.data),
        "type": request.content_type, "files": files, "form": request.form.to_dict(),
        "all": [len(file.stream.getvalue()) for file in request.files.getlist("f")],
    }
"""


def test_a_script_takes_raw_requests(any_python: str, tmp_path: Path) -> None:
    shell = Shell(tmp_path, any_python).start(RAW).ready()
    got = shell.ask("GET", "/score?q=1&q=2")
    assert (got.status, got.text, got.headers["Content-Type"]) == (200, '{"q": "1"}', "text/html; charset=utf-8")
    image = shell.ask("POST", "/score?as=image", b"\xff\x00", {"Content-Type": "image/png"})
    assert (image.body, image.headers["Content-Type"]) == (b"\xff\x00", "image/jpg")
    assert image.headers["Access-Control-Allow-Origin"] == "*"
    assert shell.ask("POST", "/score?as=json", b"[1]").says == [1]
    assert shell.ask("POST", "/score?as=json", b"[1]", {"Content-Type": "text/plain"}).says == FAILED
    form = (
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\nContent-Type: image/png\r\n\r\nabc\r\n'
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="b.png"\r\n\r\n\r\n\r\n'
        b'--B\r\nContent-Disposition: form-data; name="k"\r\n\r\nv\r\n--B--\r\n'
    )
    assert shell.ask("POST", "/score", form, {"Content-Type": "multipart/form-data; boundary=B", "Host": "x"}).says == {
        "path": "/score", "full_path": "/score?", "url": "http://x/score", "data": len(form),
        "type": "multipart/form-data; boundary=B", "files": {"f": ["a.png", "image/png", "abc"]}, "form": {"k": "v"},
        "all": [3, 2],
    }  # fmt: skip
    assert shell.ask("PUT", "/score", b"").status == 405
    assert shell.stop() == 0


def test_modules_of_the_environment_stay_what_they_are(shell: Shell) -> None:
    shell.write("azureml/__init__.py", "here = True\n")
    shell.start(
        "import azureml\nfrom azureml.contrib.services.aml_response import AMLResponse\n"
        "from azureml_inference_server_http.api import aml_request\n"
        "def run(data):\n    return [azureml.here, AMLResponse.__module__, sorted(vars(aml_request))[0]]\n"
    ).ready()
    assert shell.score(1).says == [True, "lazuli_score.request", "AMLRequest"]


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("x = 1\n", "has no function 'run(data)'"),
        ("def run():\n    pass\n", "run() takes no argument"),
        ("def run(*data):\n    pass\n", "run() takes '*data'. Its arguments are given by name: write 'data' alone."),
        ("def run(a, b):\n    pass\n", "run() takes a, b. Without @input_schema it takes one"),
        ("def run(data):\n    pass\ndef init():\n    raise ValueError('no model')\n", "ValueError: no model"),
        ("import nonsense\n", "No module named 'nonsense'"),
        ("def run(:\n", "SyntaxError"),
        (None, "There is no scoring script 'score.py' in the code folder."),
    ],
)
def test_a_script_that_cannot_be_served_says_why(shell: Shell, script: str | None, says: str) -> None:
    shell.start(script)
    assert shell.process
    assert (shell.process.wait(60), says in shell.told()) == (3, True), shell.told()
    assert "lazuli_score/" not in shell.told()


def test_a_variable_that_is_no_number_is_told(shell: Shell) -> None:
    shell.start(PLAIN, {"SCORING_TIMEOUT_MS": "soon"})
    assert shell.process
    assert shell.process.wait(60) == 3
    assert shell.told() == "SCORING_TIMEOUT_MS: 'soon' is not a whole number above 0.\n"


def test_workers_share_an_address(shell: Shell) -> None:
    shell.start(
        "import os\ndef run(data):\n    return os.getpid()\n", {"WORKER_COUNT": "2"}, address=["127.0.0.1", free_port()]
    )
    until(lambda: shell.told().count("Ready") == 2, shell.told)
    assert shell.score(1).says in shell.workers() and len(shell.workers()) == 2


def test_each_socket_has_a_worker(shell: Shell) -> None:
    sockets = [str(shell.root / name) for name in ("0.sock", "1.sock")]
    shell.start("import os\ndef run(data):\n    return os.getpid()\n", sockets=sockets)
    until(lambda: shell.told().count("Ready") == 2, shell.told)
    found = []
    for shell.place in sockets:
        found.append(shell.score(1).says)
    assert sorted(found) == sorted(shell.workers()) and len(set(found)) == 2
    assert shell.stop() == 0 and not any(Path(place).exists() for place in sockets)


def test_a_worker_that_dies_is_replaced(shell: Shell) -> None:
    shell.start(PLAIN, {"AZUREML_MODEL_DIR": "/"}).ready()
    with pytest.raises(OSError):
        shell.score("die")
    until(lambda: shell.told().count("Ready") == 2, shell.told)
    assert shell.score(1).says == 1 and "ended and is started again" in shell.told()


def test_a_worker_that_is_not_ready_is_not_there(shell: Shell) -> None:
    shell.start(
        "import os\ndef init():\n    open('began', 'w').close()\n    while not os.path.exists('go'):\n        pass\n"
        "def run(data):\n    return 1\n"
    )
    until((shell.root / "code" / "began").exists)
    with pytest.raises(FileNotFoundError):
        shell.score(1)
    (shell.root / "code" / "go").touch()
    assert shell.ready().score(1).says == 1


def test_a_worker_whose_run_does_not_stop_is_killed(shell: Shell) -> None:
    script = "import signal\ndef run(data):\n    signal.pthread_sigmask(signal.SIG_BLOCK, [14])\n    signal.pause()\n"
    shell.start(script, timeout_ms=50, grace_ms=50).ready()
    with pytest.raises(OSError):
        shell.score(1)
    assert "is killed: its run() does not stop" in shell.told()


def test_a_request_in_the_midst_is_answered_before_the_end(shell: Shell) -> None:
    shell.start(
        "import os\ndef run(data):\n    open('began', 'w').close()\n"
        "    while not os.path.exists('go'):\n        pass\n    return 'done'\n"
    ).ready()
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(shell.score(1).says))
    thread.start()
    until((shell.root / "code" / "began").exists)
    assert shell.process
    shell.process.send_signal(signal.SIGTERM)
    (shell.root / "code" / "go").touch()
    thread.join()
    assert found == ["done"] and shell.process.wait(60) == 0


NUMPY = """
import numpy as np
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

@input_schema("iris", NumpyParameterType(np.array([[7.2, 3.2, 6.0, 1.8]])))
@output_schema(StandardPythonParameterType({"Category": ["Virginica"]}))
def run(iris, more=0):
    assert isinstance(iris, np.ndarray)
    return {"Category": ["Virginica" if row[0] > 6 else "Setosa" for row in iris]}
"""
PANDAS = """
import pandas as pd
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
@input_schema("iris", PandasParameterType(pd.DataFrame([[7.2, 3.2, 6.0, 1.8]], columns=names)))
@output_schema(StandardPythonParameterType({"Category": ["Virginica"]}))
def run(iris):
    return {"Category": ["Virginica" if value > 6 else "Setosa" for value in iris["sepal_length"]]}
"""
STANDARD = """
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as Is
from inference_schema.schema_decorators import input_schema, output_schema

@input_schema("sepal_length", Is([7.2]))
@input_schema("sepal_width", Is([3.2]))
@input_schema("petal_length", Is([6.0]))
@input_schema("petal_width", Is([1.8]))
@output_schema(Is({"Category": ["Virginica"]}))
def run(sepal_length, sepal_width, petal_length, petal_width):
    return {"Category": ["Virginica" if value > 6 else "Setosa" for value in sepal_length]}
"""


@pytest.fixture(scope="module")
def schemas() -> str:
    """A Python that has inference-schema."""
    return str(client_environment("inference-schema", ["inference-schema==1.8", "numpy<3", "pandas<4"]))


@pytest.fixture(scope="module")
def decorated(schemas: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    shell = Shell(tmp_path_factory.mktemp("decorated"), schemas)
    yield shell.start(NUMPY).ready()
    shell.stop()


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b'{"iris": [[7.2, 3.2, 6, 1.8], [5, 3, 1, 0.2]]}', 200, {"Category": ["Virginica", "Setosa"]}),
        (b'{"iris": [[7, 3, 6, 2]], "other": 1, "more": 2}', 200, {"Category": ["Virginica"]}),
        (b'{"input":[[1,2,3,4]]}', 400, {"message": "A value is not provided for the 'iris' parameter."}),
        (b"[1]", 400, {"message": "POST body should be a JSON dictionary."}),
        (b"null", 400, {"message": "POST body should be a JSON dictionary."}),
        (b"", 400, {"message": "POST body is empty. Expecting a JSON dictionary."}),
        (
            b"{", 400,
            {"message": "POST body could not be decoded as JSON: Expecting property name enclosed in double quotes: "
                        "line 1 column 2 (char 1)"},
        ),
        (b'{"iris": [[1, 2, 3]]}', 500, FAILED),
        (b'{"iris": "x"}', 500, FAILED),
    ],
)  # fmt: skip
def test_a_decorated_script_answers_as_in_azure(decorated: Shell, body: bytes, status: int, says: Any) -> None:
    answer = decorated.score(body)
    assert (answer.status, answer.says) == (status, says)
    assert answer.headers["x-ms-run-function-failed"] == str(status == 500)


def test_a_decorated_script_takes_json_alone(decorated: Shell) -> None:
    text = decorated.ask("POST", "/score", b"{}", {"Content-Type": "text/plain"})
    assert (text.status, text.says) == (415, {"message": "Expects Content-Type to be application/json"})
    good = decorated.ask(
        "POST", "/score", b'{"iris": [[1,2,3,4]]}', {"Content-Type": "application/json; charset=utf-8"}
    )
    assert good.status == 200
    assert decorated.ask("GET", "/score?iris=[[7,2,3,4]]").says == {"Category": ["Virginica"]}


@pytest.mark.parametrize(
    ("script", "digest"),
    [(NUMPY, "20fb4f451c9fe40d"), (PANDAS, "d64f7aa4e84b5792"), (STANDARD, "73beb57e29b11136")],
    ids=["numpy", "pandas", "standard"],
)
def test_decorators_make_the_document(shell: Shell, schemas: str, script: str, digest: str) -> None:
    shell.python = schemas
    shell.start(script.replace(", more=0", "")).ready()
    assert hashed(shell.ask("GET", "/swagger.json").body) == digest


def test_documents_of_the_code_folder_come_first(shell: Shell) -> None:
    shell.write("swagger3.json", '{"mine": 3}')
    shell.start("def run(data):\n    return data\n").ready()
    assert shell.ask("GET", "/swagger.json?version=3").text == '{"mine": 3}'
    assert shell.ask("GET", "/swagger.json").says["swagger"] == "2.0"
