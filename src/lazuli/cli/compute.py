"""``lazuli compute``: the verbs of the table, and those that only computes have."""

from __future__ import annotations

from typing import Any

import click

from lazuli.cli.nouns import group_of
from lazuli.cli.options import asks, named
from lazuli.cli.show import Form, show_many
from lazuli.client.client import Client

__all__ = ["compute"]

compute = group_of("compute")


@compute.command("list-nodes", help="List the nodes of a compute.")
@named("compute")
@asks("table")
def list_nodes(client: Client, output: Form, name: str) -> None:
    """List the nodes."""
    rows = [
        {"node_id": node["nodeId"], "node_state": node["nodeState"], "run_id": node.get("runId", "")}
        for node in client.computes.nodes(name)
    ]
    show_many(rows, ("node_id", "node_state", "run_id"), output, f"'{name}' has no nodes now.")


@compute.command("list-sizes", help="List the sizes of nodes.")
@asks("table")
def list_sizes(client: Client, output: Form) -> None:
    """List the sizes, what each stands for and what an hour costs."""
    rows = [_size(size) for size in client.computes.sizes()]
    columns = ("name", "category", "cores", "memory_gb", "gpus", "price_per_hour", "low_priority_per_hour")
    show_many(rows, columns, output, "There are no sizes.")


def _size(size: dict[str, Any]) -> dict[str, Any]:
    prices = {each["vmTier"]: each["retailPrice"] for each in size["estimatedVMPrices"]["values"]}
    return {
        "name": size["name"],
        "category": size["category"],
        "cores": size["vCPUs"],
        "memory_gb": size["memoryGB"],
        "gpus": size["gpus"],
        "price_per_hour": prices["Standard"],
        "low_priority_per_hour": prices["LowPriority"],
    }


@compute.command("list-usage", help="Show what is used of this machine.")
@asks("table")
def list_usage(client: Client, output: Form) -> None:
    """Show the quotas: what nodes claim by their sizes, and what the machine has."""
    rows = [
        {
            "name": q["name"]["value"],
            "used": q["currentValue"],
            "limit": q["limit"],
            "about": q["name"]["localizedValue"],
        }
        for q in client.computes.quotas()
    ]
    show_many(rows, ("name", "used", "limit", "about"), output, "Nothing is counted.")


@compute.command("cost", help="Show what jobs and computes used, and what that cost.")
@click.option(
    "--by", type=click.Choice(["job", "compute", "tag"]), default="compute", show_default=True, help="Add up by."
)
@click.option("--since", default="", metavar="TIME", help="Only since then: 2026-05-17, or 2026-05-17T14:30:00Z.")
@asks("table")
def cost(client: Client, output: Form, by: str, since: str) -> None:
    """Show node seconds and cost."""
    rows = [
        {"name": row["name"], "jobs": row["jobs"], "node_seconds": row["nodeSeconds"], "cost": row["cost"]}
        for row in client.computes.usage(by, since)["value"]
    ]
    show_many(rows, ("name", "jobs", "node_seconds", "cost"), output, "Nothing was used.")


@compute.command("preempt", help="Take a low-priority node away; its job is queued again.")
@named("compute")
@click.option("--node", required=True, help="The node, as 'list-nodes' tells it.")
@asks()
def preempt(client: Client, output: Form, name: str, node: str) -> None:
    """Take the node away, as Azure does when it wants it back."""
    job = client.computes.preempt(name, node)
    click.echo(f"Took away {node}." + (f" The job {job} is queued again." if job else ""), err=True)


def _operation(verb: Any, done: str, summary: str) -> None:
    @compute.command(verb, help=summary)
    @named("instance")
    @click.option("--no-wait", is_flag=True, help="Do not wait until it is done.")
    @asks()
    def command(client: Client, output: Form, name: str, no_wait: bool) -> None:
        client.computes.operate(name, verb, wait=not no_wait)
        click.echo(f"{name}: {done}", err=True)


_operation("start", "Running", "Start an instance.")
_operation("stop", "Stopped", "Stop an instance.")
_operation("restart", "Running", "Restart an instance.")
