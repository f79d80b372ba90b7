"""Every resource of a workspace from Python: ``Client(profile.find()).jobs.create(document)``.

One class serves all nouns, driven by the table of resources; a noun with more verbs adds them in a class of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

from lazuli.client.edits import edited
from lazuli.client.envelope import Shown, body_of, document_of, shown, shown_container
from lazuli.client.kinds import check_kind
from lazuli.client.localise import localise
from lazuli.client.located import located
from lazuli.resources.kinds import check_runs
from lazuli.resources.table import Noun
from lazuli.schema import yaml
from lazuli.schema.document import Document
from lazuli.schema.identity import PROVIDER, WORKSPACES, Scope, check_name
from lazuli.schema.problems import Conflict, InvalidInput, NotFound, PreconditionFailed, Unavailable, Unexpected
from lazuli.schema.yaml import Place, Source

if TYPE_CHECKING:
    from lazuli.client.client import Client

__all__ = ["Change", "Collection", "Query", "Unwritten", "View", "Workspaces", "below"]

View = Literal["ActiveOnly", "ArchivedOnly", "All"]
"""Which of them a list holds."""
Query = Mapping[str, str | list[str]]
"""What a list is narrowed by, in the words of REST: ``tag``, ``$top``; of jobs also ``status`` and others."""

_UNFINISHED = {"creating", "updating", "provisioning", "deleting", "accepted", "running", "inprogress"}
_ATTEMPTS = 5


class Unwritten(Source):
    """What was said on the command line or in Python: it has no lines."""

    def where(self, place: Place) -> str:
        """Where it was said, as a whole."""
        return self.name


@dataclass(frozen=True)
class Change:
    """What is to change: the keys of a file, then single fields, then ``--set`` edits. What is not said stays."""

    edits: tuple[str, ...] = ()
    file: str | Path | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def of(self, said: dict[str, Any]) -> Source:
        """``said`` with the change made. Raises :class:`InvalidInput` where the file says no mapping."""
        source = yaml.load(self.file) if self.file else Unwritten("--set", Path.cwd(), {}, {})
        if not isinstance(source.data, dict):
            raise InvalidInput(f"{source.name} holds no mapping.", target=source.name)
        given = {name: value for name, value in self.fields.items() if value not in (None, "")}
        return edited(replace(source, data={**said, **source.data, **given}), self.edits)


class Collection:
    """All resources of one kind in a workspace. What comes back is in the YAML dialect."""

    def __init__(self, client: Client, noun: Noun) -> None:
        self._client = client
        self._http = client.http
        self.noun = noun

    # --- reading what a user wrote -----------------------------------------------------------------------------

    def read(
        self, file: str | Path | None, edits: Iterable[str] = (), *, strict: bool = False, **fields: Any
    ) -> tuple[Document, Source]:
        """The document that a YAML file says, edited by ``--set`` and by the fields given; checked, nothing sent.

        What is worth a warning stands in the source's ``warnings``; with ``strict`` it is a mistake.
        """
        source = yaml.load(file) if file else Unwritten("The command", Path.cwd(), {}, {})
        source = replace(source, strict=strict)
        check_kind(self.noun, source)
        source = edited(source, edits)
        given = {name: value for name, value in fields.items() if value not in (None, "")}
        if isinstance(source.data, dict) and given:
            source = replace(source, data={**source.data, **given})
        return self.noun.document.from_yaml(source), source

    # --- verbs -------------------------------------------------------------------------------------------------

    def create(self, document: Document, source: Source | None = None, *, wait: bool = True) -> Shown:
        """Make the resource, or change it where that is allowed. Local paths are relative to ``source``.

        Everything that can be checked here is checked before the first byte is sent. Safe to repeat. Without ``wait``
        it may still be in the making when this returns.
        """
        document = document.model_copy(deep=True)
        with located(document, source):
            self._check_name(getattr(document, "name", ""))
        steps = localise(document, source or Unwritten("The document", Path.cwd(), document.to_yaml(), {}))
        name = getattr(document, "name", "")
        with located(document, source):
            check_runs(document)
            for step in steps:
                step(self._client)
            if self.noun.versioned and not getattr(document, "version", ""):
                return self._create_next(name, document)
            return self._put(self._path(name, getattr(document, "version", "")), document, {}, wait=wait)

    def get(self, name: str, version: str = "", label: str = "") -> Shown:
        """One resource; of an asset the version named, or the newest."""
        return shown(self.noun, self.raw(name, version, label), self._scope)

    def raw(self, name: str, version: str = "", label: str = "") -> dict[str, Any]:
        """One resource exactly as REST says it."""
        return self._http.call("GET", self._path(name, self._version(name, version, label)))

    def lineage(self, name: str, version: str = "", direction: str = "both") -> dict[str, Any]:
        """What it was made from, and what of it: ``root``, ``nodes``, ``edges`` between them, and ``events``."""
        path = self._path(name, self._version(name, version, ""))
        return self._http.call("GET", f"{path}/lineage?direction={quote(direction)}")

    def list(self, name: str = "", *, view: View = "ActiveOnly", query: Query | None = None) -> Iterator[Shown]:
        """All of them, as the server orders them; of assets one entry each, or all versions of ``name``.

        Pages are fetched as they are needed: who takes only the first few waits only for those.
        """
        path = self._path(name, "*").removesuffix("/*") if name else self._collection
        for body in self._pages(path, {"listViewType": view, **(query or {})}):
            if self.noun.versioned and not name:
                yield shown_container(body, self._scope)
            else:
                yield shown(self.noun, body, self._scope)

    def update(self, name: str, change: Change, version: str = "", label: str = "", *, wait: bool = True) -> Shown:
        """Change what ``change`` says, leaving the rest as it is."""
        version = self._version(name, version, label)
        body = self._http.call("GET", self._path(name, version))
        now = document_of(self.noun, body, self._scope)
        fixed = now.read_only_fields() | set(now.model_extra or {})  # what only the server says
        said = {key: value for key, value in now.to_yaml().items() if key not in fixed}
        document = self.noun.document.from_yaml(replace(change.of(said), strict=True))
        return self._put(self._path(name, version), document, _unchanged(body), wait=wait)

    def archive(self, name: str, version: str = "") -> Shown:
        """Hide one version, or without a version all of them, from lists."""
        return self._set_archived(name, version, True)

    def restore(self, name: str, version: str = "") -> Shown:
        """Show again what was archived."""
        return self._set_archived(name, version, False)

    def label(self, name: str, version: str, label: str) -> Shown:
        """Let ``label`` lead to a version of an asset, and to no other."""
        body = {"properties": {"version": version}}
        return shown(self.noun, self._http.call("PUT", self._label(name, label), body=body), self._scope)

    def unlabel(self, name: str, label: str) -> None:
        """Take a label away. Raises :class:`NotFound` where the asset has none such."""
        if self._http.respond("DELETE", self._label(name, label)).status_code == 204:
            raise NotFound(f"The {self.noun.word} '{name}' has no label '{label}'.", target="label")

    def container(self, name: str) -> Shown:
        """What is said of all versions of an asset together, with its labels."""
        return shown_container(self._http.call("GET", self._path(name)), self._scope)

    def delete(self, name: str, version: str = "", *, wait: bool = True) -> None:
        """Remove it. Raises :class:`NotFound` where it is not there."""
        path = self._path(name, version)
        response = self._http.respond("DELETE", path)
        if response.status_code == 204:
            raise NotFound(f"The {self.noun.word} '{name}' does not exist.", target="name")
        while wait and response.status_code == 202 and (place := response.headers.get("location")):
            time.sleep(_pause(response.headers))
            response = self._http.respond("GET", below(place))

    def _check_name(self, name: str) -> None:
        if not name:
            raise InvalidInput("'name' is required.", target="name", mend="Add 'name', or give it with --name.")
        check_name(name)

    # --- how they are said in REST -----------------------------------------------------------------------------

    @property
    def _scope(self) -> Scope:
        return self._client.scope

    @property
    def _collection(self) -> str:
        return f"{self._scope.path}/{self.noun.collection}"

    def _path(self, name: str, version: str = "") -> str:
        path = f"{self._collection}/{quote(name, safe='')}"
        return f"{path}/versions/{quote(version, safe='*')}" if version and self.noun.versioned else path

    def _label(self, name: str, label: str) -> str:
        return f"{self._path(name)}/labels/{quote(label, safe='')}"

    def _version(self, name: str, version: str, label: str) -> str:
        if version or not self.noun.versioned:
            return version
        if label not in ("", "latest"):
            return self._http.call("GET", self._label(name, label))["name"]
        latest = (self._http.call("GET", self._path(name))["properties"] or {}).get("latestVersion")
        if not latest:
            raise NotFound(f"The {self.noun.word} '{name}' has no version that can be used.", target="name")
        return latest

    def _create_next(self, name: str, document: Document) -> Shown:
        """Create the next version; where somebody else takes it meanwhile, the one after."""
        for _ in range(_ATTEMPTS):
            try:
                version = self._http.call("GET", self._path(name))["properties"].get("nextVersion") or "1"
            except NotFound:
                version = "1"
            try:
                return self._put(self._path(name, version), document, {"If-None-Match": "*"})
            except (Conflict, PreconditionFailed):
                continue
        raise Conflict(f"Others create versions of '{name}' all the time.", target="version", mend="Name a version.")

    def _put(self, path: str, document: Document, headers: Mapping[str, str], *, wait: bool = True) -> Shown:
        body = self._http.call("PUT", path, body=body_of(self.noun, document, self._scope), headers=headers)
        return shown(self.noun, self._settled(path, body) if wait else body, self._scope)

    def _settled(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """``body`` once what it describes is no longer being made."""
        patience, pause = time.monotonic() + 300, 0.0  # the first answer often says so of what is there already
        while str((body.get("properties") or {}).get("provisioningState", "")).lower() in _UNFINISHED:
            if time.monotonic() > patience:
                raise Unavailable(f"The {self.noun.word} is still being made.", mend="Look again with 'show'.")
            time.sleep(pause)
            body, pause = self._http.call("GET", path), 0.1
        if str((body.get("properties") or {}).get("provisioningState", "")).lower() == "failed":
            reason = (body.get("properties") or {}).get("statusReason")
            if reason:
                raise Unexpected(f"The {self.noun.word} could not be made. {reason}", target=body.get("name", ""))
            raise Unexpected(f"The {self.noun.word} could not be made.", mend="See the server's log.")
        return body

    def told_at(self, path: str, noun: Noun) -> Iterator[Shown]:
        """What the server lists at a path, of another noun."""
        return (shown(noun, body, self._scope) for body in self._pages(path, {}))

    def _pages(self, path: str, query: Query) -> Iterator[dict[str, Any]]:
        page = self._http.call("GET", path, query=query)
        yield from page["value"]
        while following := page.get("nextLink"):
            page = self._http.call("GET", below(following))
            yield from page["value"]

    def _set_archived(self, name: str, version: str, archived: bool) -> Shown:
        path = self._path(name, version)
        body = self._http.call("GET", path)
        properties = {**body["properties"], "isArchived": archived}
        body = self._http.call("PUT", path, body={**body, "properties": properties}, headers=_unchanged(body))
        if self.noun.versioned and not version:
            return shown_container(body, self._scope)
        return shown(self.noun, body, self._scope)


class Workspaces(Collection):
    """The workspaces, or the registries, of a resource group: the roots of everything else."""

    @property
    def _scope(self) -> Scope:
        profile = self._client.profile
        return Scope(profile.subscription, profile.resource_group, profile.workspace)

    @property
    def _collection(self) -> str:
        scope = self._scope
        group = f"/subscriptions/{scope.subscription}/resourceGroups/{scope.resource_group}"
        return f"{group}/providers/{PROVIDER}/{self._root}"

    @property
    def _root(self) -> str:
        return self.noun.collection or WORKSPACES

    def everywhere(self, query: Query | None = None) -> Iterator[Shown]:
        """Those of all resource groups of the subscription."""
        path = f"/subscriptions/{self._scope.subscription}/providers/{PROVIDER}/{self._root}"
        return (shown(self.noun, body, self._scope) for body in self._pages(path, query or {}))


def below(link: str) -> str:
    """An absolute link as a path: we follow it on the server we know, and never take the token elsewhere."""
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _pause(headers: Mapping[str, str]) -> float:
    if (milliseconds := headers.get("retry-after-ms", "")).isdigit():
        return min(int(milliseconds) / 1000, 5)
    return 0.2


def _unchanged(body: Mapping[str, Any]) -> dict[str, str]:
    """The header that lets a write through only where nobody else has written meanwhile."""
    etag = body.get("etag") or ""
    return {"If-Match": etag} if etag else {}
