"""What a package of a model holds: its files, a server, the packages that both need, and how it is started."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import lazuli
from lazuli.compute.images.layers import Entry
from lazuli.compute.images.roots import folder_entries, own_python
from lazuli.schema.problems import InvalidInput, Unavailable
from lazuli.store.paths import clean

__all__ = ["PORT", "Contents", "Environ", "Held", "Script", "onnx_contents", "own_environ", "script_contents"]

PORT = 5001
"""Where the server of a package listens, as that of Azure's images does."""
_HOME, _APP = "opt/lazuli/server", "var/azureml-app"
_SETTINGS = "opt/lazuli/serving.json"
_SERVER = ("httptools", "numpy", "onnxruntime", "orjson", "pydantic")
"""What the front stands on that answers with an ONNX model."""
_RUNTIME = Path(lazuli.__file__).parent / "runtime"


@dataclass(frozen=True)
class Environ:
    """The Python of a package, and what is installed for it."""

    prefix: Path
    """Where the interpreter lies, without a virtual environment."""
    version: str
    """``3.11``."""
    lock: tuple[str, ...]
    """``name==version`` each."""
    packages: Mapping[str, Entry]
    """Their files, by their path below ``site-packages``."""


@dataclass(frozen=True)
class Script:
    """A scoring script and what lies in its folder; a model of MLflow needs none."""

    files: Mapping[str, Entry] = field(default_factory=dict)
    """By their path below the folder."""
    name: str = ""

    @classmethod
    def at(cls, folder: Path, name: str) -> Script:
        """One in a folder of this machine. Raises :class:`InvalidInput` where it is not there."""
        if not (folder / name).is_file():
            raise InvalidInput(
                f"There is no '{name}' in '{folder}'.",
                target="inferencing_server.code_configuration.scoring_script",
            )
        return cls({path[1:]: entry for path, entry in folder_entries(folder, "").items()}, name)


@dataclass(frozen=True)
class Held:
    """The files of a model, wherever their content lies."""

    name: str
    """What the model's file or folder is called."""
    files: Mapping[str, Entry]
    """By their path below that folder; '' for the one file that a model is."""

    @classmethod
    def at(cls, place: Path) -> Held:
        """Those of a file or folder of this machine."""
        if not place.is_dir():
            return cls(place.name, {"": Entry(place)})
        return cls(place.name, {path[1:]: entry for path, entry in folder_entries(place, "").items()})

    def below(self, home: str) -> dict[str, Entry]:
        """They, as they lie below a folder of the image."""
        return {f"{home}/{self.name}/{path}".rstrip("/"): entry for path, entry in self.files.items()}


@dataclass(frozen=True)
class Contents:
    """A package before it takes a form."""

    name: str
    version: str
    environ: Environ
    files: Mapping[str, Entry]
    """Everything but Python and its packages, by the path in the image."""
    variables: Mapping[str, str]
    command: tuple[str, ...]


def onnx_contents(name: str, version: str, model: Path | Held, mount: str = "") -> Contents:
    """A package of an ONNX file, which the endpoint's front answers with in its own process."""
    home, held = _model_home(name, version, mount), _held(model)
    server = folder_entries(_RUNTIME / "front", f"{_HOME}/lazuli/runtime/front")
    server |= folder_entries(_RUNTIME / "inside" / "lazuli_score", f"{_HOME}/lazuli/runtime/inside/lazuli_score")
    for package in (_RUNTIME.parent, _RUNTIME, _RUNTIME / "inside"):
        place = package.relative_to(_RUNTIME.parent.parent)
        server[f"{_HOME}/{place}/__init__.py"] = Entry(package / "__init__.py")
    return Contents(
        name,
        version,
        own_environ(_SERVER),
        {**server, **held.below(home)},
        {"AZUREML_MODEL_DIR": f"/{home}", "SERVICE_NAME": name, "PYTHONPATH": f"/{_HOME}", "PYTHONUNBUFFERED": "1"},
        ("python", "-m", "lazuli.runtime.front.alone", f"/{home}/{held.name}"),
    )


def script_contents(
    name: str,
    version: str,
    model: Path | Held,
    environ: Environ,
    script: Script | None = None,
    mount: str = "",
    further: Iterable[tuple[str, str, Held]] = (),
) -> Contents:
    """A package of a model that a script answers with, or MLflow, in the model's environment.

    ``further`` models, each by its name and version, lie beside it, as they do behind an endpoint.
    """
    home, script = _model_home(name, version, mount), script or Script()
    files = folder_entries(_RUNTIME / "inside" / "lazuli_score", f"{_HOME}/lazuli_score")
    files |= _held(model).below(home)
    for other, number, held in further:
        files |= held.below(_model_home(other, number, mount))
    files |= {f"{_APP}/{path}": entry for path, entry in script.files.items()}
    flavor = {"script": script.name} if script.name else {"flavor": "mlflow"}
    settings = {"root": f"/{_APP}", "address": ["0.0.0.0", PORT], **flavor}  # noqa: S104  (a container's own)
    files |= {_SETTINGS: Entry(content=json.dumps(settings).encode()), _APP: Entry(mode=0o755)}
    variables = {
        "AZUREML_MODEL_DIR": f"/{home.removesuffix(f'/{name}/{version}') if further else home}",
        "AML_APP_ROOT": f"/{_APP}",
        "AZUREML_ENTRY_SCRIPT": script.name,
        "SERVICE_NAME": name,
    }
    command = ("python", "-u", f"/{_HOME}/lazuli_score/__main__.py", f"/{_SETTINGS}")
    return Contents(name, version, environ, files, variables, command)


def _held(model: Path | Held) -> Held:
    return model if isinstance(model, Held) else Held.at(model)


def own_environ(names: Iterable[str]) -> Environ:
    """The Python that runs this, with what is installed for it of some packages, and all that they need.

    Raises :class:`Unavailable` where one is missing.
    """
    try:
        found = {each.metadata["Name"]: each for each in _closure(names)}
    except metadata.PackageNotFoundError as missing:
        raise Unavailable(
            f"'{missing.name}', which answers in the package, is not installed.",
            target="model",
            mend="Install it: pip install 'lazuli-ml[server,onnx]'.",
        ) from None
    packages: dict[str, Entry] = {}
    for distribution in found.values():
        for file in distribution.files or ():
            path = Path(str(file.locate()))
            if ".." not in file.parts and "__pycache__" not in file.parts and path.is_file():
                packages[str(file)] = Entry(path.resolve())
    lock = sorted((f"{name.lower()}=={each.version}" for name, each in found.items()))
    return Environ(*own_python(), tuple(lock), packages)


def _closure(names: Iterable[str]) -> Iterator[metadata.Distribution]:
    """Installed distributions, and those that they need here."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    waiting, seen = list(names), set[str]()
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        found = metadata.distribution(name)
        yield found
        for line in found.requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(needed.name)


def _model_home(name: str, version: str, mount: str) -> str:
    """The folder of the model in the image, without the ``/`` before it. Raises :class:`InvalidInput` for none."""
    home = f"{mount.strip('/') or f'{_APP}/azureml-models'}/{name}/{version}"
    return clean(home, target="model_configuration.mount_path")
