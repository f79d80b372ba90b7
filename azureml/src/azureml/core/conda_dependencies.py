"""The packages of an environment, in the words of conda."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Iterable, Mapping

from azureml.exceptions import UserErrorException

CHANNELS = "channels"
PACKAGES = "dependencies"
PIP = "pip"
PYTHON_PREFIX = "python"
_NAME = "project_environment"
_SDK = "azureml-defaults"


class CondaDependencies:
    """A conda file in memory; without one, the SDK alone."""

    DEFAULT_NUMBER_OF_CONDA_PACKAGES = 1
    DEFAULT_NUMBER_OF_PIP_PACKAGES = 1

    def __init__(
        self, conda_dependencies_file_path: str | None = None, _underlying_structure: Mapping[str, Any] | None = None
    ) -> None:
        self._channels: list[str] = ["anaconda", "conda-forge"]
        self._conda: list[str] = []
        self._pip: list[str] = [_SDK]
        self._others: dict[str, Any] = {"name": _NAME}
        if conda_dependencies_file_path:
            self._take(_read(Path(conda_dependencies_file_path)))
        elif _underlying_structure is not None:
            self._take(_underlying_structure)

    @staticmethod
    def create(
        pip_indexurl: str | None = None,
        pip_packages: Iterable[str] | None = None,
        conda_packages: Iterable[str] | None = None,
        python_version: str | None = None,
        pin_sdk_version: bool = True,
    ) -> CondaDependencies:
        """The packages of two lists, beside the SDK. Without a version of Python it is the server's own."""
        made = CondaDependencies()
        if python_version:
            made.set_python_version(str(python_version))
        if pip_indexurl:
            made.set_pip_index_url(pip_indexurl)
        for each in pip_packages or ():
            made.add_pip_package(each)
        for each in conda_packages or ():
            made.add_conda_package(each)
        return made

    @staticmethod
    def merge_requirements(requirements: Iterable[str]) -> list[str]:
        """Each package once, with all that is said of its version."""
        merged: dict[str, list[str]] = {}
        for each in requirements:
            name = _name_of(each)
            merged.setdefault(name, []).append(each[len(name) :].strip())
        return [name + ",".join(sorted({part for part in parts if part})) for name, parts in merged.items()]

    @property
    def conda_channels(self) -> Iterable[str]:
        """The channels."""
        return iter(self._channels)

    @property
    def conda_packages(self) -> Iterable[str]:
        """What conda installs, Python among it."""
        return iter(self._conda)

    @property
    def pip_packages(self) -> Iterable[str]:
        """What pip installs."""
        return (each for each in self._pip if not each.startswith("-"))

    @property
    def pip_options(self) -> Iterable[str]:
        """What pip is told beside."""
        return (each for each in self._pip if each.startswith("-"))

    @property
    def python_version(self) -> str | None:
        """The version of Python; None for the server's own."""
        return self.get_python_version()

    def get_python_version(self) -> str | None:
        """The version of Python; None for the server's own."""
        said = next((each for each in self._conda if _name_of(each) == PYTHON_PREFIX), "")
        return said[len(PYTHON_PREFIX) :].lstrip("= ") or None

    def set_python_version(self, version: str) -> None:
        """Ask for another Python."""
        self.remove_conda_package(PYTHON_PREFIX)
        self._conda.insert(0, f"{PYTHON_PREFIX}={version}")

    def add_channel(self, channel: str) -> None:
        """Look for packages there too."""
        if channel not in self._channels:
            self._channels.append(channel)

    def remove_channel(self, channel: str) -> None:
        """Look there no more."""
        self._channels = [each for each in self._channels if each != channel]

    def add_conda_package(self, conda_package: str) -> None:
        """Add a package, in the place of another version of it."""
        self.remove_conda_package(conda_package)
        self._conda.append(conda_package)

    def remove_conda_package(self, conda_package: str) -> None:
        """Take a package out, whichever version it is."""
        self._conda = _without(self._conda, conda_package)

    def add_pip_package(self, pip_package: str) -> None:
        """Add a package, in the place of another version of it."""
        self.remove_pip_package(pip_package)
        self._pip.append(pip_package)

    def remove_pip_package(self, pip_package: str) -> None:
        """Take a package out, whichever version it is."""
        self._pip = _without(self._pip, pip_package)

    def set_pip_requirements(self, pip_requirements: Iterable[str]) -> None:
        """The packages that pip installs, in the place of those before."""
        self._pip = [*self.pip_options, *pip_requirements]

    def set_pip_option(self, pip_option: str) -> None:
        """Tell pip something, once."""
        if pip_option not in self._pip:
            self._pip.insert(0, pip_option)

    def remove_pip_option(self, pip_option: str) -> None:
        """Tell pip no more."""
        self._pip = [each for each in self._pip if each.split(" ")[0] != pip_option.split(" ", maxsplit=1)[0]]

    def set_pip_index_url(self, index_url: str) -> None:
        """Take packages from there, in the place of PyPI."""
        self.remove_pip_option("--index-url")
        self.set_pip_option(f"--index-url {index_url}")

    def add_tensorflow_conda_package(self, core_type: str = "cpu", version: str | None = None) -> None:
        """Add TensorFlow."""
        self.add_conda_package(f"tensorflow={version}" if version else "tensorflow")

    def add_tensorflow_pip_package(self, core_type: str = "cpu", version: str | None = None) -> None:
        """Add TensorFlow from PyPI."""
        self.add_pip_package(f"tensorflow=={version}" if version else "tensorflow")

    def add_cntk_package(self, core_type: str = "cpu") -> None:
        """Refused: CNTK ended with Python 3.6."""
        raise UserErrorException("CNTK has no packages for a Python that is supported. Take another framework.")

    def as_dict(self) -> dict[str, Any]:
        """The conda file as plain values."""
        pip: list[Any] = [{PIP: list(self._pip)}] if self._pip else []
        return {**self._others, PACKAGES: [*self._conda, *pip], CHANNELS: list(self._channels)}

    def serialize_to_string(self) -> str:
        """The conda file's text."""
        import yaml

        return str(yaml.safe_dump(self.as_dict(), sort_keys=False))

    def save(self, path: str | None = None) -> None:
        """Write the conda file."""
        Path(path or "conda_dependencies.yml").write_text(self.serialize_to_string(), encoding="utf-8")

    def save_to_file(self, base_directory: str | os.PathLike[str], conda_file_path: str | None = None) -> str:
        """Write the conda file in a folder; its name there."""
        name = conda_file_path or "conda_dependencies.yml"
        file = Path(base_directory) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        self.save(str(file))
        return name

    def _take(self, said: Mapping[str, Any]) -> None:
        items = said.get(PACKAGES) or []
        self._conda: list[str] = [each for each in items if isinstance(each, str)]
        self._pip = [line for each in items if isinstance(each, dict) for line in each.get(PIP) or ()]
        self._channels = list(said.get(CHANNELS) or ())
        self._others = {word: value for word, value in said.items() if word not in (PACKAGES, CHANNELS)}

    def _merge_dependencies(self, conda_dependencies: CondaDependencies | None) -> None:
        if conda_dependencies is None:
            return
        for each in conda_dependencies._channels:
            self.add_channel(each)
        for each in conda_dependencies._conda:
            self.add_conda_package(each)
        for each in conda_dependencies._pip:
            self.set_pip_option(each) if each.startswith("-") else self.add_pip_package(each)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CondaDependencies) and self.as_dict() == other.as_dict()

    __hash__ = None  # type: ignore[assignment]


def _read(file: Path) -> Mapping[str, Any]:
    import yaml

    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise UserErrorException(f"There is no conda file '{file}'.") from None
    except yaml.YAMLError as error:
        raise UserErrorException(f"The conda file '{file}' is not valid YAML: {error}.") from None
    if not isinstance(said, dict):
        raise UserErrorException(f"The conda file '{file}' is no mapping; it begins with 'dependencies:'.")
    return said


def _name_of(requirement: str) -> str:
    return re.split(r"[=<>!~\[;\s]", requirement.rpartition("::")[2].strip(), maxsplit=1)[0].lower()


def _without(packages: list[str], package: str) -> list[str]:
    return [each for each in packages if _name_of(each) != _name_of(package)]
