"""The doors that only endpoints have: keys, tokens and logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from lazuli.endpoints.asked import LONGEST_S
from lazuli.endpoints.online import OnlineDeployments, OnlineEndpoints
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput
from lazuli.server.routes import WORKSPACE, Call, Route, reply

__all__ = ["endpoint_routes"]

_ONE = f"{WORKSPACE}/onlineEndpoints/{{name}}"
_DEPLOYMENT = f"{_ONE}/deployments/{{version}}"
_KEYS, _LOGS = "onlineendpoints/keys", "onlinedeployments/read"
_READ = "onlineendpoints/read"
_LINES = 5000


def endpoint_routes(endpoints: OnlineEndpoints, deployments: OnlineDeployments) -> list[Route]:
    """The routes of keys, tokens and logs."""
    door = _Door(endpoints, deployments)
    return [
        Route("POST", f"{_ONE}/listKeys", door.keys, _KEYS, "Show the keys of an endpoint"),
        Route("POST", f"{_ONE}/regenerateKeys", door.renew, _KEYS, "Make a key of an endpoint anew"),
        Route("POST", f"{_ONE}/token", door.token, _KEYS, "Make a token for an endpoint, which holds for a while"),
        Route("GET", f"{_ONE}/metrics", door.metrics, _READ, "Read what an endpoint counted, as Prometheus does"),
        Route(
            "GET",
            f"{_ONE}/requests",
            door.asked,
            _READ,
            "What an endpoint was asked of late, summed up over short spans",
            response="AskedOfLate",
            query={
                "minutes": "How far back: 60 if nothing is said.",
                "step": "The seconds of a span: 10 if nothing is said.",
            },
            tags=("Lazuli",),
        ),
        Route(
            "GET",
            f"{_DEPLOYMENT}/instances",
            door.instances,
            _LOGS,
            "List what runs for a deployment",
            response="InstanceRows",
            tags=("Lazuli",),
        ),
        Route("POST", f"{_DEPLOYMENT}/getLogs", door.logs, _LOGS, "Read what a deployment says"),
        Route("GET", f"{_DEPLOYMENT}/skus", door.skus, _LOGS, "List how many instances a deployment may have"),
    ]


@dataclass(frozen=True)
class _Door:
    endpoints: OnlineEndpoints
    deployments: OnlineDeployments

    def keys(self, call: Call) -> Response:
        record = self.endpoints.get(_id(call))
        keys = self.endpoints.keys.of(record.id)
        said = {"primaryKey": keys["primary"], "secondaryKey": keys["secondary"]}
        if record.body.get("address_key"):
            said["addressKey"] = self.endpoints.keys.address(record.id)
        return reply(said)

    def renew(self, call: Call) -> Response:
        said = call.json()
        self.endpoints.renew_key(_id(call), str(said.get("keyType") or ""), said.get("keyValue"))
        return reply({})

    def token(self, call: Call) -> Response:
        made = self.endpoints.make_token(_id(call))
        return reply(
            {
                "accessToken": made.word,
                "tokenType": "Bearer",
                "expiryTimeUtc": int(made.expires_s),
                "refreshAfterTimeUtc": int(made.refresh_s),
            }
        )

    def metrics(self, call: Call) -> Response:
        text = self.endpoints.metrics(_id(call))
        return Response(text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    def logs(self, call: Call) -> Response:
        """The last lines of what its processes, or its endpoint's front, wrote."""
        said: dict[str, Any] = call.json()
        lines = said.get("tail")
        if lines is not None and not (isinstance(lines, int) and lines > 0):
            raise InvalidInput(f"'{str(lines)[:40]}' is not a number of lines.", target="tail", mend="Use 1 or more.")
        kind = str(said.get("containerType") or "InferenceServer")
        instance = str(said.get("instance") or "")
        text = self.deployments.log(_deployment(call), kind, min(lines or _LINES, _LINES), instance)
        return reply({"content": text})

    def asked(self, call: Call) -> Response:
        minutes = _number(call, "minutes", 60, LONGEST_S // 60)
        return reply(self.endpoints.asked(_id(call), minutes, _number(call, "step", 10, 3600)))

    def instances(self, call: Call) -> Response:
        return reply({"value": self.deployments.instances(_deployment(call))})

    def skus(self, call: Call) -> Response:
        record = self.deployments.get(_deployment(call))
        count = int(record.body.get("instance_count") or 1)
        capacity = {"default": 1, "minimum": 1, "maximum": 64, "scaleType": "Manual"}
        size = {"name": "Default", "capacity": count}
        return reply({"value": [{"resourceType": "deployments", "sku": size, "capacity": capacity}]})


def _number(call: Call, word: str, usual: int, most: int) -> int:
    said = call.query.get(word) or str(usual)
    if not (said.isdecimal() and 1 <= int(said[:9]) <= most):
        raise InvalidInput(f"'{said[:40]}' is no '{word}'.", target=word, mend=f"Use a whole number from 1 to {most}.")
    return int(said)


def _id(call: Call) -> ResourceId:
    return ResourceId(call.scope, "onlineEndpoints", call.params["name"])


def _deployment(call: Call) -> ResourceId:
    return ResourceId(call.scope, "onlineDeployments", call.params["name"], call.params["version"])
