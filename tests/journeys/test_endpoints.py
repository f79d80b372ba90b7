"""An endpoint by the command line, and what becomes of it when the server is killed."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import httpx
from tests.journeys.crashing import Server, server

from lazuli.compute.contract import until

EXAMPLE = Path(__file__).parents[2] / "examples" / "endpoints" / "diabetes"


def lazuli(house: Server, *words: str, fails: bool = False) -> str:
    """What a command prints."""
    return house.lazuli(EXAMPLE, *words, fails=fails)


def test_an_endpoint_by_the_command_line(tmp_path: Path) -> None:
    with server(tmp_path / "d") as house:
        house.start()
        house.found()
        lazuli(house, "online-endpoint", "create", "-f", "endpoint.yml")
        lazuli(house, "online-deployment", "create", "-f", "blue.yml", "--all-traffic")
        invoke = ["online-endpoint", "invoke", "-n", "diabetes", "--request-file"]
        assert json.loads(lazuli(house, *invoke, "request.json")) == [219.8, 92.3]
        told = lazuli(house, *invoke, "endpoint.yml", fails=True)
        assert "did not answer as it should: An unexpected error occurred in scoring script." in told
        assert "It said: json.decoder.JSONDecodeError" in " ".join(told.split())
        counted = lazuli(house, "online-endpoint", "metrics", "-n", "diabetes")
        of = 'endpoint="diabetes",deployment="blue"'
        assert f'lazuli_endpoint_requests_total{{{of},status="424"}} 1\n' in counted
        assert f"lazuli_endpoint_instances{{{of}}} 1\n" in counted and "# TYPE lazuli_endpoint_seats gauge" in counted
        log = lazuli(house, "online-deployment", "get-logs", "-e", "diabetes", "-n", "blue")
        assert "JSONDecodeError" in log and "POST /score 200" in log
        broken = ["online-deployment", "create", "-f", "blue.yml", "-n", "green"]
        told = lazuli(house, *broken, "--set", "code_configuration.scoring_script=none.py", fails=True)
        assert "'./src/none.py' does not exist" in told and "Did you mean 'score.py'?" in told
        lazuli(house, *broken)
        lazuli(house, "online-endpoint", "update", "-n", "diabetes", "--traffic", "blue=90 green=10")
        shown = json.loads(lazuli(house, "online-endpoint", "show", "-n", "diabetes", "-o", "json"))
        assert shown["traffic"] == {"blue": 90, "green": 10}
        told = lazuli(house, "online-endpoint", "update", "-n", "diabetes", "--traffic", "blue=90", fails=True)
        assert "add up to 100" in told
        told = lazuli(house, "online-deployment", "delete", "-n", "green", "-e", "diabetes", "-y", fails=True)
        assert "takes 10 percent of the traffic" in told
        keys = json.loads(lazuli(house, "online-endpoint", "get-credentials", "-n", "diabetes", "-o", "json"))
        renewed = json.loads(lazuli(house, "online-endpoint", "regenerate-keys", "-n", "diabetes", "-o", "json"))
        assert keys["primaryKey"] != renewed["primaryKey"] and keys["secondaryKey"] == renewed["secondaryKey"]
        listed = json.loads(lazuli(house, "online-deployment", "list", "-e", "diabetes", "-o", "json"))
        assert {each["name"]: each["provisioning_state"] for each in listed} == {
            "blue": "Succeeded",
            "green": "Succeeded",
        }
        lazuli(house, "online-endpoint", "delete", "-n", "diabetes", "-y")
        assert json.loads(lazuli(house, "online-endpoint", "list", "-o", "json")) == []
        house.end()


def test_an_endpoint_answers_while_the_server_is_killed_and_comes_back(tmp_path: Path) -> None:
    with server(tmp_path / "d") as house:
        house.start()
        house.found()
        lazuli(house, "online-endpoint", "create", "-f", "endpoint.yml")
        lazuli(house, "online-deployment", "create", "-f", "blue.yml", "--all-traffic")
        shown = json.loads(lazuli(house, "online-endpoint", "show", "-n", "diabetes", "-o", "json"))
        keys = json.loads(lazuli(house, "online-endpoint", "get-credentials", "-n", "diabetes", "-o", "json"))
        headers = {"Authorization": f"Bearer {keys['primaryKey']}", "Content-Type": "application/json"}
        body, answers, done = (EXAMPLE / "request.json").read_bytes(), list[tuple[int, str]](), threading.Event()

        def keep_asking() -> None:
            with httpx.Client(headers=headers, timeout=60, trust_env=False) as client:
                while not done.is_set():
                    answer = client.post(shown["scoring_uri"], content=body)
                    answers.append((answer.status_code, answer.text))

        asking = threading.Thread(target=keep_asking)
        asking.start()
        try:
            for _ in range(3):
                seen = len(answers)
                until(lambda seen=seen: len(answers) > seen + 20, "answers")
                house.end(signal.SIGKILL)
                seen = len(answers)
                until(lambda seen=seen: len(answers) > seen + 20, "answers without a server")
                house.start()
            lazuli(house, "online-deployment", "update", "-n", "blue", "-e", "diabetes", "--set", "tags.seen=yes")
        finally:
            done.set()
            asking.join()
        assert set(answers) == {(200, "[219.8, 92.3]")}
        lazuli(house, "online-endpoint", "delete", "-n", "diabetes", "-y")
        house.end()
