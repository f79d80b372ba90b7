"""Pinning: every reference of a job settled to one version and place, so that it says for ever what it ran with."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from lazuli.assets.kinds import Codes, DataAssets, Environments, Models
from lazuli.assets.runnable import code_of, environment_of, spelt
from lazuli.assets.storage import Storage
from lazuli.jobs.code import CodeSources
from lazuli.jobs.granted import Granted
from lazuli.resources.inout import AssetType, Input, Output
from lazuli.resources.job import CommandJob, Job
from lazuli.schema import bindings
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.places import DEFAULT
from lazuli.schema.problems import Conflict, InvalidInput, NotFound
from lazuli.schema.reference import parse_datastore_path, parse_registry
from lazuli.store.documents import Record

__all__ = ["Pinning"]


class Pinning:
    """Settles what jobs refer to: environments, code, data, models, and the places of outputs."""

    def __init__(
        self,
        *,
        storage: Storage,
        data: DataAssets,
        models: Models,
        environments: Environments,
        codes: Codes,
        granted: Granted,
        sources: CodeSources,
    ) -> None:
        self._storage = storage
        self._data = data
        self._models = models
        self._environments = environments
        self._codes = codes
        self._granted = granted
        self._sources = sources

    def pinned(self, id: ResourceId, job: CommandJob) -> CommandJob:
        """The job with every reference settled. Raises :class:`InvalidInput` for what does not exist."""
        for name in job.inputs:
            check_name(name, target=f"inputs.{name}", what="input name")
        self._granted.check(id.scope, job)
        settled = {
            "environment": environment_of(self._environments, id.scope, job.environment, "job"),
            "inputs": {n: self.input(id.scope, n, i) for n, i in job.inputs.items()},
            "outputs": {n: self.placed(id.name, n, o) for n, o in job.outputs.items()},
            "display_name": job.display_name or id.name,
        }
        return job.model_copy(update={**settled, **self._code(id.scope, job)})  # last: it may have to be fetched

    def _code(self, scope: Scope, job: CommandJob) -> dict[str, Any]:
        """The code as a snapshot, with what there is to say of where it came from."""
        if job.code is None or not self._sources.knows(job.code):
            return {"code": code_of(self._codes, scope, job.code, "job")}
        fetched = self._sources.fetch(scope, job.code)
        return {"code": fetched.reference, "properties": {**job.properties, **fetched.properties}}

    def address(self, scope: Scope, given: Input) -> str:
        """The address of what an input of a submitted job reads: that of its bytes where it names an asset."""
        assert given.path is not None
        if _names_asset(given.path):
            return str(self._assets(given).resolve(scope, given.path, target="inputs").body["path"])
        return given.path

    def snapshot(self, scope: Scope, code: str) -> Record:
        """The code snapshot of a submitted job."""
        return self._codes.resolve(scope, code, target="code")

    def input(self, scope: Scope, name: str, given: Input, target: str = "") -> Input:
        """The input with an asset settled to its version, and proof that its bytes are there."""
        if given.type is AssetType.LITERAL or given.path is None:
            return given
        target = target or f"inputs.{name}"
        path = given.path
        if _names_asset(path):
            path = spelt(self._assets(given).resolve(scope, path, target=target))
            return given.model_copy(update={"path": path})
        if given.mode is not None and given.mode.value == "direct":
            return given
        path = self._storage.resolve(scope, path)
        location = self._storage.locate(scope, path, target=target)
        if location.datastore is None and not self._storage.exists(location):  # of others, its fetching will tell
            raise InvalidInput(
                f"Nothing lies at '{given.path}'.", target=target, mend="Correct the path.", code="ReferenceNotFound"
            )
        return given.model_copy(update={"path": path})

    def _assets(self, given: Input | Output) -> DataAssets | Models:
        return self._models if given.type.collection == "models" else self._data

    def placed(self, job: str, name: str, output: Output) -> Output:
        """The output of a job with the expressions in its path settled: they are the server's to fill."""
        if not output.path:
            return output
        values = {"name": job, "output_name": name, "default_datastore": DEFAULT}
        bindings.check(output.path, {word: {""} for word in values}, target=f"outputs.{name}.path")
        return output.model_copy(update={"path": bindings.render(output.path, lambda binding: values[binding.group])})

    def check_datastore(self, scope: Scope, name: str, target: str) -> None:
        """Raise :class:`InvalidInput` where there is no datastore of this name."""
        try:
            self._storage.locate(scope, f"azureml://datastores/{name}/paths/")
        except InvalidInput as problem:
            problem.target = target
            raise

    def check_outputs(self, scope: Scope, job: Job) -> None:
        """Refuse outputs that could not be kept where they say, or not under the names they say."""
        for name, output in job.outputs.items():
            check_name(name, target=f"outputs.{name}", what="output name")
            if output.path and not parse_datastore_path(output.path):
                raise InvalidInput(
                    f"'{output.path}' is not a place for an output.",
                    target=f"outputs.{name}.path",
                    mend="Write azureml://datastores/<name>/paths/<path>, or leave it out.",
                )
            if output.path:
                self._storage.locate(scope, output.path, target=f"outputs.{name}.path")
            if output.name:
                self._check_registration(scope, name, output)
        named = [(o.type.collection, str(o.name).lower(), o.version) for o in job.outputs.values() if o.version]
        if twice := next((each for each in named if named.count(each) > 1), None):
            raise InvalidInput(
                f"Two outputs are to become version '{twice[2]}' of '{twice[1]}'.",
                target="outputs",
                mend="Leave 'version' out, and each gets its own.",
            )

    def _check_registration(self, scope: Scope, name: str, output: Output) -> None:
        assert output.name is not None
        check_name(output.name, target=f"outputs.{name}.name", what="asset name")
        if not output.version:
            return
        check_name(output.version, target=f"outputs.{name}.version", what="version")
        shelf = self._assets(output)
        with suppress(NotFound):
            shelf.get(ResourceId(scope, shelf.noun.collection, output.name, output.version))
            raise Conflict(
                f"Version '{output.version}' of {shelf.noun.word} '{output.name}' exists already.",
                target=f"outputs.{name}.version",
                mend="Leave 'version' out to get the next one.",
            )


def _names_asset(path: str) -> bool:
    """Whether an input's path names an asset rather than a place."""
    return parse_registry(path) is not None or (path.startswith("azureml:") and not path.startswith("azureml://"))
