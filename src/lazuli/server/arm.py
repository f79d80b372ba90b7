"""The REST API of Azure ML: every resource of the table, with the same verbs.

``api-version`` is taken and ignored: the paths are the same in every version that clients send.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from lazuli.assets.storage import ACCOUNT, BUILT_IN, Storage
from lazuli.assets.versions import Versions
from lazuli.resources.datastore import Credentials
from lazuli.resources.table import NOUNS, Noun
from lazuli.schema.identity import NESTED, ResourceId
from lazuli.schema.problems import InvalidInput, NotAllowed, PreconditionFailed
from lazuli.schema.words import time_of
from lazuli.server.listing import of_jobs, page, wanted
from lazuli.server.present import present, present_container, read, read_container
from lazuli.server.registries import DATA_PLANE, SHARED
from lazuli.server.routes import POLL, REGISTER, REGISTRY, WORKSPACE, Call, Route, reply
from lazuli.server.shelves import Shelves
from lazuli.shelves.shelf import ANYTHING, Expected, Shelf
from lazuli.store.documents import Record, Selection

__all__ = ["arm_routes"]

_PATIENCE = 5
_GOING_ON = ("Creating", "Updating")
_MOST = 10_000
"""Resources that are told in one answer."""


def arm_routes(shelves: Shelves, storage: Storage) -> list[Route]:
    """The routes of every noun of the table, and the few actions that some of them have."""
    routes: list[Route] = []
    for noun in NOUNS:
        door = _DOORS.get(noun.word, _Door)(noun, shelves[noun.word])
        if noun.word in ROOTS:
            routes += _root_routes(door, ROOTS[noun.word])
        else:
            routes += _within_workspace(door)
        if noun.word in SHARED:
            routes += _versioned_routes(door, REGISTRY)
            routes += _versioned_routes(_SharedDoor(noun, shelves[noun.word]), f"{DATA_PLANE}{REGISTRY}")
    return routes + _action_routes(shelves, storage)


def _within_workspace(door: _Door) -> list[Route]:
    if door.noun.collection in NESTED:
        return _nested_routes(door, *NESTED[door.noun.collection])
    return _versioned_routes(door, WORKSPACE) if door.noun.versioned else _flat_routes(door)


ROOTS = {"workspace": WORKSPACE, "registry": REGISTRY}
"""What other resources lie in, and its path."""


def _root_routes(door: _Door, path: str) -> list[Route]:
    word, many = door.noun.word, path.split("/")[-2]
    group = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices"
    everywhere = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices"
    return [
        *door.routes(path),
        Route("PATCH", path, door.patch, door.write, f"Change a {word}", response=door.one),
        Route(
            "GET",
            f"{group}/{many}",
            door.list,
            door.read,
            f"List the {many} of a resource group",
            response=door.many,
        ),
        Route(
            "GET",
            f"{everywhere}/{many}",
            door.list,
            door.read,
            f"List the {many} of a subscription",
            response=door.many,
        ),
    ]


def _flat_routes(door: _Door) -> list[Route]:
    noun = door.noun
    path = f"{WORKSPACE}/{noun.collection}"
    return [
        Route("GET", path, door.list, door.read, f"List: {noun.word}", response=door.many),
        *door.routes(f"{path}/{{name}}"),
        Route("PATCH", f"{path}/{{name}}", door.patch, door.write, f"Change: {noun.word}", response=door.one),
    ]


def _nested_routes(door: _Door, within: str, word: str) -> list[Route]:
    noun = door.noun
    path = f"{WORKSPACE}/{within}/{{name}}/{word}"
    one = f"{path}/{{version}}"
    return [
        Route("GET", path, door.list, door.read, f"List: {noun.word}", response=door.many),
        *door.routes(one),
        Route("PATCH", one, door.patch, door.write, f"Change: {noun.word}", response=door.one),
    ]


def _versioned_routes(door: _Door, within: str) -> list[Route]:
    noun = door.noun
    path = f"{within}/{noun.collection}"
    one, container = f"{path}/{{name}}", "ContainerResource"
    shelf = door.shelf
    assert isinstance(shelf, Versions)
    return [
        Route("GET", path, door.list_containers, door.read, f"List the names: {noun.word}", response="ContainerList"),
        Route("GET", one, door.get_container, door.read, f"Show a name: {noun.word}", response=container),
        Route(
            "PUT",
            one,
            door.put_container,
            door.write,
            f"Describe a name: {noun.word}",
            request=container,
            response=container,
        ),
        Route("DELETE", one, door.delete, door.remove, f"Delete all versions: {noun.word}"),
        Route("GET", f"{one}/versions", door.list, door.read, f"List the versions: {noun.word}", response=door.many),
        *door.routes(f"{one}/versions/{{version}}"),
        *_label_routes(_Labels(noun, shelf), f"{one}/labels/{{label}}"),
    ]


def _label_routes(door: _Labels, path: str) -> list[Route]:
    word = door.noun.word
    return [
        Route("GET", path, door.get, door.read, f"Show the version that a label leads to: {word}", response=door.one),
        Route("PUT", path, door.put, door.write, f"Let a label lead to a version: {word}", response=door.one),
        Route("DELETE", path, door.delete, door.write, f"Take a label away: {word}"),
    ]


@dataclass(frozen=True)
class _Door:
    """The verbs of one noun, over HTTP."""

    noun: Noun
    shelf: Shelf

    def routes(self, path: str) -> list[Route]:
        """Show, create and delete one resource at ``path``."""
        word = self.noun.word
        return [
            Route("GET", path, self.get, self.read, f"Show: {word}", response=self.one),
            Route("PUT", path, self.put, self.make, f"Create or change: {word}", request=self.one, response=self.one),
            Route("DELETE", path, self.delete, self.remove, f"Delete: {word}"),
        ]

    @property
    def one(self) -> str:
        """The name of one resource's schema."""
        return f"{self.noun.document_path.partition(':')[2]}Resource"

    @property
    def many(self) -> str:
        """The name of a list's schema."""
        return f"{self.noun.document_path.partition(':')[2]}List"

    @property
    def read(self) -> str:
        return f"{self.noun.permission}/read"

    @property
    def write(self) -> str:
        return f"{self.noun.permission}/write"

    @property
    def make(self) -> str:
        return self.write

    @property
    def remove(self) -> str:
        return f"{self.noun.permission}/delete"

    def id(self, call: Call) -> ResourceId:
        name, version = call.params.get("name", ""), call.params.get("version", "")
        return ResourceId(call.scope, self.noun.collection, name, version)

    def get(self, call: Call) -> Response:
        return reply(present(self.noun, self.shelf.get(self.id(call)), call.base_url))

    def put(self, call: Call) -> Response:
        return self._put(call, call.json(), _expected(call))

    def _put(self, call: Call, body: Mapping[str, Any], expected: Expected) -> Response:
        id = self.id(call)
        record, is_new = self.shelf.put(id, read(self.noun, id, body), call.principal, expected)
        return reply(present(self.noun, record, call.base_url), 201 if is_new else 200)

    def patch(self, call: Call) -> Response:
        """A merge patch over what the resource says now; begun anew where that changes meanwhile."""
        asked = _expected(call)
        for attempt in range(_PATIENCE):
            now = self.shelf.get(self.id(call))
            asked.check(now.id, now)
            body = _merged(present(self.noun, now, call.base_url), call.json())
            try:
                return self._put(call, body, Expected(now.etag))
            except PreconditionFailed:
                if attempt == _PATIENCE - 1:
                    raise
        raise AssertionError("unreachable")

    def delete(self, call: Call) -> Response:
        return reply(status=200 if self.shelf.delete(self.id(call), call.principal) else 204)

    def list(self, call: Call) -> Response:
        selection = self._selection(call, versions=self.noun.versioned or self.noun.collection in NESTED)
        return page(call, selection, self.shelf.select, lambda r: present(self.noun, r, call.base_url))

    def list_containers(self, call: Call) -> Response:
        selection = self._selection(call, versions=False)
        return page(call, selection, self.shelf.select, lambda r: present_container(self.noun, r))

    def _all(self, call: Call) -> list[Record]:
        """All that a query asks for in one answer, for lists that are told without pages."""
        return self.shelf.select(replace(self._selection(call, versions=False), limit=_MOST))

    def _selection(self, call: Call, *, versions: bool) -> Selection:
        if not call.is_inside:
            return wanted(call, "")
        # Clients name every snapshot anew and ask by its hash: equal content is found under whatever name.
        hash = call.query.get("hash") or None
        name = None if hash else call.params.get("name")
        return wanted(call, self.noun.collection, name=name, hash=hash, versions=versions)

    def get_container(self, call: Call) -> Response:
        return reply(present_container(self.noun, self.shelf.get(self.id(call))))

    def put_container(self, call: Call) -> Response:
        assert isinstance(self.shelf, Versions)
        id = self.id(call)
        container, expected = read_container(id, call.json()), _expected(call)
        record, is_new = self.shelf.put_container(id, container, call.principal, expected)
        return reply(present_container(self.noun, record), 201 if is_new else 200)


class _Labels(_Door):
    """The labels of one kind of asset. A PUT says ``{"properties": {"version": "3"}}``."""

    shelf: Versions

    def get(self, call: Call) -> Response:
        return self._shown(call, self.shelf.by_label(self.id(call), call.params["label"]))

    def put(self, call: Call) -> Response:
        said = call.json().get("properties")
        version = said.get("version") if isinstance(said, Mapping) else None
        if not isinstance(version, str | int):
            raise InvalidInput("A label leads to a version.", target="version", mend="Name it in 'properties.version'.")
        id = replace(self.id(call), version=str(version))
        return self._shown(call, self.shelf.set_label(id, call.params["label"], call.principal))

    def delete(self, call: Call) -> Response:
        gone = self.shelf.remove_label(self.id(call), call.params["label"], call.principal)
        return reply(status=200 if gone else 204)

    def _shown(self, call: Call, record: Record) -> Response:
        return reply(present(self.noun, record, call.base_url))


class _JobDoor(_Door):
    """Jobs: their lists are narrowed by more than tags."""

    def _selection(self, call: Call, *, versions: bool) -> Selection:
        return of_jobs(call, super()._selection(call, versions=versions))


class _RegisteredDoor(_Door):
    """What a job registers, as it does through MLflow's door: it makes versions, and says what they are."""

    @property
    def make(self) -> str:
        return REGISTER


class _DatastoreDoor(_Door):
    """Datastores: clients ask for the default one by a query."""

    def list(self, call: Call) -> Response:
        found = self._all(call)
        wanted = call.query.get("isDefault", "").lower()
        shown = [r for r in found if wanted in ("", str(bool(r.state.get("is_default"))).lower())]
        return reply({"value": [present(self.noun, record, call.base_url) for record in shown]})


class _BegunDoor(_Door):
    """What clients take for made only once they have asked whether it is.

    What is put is there at once. But clients before azure-ai-ml 1.35 read the answer to the PUT twice where it says
    that all is done, and lose the kind of the resource on the way; asked again, they read a fresh one.
    """

    def _put(self, call: Call, body: Mapping[str, Any], expected: Expected) -> Response:
        id = self.id(call)
        record, is_new = self.shelf.put(id, read(self.noun, id, body), call.principal, expected)
        told = present(self.noun, record, call.base_url)
        told["properties"]["provisioningState"] = "Creating" if is_new else "Updating"
        return reply(told, 201 if is_new else 200, POLL)

    def get(self, call: Call) -> Response:
        """Where it is still being made, when to ask again: left to themselves clients wait up to half a minute."""
        told = present(self.noun, self.shelf.get(self.id(call)), call.base_url)
        is_going_on = told["properties"].get("provisioningState") in _GOING_ON
        return reply(told, headers=POLL if is_going_on else None)


class _SharedDoor(_Door):
    """Assets of a registry, as Microsoft's client makes them: it begins, looks again, and reads what came of it.

    Before 1.35 it takes anything but a 202 for an error.
    """

    def _put(self, call: Call, body: Mapping[str, Any], expected: Expected) -> Response:
        answer = super()._put(call, body, expected)
        answer.status_code = 202
        answer.headers.update({"Location": f"{call.base_url}{quote(call.path)}", **POLL})
        return answer


class _RegistryDoor(_Door):
    """Registries: Microsoft's client before 1.35 takes a 201 for an error."""

    def id(self, call: Call) -> ResourceId:
        return ResourceId(call.scope)

    def _put(self, call: Call, body: Mapping[str, Any], expected: Expected) -> Response:
        answer = super()._put(call, body, expected)
        answer.status_code = 200
        return answer


class _ConnectionDoor(_Door):
    """Connections: Microsoft's client takes any answer but a 200 for an error, and lists them by their kind."""

    def _put(self, call: Call, body: Mapping[str, Any], expected: Expected) -> Response:
        answer = super()._put(call, body, expected)
        answer.status_code = 200
        return answer

    def list(self, call: Call) -> Response:
        wanted = {word: call.query[word].lower() for word in ("category", "target") if call.query.get(word)}
        shown = [present(self.noun, r, call.base_url) for r in self._all(call)]
        fitting = (each for each in shown if all(_said(each, word) == text for word, text in wanted.items()))
        return reply({"value": list(fitting)})


def _said(resource: Mapping[str, Any], word: str) -> str:
    return str(resource["properties"].get(word, "")).lower()


_DOORS: dict[str, type[_Door]] = {
    "registry": _RegistryDoor,
    "datastore": _DatastoreDoor,
    "compute": _BegunDoor,
    "connection": _ConnectionDoor,
    "schedule": _BegunDoor,
    "online-endpoint": _BegunDoor,
    "online-deployment": _BegunDoor,
    "batch-endpoint": _BegunDoor,
    "batch-deployment": _BegunDoor,
    "job": _JobDoor,
    "data": _RegisteredDoor,
    "model": _RegisteredDoor,
}


def _expected(call: Call) -> Expected:
    """What If-Match and If-None-Match say. Raises :class:`InvalidInput` for an etag that is none of ours."""
    if call.headers.get("if-none-match", "").strip() == "*":
        return Expected(nothing=True)
    wanted = call.headers.get("if-match", "*").strip().removeprefix("W/").strip('"')
    if wanted == "*":
        return ANYTHING
    if not wanted.isdecimal() or len(wanted) > 18:
        raise PreconditionFailed(f"'{wanted[:40]}' is not its etag.", target="If-Match", mend="Read it again.")
    return Expected(int(wanted))


def _merged(old: Any, patch: Any) -> Any:
    """RFC 7396: a map is merged key by key, null removes, anything else replaces."""
    if not isinstance(patch, Mapping) or not isinstance(old, Mapping):
        return patch
    merged = {**old, **{key: _merged(old.get(key), value) for key, value in patch.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def _action_routes(shelves: Shelves, storage: Storage) -> list[Route]:
    actions = _Actions(shelves, storage)
    upload = f"{WORKSPACE}/codes/{{name}}/versions/{{version}}/startPendingUpload"
    return [
        Route(
            "GET",
            f"{WORKSPACE}/jobCounts",
            actions.counts,
            "jobs/read",
            "How many jobs are in each status",
            tags=("Lazuli",),
        ),
        Route("POST", f"{WORKSPACE}/jobs/{{name}}/cancel", actions.cancel, "jobs/cancel", "Cancel a job"),
        Route(
            "POST",
            f"{WORKSPACE}/schedules/{{name}}/trigger",
            actions.trigger,
            "schedules/write",
            "Submit a schedule's job now",
        ),
        Route("POST", f"{WORKSPACE}/datastores/{{name}}/listSecrets", actions.secrets, "datastores/secrets", "Get in"),
        Route(
            "POST",
            f"{WORKSPACE}/datastores/{{name}}/makeDefault",
            actions.make_default,
            "datastores/write",
            "Let clients take this datastore where none is named",
            response="DatastoreResource",
            tags=("Lazuli",),
        ),
        Route(
            "POST",
            f"{WORKSPACE}/connections/{{name}}/listSecrets",
            actions.opened,
            "connections/secrets",
            "Show a connection with its secrets",
        ),
        Route("POST", upload, actions.pending_upload, "codes/write", "Begin the upload of a code snapshot"),
    ]


_SAS_SECONDS = 24 * 3600
_SAS_SECONDS_OF_A_JOB = 3600


@dataclass(frozen=True)
class _Actions:
    """What some nouns can do besides the common verbs."""

    shelves: Shelves
    storage: Storage

    def counts(self, call: Call) -> Response:
        return reply({"value": self.shelves.job.counts(call.scope)})

    def cancel(self, call: Call) -> Response:
        """A job may end itself and what it is a part of, as a step ends its pipeline."""
        if call.principal.role == "job" and call.params["name"] not in self._family(call):
            raise NotAllowed(
                f"A job may not cancel '{call.params['name'][:100]}': it cancels itself and what it is a part of.",
                target="name",
                mend="Leave it to a person, or to the pipeline that both are a part of.",
            )
        self.shelves.job.cancel(ResourceId(call.scope, "jobs", call.params["name"]), call.principal)
        return reply(status=200)

    def trigger(self, call: Call) -> Response:
        """Submit a schedule's job; ``scheduleTime`` is the moment for which it stands."""
        id = ResourceId(call.scope, "schedules", call.params["name"])
        job = self.shelves.schedule.trigger(id, _time(call.json().get("scheduleTime")), call.principal)
        return reply({"submissionId": job, "scheduleActionType": "CreateJob"})

    def secrets(self, call: Call) -> Response:
        """What opens a datastore: a signature for one of ours, the user's own secret for one of theirs.

        A job, which may read its workspace, is given a signature that reads and adds what is not there yet, and no
        secret of a person's own.
        """
        record = self.shelves.datastore.get(ResourceId(call.scope, "datastores", call.params["name"]))
        is_job = call.principal.role == "job"
        if record.id.name not in BUILT_IN:
            if is_job:
                raise NotAllowed(
                    f"The secret of the datastore '{record.id.name}' is told to no job.",
                    target="datastores/secrets",
                    mend="Give the job what lies there as an input.",
                )
            return reply(self._own_secrets(record))
        may, seconds = ("rcl", _SAS_SECONDS_OF_A_JOB) if is_job else ("racwdl", _SAS_SECONDS)
        token = self.storage.token(str(record.body["container_name"]), may, seconds)
        return reply({"secretsType": "Sas", "sasToken": token})

    def make_default(self, call: Call) -> Response:
        id = ResourceId(call.scope, "datastores", call.params["name"])
        record = self.shelves.datastore.make_default(id, call.principal)
        return reply(present(self.shelves.datastore.noun, record, call.base_url))

    def _family(self, call: Call) -> list[str]:
        id = ResourceId(call.scope, "jobs", call.principal.id)
        return [id.name, *self.shelves.job.above(id)]

    def _own_secrets(self, record: Record) -> dict[str, Any]:
        secrets = self.storage.secrets_of(record)
        if not secrets:
            raise InvalidInput(
                f"The datastore '{record.id.name}' lies outside this server and has no secret to get in with.",
                target="credentials",
                mend="Read its files where they lie, or in a job.",
            )
        said = Credentials.load(secrets | record.body["credentials"]).to_rest()
        return {"secretsType": said["credentialsType"], **said["secrets"]}

    def opened(self, call: Call) -> Response:
        """A connection with what opens it."""
        connections = self.shelves.connection
        id = ResourceId(call.scope, "connections", call.params["name"])
        told = present(connections.noun, connections.get(id), call.base_url)
        opened = connections.opened(id).to_rest(call.scope)
        return reply({**told, "properties": {**told["properties"], **opened}})

    def pending_upload(self, call: Call) -> Response:
        container = self.shelves.code.begin(
            ResourceId(call.scope, "codes", call.params["name"], call.params["version"])
        )
        address = f"{call.base_url}/{ACCOUNT}.blob.core.lazuli.local/{container}"
        token = self.storage.token(container, "racwl", _SAS_SECONDS)
        reference = {"blobUri": address, "credential": {"credentialType": "SAS", "sasUri": f"{address}?{token}"}}
        return reply({"blobReferenceForConsumption": reference, "pendingUploadType": "TemporaryBlobReference"})


def _time(said: Any) -> int | None:
    """A moment that a body says, in milliseconds; None where it says none. Raises :class:`InvalidInput`."""
    if said is None:
        return None
    try:
        time = time_of(str(said))
        return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)
    except ValueError:
        raise InvalidInput(
            f"'{str(said)[:80]}' is not a time.", target="scheduleTime", mend="Write it as 2026-05-01T09:00:00Z."
        ) from None
