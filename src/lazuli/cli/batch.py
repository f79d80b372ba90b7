"""``lazuli batch-endpoint`` and ``lazuli batch-deployment``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from lazuli.cli.behind import behind, deployed, deploying, edits_of, group_behind
from lazuli.cli.command import Command
from lazuli.cli.nouns import group_of
from lazuli.cli.options import asks, named, pairs
from lazuli.cli.show import Form, show, show_many
from lazuli.client.client import Client
from lazuli.client.collection import Unwritten
from lazuli.client.edits import edited
from lazuli.resources.batch import BatchJob
from lazuli.resources.table import noun
from lazuli.schema import yaml
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.schema.reference import is_remote, parse_reference

__all__ = ["batch_deployment", "batch_endpoint"]

_INPUT, _SCORE = "input", "score"
_COLUMNS = noun("job").columns

batch_endpoint = group_of("batch-endpoint")
batch_deployment = group_behind("batch-deployment")


@batch_endpoint.command("invoke", cls=Command, help="Ask a batch endpoint: the answer is a job, which is printed.")
@named("batch-endpoint", required=False)
@click.option("-f", "--file", type=click.Path(dir_okay=False), help="A YAML file with 'inputs' and 'outputs'.")
@click.option("-d", "--deployment-name", help="The deployment that answers; the endpoint's default where left out.")
@click.option("--input", "given", metavar="PATH", help="Files: a path, an address, or azureml:<data>@latest.")
@click.option("--input-type", type=click.Choice(["uri_file", "uri_folder", "mltable"]), help="What the input is.")
@click.option("--inputs", multiple=True, metavar="NAME=VALUE", help="What a pipeline is given: values, or paths.")
@click.option("--outputs", multiple=True, metavar="NAME=PLACE", help="Where what a pipeline makes is kept.")
@click.option("--output-path", metavar="PLACE", help="Where what a model makes is kept: azureml://datastores/….")
@click.option("--mini-batch-size", type=int, help="How many files are given to the script at a time.")
@click.option("--instance-count", type=int, help="How many nodes it takes.")
@click.option("--job-name", help="The name of the job.")
@click.option("--experiment-name", help="The experiment of the job.")
@edits_of
@asks()
def _invoke(
    client: Client,
    output: Form,
    name: str | None,
    file: str | None,
    deployment_name: str | None,
    given: str | None,
    input_type: str | None,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    output_path: str | None,
    edits: tuple[str, ...],
    instance_count: int | None,
    **once: Any,
) -> None:
    source = yaml.load(file) if file else Unwritten("The command", Path.cwd(), {}, {})
    if not isinstance(source.data, dict):
        raise InvalidInput(f"{source.name} holds no mapping.", target=source.name)
    said = {**source.data, **{word: value for word, value in once.items() if value is not None}}
    if instance_count:
        said["compute"] = {**(said.get("compute") or {}), "instance_count": instance_count}
    if deployment_name:
        said["deployment"] = deployment_name
    paths = {key: _value_or_files(text) for key, text in pairs(inputs, "--inputs").items()}
    if given:
        paths[_INPUT] = {"path": _absolute(given), **_typed(client, given, input_type)}
    places = {key: {"path": text} for key, text in pairs(outputs, "--outputs").items()}
    if output_path:
        places[_SCORE] = {"path": output_path}
    for word, more in (("inputs", paths), ("outputs", places)):
        if more:
            said[word] = {**(said.get(word) or {}), **more}
    whole = edited(replace(source, data=said, strict=True), edits)
    asked = BatchJob.from_yaml(whole)
    endpoint = name or asked.endpoint
    if not endpoint:
        raise InvalidInput("No endpoint is named.", target="name", mend="Name it with --name.")
    show(client.batch_endpoints.invoke(endpoint, asked, whole), output)


def _absolute(text: str) -> str:
    """A path as it is meant by who stands in the current folder."""
    return text if is_remote(text) else str(Path(text).expanduser().absolute())


def _value_or_files(text: str) -> Any:
    """Files where there are any of that name, and what is an address; else a value."""
    return {"path": _absolute(text)} if is_remote(text) or Path(text).expanduser().exists() else text


def _typed(client: Client, path: str, said: str | None) -> dict[str, str]:
    """The type of an input: as it was said, else that of the data asset that it names; nothing is said of others."""
    if said:
        return {"type": said}
    found = parse_reference(path) if path.startswith("azureml:") else None
    if found is None or "://" in path:
        return {}
    try:
        data = client.data.get(found.name, found.version, found.label)
    except NotFound as problem:
        raise InvalidInput(problem.message, target="--input", mend=problem.mend) from None
    return {"type": data["type"]}


@batch_endpoint.command("list-jobs", cls=Command, help="List the jobs that a batch endpoint was asked for.")
@named("batch-endpoint")
@asks("table")
def _jobs(client: Client, output: Form, name: str) -> None:
    nothing = f"The endpoint '{name}' was asked for nothing yet. Ask it with 'lazuli batch-endpoint invoke'."
    show_many(client.batch_endpoints.jobs(name), _COLUMNS, output, nothing)


@batch_deployment.command("list-jobs", cls=Command, help="List the jobs that a deployment was asked for.")
@named("batch-deployment")
@behind
@asks("table")
def _deployment_jobs(client: Client, output: Form, name: str, endpoint_name: str) -> None:
    nothing = f"The deployment '{name}' was asked for nothing yet. Ask it with 'lazuli batch-endpoint invoke'."
    show_many(client.batch_deployments.behind(endpoint_name).jobs(name), _COLUMNS, output, nothing)


_set_default = click.option("--set-default", is_flag=True, help="Let it answer where no deployment is named.")


@batch_deployment.command("create", cls=Command, help="Deploy a model or a pipeline behind a batch endpoint.")
@deploying("batch-deployment", _set_default)
@asks()
def _create(client: Client, output: Form, set_default: bool, **said: Any) -> None:
    made = deployed(client, "batch-deployment", **said)
    if set_default:
        client.batch_endpoints.set_default(made["endpoint_name"], made["name"])
    show(made, output)
