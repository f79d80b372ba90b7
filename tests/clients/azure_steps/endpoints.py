"""Online endpoints and deployments."""

# pyright: reportMissingImports=false
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from azure_steps.tour import PLAIN, Tour, expected

SCRIPT = """
import json, os
def init():
    global word
    word = open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "word.txt")).read()
def run(data):
    return {"word": word, "data": json.loads(data)["data"]}
"""


def _deployment(tour: Tour, folder: Path, name: str, word: str, **said: object) -> ManagedOnlineDeployment:
    source, model = folder / f"src-{name}", folder / name / "word.txt"
    source.mkdir(exist_ok=True)
    (source / "score.py").write_text(SCRIPT)
    model.parent.mkdir(exist_ok=True)
    model.write_text(word)
    return ManagedOnlineDeployment(
        name=name,
        endpoint_name="words",
        model=Model(path=str(model)),
        environment=PLAIN,
        code_configuration=CodeConfiguration(code=str(source), scoring_script="score.py"),
        instance_type="Standard_DS3_v2",
        instance_count=1,
        **said,
    )


def make_endpoints(tour: Tour) -> None:
    """online_endpoints.begin_create_or_update, get, list"""
    made = tour.client.online_endpoints.begin_create_or_update(
        ManagedOnlineEndpoint(name="words", auth_mode="key", description="says a word", tags={"kind": "test"})
    ).result()
    assert (made.name, made.auth_mode, made.provisioning_state) == ("words", "key", "Succeeded"), made
    found = tour.client.online_endpoints.get("words")
    assert found.scoring_uri.endswith("/score") and found.tags == {"kind": "test"}
    assert "words" in [each.name for each in tour.client.online_endpoints.list()]


def deploy(tour: Tour) -> None:
    """online_deployments.begin_create_or_update, get, list, get_logs; traffic; online_endpoints.invoke"""
    deployments, endpoints = tour.client.online_deployments, tour.client.online_endpoints
    for name in ("blue", "green"):
        made = deployments.begin_create_or_update(_deployment(tour, tour.here, name, f"I am {name}")).result()
        assert (made.name, made.provisioning_state, made.instance_count) == (name, "Succeeded", 1)
    assert {each.name for each in deployments.list("words")} == {"blue", "green"}
    request = tour.here / "request.json"
    request.write_text(json.dumps({"data": [1, 2]}))
    answer = json.loads(endpoints.invoke("words", request_file=str(request), deployment_name="green"))
    assert answer == {"word": "I am green", "data": [1, 2]}
    endpoint = endpoints.get("words")
    endpoint.traffic = {"blue": 100, "green": 0}
    assert endpoints.begin_create_or_update(endpoint).result().traffic["blue"] == 100
    assert "POST /score 200" in deployments.get_logs("green", "words", 50)


def open_with_keys(tour: Tour) -> None:
    """online_endpoints.get_keys, begin_regenerate_keys"""
    endpoints = tour.client.online_endpoints
    before = endpoints.get_keys("words")
    endpoints.begin_regenerate_keys("words", key_type="secondary").result()
    after = endpoints.get_keys("words")
    assert before.primary_key == after.primary_key and before.secondary_key != after.secondary_key


def refuse_what_cannot_be(tour: Tour) -> None:
    """A script that fails, traffic to nobody: the reason reaches the user"""
    deployments, endpoints = tour.client.online_deployments, tour.client.online_endpoints
    broken = _deployment(tour, tour.here, "broken", "x", environment_variables={"A": "b"})
    (tour.here / "src-broken" / "score.py").write_text(
        "def init(): raise ValueError('no such luck')\ndef run(data): return data\n"
    )
    with expected(HttpResponseError, ""):
        deployments.begin_create_or_update(broken).result()
    assert "ValueError: no such luck" in deployments.get_logs("broken", "words", 50)
    assert deployments.get("broken", "words").provisioning_state == "Failed"
    endpoint = endpoints.get("words")
    endpoint.traffic = {"nobody": 100}
    with expected(HttpResponseError, "There is no deployment 'nobody' behind this endpoint"):
        endpoints.begin_create_or_update(endpoint).result()


def delete_endpoints(tour: Tour) -> None:
    """online_deployments.begin_delete, online_endpoints.begin_delete"""
    tour.client.online_deployments.begin_delete("green", "words").result()
    assert "green" not in [each.name for each in tour.client.online_deployments.list("words")]
    tour.client.online_endpoints.begin_delete("words").result()
    with expected(ResourceNotFoundError, "words"):
        tour.client.online_endpoints.get("words")


STEPS: list[Callable[[Tour], None]] = [
    make_endpoints,
    deploy,
    open_with_keys,
    refuse_what_cannot_be,
    delete_endpoints,
]
