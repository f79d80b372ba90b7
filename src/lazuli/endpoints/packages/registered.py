"""Registered models as packages, out of what this server keeps: nothing is copied before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lazuli.assets.kinds import Codes, Models
from lazuli.assets.kinds import Environments as EnvironmentAssets
from lazuli.assets.mlmodel import FILE
from lazuli.assets.storage import Location, Storage
from lazuli.compute.environments import Environments, Recipe, State, recipe_of
from lazuli.compute.images.layers import Entry
from lazuli.endpoints.packages.contents import Environ, Held, Script, onnx_contents, script_contents
from lazuli.endpoints.packages.forms import context_entries
from lazuli.jobs.environment import Made
from lazuli.resources.model import ModelType
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput, Unsupported
from lazuli.store.blobs import Blobs
from lazuli.store.documents import Record

__all__ = ["RegisteredPackages", "Scripted"]

_LONGEST = 1 << 20
_BY_COMMAND = "'lazuli model package' takes a scoring script, and models that lie elsewhere."


@dataclass(frozen=True)
class Scripted:
    """A script that answers, its environment, and models beside the first, each by its reference."""

    code: str
    script: str
    environment: str
    further_models: tuple[str, ...] = ()


class RegisteredPackages:
    """The packages of models: of ONNX files and what MLflow saved, and of any with a script."""

    def __init__(
        self,
        models: Models,
        codes: Codes,
        assets: EnvironmentAssets,
        made: Made,
        storage: Storage,
        blobs: Blobs,
        environments: Environments,
    ) -> None:
        self._models = models
        self._codes = codes
        self._assets = assets
        self._made = made
        self._storage = storage
        self._blobs = blobs
        self._environments = environments

    def context(self, id: ResourceId, scripted: Scripted | None = None) -> Mapping[str, Entry] | None:
        """The folder from which docker or podman builds the image; None while the model's environment is being built.

        Raises :class:`InvalidInput` where nothing says how the model is asked, or its environment cannot be built.
        """
        model = self._models.get(id)
        if scripted is not None:
            return self._with_script(model, scripted)
        place = self._storage.locate(model.id.scope, str(model.body["path"]), target="model")
        held = self._held(place)
        if model.body.get("type") == ModelType.MLFLOW_MODEL.value or FILE in held.files:
            environ = self._environ(model, place)
            if environ is None:
                return None
            return context_entries(script_contents(model.id.name, model.id.version, held, environ))
        onnx = [path for path in held.files if (path or held.name).lower().endswith(".onnx")]
        if len(onnx) != 1:
            raise InvalidInput("Nothing says how the model is asked.", target="model", mend=_BY_COMMAND)
        file = Held(PurePosixPath(onnx[0] or held.name).name, {"": held.files[onnx[0]]})
        return context_entries(onnx_contents(model.id.name, model.id.version, file))

    def _with_script(self, model: Record, scripted: Scripted) -> Mapping[str, Entry] | None:
        scope = model.id.scope
        asset = self._assets.resolve(scope, scripted.environment, target="environmentId")
        environ = self._built(self._made.recipe(asset))
        if environ is None:
            return None
        code = self._codes.resolve(scope, scripted.code, target="codeConfiguration.codeId")
        place, _, path = str(code.body["path"]).partition("/")
        files = self._held(Location(place, path)).files
        if scripted.script not in files:
            raise InvalidInput(f"The code has no '{scripted.script[:80]}'.", target="codeConfiguration.scoringScript")
        others = [self._models.resolve(scope, each, target="furtherModels") for each in scripted.further_models]
        every = [(each.id.name, each.id.version, self._of(each)) for each in (model, *others)]
        [(name, version, held), *further] = every
        script = Script(files, scripted.script)
        return context_entries(script_contents(name, version, held, environ, script, further=further))

    def _of(self, model: Record) -> Held:
        return self._held(self._storage.locate(model.id.scope, str(model.body["path"]), target="model"))

    def _held(self, place: Location) -> Held:
        if place.is_outside:
            raise Unsupported("The model lies on storage elsewhere.", target="model", mend=_BY_COMMAND)
        name = PurePosixPath(place.path).name
        if blob := self._storage.blob(place):
            return Held(name, {"": Entry(self._blobs.file(blob))})
        found = self._blobs.below(place.container, place.prefix)
        return Held(name, {blob.name[len(place.prefix) :]: Entry(self._blobs.file(blob)) for blob in found})

    def _environ(self, model: Record, place: Location) -> Environ | None:
        """What the model needs, as MLflow wrote it down, once it is known which versions that are."""
        conda = self._storage.read(place / "conda.yaml", _LONGEST)
        if conda is None:
            raise InvalidInput("The model has no conda.yaml: nothing says what it needs.", target="model")
        return self._built(recipe_of("ubuntu", conda.decode(errors="replace")))

    def _built(self, recipe: Recipe) -> Environ | None:
        """What an environment puts into a package, once it is built."""
        if recipe.interpreter:
            raise Unsupported(
                "The environment is a Python of this machine.",
                target="environment",
                mend="Use one that lists its packages, as a conda file does.",
            )
        found = self._environments.realise(recipe)
        if found.state is State.BUILDING:
            return None
        if found.state is State.FAILED:
            self._environments.forget(recipe)  # whoever asks once more has it built anew
            raise InvalidInput(f"The environment could not be built. {found.message}".strip(), target="environment")
        if found.container is not None:
            raise Unsupported("The environment is a container image already.", target="environment", mend=_BY_COMMAND)
        version = ".".join(found.python_version.split(".")[:2])
        return Environ(Path(), version, tuple(self._environments.lock_of(recipe).splitlines()), {})
