"""Services beside a job: served on loopback behind a word, ended with it, and never its failure."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.jobs.place import Place

from lazuli.compute.contract import until
from lazuli.jobs.services import ServiceState, tell
from lazuli.resources.table import noun
from lazuli.schema.problems import InvalidInput
from lazuli.server.present import present

TENSOR_BOARD = """
import http.server, os, sys

options = {}


class Board(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        found = self.path == options["path_prefix"] + "/"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(options["logdir"].encode())


def run_main():
    options.update(word[2:].split("=", 1) for word in sys.argv[1:])
    print("TensorBoard at http://127.0.0.1" + options["path_prefix"] + "/ (Press CTRL+C to quit)", file=sys.stderr)
    http.server.HTTPServer((options["host"], int(options["port"])), Board).serve_forever()
"""
"""Takes the options of the real one, as far as they are used, keeps to its prefix, and says it as the real one does."""


def states(place: Place, name: str) -> dict[str, ServiceState]:
    return tell(place.get(name))


def get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.read()


def test_a_service_is_reached_by_those_who_know_the_word_and_ends_with_the_job(place: Place) -> None:
    code = place.code("board", **{"tensorboard/main.py": TENSOR_BOARD})
    services = {"board": {"type": "tensor_board", "log_dir": "${{outputs.curves}}"}}
    command = "while ! test -e ../go; do sleep 0.02; done"
    place.submit("shown", command, code=code, outputs={"curves": {}}, services=services)
    place.until("shown", "Running")
    until(lambda: states(place, "shown")["board"].status == "Running", "the service")
    state = states(place, "shown")["board"]
    folder = place.platform.engine.folder(place.get("shown").state["key"])
    assert state.endpoint and get(state.endpoint + state.way_in) == str(folder / "outputs/curves").encode()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(state.endpoint)
    told = present(noun("job"), place.get("shown"), "http://x")["properties"]["services"]
    assert set(told) == {"board", "Studio", "Tracking"}
    assert (told["board"]["endpoint"], told["board"]["status"]) == (state.endpoint, "Running")
    assert state.way_in.strip("/") not in str(told)
    assert no_process_names(state.way_in.strip("/"))
    (folder / "go").touch()
    place.until("shown", "Completed")
    assert states(place, "shown")["board"] == ServiceState(state.type, "Stopped")
    assert place.artifacts("shown")["user_logs/service_board.txt"].startswith("TensorBoard at http://127.0.0.1/.../ ")
    with pytest.raises(OSError):
        get(state.endpoint)


def no_process_names(word: str) -> bool:
    """Whether no command line holds the word: everybody on the machine may read those."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in file.read_bytes():
                return False
        except OSError:
            continue
    return True


def test_a_service_that_cannot_be_served_says_why_and_costs_the_job_nothing(place: Place) -> None:
    services = {"lab": {"type": "jupyter_lab"}, "board": {"type": "tensor_board"}, "login": {"type": "ssh"}}
    place.submit("alone", "while ! test -e ../go; do sleep 0.02; done", services=services)
    place.until("alone", "Running")
    until(lambda: {s.status for s in states(place, "alone").values()} == {"Failed", "NotServed"}, "the reasons")
    found = states(place, "alone")
    assert found["lab"].error == "'jupyterlab' is not in the job's environment. Add that package to it."
    assert found["board"].error == "'tensorboard' is not in the job's environment. Add that package to it."
    assert "log in to that machine" in str(found["login"].error)
    (place.platform.engine.folder(place.get("alone").state["key"]) / "go").touch()
    place.until("alone", "Completed")
    assert states(place, "alone")["lab"].error == found["lab"].error


def test_what_the_command_serves_itself_is_shown_when_it_answers(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    services = {"mine": {"type": "custom", "port": port}}
    place.submit("custom", f"exec python -m http.server -b 127.0.0.1 {port}", services=services)
    until(lambda: states(place, "custom")["mine"].status == "Running", "the service")
    assert b"<html" in get(str(states(place, "custom")["mine"].endpoint)).lower()
    place.cancel("custom")
    place.until("custom", "Canceled")


def test_services_run_beside_ranks(place: Place) -> None:
    services = {"board": {"type": "tensor_board"}}
    distribution = {"type": "pytorch", "process_count_per_instance": 2}
    place.run("ranks-shown", "echo $RANK", distribution=distribution, services=services)
    names = place.platform.logs.names(place.get("ranks-shown"))
    assert names[0] == "user_logs/std_log_process_0.txt" and "user_logs/service_board.txt" in names


@pytest.mark.parametrize(
    ("services", "told"),
    [
        ({"../x": {"type": "ssh"}}, "service name"),
        ({"a": {"type": "custom"}}, "which port"),
        ({"a": {"type": "custom", "port": 8000}, "b": {"type": "tensor_board", "port": 8000}}, "the same port"),
        ({"a": {"type": "tensor_board", "log_dir": "${{outputs.none}}"}}, "no output 'none'"),
        ({str(number): {"type": "ssh"} for number in range(11)}, "10 services at most"),
    ],
)
def test_what_makes_no_sense_is_refused(place: Place, services: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        place.submit("no-services", services=services)


def test_the_platforms_own_services_that_a_client_sends_along_are_not_the_jobs(place: Place) -> None:
    assert tell(place.submit("asked", services={"login": {"type": "vs_code"}}))["login"].status == "NotServed"
    record = place.submit("sent-along", services={"Studio": {"type": "Studio", "endpoint": "http://elsewhere"}})
    assert "services" not in record.body
