"""The package ``azureml`` in environments of jobs: what files list of Azure's SDK v1 is answered by Lazuli's own wheel.

The wheel's version ends with the hash of its content, so an environment that holds it is made anew when it changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lazuli.client.wheel import NAME, WHEELS, version_of, wheel
from lazuli.schema.problems import Unavailable

__all__ = ["NAME", "WHEELS", "answered", "renewed", "stand_in", "wants", "wheels_of"]

_SAME_FILES = (
    r"azureml-(core|defaults|sdk|telemetry|widgets|mlflow|interpret|explain-model|tensorboard|datadrift|opendatasets"
    r"|monitoring|accel-models|automl-(core|runtime)|contrib-.+|train|train-.+|pipeline|pipeline-.+)"
)
"""What writes where our wheel does."""
_ANSWERED = re.compile(rf"{_SAME_FILES}|azureml-(dataset-runtime|dataprep(-native|-rslex)?)")
"""What speaks to Azure alone. ``azureml-inference-schema``, ``azureml-fsspec`` and their kin stay what they are."""
_TOO_OLD = re.compile(r"[23]\.[0-7](\.\d+)?")
_OLDEST = "3.8"
"""The oldest Python that the wheel runs on."""
_THEN = {"numpy": "numpy<1.24", "pandas": "pandas<2"}
"""What ``azureml-defaults`` of then brought. Later versions have taken away what scripts call (``np.float``)."""


def renewed(python: str, requirements: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The Python and the requirements to take where the wheel is among these, and the Python is too old for it.

    Published files of the SDK v1 ask for Python 3.6, which has been without support since 2021.
    """
    if not _TOO_OLD.fullmatch(python) or not any(line.startswith(NAME) and ";" not in line for line in requirements):
        return python, requirements
    pinned = {str(canonicalize_name(asked.name)) for line in requirements if (asked := _read(line)) and asked.specifier}
    return _OLDEST, (*requirements, *(line for name, line in _THEN.items() if name not in pinned))


def wheels_of(lock: Iterable[str]) -> list[Path]:
    """The wheel of what is locked, which no index has."""
    versions = [line.partition("==")[2].strip() for line in lock if line.startswith(f"{NAME}==")]
    return [file for version in versions for file in WHEELS.glob(f"*-{version}-*.whl")]


def wants(requirements: Iterable[str]) -> bool:
    """Whether the wheel is among these."""
    return any(line.startswith(NAME) for line in requirements)


def answered(requirements: tuple[str, ...]) -> tuple[str, ...]:
    """The requirements with our wheel in the place of Azure's packages, and what scripts expect these to bring."""
    read = {line: _read(line) for line in requirements}
    found: list[str] = []
    for line, asked in read.items():
        found += _instead(asked) if asked and _is_azures(asked) else [line]
    if any(asked and canonicalize_name(asked.name) == "mlflow" for asked in read.values()):
        # An old one does not stand on mlflow-skinny, and both would write the same files.
        found = [line for line in found if line in read or not line.startswith("mlflow-skinny")]
    return tuple(found)


def stand_in() -> dict[str, str] | None:
    """What a build puts in the place of those packages where others bring them; None without the wheel."""
    try:
        ours = f"{NAME}=={version_of(wheel())}"
    except Unavailable:
        return None
    return {"instead_of": _SAME_FILES, "wheel": ours, "links": f"--find-links={WHEELS}"}


def _is_azures(asked: Requirement) -> bool:
    return _ANSWERED.fullmatch(canonicalize_name(asked.name)) is not None


def _read(line: str) -> Requirement | None:
    try:
        return Requirement(line)
    except InvalidRequirement:  # an address
        return None


def _instead(asked: Requirement) -> list[str]:
    name = canonicalize_name(asked.name)
    found = [f"{NAME}=={version_of(wheel())}"]
    if name == "azureml-mlflow":
        found.append("mlflow-skinny")
    if name == "azureml-dataset-runtime" or "pandas" in asked.extras:
        found.append("pyarrow<25")  # scripts of that time ask for numpy 1, which later ones refuse
    if "pandas" in asked.extras:
        found.append("pandas")
    return [str(Requirement(f"{each}; {asked.marker}" if asked.marker else each)) for each in found]
