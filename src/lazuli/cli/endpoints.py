"""``lazuli online-endpoint`` and ``lazuli online-deployment``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from lazuli.cli.behind import behind, deployed, deploying, edits_of, group_behind, no_wait
from lazuli.cli.command import Command
from lazuli.cli.locally import is_local, may_be_local
from lazuli.cli.nouns import group_of
from lazuli.cli.options import asks, named
from lazuli.cli.show import Form, show
from lazuli.client.client import Client
from lazuli.client.collection import Change
from lazuli.schema.problems import InvalidInput

__all__ = ["online_deployment", "online_endpoint"]

_LINES = 50

online_endpoint = group_of("online-endpoint")
online_deployment = group_behind("online-deployment")


@online_endpoint.command("update", cls=Command, help="Change an online endpoint, and who gets its traffic.")
@named("online-endpoint")
@click.option("-f", "--file", type=click.Path(dir_okay=False), help="A YAML file with what changes.")
@edits_of
@click.option("--traffic", metavar='"blue=90 green=10"', help="Percent of the traffic of each deployment: 100 in all.")
@click.option("--mirror-traffic", metavar='"green=10"', help="Percent of the traffic that one gets a copy of.")
@click.option("--description", help="What it is for.")
@no_wait
@asks()
def _update(
    client: Client,
    output: Form,
    name: str,
    file: str | None,
    edits: tuple[str, ...],
    traffic: str | None,
    mirror_traffic: str | None,
    description: str | None,
    no_wait: bool,
) -> None:
    fields: dict[str, Any] = {"description": description}
    for word, said in (("traffic", traffic), ("mirror_traffic", mirror_traffic)):
        if said is not None:
            fields[word] = _shares(said, f"--{word.replace('_', '-')}")
    change = Change(edits, file, {key: value for key, value in fields.items() if value is not None})
    if not (change.edits or change.file or change.fields):
        raise InvalidInput("Nothing is said to change.", mend='Say it with --traffic "blue=100", --set or a --file.')
    show(client.online_endpoints.update(name, change, wait=not no_wait), output)


@online_endpoint.command("get-credentials", cls=Command, help="Show what opens an online endpoint.")
@named("online-endpoint")
@asks()
def _credentials(client: Client, output: Form, name: str) -> None:
    show(client.online_endpoints.keys(name), output)


@online_endpoint.command("regenerate-keys", cls=Command, help="Make a key anew; the former holds no longer.")
@named("online-endpoint")
@click.option("--key-type", type=click.Choice(["primary", "secondary"], case_sensitive=False), default="primary")
@asks()
def _renew(client: Client, output: Form, name: str, key_type: str) -> None:
    client.online_endpoints.renew_key(name, key_type)
    show(client.online_endpoints.keys(name), output)


@online_endpoint.command("invoke", cls=Command, help="Ask an online endpoint, and print what it answers.")
@named("online-endpoint")
@click.option("-r", "--request-file", required=True, type=click.Path(exists=True, dir_okay=False), help="JSON to send.")
@click.option("-d", "--deployment-name", default="", help="The deployment to ask, whatever traffic it takes.")
@asks("json")
def _invoke(client: Client, output: Form, name: str, request_file: str, deployment_name: str) -> None:
    answer = client.online_endpoints.invoke(name, Path(request_file), deployment_name)
    if output.query is not None:
        show(answer, output)
    else:
        click.echo(json.dumps(answer))


@online_endpoint.command("metrics", cls=Command, help="Print what an online endpoint counted, as Prometheus reads it.")
@named("online-endpoint")
@asks("json")
def _metrics(client: Client, output: Form, name: str) -> None:
    click.echo(client.online_endpoints.metrics(name), nl=False)


_all_traffic = click.option("--all-traffic", is_flag=True, help="Give it all the traffic once it answers.")


@online_deployment.command("create", cls=Command, help="Deploy a model behind an endpoint, or change a deployment.")
@deploying("online-deployment", _all_traffic)
@asks()
def _create(client: Client, output: Form, all_traffic: bool, **said: Any) -> None:
    if all_traffic and said["no_wait"]:
        raise InvalidInput("Traffic is given once it answers.", target="--all-traffic", mend="Leave --no-wait out.")
    made = deployed(client, "online-deployment", **said)
    if all_traffic or is_local():
        client.online_endpoints.share(made["endpoint_name"], {made["name"]: 100})
    show(made, output)


@online_deployment.command("get-logs", cls=Command, help="Print what a deployment's processes say.")
@named("online-deployment")
@behind
@click.option("-l", "--lines", type=click.IntRange(1), default=_LINES, show_default=True, help="How many lines.")
@click.option("-c", "--container", default="", help="'inference-server', or 'storage-initializer'.")
@asks("json")
def _logs(client: Client, output: Form, name: str, endpoint_name: str, lines: int, container: str) -> None:
    click.echo(client.online_deployments.behind(endpoint_name).logs(name, lines, container), nl=False)


may_be_local(online_endpoint)
may_be_local(online_deployment)


def _shares(said: str, option: str) -> dict[str, int]:
    """``blue=90 green=10`` as a map. Raises :class:`InvalidInput` for what is no share."""
    found: dict[str, int] = {}
    for pair in said.split():
        name, _, share = pair.partition("=")
        if not (name and share.isdigit()):
            raise InvalidInput(f"'{pair}' is no share of traffic.", target=option, mend='Write "blue=90 green=10".')
        found[name] = int(share)
    return found
