"""The doors that only compute has: sizes, quotas, nodes, starting and stopping instances, and what all that cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic.alias_generators import to_snake
from starlette.responses import Response

from lazuli.compute.nodes import Node
from lazuli.compute.sizes import SIZES, Size, machine, price_of
from lazuli.compute.targets import Targets
from lazuli.jobs.preempt import Preemption
from lazuli.jobs.queued import MOST_QUEUED, Queued
from lazuli.jobs.usage import Usage
from lazuli.resources.compute import Compute
from lazuli.schema.identity import PROVIDER, ResourceId
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.server.job_table import number_in
from lazuli.server.routes import POLL, WORKSPACE, Call, Route, reply
from lazuli.store.documents import Record

__all__ = ["compute_routes"]

_LOCATION = f"/subscriptions/{{subscription}}/providers/{PROVIDER}/locations/{{location}}"
_ONE = f"{WORKSPACE}/computes/{{name}}"
_READ = "computes/read"
_SSD_MB = 16 << 10
"""The local disk that Azure promises for each core, roughly: some clients show it."""


def compute_routes(targets: Targets, preemption: Preemption, usage: Usage, queued: Queued) -> list[Route]:
    """The routes of sizes, quotas, nodes, instances, queues and costs."""
    door = _Door(targets, preemption, usage, queued)
    act = "computes/write"
    ours = ("Lazuli",)
    return [
        Route("GET", f"{_LOCATION}/vmSizes", door.sizes, _READ, "List the sizes of nodes"),
        Route("GET", f"{_LOCATION}/usages", door.quotas, _READ, "Show what is used of this machine"),
        Route("POST", f"{_ONE}/listNodes", door.nodes, _READ, "List the nodes of a compute"),
        Route("POST", f"{_ONE}/start", door.start, act, "Start an instance"),
        Route("POST", f"{_ONE}/stop", door.stop, act, "Stop an instance"),
        Route("POST", f"{_ONE}/restart", door.restart, act, "Restart an instance"),
        Route("GET", f"{_ONE}/operations/{{operation}}", door.operation, _READ, "Ask whether that is done"),
        Route("POST", f"{_ONE}/enableSso", door.accept, act, "Accept, and change nothing: there is no sign-in here"),
        Route("POST", f"{_ONE}/nodes/{{node}}/preempt", door.preempt, act, "Take a low-priority node away", tags=ours),
        Route(
            "GET",
            f"{_ONE}/queue",
            door.queue,
            _READ,
            "What runs on a compute, and what waits for it and why",
            response="ComputeQueue",
            query={"limit": f"How many of each are told: 100 if nothing is said, {MOST_QUEUED} at most."},
            tags=ours,
        ),
        Route("GET", f"{WORKSPACE}/usage", door.spent, "jobs/read", "What jobs and computes used and cost", tags=ours),
    ]


@dataclass(frozen=True)
class _Door:
    targets: Targets
    preemption: Preemption
    usage: Usage
    queued: Queued

    def sizes(self, call: Call) -> Response:
        prices = self.targets.store.settings.price_list
        return reply({"value": [_size(size, prices) for size in SIZES.values()]})

    def quotas(self, call: Call) -> Response:
        """What the machine has, and what the nodes that are there now claim of it by their sizes."""
        used: Counter[str] = Counter()
        with self.targets.store.state.read() as tx:
            for record, nodes in self.usage.computes_of(tx, call.params["subscription"]):
                used["clusters"] += 1
                used["nodes"] += nodes
                if size := SIZES.get(Compute.load(record.body).size.lower()):
                    used["cores"] += nodes * size.cores
                    used["memory"] += round(nodes * size.memory_gb)
                    used["gpus"] += nodes * size.gpus
        here = machine()
        rows = [
            ("cores", "cores", "Cores claimed by nodes; the limit is what this machine has", here.cores),
            ("memory", "memoryGB", "Memory claimed by nodes in GB; the limit is what this machine has", here.memory_gb),
            ("gpus", "gpus", "GPUs claimed by nodes; the limit is what this machine has", here.gpus),
            ("nodes", "nodes", "Nodes there are now; they share the machine", 1000),
            ("clusters", "computes", "Clusters and instances", 1000),
        ]
        location = call.params["location"]
        root = f"/subscriptions/{call.params['subscription']}/providers/{PROVIDER}/locations/{location}"
        return reply({"value": [_quota(root, location, word, told, used[key], most) for key, word, told, most in rows]})

    def nodes(self, call: Call) -> Response:
        return reply({"nodes": [_node(node) for node in self.targets.list_nodes(_id(call))]})

    def start(self, call: Call) -> Response:
        return self._accepted(call, self.targets.start_instance(_id(call), call.principal), "start")

    def stop(self, call: Call) -> Response:
        return self._accepted(call, self.targets.stop_instance(_id(call), call.principal), "stop")

    def restart(self, call: Call) -> Response:
        return self._accepted(call, self.targets.restart_instance(_id(call), call.principal), "restart")

    def _accepted(self, call: Call, record: Record, word: str) -> Response:
        place = f"{call.base_url}{record.id.path}/operations/{word}"
        return reply(status=202, headers={"Location": place, **POLL})

    def operation(self, call: Call) -> Response:
        """200 once the instance is in the state that was asked for, or in the one that was asked for since."""
        word = call.params["operation"]
        if word not in ("start", "stop", "restart"):
            raise NotFound(f"There is no operation '{word[:40]}'.", target="operation")
        record = self.targets.get(_id(call))
        if record.state.get("state") in ("Running", "Stopped"):
            return reply({"status": "Succeeded"})
        return reply({"status": "InProgress"}, 202, {"Location": f"{call.base_url}{call.path}", **POLL})

    def accept(self, call: Call) -> Response:
        self.targets.get(_id(call))
        return reply(status=200)

    def preempt(self, call: Call) -> Response:
        node = call.params["node"]
        job = self.preemption.preempt(_id(call), node, call.principal)
        return reply({"nodeId": node, "runId": job})

    def queue(self, call: Call) -> Response:
        return reply(self.queued.tell(call.scope, call.params["name"], number_in(call, "limit", 100)))

    def spent(self, call: Call) -> Response:
        by, since = call.query.get("by", "job"), _moment(call.query.get("since", ""))
        rows = [
            {"name": s.name, "nodeSeconds": round(s.node_seconds, 3), "cost": round(s.cost, 6), "jobs": s.jobs}
            for s in self.usage.by(call.scope, by, since)
        ]
        total = {"nodeSeconds": sum(row["nodeSeconds"] for row in rows), "cost": round(sum(r["cost"] for r in rows), 6)}
        return reply({"by": by, "value": rows, **({} if by == "tag" else {"total": total})})


def _id(call: Call) -> ResourceId:
    return ResourceId(call.scope, "computes", call.params["name"])


def _size(size: Size, prices: dict[str, float]) -> dict[str, Any]:
    tiers = {"Standard": price_of(prices, size.name), "LowPriority": price_of(prices, size.name, low_priority=True)}
    return _twice(
        {
            "name": size.name,
            "family": size.family,
            "category": size.category.value,
            "vCPUs": size.cores,
            "gpus": size.gpus,
            "memoryGB": size.memory_gb,
            "osVhdSizeMB": 1 << 20,
            "maxResourceVolumeMB": size.cores * _SSD_MB,
            "lowPriorityCapable": True,
            "premiumIO": "s" in size.family.removeprefix("standard").removesuffix("Family").lower(),
            "supportedComputeTypes": ["AmlCompute", "ComputeInstance"],
            "estimatedVMPrices": {
                "billingCurrency": "USD",
                "unitOfMeasure": "OneHour",
                "values": [{"retailPrice": price, "osType": "Linux", "vmTier": tier} for tier, price in tiers.items()],
            },
        }
    )


def _quota(root: str, location: str, word: str, told: str, used: int, limit: int) -> dict[str, Any]:
    return _twice(
        {
            "id": f"{root}/usages/{word}",
            "amlWorkspaceLocation": location,
            "type": f"{PROVIDER}/usages",
            "unit": "Count",
            "currentValue": used,
            "limit": limit,
            "name": {"value": word, "localizedValue": told},
        }
    )


def _node(node: Node) -> dict[str, Any]:
    return _twice(
        {
            "nodeId": node.name,
            "nodeState": node.state.value,
            "privateIpAddress": "127.0.0.1",
            **({"runId": node.job} if node.job else {}),
        }
    )


def _twice(said: dict[str, Any]) -> dict[str, Any]:
    """Every word in Python's spelling as well: azure-ai-ml 1.35 takes the words of these three lists as they come,
    and then looks for them under its own.
    """
    return {**{to_snake(word): value for word, value in said.items()}, **said}


def _moment(text: str) -> int:
    if not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"'{text[:40]}' is no time.", target="since", mend="Write it as 2026-05-17 or 2026-05-17T14:30:00Z."
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
