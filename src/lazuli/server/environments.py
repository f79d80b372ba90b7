"""What became of an environment on this machine: what was installed, and what its build says."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from lazuli.assets.environments import Environments
from lazuli.jobs.environment import Made
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.store.documents import Record

__all__ = ["environment_routes"]


def environment_routes(assets: Environments, made: Made) -> list[Route]:
    """The door to environments as this machine has them."""
    door = _Made(assets, made)
    one = f"{WORKSPACE}/environments/{{name}}/versions/{{version}}"
    return [
        Route("GET", f"{one}/lock", door.lock, "environments/read", "What was installed for an environment"),
        Route("GET", f"{one}/buildlog", door.log, "environments/read", "What an environment's build says"),
        Route("POST", f"{one}/build", door.build, "environments/write", "Build an environment before a job wants it"),
    ]


@dataclass(frozen=True)
class _Made:
    assets: Environments
    made: Made

    def lock(self, call: Call) -> Response:
        return reply({"value": self.made.lock(self._asset(call))})

    def log(self, call: Call) -> Response:
        offset = call.query.get("offset") or "0"
        if not (offset.isdecimal() and len(offset) < 16):
            raise InvalidInput(f"'{offset[:40]}' is not an offset.", target="offset")
        asset = self._asset(call)
        state = self.made.state(asset)  # before the log: an end seen here has all its log below
        said = self.made.build_log(asset, int(offset))
        return reply({"text": said.decode(errors="replace"), "offset": int(offset) + len(said), "state": state})

    def build(self, call: Call) -> Response:
        """``{"state": "building"}``; a build that failed begins anew, and what is ready stays."""
        return reply({"state": self.made.build(self._asset(call))}, 202)

    def _asset(self, call: Call) -> Record:
        return self.assets.get(ResourceId(call.scope, "environments", call.params["name"], call.params["version"]))
