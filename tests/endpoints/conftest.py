"""One platform for all tests of endpoints: each test has an endpoint of its own name."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests import images
from tests.jobs.place import ENVIRONMENT, Place, opened
from tests.server.conftest import eventually

from lazuli.compute.contract import until
from lazuli.endpoints.instances import keys_in
from lazuli.schema.identity import ResourceId
from lazuli.store.documents import Record, Selection


@dataclass(frozen=True)
class Served:
    """An endpoint of a place, by its name."""

    place: Place
    name: str

    def id(self, deployment: str = "") -> ResourceId:
        """The endpoint's id, or that of a deployment."""
        kind = "onlineDeployments" if deployment else "onlineEndpoints"
        return ResourceId(self.place.scope, kind, self.name, deployment)

    def put(self, **said: Any) -> Record:
        """Create the endpoint, or change what is said of it."""
        shelf = self.place.platform.shelves.online_endpoint
        return shelf.put(self.id(), shelf.noun.document.load(said), self.place.actor)[0]

    def deploy(self, deployment: str, script: str, **said: Any) -> Record:
        """Create a deployment with a scoring script, or change it."""
        code = self.place.code(f"{self.name}-{deployment}-{abs(hash(script))}", score__py=script)
        shelf = self.place.platform.shelves.online_deployment
        configured = {"code": code, "scoring_script": "score.py"}
        document = {"code_configuration": configured, "environment": ENVIRONMENT, **said}
        return shelf.put(self.id(deployment), shelf.noun.document.load(document), self.place.actor)[0]

    def get(self, deployment: str = "") -> Record:
        """The endpoint as it is now, or a deployment."""
        platform = self.place.platform
        shelf = platform.shelves.online_deployment if deployment else platform.shelves.online_endpoint
        return shelf.get(self.id(deployment))

    def until(self, status: str, deployment: str = "") -> Record:
        """Wait until the endpoint, or a deployment, is in a status."""

        def is_there() -> bool:
            return self.get(deployment).status in (status, "Succeeded", "Failed")

        eventually(is_there)  # its environment may be built from an index
        record = self.get(deployment)
        assert record.status == status, record.state
        return record

    def up(self, deployment: str, script: str, **said: Any) -> Record:
        """Deploy, and wait until it answers."""
        self.deploy(deployment, script, **said)
        return self.until("Succeeded", deployment)

    def traffic(self, **shares: int) -> Record:
        """Share the traffic out, and wait until it is."""
        self.put(traffic=shares)
        return self.until("Succeeded")

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self.get().state['port']}/score"

    def ask(self, data: Any = None, deployment: str = "", key: str = "") -> httpx.Response:
        """Ask it over a connection of its own, with its primary key."""
        key = key or self.place.platform.shelves.online_endpoint.keys.of(self.id())["primary"]
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        if deployment:
            headers["azureml-model-deployment"] = deployment
        return httpx.post(self.url, content=json.dumps(data), headers=headers, timeout=60)

    def log(self, deployment: str) -> str:
        """What a deployment said."""
        state = self.get(deployment).state
        run = next(state[word] for word in ("next", "run", "last") if state.get(word))
        tail = self.place.platform.engine.tail
        return "".join(tail(key, "user_logs/std_log.txt").decode() for key in keys_in(run))


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened(tmp_path_factory.mktemp("p")) as found:
        yield found
        for endpoint in found.platform.shelves.online_endpoint.select(Selection(found.scope, "onlineEndpoints")):
            found.platform.shelves.online_endpoint.delete(endpoint.id, found.actor)


@pytest.fixture
def endpoint(place: Place, request: pytest.FixtureRequest) -> Served:
    """A new endpoint, which is open."""
    made = Served(place, f"e{abs(hash(request.node.name)) % 10**9}")
    made.put()
    made.until("Succeeded")
    return made


@pytest.fixture(scope="session")
def python_image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of an image with a Python."""
    return images.python_image(tmp_path_factory.mktemp("image"))


def pytest_sessionfinish() -> None:
    """What ran in images has ended by now, or is about to."""
    images.forget_images()


@contextmanager
def steadily(endpoint: Served) -> Iterator[list[tuple[int, str]]]:
    """Ask an endpoint again and again; status and text of each answer."""
    answers: list[tuple[int, str]] = []
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            answer = endpoint.ask(1)
            answers.append((answer.status_code, answer.text))

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        until(lambda: len(answers) > 20, "first answers")
        yield answers
        seen = len(answers)
        until(lambda: len(answers) > seen + 20, "further answers")
    finally:
        done.set()
        asking.join()


def answering(word: str, first: str = "") -> str:
    """A script that answers with a word and what it was asked."""
    return f"import json\n{first}\ndef init(): pass\ndef run(data): return ['{word}', json.loads(data)]\n"
