"""Jobs from Python: what they have beyond other resources. Cancel, change, metrics, outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lazuli.client.collection import Change, Collection
from lazuli.client.envelope import Shown, shown
from lazuli.resources.job import JobType
from lazuli.resources.search import SweepLimits
from lazuli.schema.places import artifact_path, output_path
from lazuli.schema.problems import InvalidInput, NotAllowed, NotFound, Problem, Unavailable, Unsupported, did_you_mean
from lazuli.schema.reference import parse_datastore_path
from lazuli.schema.yaml import Source
from lazuli.store.paths import inside

__all__ = ["ENDED", "Jobs"]

ENDED = frozenset({"Completed", "Failed", "Canceled"})
"""The statuses that a job does not leave."""

_OWN_FOLDER = frozenset({"default", "artifacts"})
"""Names for what a job leaves in its own folder, where it says nothing else of them."""

_OF_THE_SWEEP = "hd-artifacts"
"""Where Microsoft's client puts the log of a sweep, beside what its best trial left."""

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
        words = [*_CHANGEABLE, *(["limits"] if now.get("type") == JobType.SWEEP else [])]
        said = {word: now.get(word) for word in words}
        source = change.of(said)
        if unknown := sorted(set(source.data) - set(words) - {"$schema"}):
            raise InvalidInput(
                f"'{unknown[0]}' of a job cannot be changed.",
                target=unknown[0],
                mend=did_you_mean(unknown[0], sorted(words)),
            )
        changes = {word: value for word, value in source.data.items() if word in words and value != said[word]}
        if "limits" in changes:
            now = self.limit(name, **(changes.pop("limits") or {}))
        return self._patch(now, {_CHANGEABLE[word]: value for word, value in changes.items()}) if changes else now

    # --- a sweep -----------------------------------------------------------------------------------------------

    def limit(self, name: str, **limits: int | None) -> Shown:
        """Change the limits of a sweep: those that are said. One that has ended goes on where they allow for more."""
        body = self.raw(name)
        properties = body["properties"]
        if properties.get("jobType") != JobType.SWEEP.rest:
            raise InvalidInput(f"The job '{name}' is no sweep, and only a sweep goes on.", target="limits")
        now = SweepLimits.from_rest(properties.get("limits") or {}).to_yaml()
        data = {**now, **{word: value for word, value in limits.items() if value is not None}}
        said = SweepLimits.from_yaml(Source("limits", Path.cwd(), data, {}, strict=True))
        properties = {**properties, "limits": said.to_rest()}
        return shown(
            self.noun, self._http.call("PUT", self._path(name), body={**body, "properties": properties}), self._scope
        )

    def trials(self, name: str, *, intervals: bool = False) -> dict[str, Any]:
        """The trials of a sweep, as REST tells them; with ``intervals`` all that each has logged of the metric."""
        return self._http.call("GET", f"{self._path(name)}/trials", query={"intervals": str(intervals).lower()})

    def importance(self, name: str) -> dict[str, float]:
        """How much each hyperparameter of a sweep mattered, the greatest share first."""
        told = self._http.call("GET", f"{self._path(name)}/importance")
        return {each["name"]: each["share"] for each in told["importance"]}

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
        job = self.get(name)
        if job.get("type") == JobType.SWEEP:
            return self._download_best(job, target, output=output, everything=everything)
        named: dict[str, Any] = job.get("outputs") or {}
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

    def _download_best(self, sweep: Shown, target: Path, *, output: str, everything: bool) -> dict[str, int]:
        """Of a sweep: what its best trial left, and its own log."""
        best = (sweep.get("properties") or {}).get("best_child_run_id")
        if best is None:
            raise NotFound(
                f"The sweep '{sweep['name']}' has no best trial.",
                target="name",
                mend="Name one of its trials: 'lazuli job trials' lists them.",
            )
        written = self.download(best, target, output=output, everything=everything)
        if not output:
            own = self._client.storage.download(artifact_path(sweep["name"]), inside(target, _OF_THE_SWEEP))
            written[_OF_THE_SWEEP] = own
        return written

    def _download_output(self, job: str, word: str, said: Any, target: Path) -> int:
        path = said.get("path") if isinstance(said, dict) else None
        return self._client.storage.download(
            parse_datastore_path(path or "") or output_path(job, word), inside(target, f"named-outputs/{word}")
        )
