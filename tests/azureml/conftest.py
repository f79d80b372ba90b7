"""A real server for scripts of the SDK v1, and a workspace of their own for each file of tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients.serving import server

from azureml.core import Workspace

_RECORDER = "v1-recorder"


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of a server that runs; this process's surroundings name it."""
    folder = tmp_path_factory.mktemp("house")
    with server(folder), pytest.MonkeyPatch.context() as surroundings:
        surroundings.setenv("LAZULI_DATA_DIR", str(folder))
        for word in ("LAZULI_URL", "LAZULI_TOKEN", "AZUREML_SERVICE_ENDPOINT", "AZUREML_RUN_TOKEN"):
            surroundings.delenv(word, raising=False)
        yield folder


@pytest.fixture(scope="module")
def ws(house: Path, request: pytest.FixtureRequest) -> Workspace:
    """A workspace for one file of tests."""
    name = request.module.__name__.rpartition(".")[2].replace("_", "-")
    return Workspace.create(name, subscription_id="garden", resource_group="beds", location="eastus2")


@pytest.fixture
def watched(pytestconfig: pytest.Config) -> dict[str, str]:
    """Environment variables for a job that runs in this very Python: what it calls is then recorded as well."""
    recorder = pytestconfig.pluginmanager.get_plugin(_RECORDER)
    return recorder.variables if recorder else {}


def pytest_configure(config: pytest.Config) -> None:
    """Write down what runs where ``tools.v1_coverage --record`` asks for it."""
    if target := os.environ.get("LAZULI_V1_RECORD"):
        from tests.azureml.recorder import Recorder

        config.pluginmanager.register(Recorder(Path(target)), _RECORDER)
