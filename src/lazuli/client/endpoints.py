"""Endpoints and deployments from Python: what every collection has, and keys, logs and asking them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from lazuli.client.collection import Change, Collection, Unwritten, below
from lazuli.client.envelope import Shown, shown
from lazuli.client.localise import localise
from lazuli.client.located import located
from lazuli.resources.batch import BatchJob
from lazuli.resources.table import Noun
from lazuli.schema.document import Document
from lazuli.schema.identity import NESTED
from lazuli.schema.problems import InvalidInput, Problem, Unexpected
from lazuli.schema.yaml import Source

if TYPE_CHECKING:
    from lazuli.client.client import Client

__all__ = ["BatchDeployments", "BatchEndpoints", "Deployments", "OnlineDeployments", "OnlineEndpoints"]

_LINES = 60
_RAISED = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt|Warning)\b")
"""The last line of what Python says of an error."""


class OnlineEndpoints(Collection):
    """The online endpoints of a workspace."""

    def keys(self, name: str) -> dict[str, str]:
        """What opens an endpoint: ``primaryKey`` and ``secondaryKey``, or of one for tokens a new ``accessToken``."""
        said = self.get(name)
        action = "listKeys" if said.get("auth_mode") == "key" else "token"
        return self._http.call("POST", f"{self._path(name)}/{action}")

    def renew_key(self, name: str, kind: str) -> None:
        """Make the ``primary`` or the ``secondary`` key anew."""
        self._http.call("POST", f"{self._path(name)}/regenerateKeys", body={"keyType": kind.capitalize()})

    def share(self, name: str, traffic: dict[str, int]) -> Shown:
        """Let each deployment have so many percent of the traffic."""
        return self.update(name, Change(fields={"traffic": traffic}))

    def invoke(self, name: str, request: Path | bytes, deployment: str = "") -> Any:
        """What the endpoint answers to a request: a file with JSON, or the bytes themselves.

        Raises :class:`Unexpected` with what it answered where that is not a 200.
        """
        address = self.get(name).get("scoring_uri")
        if not address:
            raise InvalidInput(f"The endpoint '{name}' is not open yet.", target="name", mend="Look with 'show'.")
        keys = self.keys(name)
        headers = {
            "Authorization": f"Bearer {keys.get('primaryKey') or keys['accessToken']}",
            "Content-Type": "application/json",
            **({"azureml-model-deployment": deployment} if deployment else {}),
        }
        content = request if isinstance(request, bytes) else request.read_bytes()
        try:
            answer = self._http.respond("POST", address, content=content, headers=headers)
        except Problem as problem:
            raise self._unanswered(name, deployment, problem) from None
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text

    def metrics(self, name: str) -> str:
        """What the endpoint's front counted, in the text of Prometheus."""
        return self._http.respond("GET", f"{self._path(name)}/metrics").text

    def _unanswered(self, name: str, deployment: str, problem: Problem) -> Unexpected:
        """The problem that an endpoint did not answer, with what its script said of it."""
        shares = {each: share for each, share in (self.get(name).get("traffic") or {}).items() if share}
        asked = deployment or (next(iter(shares)) if len(shares) == 1 else "")
        words = ""
        if problem.code == "ScoringFailed" and asked:
            with suppress(Problem):
                lines = self._client.online_deployments.behind(name).logs(asked, _LINES).splitlines()
                words = next((f" It said: {line}" for line in reversed(lines) if _RAISED.match(line)), "")
        return Unexpected(
            f"The endpoint '{name}' did not answer as it should: {problem.message}{words}",
            target=name,
            mend=f"Its log: 'lazuli online-deployment get-logs -e {name} -n {asked or 'DEPLOYMENT'}'.",
        )


class Deployments(Collection):
    """The deployments behind an endpoint: ``client.online_deployments.behind("prices").list()``."""

    def __init__(self, client: Client, noun: Noun, endpoint: str = "") -> None:
        super().__init__(client, noun)
        self._endpoint = endpoint

    def behind(self, endpoint: str) -> Self:
        """Those behind an endpoint."""
        return type(self)(self._client, self.noun, endpoint)

    def create(self, document: Document, source: Source | None = None, *, wait: bool = True) -> Shown:
        """Deploy, or change a deployment; behind the endpoint that the document names, where none was named here."""
        endpoint = self._endpoint or getattr(document, "endpoint_name", "")
        if not endpoint:
            raise InvalidInput(
                "'endpoint_name' is required.",
                target="endpoint_name",
                mend="Add it, or give it with --endpoint-name.",
            )
        if not self._endpoint:
            return self.behind(endpoint).create(document, source, wait=wait)
        return super().create(document, source, wait=wait)

    @property
    def _collection(self) -> str:
        within, word = NESTED[self.noun.collection]
        return f"{self._scope.path}/{within}/{quote(self._endpoint, safe='')}/{word}"


class OnlineDeployments(Deployments):
    """The deployments behind an online endpoint."""

    def logs(self, name: str, lines: int, container: str = "") -> str:
        """The last lines of what a deployment's processes say."""
        said = {"tail": lines, **({"containerType": container} if container else {})}
        return self._http.call("POST", f"{self._path(name)}/getLogs", body=said)["content"]


class BatchEndpoints(Collection):
    """The batch endpoints of a workspace."""

    def invoke(self, name: str, asked: BatchJob, source: Source | None = None) -> Shown:
        """The job that answers. Local files are sent first; their paths are relative to ``source``."""
        asked = asked.model_copy(deep=True)
        document = source or Unwritten("The command", Path.cwd(), asked.to_yaml(), {})
        steps = localise(asked, document)
        with located(asked, document):
            for step in steps:
                step(self._client)
            address = self.get(name)["scoring_uri"]
            chosen = {"azureml-model-deployment": asked.deployment} if asked.deployment else {}
            body = {"properties": asked.to_rest(self._scope)}
            made = self._http.call("POST", below(address), body=body, headers=chosen)
        return shown(self._client.jobs.noun, made, self._scope)

    def jobs(self, name: str) -> Iterator[Shown]:
        """The jobs that it was asked for, the newest first."""
        return self.told_at(f"{self._path(name)}/jobs", self._client.jobs.noun)

    def set_default(self, name: str, deployment: str) -> Shown:
        """Let a deployment answer where none is named."""
        return self.update(name, Change(fields={"defaults": {"deployment_name": deployment}}))


class BatchDeployments(Deployments):
    """The deployments behind a batch endpoint."""

    def jobs(self, name: str) -> Iterator[Shown]:
        """The jobs that it was asked for, the newest first."""
        return self.told_at(f"{self._path(name)}/jobs", self._client.jobs.noun)
