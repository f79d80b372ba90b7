"""What a job runs in: from the environment that it names to what came of it on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lazuli.assets.environments import Contexts
from lazuli.assets.environments import Environments as EnvironmentAssets
from lazuli.assets.storage import Storage
from lazuli.compute.environments import Context, Environments, Realised, Recipe, State, check_interpreter, recipe_of
from lazuli.compute.recipes import INTERPRETER
from lazuli.jobs.ranks import main_log
from lazuli.resources.environment import Environment
from lazuli.resources.table import noun
from lazuli.schema.identity import Scope
from lazuli.schema.places import ARTIFACTS, artifact_folder
from lazuli.schema.problems import Problem
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["JobEnvironments", "Made"]

_WHOLE_LOG = 16 << 20


class Made:
    """The versions of environments, as the machine has them."""

    def __init__(self, contexts: Contexts, built: Environments) -> None:
        self._contexts = contexts
        self._built = built

    def recipe(self, asset: Record) -> Recipe:
        """The recipe for a version of an environment. Raises what :func:`recipe_of` raises."""
        document: Environment = document_of(noun("environment"), asset)
        context = Context(document.build.dockerfile_path, self._contexts.of(asset)) if document.build else None
        return recipe_of(document.image, document.conda_file, context)

    def facts(self, asset: Record) -> Mapping[str, Any]:
        """How far a version is on this machine, and what was installed for it."""
        try:
            recipe = self.recipe(asset)
        except Problem:  # it cannot be had here; a job that wants it is told why
            return {}
        state = self._built.state(recipe)
        if state is not State.READY:
            return {"build_state": state.value} if state else {}
        version = self._built.realise(recipe).python_version
        return {"build_state": state.value, "python_version": version, "lock": self._built.lock_of(recipe).splitlines()}

    def locked(self, asset: Record) -> Mapping[str, Any]:
        """How many packages were installed for a version, and the hash of the list; nothing before it is ready."""
        lock = self.facts(asset).get("lock")
        if lock is None:
            return {}
        packages = [line for line in lock if line and not line.lstrip().startswith(("#", "-"))]
        digest = hashlib.sha256("\n".join(lock).encode()).hexdigest()
        return {"packages": len(packages), "lock": f"sha256:{digest}"}

    def lock(self, asset: Record) -> list[str]:
        """What was installed for a version. Raises :class:`Conflict` before it is ready."""
        return self._built.lock_of(self.recipe(asset)).splitlines()

    def state(self, asset: Record) -> str | None:
        """How far a version is on this machine; None before anybody asked for it."""
        state = self._built.state(self.recipe(asset))
        return state.value if state else None

    def build(self, asset: Record) -> str:
        """Begin to build a version that is not built, also one whose build failed; how far it is then.

        One that is ready stays as it is: jobs are recorded with what was installed for them.
        """
        return self._built.retry(self.recipe(asset)).state.value

    def build_log(self, asset: Record, offset: int, limit: int = 1 << 20) -> bytes:
        """What the build of a version has said from ``offset`` on."""
        return self._built.log(self._built.key(self.recipe(asset)), offset, limit)


class JobEnvironments:
    """The environments that jobs name."""

    def __init__(
        self, store: Store, storage: Storage, assets: EnvironmentAssets, made: Made, built: Environments
    ) -> None:
        self._store = store
        self._storage = storage
        self._assets = assets
        self._made = made
        self._built = built

    def named(self, scope: Scope, reference: str) -> Realised:
        """The environment that a reference names, or how far it is; its build is begun where it must be."""
        return self._built.realise(self._recipe_named(scope, reference))

    def document(self, scope: Scope, reference: str) -> Environment:
        """What is said of the environment that a reference names."""
        return document_of(noun("environment"), self._assets.resolve(scope, reference, target="environment"))

    def of(self, job: Record) -> Realised:
        """The environment of a job, or how far it is."""
        recipe = self._recipe_named(job.id.scope, str(job.body["environment"]))
        environment = self._built.realise(recipe)
        try:
            check_interpreter(recipe, str(job.state.get("target")))
        except Problem as problem:  # it was there when the job was submitted
            return replace(environment, state=State.FAILED, message=f"{problem.message} {problem.mend}")
        if environment.state is State.FAILED and not job.state.get("build"):
            # It failed for an earlier job; what was wrong (a package index out of reach) may be right by now.
            environment = self._built.retry(recipe)
        return environment

    def check(self, scope: Scope, reference: str, target: str) -> None:
        """Raise :class:`InvalidInput` where an environment cannot be had on a compute target, whatever is built."""
        if str(self.document(scope, reference).image).startswith(INTERPRETER):
            check_interpreter(self._recipe_named(scope, reference), target)

    def told(self, job: Record, offset: int, limit: int = 1 << 16) -> bytes:
        """What the build that a job waits for, or waited for, has said from ``offset`` on."""
        key = job.state.get("build")
        return self._built.log(str(key), offset, limit) if key else b""

    def keep_log(self, job: Record) -> None:
        """Keep what a failed build said as the log of a job that it kept from starting."""
        container = self._storage.container(job.id.scope, ARTIFACTS)
        name = f"{artifact_folder(job.id.name)}/{main_log(document_of(noun('job'), job))}"
        self._store.blobs.put_bytes(container, name, self.told(job, 0, _WHOLE_LOG))

    def _recipe_named(self, scope: Scope, reference: str) -> Recipe:
        return self._made.recipe(self._assets.resolve(scope, reference, target="environment"))
