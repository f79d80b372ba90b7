from __future__ import annotations

import json
from collections.abc import Callable

from click.testing import Result

from lazuli.compute.contract import until

Run = Callable[..., Result]


def shown(done: Result) -> list[dict[str, str]]:
    return json.loads(done.stdout)


def test_a_cluster_shows_its_nodes_and_one_is_taken_away(lazuli: Run, workspace: str) -> None:
    lazuli("compute", "create", "-n", "cheap", "--tier", "low_priority", "--min-instances", "1")
    (node,) = shown(lazuli("compute", "list-nodes", "-n", "cheap", "-o", "json"))
    assert (
        f"Took away {node['node_id']}." in lazuli("compute", "preempt", "-n", "cheap", "--node", node["node_id"]).stderr
    )

    def names() -> list[str]:
        return [each["node_id"] for each in shown(lazuli("compute", "list-nodes", "-n", "cheap", "-o", "json"))]

    until(lambda: len(names()) == 1 and node["node_id"] not in names(), "another node in its place")
    assert "has no node" in lazuli("compute", "preempt", "-n", "cheap", "--node", "none", fails=1).stderr
    lazuli("compute", "delete", "-n", "cheap", "--yes")


def test_an_instance_is_stopped_started_and_restarted(lazuli: Run, workspace: str) -> None:
    lazuli("compute", "create", "-n", "desk", "--type", "computeinstance", "--size", "STANDARD_DS3_V2")
    for verb, state in (("stop", "Stopped"), ("start", "Running"), ("restart", "Running")):
        lazuli("compute", verb, "-n", "desk")
        assert lazuli("compute", "show", "-n", "desk", "--query", "state", "-o", "tsv").stdout.strip() == state
    assert "max_instances" not in lazuli("compute", "show", "-n", "desk").stdout
    lazuli("compute", "delete", "-n", "desk", "--yes")


def test_sizes_quotas_and_costs_are_listed(lazuli: Run, workspace: str) -> None:
    sizes = {size["name"]: size for size in shown(lazuli("compute", "list-sizes", "-o", "json"))}
    assert sizes["Standard_NC6s_v3"]["category"] == "GPU"
    quotas = {quota["name"]: quota for quota in shown(lazuli("compute", "list-usage", "-o", "json"))}
    assert int(quotas["cores"]["limit"]) >= 1
    for by in ("job", "compute", "tag"):
        assert isinstance(shown(lazuli("compute", "cost", "--by", by, "-o", "json")), list)
    assert "is no time" in lazuli("compute", "cost", "--since", "soon", fails=1).stderr


def test_a_slip_in_the_size_is_told_with_the_nearest_names(lazuli: Run, workspace: str) -> None:
    refused = lazuli("compute", "create", "-n", "odd", "--size", "Standard_DS3", fails=1).stderr
    assert "Standard_DS3_v2" in refused and "list-sizes" in refused
