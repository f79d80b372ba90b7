"""A whole platform in a temporary folder, served on a free port, for jobs to run on."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import uvicorn

from lazuli.compute.contract import until
from lazuli.jobs.transitions import TERMINAL
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.places import ARTIFACTS, DEFAULT, artifact_folder
from lazuli.server.app import App
from lazuli.server.platform import Platform, open_platform
from lazuli.shelves.principal import Principal
from lazuli.store.clock import Clock, system_clock
from lazuli.store.documents import Record
from lazuli.store.settings import Settings
from lazuli.tracking.runs import Run

PYTHON = f"python:{sys.version_info.major}.{sys.version_info.minor}"
ENVIRONMENT = "azureml:plain:1"


@dataclass
class Place:
    """A platform with one workspace and the environment 'plain'."""

    platform: Platform
    scope: Scope
    actor: Principal

    def put(self, word: str, name: str, version: str = "", **said: Any) -> Record:
        """Create a resource as a client would."""
        id = ResourceId(self.scope, noun(word).collection, name, version)
        return self.platform.shelves[word].put(id, noun(word).document.load(said), self.actor)[0]

    def beside(self, workspace: str) -> Place:
        """Another workspace of the same platform, with the same environment."""
        other = replace(self, scope=replace(self.scope, workspace=workspace))
        other.put("workspace", "")
        other.put("environment", "plain", "1", image=PYTHON)
        return other

    def submit(self, name: str, command: str = "true", **said: Any) -> Record:
        """Submit a job."""
        return self.put("job", name, command=command, **{"environment": ENVIRONMENT, **said})

    def get(self, name: str) -> Record:
        """The job as it is now."""
        return self.platform.shelves.job.get(ResourceId(self.scope, "jobs", name))

    def until(self, name: str, *statuses: str) -> Record:
        """Wait until the job is in one of the statuses, at an end where none is named."""
        wanted = frozenset(statuses) or TERMINAL
        until(lambda: self.get(name).status in wanted | TERMINAL, f"{name}: {', '.join(sorted(wanted))}")
        record = self.get(name)
        assert record.status in wanted, (record.status, record.state, self.log(name))
        return record

    def run(self, name: str, command: str = "true", **said: Any) -> Record:
        """Submit a job and wait until it is completed."""
        self.submit(name, command, **said)
        return self.until(name, "Completed")

    def cancel(self, name: str) -> None:
        """Ask the job to end."""
        self.platform.shelves.job.cancel(ResourceId(self.scope, "jobs", name), self.actor)

    def log(self, name: str) -> str:
        """What the job's command said."""
        return self.platform.logs.read(self.get(name), "user_logs/std_log.txt").decode()

    def told(self, name: str) -> Any:
        """The last line of its log, read as JSON."""
        return json.loads(self.log(name).splitlines()[-1])

    def tracked(self, name: str) -> Run:
        """The job's run."""
        return self.platform.tracking.runs.get(self.scope, name)

    def artifacts(self, name: str) -> dict[str, str]:
        """The files that a job's run keeps."""
        return self.files(f"{artifact_folder(name)}/", ARTIFACTS)

    def files(self, prefix: str, datastore: str = DEFAULT) -> dict[str, str]:
        """The blobs below a prefix and what they say."""
        container, blobs = self.platform.storage.container(self.scope, datastore), self.platform.store.blobs
        found = blobs.list(container, prefix).blobs
        return {blob.name.removeprefix(prefix): blobs.file(blob).read_text() for blob in found}

    def upload(self, path: str, text: str) -> str:
        """Put a file into the default datastore; its address."""
        container = self.platform.storage.container(self.scope, DEFAULT)
        self.platform.store.blobs.put_bytes(container, path, text.encode())
        return f"azureml://datastores/{DEFAULT}/paths/{path}"

    def code(self, name: str, **files: str) -> str:
        """Upload a code snapshot; its reference."""
        container = self.platform.storage.code_container(self.scope, name, "1")
        for file, text in files.items():
            self.platform.store.blobs.put_bytes(container, file.replace("__", "."), text.encode())
        self.put("code", name, "1", path=f"http://127.0.0.1/{container}")
        return f"azureml:{name}:1"

    def work_folders(self) -> list[str]:
        """The keys of jobs for which the engine holds anything."""
        return [key for key in self.platform.engine.orphans(()) if key.startswith("job-")]


@contextmanager
def opened(data_dir: Path, clock: Clock = system_clock, **given: Any) -> Iterator[Place]:
    """A platform that answers over HTTP, with a workspace and an environment; ``given`` are further settings."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = Settings(data_dir=data_dir, port=listener.getsockname()[1], **given)
        platform = open_platform(settings, clock)
        app = App(platform.routes(), platform.access, hosts=("127.0.0.1",), spool=data_dir / "uploads")
        config = uvicorn.Config(app, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        platform.start()
        place = Place(platform, Scope("sub", "group", "Space"), platform.access.admin())
        try:
            place.put("workspace", "")
            place.put("environment", "plain", "1", image=PYTHON)
            yield place
        finally:
            server.should_exit = True
            thread.join()
            platform.stop()
