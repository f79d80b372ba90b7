"""Logs as they are followed: server-sent events, and the signed addresses of log files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from tests.server.conftest import SCOPE, WS, Served, eventually
from tests.server.test_resources import environment, fresh

from lazuli.jobs.logs import Logs
from lazuli.schema.identity import ResourceId
from lazuli.server.stream import _Following
from lazuli.server.tickets import Tickets
from lazuli.server.watch import Watch

# The second half of a character comes a while after the first.
SCRIPT = r"""
printf 'first \303'; sleep 0.4; printf '\251 line\n'; printf 'last \360\237\222\216 line\n'
"""
SAID = "first é line\nlast 💎 line\n"


@pytest.fixture(scope="module")
def job(served: Served) -> str:
    """A job that is on its way, on the machine itself."""
    name = fresh("talking")
    said = {"jobType": "Command", "command": SCRIPT, "environmentId": environment(served)}
    answer = served.admin.put(f"{WS}/jobs/{name}", json={"properties": said})
    assert answer.status_code == 201, answer.text
    return name


@pytest.fixture(scope="module")
def followed(served: Served, job: str) -> list[tuple[str, str, dict[str, Any]]]:
    """All events of the job, from its start to its end."""
    return list(events(served, job))


def events(served: Served, job: str, after: str = "", last_id: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The events a listener hears: their id, name and data."""
    query = {"after": after} if after else {}
    headers = {"Last-Event-ID": last_id} if last_id else {}
    with served.admin.stream("GET", f"{WS}/jobs/{job}/events", params=query, headers=headers, timeout=400) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        event: dict[str, str] = {}
        for line in answer.iter_lines():
            if line and not line.startswith(":"):
                word, _, value = line.partition(": ")
                event[word] = value
            elif event:
                yield event.get("id", ""), event["event"], json.loads(event["data"])
                event = {}


def test_a_log_is_told_whole_and_in_whole_characters(followed: list[Any]) -> None:
    logs = [(id, data) for id, name, data in followed if name == "log"]
    assert "".join(data["text"] for _, data in logs) == SAID
    for id, data in logs:
        assert int(id) == data["offset"] + len(data["text"].encode())
    assert {data["file"] for _, data in logs} == {"user_logs/std_log.txt"}


def test_what_happened_is_told_in_order(followed: list[Any]) -> None:
    told = [data.get("status") or name for _, name, data in followed if name in ("status", "log")]
    running, first, last = told.index("Running"), told.index("log"), len(told) - told[::-1].index("log")
    assert running < first, "a log before the job ran"
    assert not {"Finalizing", "Completed"} & set(told[:last]), "an end before the log was told"


def test_a_job_that_ran_between_two_looks_is_told_to_have_run(served: Served) -> None:
    name = fresh("short")
    said = {"jobType": "Command", "command": "echo hello", "environmentId": environment(served)}
    assert served.admin.put(f"{WS}/jobs/{name}", json={"properties": said}).status_code == 201
    told = [data.get("status") or kind for _, kind, data in events(served, name) if kind in ("status", "log")]
    assert [word for word in told if word in ("Running", "log", "Completed")] == ["Running", "log", "Completed"]


def test_the_end_is_told_last(followed: list[Any]) -> None:
    statuses = [data["status"] for _, name, data in followed if name == "status"]
    assert statuses[-1] == "Completed" and len(statuses) > 1
    assert followed[-1][1:] == ("done", {"status": "Completed", "error": None})
    assert [name for _, name, _ in followed].count("done") == 1


def test_whoever_comes_back_hears_the_rest(served: Served, job: str, followed: list[Any]) -> None:
    offset = str(len("first é line\n".encode()))
    for again in (events(served, job, after=offset), events(served, job, last_id=offset)):
        assert "".join(data["text"] for _, name, data in again if name == "log") == "last 💎 line\n"
    everything = str(len(SAID.encode()))
    assert [name for _, name, _ in events(served, job, after=everything)] == ["status", "done"]


def test_whoever_wants_no_log_hears_the_rest_of_a_running_job(served: Served) -> None:
    said = {"jobType": "Command", "command": "echo begun; sleep 2", "environmentId": "azureml:minimal@latest"}
    assert served.admin.put(f"{WS}/jobs/quietly", json={"properties": said}).status_code == 201
    told = [kind for _, kind, _ in events(served, "quietly", after="999999999999")]
    assert "log" not in told
    assert told[-1] == "done"


def test_an_offset_is_a_number(admin: httpx.Client, job: str) -> None:
    for offset in ("x", "-1", "1.5"):
        assert admin.get(f"{WS}/jobs/{job}/events", params={"after": offset}).status_code == 400
    assert admin.get(f"{WS}/jobs/nobody/events").status_code == 404


# --- log files by signed addresses ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(served: Served, job: str, followed: list[Any]) -> str:
    details = served.admin.get(f"/history/v1.0{WS}/runs/{job}/details").json()
    assert details["status"] == "Completed"
    assert list(details["logFiles"]) == ["user_logs/std_log.txt"]
    return details["logFiles"]["user_logs/std_log.txt"]


def test_a_log_is_fetched_without_a_token(served: Served, address: str) -> None:
    answer = served.nobody.get(address)
    assert (answer.status_code, answer.text) == (200, SAID)


def test_a_log_file_is_there_before_the_job_ends(served: Served) -> None:
    name = fresh("early")
    said = {"jobType": "Command", "command": "echo here; sleep 600", "environmentId": environment(served)}
    assert served.admin.put(f"{WS}/jobs/{name}", json={"properties": said}).status_code == 201
    details = f"/history/v1.0{WS}/runs/{name}/details"
    assert isinstance(served.admin.get(details).json()["logFiles"], dict)
    eventually(lambda: bool(served.admin.get(details).json()["logFiles"]))
    (url,) = served.admin.get(details).json()["logFiles"].values()
    assert served.nobody.get(url).text == "here\n"
    assert served.admin.post(f"{WS}/jobs/{name}/cancel").status_code == 200
    eventually(lambda: served.admin.get(f"{WS}/jobs/{name}").json()["properties"]["status"] == "Canceled")


@pytest.mark.parametrize("case", ["tampered", "expired", "audience", "key", "token", "nonsense"])
def test_other_tickets_open_no_log(served: Served, address: str, case: str) -> None:
    base, _, ticket = address.rpartition("/")
    key = served.platform.store.secrets.get("server", "ticket-key") or ""
    claims = jwt.decode(ticket, options={"verify_signature": False})
    head, body, signature = ticket.split(".")
    other = {
        "tampered": lambda: f"{head}.{body[:-4]}AAAA.{signature}",
        "expired": lambda: Tickets(served.platform.store).issue({k: claims[k] for k in ("job", "file")}, -1),
        "audience": lambda: jwt.encode({**claims, "aud": "lazuli"}, key, algorithm="HS256"),
        "key": lambda: jwt.encode(claims, "k" * 32, algorithm="HS256"),
        "token": lambda: served.platform.access.access_token(served.platform.access.admin(), "ticket")[0],
        "nonsense": lambda: "x.y.z",
    }[case]()
    answer = served.nobody.get(f"{base}/{other}")
    assert answer.status_code in (400, 403), answer.text
    assert served.token not in answer.text


def test_a_line_without_an_end_is_told_in_steps(served: Served) -> None:
    """Whoever is far behind costs the server no more memory than whoever is not, and hears all of it, in order."""
    name, size = fresh("endless"), 3 << 20
    command = f"head -c {size} /dev/zero | tr '\\0' x; sleep 0.1; echo"
    said = {"jobType": "Command", "command": command, "environmentId": environment(served)}
    assert served.admin.put(f"{WS}/jobs/{name}", json={"properties": said}).status_code == 201
    job = f"{WS}/jobs/{name}"
    eventually(lambda: served.admin.get(job).json()["properties"]["status"] == "Completed")
    following, watch = listener(served, name)
    looks = []
    while not following.is_over:
        looks.append(following.look(watch))
    assert len(looks) == 4 and max(map(len, looks)) < (1 << 20) + 4096
    assert b"".join(looks).count(b"x") >= size
    assert all(b"event: done" not in look and b"Completed" not in look for look in looks[:-1])
    assert "".join(data["text"] for _, kind, data in events(served, name) if kind == "log") == "x" * size + "\n"


def listener(served: Served, name: str, watch: Watch | None = None) -> tuple[_Following, Watch]:
    """A listener to a job from its start, and what it waits at."""
    platform, id = served.platform, ResourceId(SCOPE, "jobs", name)
    parts = (platform.shelves.job, platform.logs, platform.tracking)
    return _Following(*parts, platform.job_environments, id, 0), watch or Watch(*parts, id)


def test_those_who_listen_to_one_job_share_each_look(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    name, flag = fresh("silent"), served.platform.store.settings.data_dir / fresh("flag")
    said = f"echo begun; until [ -e {flag} ]; do sleep 0.02; done; echo more; sleep 60"
    body = {"properties": {"jobType": "Command", "command": said, "environmentId": environment(served)}}
    assert served.admin.put(f"{WS}/jobs/{name}", json=body).status_code == 201
    crowd: list[_Following] = []
    first, watch = listener(served, name)
    heard = bytearray()
    eventually(lambda: heard.extend(first.look(watch)) or b"begun" in heard)
    looks: list[int] = []
    has_more = Logs.has_more

    def counted(*args: Any) -> bool:
        looks.append(1)
        return has_more(*args)

    async def listen() -> list[bytes]:
        crowd.extend([first, *(listener(served, name, watch)[0] for _ in range(50))])
        for one in crowd[1:]:
            one.look(watch)
        monkeypatch.setattr(Logs, "has_more", counted)
        await asyncio.gather(*(watch.wait(one, 1.0, has_spoken=False) for one in crowd))
        assert 2 <= len(looks) <= 13, "they were to look together"
        flag.touch()
        await asyncio.gather(*(watch.wait(one, 10.0, has_spoken=False) for one in crowd))
        watch.end()
        return [one.look(watch) for one in crowd]

    try:
        assert all(b"more" in said for said in asyncio.run(listen()))
    finally:
        served.admin.post(f"{WS}/jobs/{name}/cancel")
