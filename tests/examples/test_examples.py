"""Every example: read strictly, said in REST, read back and compared, true to Azure ML, and listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lazuli.resources.table import Noun, noun
from lazuli.schema.identity import Scope
from lazuli.schema.reference import is_remote
from lazuli.schema.yaml import dump, load, parse

EXAMPLES = Path(__file__).parents[2] / "examples"
SCHEMAS = "https://azuremlschemas.azureedge.net/latest/"
NOUN_OF = {
    "commandJob": "job",
    "sweepJob": "job",
    "data": "data",
    "environment": "environment",
    "model": "model",
    "commandComponent": "component",
    "pipelineJob": "job",
    "pipelineComponent": "component",
    "connection": "connection",
    "registry": "registry",
    "schedule": "schedule",
    "publishedPipeline": "published-pipeline",
    "amlCompute": "compute",
    "managedOnlineEndpoint": "online-endpoint",
    "managedOnlineDeployment": "online-deployment",
    "batchEndpoint": "batch-endpoint",
    "modelBatchDeployment": "batch-deployment",
    "pipelineComponentBatchDeployment": "batch-deployment",
}
SCOPE = Scope("s", "g", "w")
LOCAL = {"path", "code", "conda_file", "local_path", "file", "dockerfile"}
FILES_TOO = {"component", "trial", "environment"}
"""What may name a file as well as a resource."""

FILES = sorted(EXAMPLES.rglob("*.yml")) + sorted(EXAMPLES.rglob("*.yaml"))
DOCUMENTS = [file for file in FILES if file.read_text(encoding="utf-8").startswith("$schema:")]


def told(file: Path) -> str:
    return file.relative_to(EXAMPLES).as_posix()


def noun_of(file: Path) -> Noun:
    schema = load(file).data["$schema"]
    assert schema.startswith(SCHEMAS), schema
    return noun(NOUN_OF[schema.removeprefix(SCHEMAS).removesuffix(".schema.json")])


@pytest.mark.parametrize("file", DOCUMENTS, ids=told)
def test_it_says_the_same_in_both_dialects(file: Path) -> None:
    cls = noun_of(file).document
    document = cls.from_yaml(load(file))
    outside = {word: getattr(document, word) for word in cls.outside_properties if hasattr(document, word)}
    back = cls.from_rest(document.to_rest(SCOPE), SCOPE).model_copy(update=outside)
    assert back.to_yaml() == document.to_yaml()
    assert cls.from_yaml(parse(dump(document.to_yaml()))).to_yaml() == document.to_yaml()


@pytest.mark.parametrize("file", DOCUMENTS, ids=told)
def test_its_schema_knows_every_key_it_uses(file: Path) -> None:
    schema = noun_of(file).document.for_type(load(file).data.get("type")).json_schema("yaml")
    assert load(file).data.keys() <= schema["properties"].keys()
    assert set(schema.get("required", [])) <= load(file).data.keys()


def local_paths(data: object) -> list[str]:
    if isinstance(data, list):
        return [path for item in data for path in local_paths(item)]
    if not isinstance(data, dict):
        return []
    said = [(k, v.removeprefix("file:")) for k, v in data.items() if isinstance(v, str)]
    here = [v for k, v in said if k in LOCAL or (k in FILES_TOO and v.endswith(".yml"))]
    rest = [value for key, value in data.items() if key != "inference_config"]  # it has paths of a server
    return [path for path in here if not is_remote(path)] + local_paths(rest)


@pytest.mark.parametrize("file", DOCUMENTS, ids=told)
def test_the_files_it_names_are_there(file: Path) -> None:
    missing = [path for path in local_paths(load(file).data) if not (file.parent / path).exists()]
    assert missing == []


@pytest.mark.parametrize("file", FILES, ids=told)
def test_it_is_in_the_table_of_examples(file: Path) -> None:
    assert f"({told(file)})" in (EXAMPLES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", sorted(EXAMPLES.rglob("*.py")), ids=told)
def test_its_programs_are_python(file: Path) -> None:
    compile(file.read_text(encoding="utf-8"), str(file), "exec")


def test_there_is_one_for_every_noun_of_the_command_line_that_is_made_from_a_file() -> None:
    assert {noun_of(file).word for file in DOCUMENTS} == set(NOUN_OF.values())
