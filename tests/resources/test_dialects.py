"""Every noun: what YAML says is what REST says, and what Microsoft's client sends is understood."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lazuli.resources.compute import Compute
from lazuli.resources.connection import Connection
from lazuli.resources.data import Data
from lazuli.resources.environment import Environment
from lazuli.resources.job import CommandJob
from lazuli.resources.model import Model
from lazuli.resources.table import NOUNS, noun
from lazuli.resources.workspace import Workspace
from lazuli.schema.document import Document
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput
from lazuli.schema.yaml import dump, parse

SCOPE = Scope("00000000-0000-0000-0000-000000000001", "rg", "ws")
WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,12}", fullmatch=True)
NAMES = st.from_regex(r"[a-z_]\w{0,8}", fullmatch=True).filter(str.isascii)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
MAPS = st.dictionaries(NAMES, TEXTS, max_size=3)
LITERALS = st.booleans() | st.integers(-1000, 1000) | st.floats(-1e3, 1e3, allow_nan=False) | TEXTS
DATASTORE_PATHS = WORDS.map("azureml://datastores/workspaceblobstore/paths/{}".format)
ASSETS = st.tuples(WORDS, WORDS).map(lambda pair: f"azureml:{pair[0]}:{pair[1]}")


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


PLACES = st.one_of(
    st.builds(
        lambda type, path, rest: {"type": type, "path": path, **rest},
        st.sampled_from(["uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model"]),
        ASSETS | DATASTORE_PATHS | st.just("https://x.org/a.csv") | st.just("azureml:d@latest"),
        some(mode=st.sampled_from(["ro_mount", "download", "direct"]), description=TEXTS),
    ),
    LITERALS,
)
OUTPUTS = st.none() | some(
    type=st.sampled_from(["uri_file", "uri_folder", "mlflow_model"]),
    mode=st.sampled_from(["rw_mount", "upload"]),
    path=DATASTORE_PATHS,
    name=WORDS,
    version=WORDS,
)
DISTRIBUTIONS = st.one_of(
    st.builds(
        lambda type, count: {"type": type, "process_count_per_instance": count},
        st.sampled_from(["pytorch", "PyTorch", "mpi"]),
        st.integers(1, 8),
    ),
    st.just({"type": "tensorflow", "worker_count": 2, "parameter_server_count": 1}),
    st.just({"type": "ray", "port": 6379, "include_dashboard": True}),
)
SERVICES = some(
    type=st.sampled_from(["jupyter_lab", "tensor_board", "vs_code", "ssh", "custom"]),
    nodes=st.just("all"),
    port=st.integers(1024, 65535),
    log_dir=TEXTS,
    ssh_public_keys=TEXTS,
    properties=MAPS,
)
JOBS = st.builds(
    lambda fixed, rest: {**fixed, **rest},
    st.fixed_dictionaries({"command": st.just("echo hi") | st.just("a\nb  \n"), "environment": ASSETS}),
    some(
        name=WORDS,
        display_name=TEXTS,
        experiment_name=WORDS,
        compute=WORDS.map("azureml:{}".format),
        code=ASSETS,
        tags=MAPS,
        properties=MAPS,
        environment_variables=MAPS,
        inputs=st.dictionaries(NAMES, PLACES, max_size=3),
        outputs=st.dictionaries(NAMES, OUTPUTS, max_size=3),
        resources=some(instance_count=st.integers(1, 9), shm_size=st.just("2g"), docker_args=TEXTS),
        limits=some(timeout=st.integers(1, 10**6)),
    ),
)
JOBS_OF_MANY = st.builds(
    lambda rest: {"command": "echo hi", "environment": "azureml:e:1", **rest},
    some(
        distribution=DISTRIBUTIONS,
        services=st.dictionaries(NAMES, SERVICES, max_size=2),
        queue_settings=some(job_tier=st.sampled_from(["spot", "Premium"]), priority=st.sampled_from(["low", "High"])),
        identity=st.sampled_from([{"type": "user_identity"}, {"type": "managed", "client_id": "c"}]),
    ),
)
COMPUTES = some(
    name=WORDS,
    type=st.just("amlcompute"),
    location=WORDS,
    size=WORDS,
    tier=st.sampled_from(["dedicated", "low_priority", "LowPriority"]),
    min_instances=st.integers(0, 3),
    max_instances=st.integers(4, 9),
    idle_time_before_scale_down=st.integers(0, 10**5),
    tags=MAPS,
)


def there_and_back(cls: type[Document], said: dict[str, Any]) -> None:
    """YAML → REST → YAML, and YAML → store → YAML, each the same document."""
    document = cls.from_yaml(parse(dump(said)))
    outside = {word: getattr(document, word) for word in ("name", "version") if word in cls.model_fields}
    back = cls.from_rest({**document.to_rest(SCOPE), **outside}, SCOPE)
    assert back.to_yaml() == document.to_yaml()
    assert cls.load(document.dump()).to_yaml() == document.to_yaml()
    assert cls.from_yaml(parse(dump(document.to_yaml()))).to_yaml() == document.to_yaml()


# A job has so many parts that drawing one is slow where other work is done beside; that is no fault of what is tested.
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(JOBS)
def test_jobs(said: dict[str, Any]) -> None:
    there_and_back(CommandJob, said)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(JOBS_OF_MANY)
def test_jobs_of_many_processes(said: dict[str, Any]) -> None:
    there_and_back(CommandJob, said)


def test_what_runs_beside_a_job_is_spelt_as_the_other_side_spells_it() -> None:
    said = {
        "command": "x",
        "environment": "azureml:e:1",
        "distribution": {"type": "tensorflow", "worker_count": 2},
        "queue_settings": {"job_tier": "standard", "priority": "high"},
        "identity": {"type": "managed", "msi_resource_id": "/r"},
        "services": {"tb": {"type": "tensor_board", "log_dir": "outputs/tb", "nodes": "all"}},
    }
    told = CommandJob.from_yaml(parse(dump(said))).to_rest(SCOPE)
    assert told["distribution"] == {"distributionType": "TensorFlow", "workerCount": 2}
    assert told["queueSettings"] == {"jobTier": "Standard", "priority": 3}
    assert told["identity"] == {"identityType": "Managed", "resourceId": "/r"}
    assert told["services"]["tb"] == {
        "jobServiceType": "TensorBoard",
        "nodes": {"nodesValueType": "All"},
        "properties": {"logDir": "outputs/tb"},
    }


@pytest.mark.parametrize(
    ("distribution", "told"),
    [
        ({"type": "pytorch", "worker_count": 2}, "'pytorch' has no 'worker_count'. It has: process_count_per_instance"),
        ({"type": "pytorch", "process_count_per_instance": 0}, "at least 1"),
        ({"type": "pytorhc"}, "Did you mean 'pytorch'"),
        ({"process_count_per_instance": 2}, "'distribution.type' is required"),
        ({"type": "mpi", "process_count_per_instance": 10**6}, "at most 1000"),
    ],
)
def test_a_distribution_that_makes_no_sense_is_told(distribution: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        CommandJob.from_yaml(parse(dump({"command": "x", "distribution": distribution})))
    assert told in str(refused.value)


@settings(max_examples=40)
@given(COMPUTES)
def test_computes(said: dict[str, Any]) -> None:
    there_and_back(Compute, said)


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        (
            Data,
            {"name": "d", "version": 1, "type": "uri_file", "path": "azureml://datastores/d/paths/x", "tags": {"a": 1}},
        ),
        (
            Model,
            {
                "name": "m",
                "type": "mlflow_model",
                "path": "runs:/R/model",
                "stage": "Production",
                "flavors": {"sklearn": {"version": "1"}},
            },
        ),
        (
            Environment,
            {"name": "e", "image": "python:3.12", "conda_file": {"dependencies": ["python=3.12", {"pip": ["x"]}]}},
        ),
        (Environment, {"name": "e", "build": {"path": "./docker"}, "os_type": "Linux", "description": "d"}),
        (
            Connection,
            {
                "name": "c",
                "type": "azure_data_lake_gen_2",
                "target": "https://x",
                "metadata": {"a": "b"},
                "credentials": {"type": "service_principal", "tenant_id": "t", "client_id": "c", "client_secret": "s"},
            },
        ),
        (
            Connection,
            {"name": "c", "type": "s3", "target": "t", "credentials": {"type": "account_key", "account_key": "k"}},
        ),
        (Workspace, {"name": "w", "display_name": "W", "description": "d", "tags": {"a": "b"}, "hbi_workspace": True}),
    ],
)
def test_assets_and_workspaces(cls: type[Document], said: dict[str, Any]) -> None:
    there_and_back(cls, said)


JOB_BODY = {
    "description": None,
    "properties": {},
    "tags": {},
    "jobType": "Command",
    "command": "python train.py --lr ${{inputs.lr}} --data ${{inputs.data}} --out ${{outputs.model}}",
    "codeId": f"{SCOPE.path}/codes/11111111-2222-3333-4444-555555555555/versions/1",
    "environmentId": f"{SCOPE.path}/environments/CliV2AnonymousEnvironment/versions/abc",
    "computeId": f"{SCOPE.path}/computes/cpu",
    "componentId": None,
    "displayName": "d",
    "experimentName": "e",
    "isArchived": False,
    "identity": None,
    "services": None,
    "environmentVariables": {},
    "distribution": {"distributionType": "PyTorch", "processCountPerInstance": 2},
    "limits": {"jobLimitsType": "Command", "timeout": "PT5M"},
    "resources": {"instanceCount": 1, "instanceType": None, "shmSize": "2g", "properties": {}, "locations": None},
    "queueSettings": None,
    "notificationSetting": {"emailOn": ["JobCompleted"]},
    "inputs": {
        "lr": {"description": None, "jobInputType": "literal", "value": "0.1"},
        "data": {"mode": "ReadOnlyMount", "uri": f"{SCOPE.path}/data/d/versions/1", "jobInputType": "uri_file"},
    },
    "outputs": {"model": {"mode": "ReadWriteMount", "uri": None, "jobOutputType": "mlflow_model", "assetName": None}},
}


def test_a_job_as_microsofts_client_sends_it() -> None:
    job = CommandJob.from_rest(JOB_BODY, SCOPE)
    shown = job.to_yaml()
    assert shown["inputs"] == {"lr": "0.1", "data": {"type": "uri_file", "path": "azureml:d:1", "mode": "ro_mount"}}
    assert shown["outputs"] == {"model": {"type": "mlflow_model", "mode": "rw_mount"}}
    assert (shown["compute"], shown["limits"]) == ("azureml:cpu", {"timeout": 300})
    assert shown["environment"] == "azureml:CliV2AnonymousEnvironment:abc"

    back = CommandJob.load(job.dump()).to_rest(SCOPE)
    for word in ("codeId", "environmentId", "computeId", "command", "notificationSetting", "distribution"):
        assert back[word] == JOB_BODY[word], word
    assert back["inputs"]["data"]["uri"] == JOB_BODY["inputs"]["data"]["uri"]
    assert back["limits"] == {"jobLimitsType": "Command", "timeout": "PT300S"}
    assert "componentId" not in back


def test_a_cluster_as_microsofts_client_sends_it() -> None:
    body = {
        "computeType": "AmlCompute",
        "disableLocalAuth": True,
        "description": None,
        "properties": {
            "vmSize": "Standard_DS3_v2",
            "vmPriority": "Dedicated",
            "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "PT120S"},
            "remoteLoginPortPublicAccess": "NotSpecified",
            "enableNodePublicIp": True,
            "subnet": None,
        },
    }
    compute = Compute.from_rest(body, SCOPE)
    assert (compute.size, compute.max_instances, compute.idle_time_before_scale_down) == ("Standard_DS3_v2", 4, 120)
    back = Compute.load(compute.dump()).to_rest(SCOPE)
    assert back["properties"] == {k: v for k, v in body["properties"].items() if v is not None}
    assert back["disableLocalAuth"] is True


def test_data_in_the_long_form_of_this_workspace_is_kept_short() -> None:
    long = (
        f"azureml://subscriptions/{SCOPE.subscription}/resourcegroups/rg/workspaces/ws"
        "/datastores/workspaceblobstore/paths/LocalUpload/h/a.csv"
    )
    data = Data.from_rest(
        {"dataType": "uri_file", "dataUri": long, "isAnonymous": False, "autoDeleteSetting": None}, SCOPE
    )
    assert data.path == "azureml://datastores/workspaceblobstore/paths/LocalUpload/h/a.csv"
    assert data.to_rest(SCOPE)["dataUri"] == long
    elsewhere = long.replace("workspaces/ws/", "workspaces/other/")
    assert Data.from_rest({"dataUri": elsewhere}, SCOPE).path == elsewhere


@pytest.mark.parametrize(
    ("word", "text", "told"),
    [
        ("job", "command: ''", "'command'"),
        ("job", "type: spark\ncode: x", "Write 'type: command'"),
        ("job", "type: commnd\ncommand: x", "Did you mean 'command'?"),
        ("job", "type: sweep\ncommand: x", "'trial' is required"),
        ("job", "command: echo ${{inputs.x}}", "the job has no input 'x'"),
        ("job", "command: x\ninputs: {a: {type: uri_file}}", "a path is required"),
        ("job", "command: x\ninputs: {a: {type: literal}}", "a literal needs a value"),
        ("job", "command: x\ninputs: {a: {path: x, mode: upload}}", "is for outputs"),
        ("job", "command: x\noutputs: {a: {mode: download}}", "is for inputs"),
        ("job", "command: x\noutputs: {a: {type: literal}}", "not a literal"),
        ("job", "command: x\nlimits: {timeout: 0}", "limits.timeout"),
        ("job", "command: x\nenviroment: y", "Did you mean 'environment'?"),
        ("job", "command: x\nenvironment: {imge: y}", "Did you mean 'image'?"),
        ("compute", "name: c\ntype: kubernetes", "Use 'type: amlcompute'"),
        ("compute", "name: c\nmin_instances: 5", "raise the latter"),
        ("data", "name: d", "'path' is required"),
        ("data", "path: ''", "'path'"),
        ("data", "path: x\ntype: uri_fil", "Did you mean 'uri_file'?"),
        ("environment", "name: e", "one of 'image', 'conda_file' and 'build' is required"),
        ("environment", "{image: a, build: {path: b}}", "keep one of them"),
        ("model", "path: x\ntype: onnx", "not one of custom_model"),
        ("component", "command: x\nenvironment: e\ntype: sweep", "Write 'type: command'"),
        ("connection", "name: c\ntype: gitt\ntarget: x", "Did you mean 'git'?"),
        ("connection", "name: c\ntype: git", "needs a target"),
        ("connection", "name: c\ntype: git\ntarget: x\ncredentials: {type: pat, pta: x}", "Did you mean 'pat'?"),
        ("component", "command: x", "'environment' is required"),
        ("component", "command: 'echo ${{inputs.y}}'\nenvironment: e", "has no input 'y'"),
        ("component", "command: x\nenvironment: e\ninputs: {a: {}}", "'inputs.a.type' is required"),
        ("component", "command: x\nenvironment: e\ninputs: {a: {type: strng}}", "Did you mean 'string'?"),
        ("component", "command: x\nenvironment: e\ninputs: {a: {type: integer, default: b}}", "'b' is no integer"),
        ("component", "command: x\nenvironment: e\ninputs: {a: {type: number, max: 1, default: 2}}", "is more than 1"),
        (
            "component",
            "command: x\nenvironment: e\ninputs: {a: {type: string, enum: [b], default: c}}",
            "its values (b)",
        ),
        ("component", "command: x\nenvironment: e\ninputs: {a: {type: uri_file, default: c}}", "has no default"),
    ],
)
def test_slips_are_told_with_their_mend(word: str, text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        noun(word).document.from_yaml(replace(parse(text, name="x.yml"), strict=True))
    assert told in str(caught.value)
    assert str(caught.value).startswith("x.yml:")


def test_the_table_names_every_noun_once_and_columns_that_exist() -> None:
    assert len({row.word for row in NOUNS}) == len({row.collection for row in NOUNS}) == len(NOUNS)
    for row in NOUNS:
        assert noun(row.word) is row
        assert noun(row.collection) is row
        assert set(row.columns) - {"created_at"} <= set(row.document.model_fields), row.word
        assert row.versioned == ("version" in row.document.model_fields)
    with pytest.raises(KeyError):
        noun("nothing")


@pytest.mark.parametrize("network", [{"vnet_name": "v"}, {"vnet_name": "v", "subnet": "s"}, {"subnet": "s"}])
def test_a_network_comes_back_as_it_was_said(network: dict[str, str]) -> None:
    compute = Compute.from_yaml(parse(dump({"name": "c", "type": "amlcompute", "network_settings": network})))
    back = Compute.from_rest(compute.to_rest(SCOPE), SCOPE)
    assert back.to_yaml()["network_settings"] == network
