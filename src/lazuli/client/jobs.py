"""Jobs from Python: what they have beyond other resources. Cancel, change, metrics, outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lazuli.client.collection import Change, Collection
from lazuli.client.envelope import Shown
from lazuli.schema.places import artifact_path, output_path
from lazuli.schema.problems import InvalidInput, NotAllowed, NotFound, Problem, Unavailable, Unsupported, did_you_mean
from lazuli.schema.reference import parse_datastore_path
from lazuli.store.paths import inside

__all__ = ["ENDED", "Jobs"]

ENDED = frozenset({"Completed", "Failed", "Canceled"})
"""The statuses that a job does not leave."""

_OWN_FOLDER = frozenset({"default", "artifacts"})
"""Names for what a job leaves in its own folder, where it says nothing else of them."""

_CHANGEABLE = {"display_name": "displayName", "description": "description", "tags": "tags", "properties": "properties"}


class Jobs(Collection):
    """The jobs of a workspace."""

    def cancel(self, name: str) -> None:
        """Ask the job to stop. Safe to repeat; a job that has ended stays as it is."""
        self._http.call("POST", f"{self._path(name)}/cancel")

    def services(self, name: str) -> list[dict[str, Any]]:
        """Its services: name, type, status, where each is reached, and an error where there is one.

        Who may change the job is told the word that opens a service; who may only see it, the endpoint without that.
        """
        said = {word: dict(item) for word, item in (self.get(name).get("services") or {}).items()}
        path = f"/history/v1.0{self._scope.path}/runs/{quote(name, safe='')}/serviceinstances/0"
        with suppress(NotAllowed):
            for word, opened in self._http.call("GET", path)["instances"].items():
                said[word]["endpoint"] = opened.get("endpoint")
        told = ("type", "endpoint", "status", "error_message")
        return [{"name": word, **{key: item.get(key) for key in told}} for word, item in said.items()]

    def update(self, name: str, change: Change, version: str = "", label: str = "", *, wait: bool = True) -> Shown:
        """Change its display name, description, tags or properties; nothing else of a job can change."""
        now = self.get(name)
        said = {word: now.get(word) for word in _CHANGEABLE}
        source = change.of(said)
        if unknown := sorted(set(source.data) - set(_CHANGEABLE) - {"$schema"}):
            raise InvalidInput(
                f"'{unknown[0]}' of a job cannot be changed.",
                target=unknown[0],
                mend=did_you_mean(unknown[0], sorted(_CHANGEABLE)),
            )
        changes = {_CHANGEABLE[word]: value for word, value in source.data.items() if value != said[word]}
        return self._patch(now, changes)

    def _set_archived(self, name: str, version: str, archived: bool) -> Shown:
        return self._patch(self.get(name), {"hidden": archived})

    def _patch(self, job: Shown, changes: Mapping[str, Any]) -> Shown:
        experiment = quote(job.get("experiment_name", "Default"), safe="")
        run = f"/history/v1.0{self._scope.path}/experiments/{experiment}/runs/{quote(job['name'], safe='')}"
        self._http.call("PATCH", run, body=dict(changes))
        return self.get(job["name"])

    def _check_name(self, name: str) -> None:
        if name:  # a job without a name is given one
            super()._check_name(name)

    def counts(self) -> Counter[str]:
        """How many jobs there are in each status."""
        return Counter(self._http.call("GET", f"{self._scope.path}/jobCounts")["value"])

    # --- what it measured --------------------------------------------------------------------------------------

    def metrics(self, name: str) -> list[dict[str, Any]]:
        """The last value of every metric: ``key``, ``value``, ``step`` and ``timestamp``, by name."""
        try:
            run = self._mlflow("runs/get", run_id=name)["run"]
        except NotFound:
            self.get(name)  # says in our words that there is no such job
            raise
        return sorted(run["data"].get("metrics") or [], key=lambda metric: metric["key"])

    def history(self, name: str, metric: str) -> list[dict[str, Any]]:
        """Every point of one metric, in the order of its steps."""
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            page = self._mlflow("metrics/get-history", run_id=name, metric_key=metric, page_token=token)
            found += page.get("metrics") or []
            token = page.get("next_page_token") or ""
            if not token:
                return sorted(found, key=lambda point: int(point.get("step") or 0))

    def _mlflow(self, operation: str, **query: str) -> dict[str, Any]:
        path = f"/mlflow/v2.0{self._scope.path}/api/2.0/mlflow/{operation}"
        return self._http.call("GET", path, query={key: value for key, value in query.items() if value})

    # --- what it left ------------------------------------------------------------------------------------------

    def download(self, name: str, target: Path, *, output: str = "", everything: bool = False) -> dict[str, int]:
        """Write its files below ``target``; how many there are of each output.

        Without ``output`` that is what it kept of its own folder (``outputs/`` and its logs); an output goes to
        ``named-outputs/<output>``. Raises :class:`NotFound` where it has no such output. With ``everything``, an output
        on storage that cannot be asked from here is told in :class:`Unavailable`, after all else is there.
        """
        named: dict[str, Any] = self.get(name).get("outputs") or {}
        if output and output not in (*named, *_OWN_FOLDER):
            raise NotFound(
                f"The job '{name}' has no output '{output}'.",
                target="output_name",
                mend=did_you_mean(output, list(named)) or "It has no named outputs; leave --output-name out.",
            )
        wanted = (
            sorted(set(named) - _OWN_FOLDER) if everything else [output] if output not in ("", *_OWN_FOLDER) else []
        )
        written: dict[str, int] = {}
        out_of_reach: dict[str, Problem] = {}
        for word in wanted:
            try:
                written[word] = self._download_output(name, word, named[word], target)
            except (InvalidInput, Unsupported) as problem:  # its datastore gives no signature
                if not everything:
                    raise
                out_of_reach[word] = problem
        if not wanted or everything:
            kept = artifact_path(name)
            try:
                written["artifacts"] = self._client.storage.download(kept, inside(target, "artifacts"))
            except NotFound:
                written["artifacts"] = 0
        if out_of_reach:
            outputs = ", ".join(f"'{word}'" for word in out_of_reach)
            first = next(iter(out_of_reach.values()))
            raise Unavailable(
                f"All is in '{target}' but {outputs}: {first.message}", target="output_name", mend=first.mend
            )
        return written

    def _download_output(self, job: str, word: str, said: Any, target: Path) -> int:
        path = said.get("path") if isinstance(said, dict) else None
        return self._client.storage.download(
            parse_datastore_path(path or "") or output_path(job, word), inside(target, f"named-outputs/{word}")
        )
