"""How a model is asked: its script, and what that runs in."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

from azureml._lazuli.snapshot import below, of_code, of_files
from azureml.core.environment import DEFAULT_CPU_IMAGE, DEFAULT_GPU_IMAGE, CondaDependencies, Environment
from azureml.exceptions import WebserviceException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = ["InferenceConfig", "Kept", "code_of"]

_RUNTIMES = ("python", "python-slim")


class InferenceConfig:
    """An entry script with ``init()`` and ``run(data)``, and its environment.

    ``runtime`` (``python``) with ``conda_file``, ``base_image``, ``extra_docker_file_steps`` (a file of Dockerfile
    lines) and ``enable_gpu`` says the environment in the way from before there were environments. ``cuda_version`` has
    no effect: name an image that has it.

    Raises :class:`WebserviceException` for a file that is not there.
    """

    def __init__(
        self,
        entry_script: str,
        runtime: str | None = None,
        conda_file: str | None = None,
        extra_docker_file_steps: str | None = None,
        source_directory: str | None = None,
        enable_gpu: bool | None = None,
        description: str | None = None,
        base_image: str | None = None,
        base_image_registry: Any = None,
        cuda_version: str | None = None,
        environment: Any = None,
    ) -> None:
        self.entry_script = entry_script
        self.runtime = runtime
        self.conda_file = conda_file
        self.extra_docker_file_steps = extra_docker_file_steps
        self.source_directory = source_directory
        self.enable_gpu = enable_gpu
        self.description = description
        self.base_image = base_image
        self.base_image_registry = base_image_registry
        self.cuda_version = cuda_version
        self.environment = environment
        self._beside: Sequence[str] = ()
        if runtime is not None and runtime.lower() not in _RUNTIMES:
            raise WebserviceException(f"There is no runtime '{runtime}' here, but {' and '.join(_RUNTIMES)}.")
        for word in ("entry_script", "conda_file", "extra_docker_file_steps"):
            said = getattr(self, word)
            if said and not self._file(said).is_file():
                where = f" in '{source_directory}'" if source_directory else ""
                raise WebserviceException(f"Error, unable to find {word} '{said}'{where}.")

    def _file(self, said: str) -> Path:
        """A file that is named as seen from the source directory."""
        return Path(self.source_directory or ".") / said

    def _scripted(self, workspace: Workspace, is_local: bool = False) -> dict[str, Any]:
        """The parts of a deployment that are the script and its environment."""
        code = code_of(workspace, self.entry_script, self.source_directory, self._beside)
        return {"codeConfiguration": code, "environmentId": self._environment()._reference(workspace, is_local)}

    def _environment(self) -> Environment:
        if self.environment is not None:
            return self.environment
        if not (self.runtime or self.conda_file or self.base_image):
            raise WebserviceException(
                "An InferenceConfig needs an environment: environment=Environment.from_conda_specification(name, "
                "conda_file), or runtime='python' with conda_file."
            )
        made = Environment(Path(self.entry_script).stem)
        image = self.base_image or (DEFAULT_GPU_IMAGE if self.enable_gpu else DEFAULT_CPU_IMAGE)
        made.docker.base_image = image
        if self.base_image_registry is not None:
            made.docker.base_image_registry = self.base_image_registry
        if self.extra_docker_file_steps:
            steps = self._file(self.extra_docker_file_steps).read_text(encoding="utf-8")
            made.docker.base_image, made.docker.base_dockerfile = None, f"FROM {image}\n{steps}"
        if self.conda_file:
            made.python.conda_dependencies = CondaDependencies(str(self._file(self.conda_file)))
        else:
            made.python.user_managed_dependencies = True
        return made

    def _streams(self) -> list[str]:
        """What its ``ModelDataCollector`` are called: the designations that the entry script names."""
        tree = ast.parse(self._file(self.entry_script).read_text(encoding="utf-8"))
        return sorted({name for node in ast.walk(tree) for name in _designated(node)}) or ["default"]


class Kept:
    """The script and environment of what is there already, for a further service."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self._said = said

    def _scripted(self, workspace: Workspace, is_local: bool = False) -> dict[str, Any]:
        return {word: self._said[word] for word in ("codeConfiguration", "environmentId") if self._said.get(word)}

    def _streams(self) -> list[str]:
        return list((self._said.get("dataCollector") or {}).get("collections") or ["default"])


def code_of(
    workspace: Workspace, entry_script: str, source_directory: str | None = None, beside: Sequence[str] = ()
) -> dict[str, str]:
    """A script in a folder, or one alone with files and folders that lie beside it, sent to the workspace."""
    script = Path(source_directory or ".") / entry_script
    if source_directory:
        root = Path(source_directory)
        snapshot, said = of_code(root), script.resolve().relative_to(root.resolve()).as_posix()
    else:
        files = {name: path for each in beside for name, path in _below(Path(each))}
        snapshot, said = of_files(script.stem, {**files, script.name: script}), script.name
    return {"codeId": workspace._storage.upload_code(snapshot), "scoringScript": said}


def _below(path: Path) -> Iterator[tuple[str, Path]]:
    """A file, or those of a folder, by the path that they are to have: as they were named, from this folder on."""
    if not path.exists():
        raise WebserviceException(f"Error, unable to find the dependency '{path}'.")
    is_elsewhere = path.is_absolute() or ".." in path.parts
    home = path.name if is_elsewhere else path.as_posix()
    if path.is_file():
        yield home, path
        return
    for name, file in below(path):
        yield f"{home}/{name}", file


def _designated(node: ast.AST) -> Iterator[str]:
    """The designation of a call that makes a ModelDataCollector."""
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name != "ModelDataCollector":
        return
    given = {each.arg: each.value for each in node.keywords}
    said = next(iter(node.args[1:2]), given.get("designation") or given.get("identifier"))
    yield str(said.value) if isinstance(said, ast.Constant) else "default"
