"""The description of the API says every route, and nothing that is not there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.server.conftest import Served

from lazuli.resources.table import NOUNS

METHODS = {"get", "head", "put", "post", "patch", "delete"}


@pytest.fixture(scope="module")
def described(served: Served) -> dict[str, Any]:
    return served.admin.get("/openapi.json").json()


def operations(described: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(m.upper(), path): o for path, item in described["paths"].items() for m, o in item.items() if m in METHODS}


def test_every_route_is_described_with_its_permission(served: Served, described: dict[str, Any]) -> None:
    told = {key: operation["x-permission"] for key, operation in operations(described).items()}
    assert told == {(r.method, r.path.replace(":path}", "}")): r.permission for r in served.app.routes}


def test_operations_have_names_of_their_own(described: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(described).values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z]+_[A-Za-z]+", name) for name in names), names
    assert {"Jobs_Get", "JobsCancel_Post", "DataVersions_List", "MlflowRunsCreate_Post", "Health_Get"} <= set(names)


def test_every_parameter_of_a_path_is_said(described: dict[str, Any]) -> None:
    for (_, path), operation in operations(described).items():
        said = [p["name"] for p in operation["parameters"] if p.get("in") == "path"]
        assert said == re.findall(r"\{(\w+)\}", path)


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    def follow(value: Any) -> None:
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            follow(inner)
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            place = described
            for word in value["$ref"].removeprefix("#/").split("/"):
                place = place[word]

    follow(described)


def test_open_doors_need_no_token(described: dict[str, Any]) -> None:
    assert described["security"] == [{"token": []}]
    every = operations(described)
    assert every["GET", "/health"]["security"] == []
    assert every["GET", "/history/v1.0/logs/{ticket}"]["security"] == [{"signature": []}]
    assert "security" not in every["GET", "/openapi.json"]


def test_documents_are_said_in_the_words_of_rest(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    for noun in NOUNS:
        assert f"{noun.document.__name__}Resource" in schemas
    scale = schemas["Compute"]["properties"]["properties"]["properties"]["scaleSettings"]["properties"]
    assert set(scale) == {"minNodeCount", "maxNodeCount", "nodeIdleTimeBeforeScaleDown"}
    assert schemas["Compute"]["properties"]["computeType"]["enum"] == ["AmlCompute", "ComputeInstance"]
    assert {"name", "location", "tags"}.isdisjoint(schemas["Workspace"]["properties"])
    assert {"id", "name", "location", "tags", "properties"} <= set(schemas["WorkspaceResource"]["properties"])
    assert schemas["CommandJob"]["required"] == ["command"]
