"""The door to models as packages: a folder for ``docker build`` as a zip file, by a ticket."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from lazuli.assets.archive import Packed, zipped
from lazuli.compute.images.layers import Entry
from lazuli.endpoints.packages.registered import RegisteredPackages, Scripted
from lazuli.resources.deployment import OnlineDeployment
from lazuli.schema.identity import ResourceId, parse_resource_id
from lazuli.schema.problems import Conflict, InvalidInput, NotAllowed
from lazuli.server.routes import SIGNED, WORKSPACE, Call, Route, reply
from lazuli.server.shown import ZIP, disposition
from lazuli.server.tickets import Tickets
from lazuli.workspaces.sessions import Sessions

__all__ = ["package_routes"]

_SECONDS = 3600


def package_routes(packages: RegisteredPackages, sessions: Sessions, tickets: Tickets) -> list[Route]:
    """Ask for a package, and get it by its ticket."""
    door = _Door(packages, sessions, tickets)
    one = f"{WORKSPACE}/models/{{name}}/versions/{{version}}/package"
    summary = "Package a model with its server and its environment"
    return [
        Route("POST", one, door.ask, "models/write", summary, tags=("Studio",)),
        Route("GET", "/packaged/{ticket}/{file}", door.send, SIGNED, "A package, by its ticket", tags=("Studio",)),
    ]


@dataclass(frozen=True)
class _Door:
    packages: RegisteredPackages
    sessions: Sessions
    tickets: Tickets

    def ask(self, call: Call) -> Response:
        """``{"state": "building"}`` while the model's environment is built; then ``{"state": "ready", "url"}``.

        A body says which script answers, in the words of a deployment: ``codeConfiguration``, ``environmentId`` and
        ``furtherModels``.
        """
        id = ResourceId(call.scope, "models", call.params["name"], call.params["version"])
        scripted = _scripted(call)
        if self.packages.context(id, scripted) is None:
            return reply({"state": "building"}, 202)
        file = f"{id.name}-{id.version}.zip"
        claims: dict[str, Any] = {"package": id.path, "file": file, "session": call.principal.session}
        if scripted is not None:
            claims["scripted"] = asdict(scripted)
        ticket = self.tickets.issue(claims, _SECONDS)
        said = {"state": "ready", "url": f"/packaged/{ticket}/{quote(file, safe='')}"}
        return reply(said, 201)

    def send(self, call: Call) -> Response:
        """The zip file."""
        claims = self.tickets.open(call.params["ticket"])
        id = parse_resource_id(str(claims.get("package")))
        if id is None or claims.get("file") != call.params["file"]:
            raise NotAllowed("The ticket is not for this package.", target="path", mend="Ask for one that is.")
        if session := claims.get("session"):
            self.sessions.get(str(session))
        said = claims.get("scripted")
        scripted = Scripted(**{**said, "further_models": tuple(said["further_models"])}) if said else None
        context = self.packages.context(id, scripted)
        if context is None:
            raise Conflict("The environment of the model is being built anew.", target="model", mend="Ask again.")
        headers = {"Content-Disposition": disposition(str(claims["file"]), download=True)}
        now = self.tickets.now()
        return StreamingResponse(zipped(_packed(context, now)), media_type=ZIP, headers=headers)


def _scripted(call: Call) -> Scripted | None:
    """The script that a body names; None where it names none. Raises :class:`InvalidInput` for half of one."""
    said = OnlineDeployment.from_rest(call.json(), call.scope)
    configured = said.code_configuration
    if configured is None:
        return None
    if not (configured.code and configured.scoring_script and isinstance(said.environment, str)):
        raise InvalidInput(
            "Half of what answers is not said.",
            target="codeConfiguration",
            mend="Give 'codeId' and 'scoringScript', and beside them 'environmentId'.",
        )
    return Scripted(configured.code, configured.scoring_script, said.environment, tuple(said.further_models))


def _packed(context: Mapping[str, Entry], now: int) -> list[Packed]:
    """Folders of it that are empty are left out: whatever needs one makes it."""

    def packed(path: str, entry: Entry) -> Packed:
        source, content = entry.source, entry.content or b""
        return Packed(path, now, lambda: source.open("rb") if source else io.BytesIO(content))

    return [packed(path, entry) for path, entry in context.items() if not entry.is_folder]
