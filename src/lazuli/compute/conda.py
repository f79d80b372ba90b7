"""A conda specification read as a Python version and pip requirements.

Lazuli builds environments from PyPI. Nearly every package of a conda file in machine learning is on PyPI, mostly
under its own name; what is not is refused here with its place in the file, before anything is built.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from lazuli.schema.problems import InvalidInput, Problem, Unsupported
from lazuli.schema.yaml import plain

__all__ = ["CondaSpec", "joined", "parse"]


@dataclass(frozen=True)
class CondaSpec:
    """What a conda file asks for, in pip's words."""

    python: str = ""
    """``3.10``, ``3.10.13`` or a range such as ``>=3.9,<3.12``; empty where the file names none."""
    requirements: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """Arguments for ``uv pip install``."""
    variables: tuple[tuple[str, str], ...] = ()
    """Variables of the environment."""


_PYPI_NAMES = {
    "dask-core": "dask",
    "faiss": "faiss-cpu",
    "matplotlib-base": "matplotlib",
    "msgpack-python": "msgpack",
    "numpy-base": "numpy",
    "opencv": "opencv-python-headless",
    "py-opencv": "opencv-python-headless",
    "py-xgboost": "xgboost",
    "py-xgboost-cpu": "xgboost",
    "py-xgboost-gpu": "xgboost",
    "pytables": "tables",
    "python-graphviz": "graphviz",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "seaborn-base": "seaborn",
    "tensorflow-base": "tensorflow",
    "tensorflow-gpu": "tensorflow",
    "tensorflow-mkl": "tensorflow",
    "_py-xgboost-mutex": "",
}
"""Packages whose name on PyPI is another one; empty for what has no content of its own."""

_INSIDE_WHEELS = re.compile(
    r"cudatoolkit|cudnn|nccl|cuda([-_].*)?|pytorch-(cuda|mutex)|cpuonly|mkl([-_].*)?|(lib)?(blas|openblas|lapack|cblas)"
    r"|intel-openmp|llvm-openmp|_openmp_mutex|_libgcc_mutex|libgcc(-ng)?|libstdcxx(-ng)?|libgomp|libgfortran.*"
    r"|ld_impl_.*|ca-certificates|openssl|zlib|xz|bzip2|readline|ncurses|tk|libffi|libsqlite|python_abi|libuuid"
)
"""Native libraries that PyPI's wheels carry in themselves or find on the machine: nothing is to be installed."""

_PROGRAMS = re.compile(
    r"r(-.+)?|nodejs|openjdk|gcc.*|gxx.*|clang.*|cmake|make|compilers|git(-lfs)?|openmpi|mpich|ffmpeg|graphviz|curl|wget"
    r"|mamba|conda(-.+)?|micromamba|perl|go|rust|spark|maven|jq|tesseract|postgresql|redis"
)
"""Programs that are no Python package: they must be on the machine."""

_ITEM = re.compile(r"(?:[\w./-]+::)?(?P<name>[A-Za-z0-9_][\w.-]*)\s*(?P<rest>.*)", re.DOTALL)
_VERSION = re.compile(r"\d[\w.+!]*(\.\*|\*)?")
_NUMPY_2_SINCE = {"pandas": "2.2.2", "scikit-learn": "1.4.2", "scipy": "1.13", "statsmodels": "0.14.2"}
"""The first versions whose wheels work with numpy 2."""
_PINNED = re.compile(r"==(?P<version>\d+(?:\.\d+)*)")
_OLD_NUMPY = "numpy<2"
_NUMPY = re.compile(r"numpy\s*[<>=!~]", re.IGNORECASE)


def parse(spec: Mapping[str, Any] | str) -> CondaSpec:
    """The conda file ``spec``, as a mapping or as YAML text, in pip's words.

    Raises :class:`InvalidInput` or :class:`Unsupported` that names the item; with several, the others are details.
    """
    document = _read(spec) if isinstance(spec, str) else spec
    if not isinstance(document, Mapping):
        raise InvalidInput("A conda file is a mapping.", target="conda_file", mend="Start it with 'dependencies:'.")
    items = document.get("dependencies") or []
    if not isinstance(items, list):
        raise InvalidInput("'dependencies' is a list.", target="conda_file.dependencies", mend="Start lines with '- '.")
    return replace(_Reading().of(items), variables=_variables(document.get("variables") or {}))


def joined(requirements: Sequence[str]) -> list[str]:
    """The requirements of several steps: a numpy that any of them names stands over one that was added for its time."""
    is_named = any(_NUMPY.match(each) and each != _OLD_NUMPY for each in requirements)
    return [each for each in requirements if each != _OLD_NUMPY or not is_named]


def _variables(said: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(said, Mapping) or not all(isinstance(value, str | int | float) for value in said.values()):
        raise InvalidInput(
            "'variables' are names with values.", target="conda_file.variables", mend="Write lines of 'NAME: value'."
        )
    return tuple((str(name), str(value)) for name, value in said.items())


def _read(text: str) -> Any:
    try:
        return plain(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InvalidInput(f"The conda file is not valid YAML{where}.", target="conda_file") from error


class _Reading:
    """One pass over the items, gathering what they say and every mistake in them."""

    def __init__(self) -> None:
        self.python = ""
        self.requirements: list[str] = []
        self.options: list[str] = []
        self.is_before_numpy_2 = False
        self.problems: list[Problem] = []

    def of(self, items: list[Any]) -> CondaSpec:
        for number, item in enumerate(items):
            place = f"conda_file.dependencies[{number}]"
            if isinstance(item, Mapping) and set(item) == {"pip"} and isinstance(item["pip"], list | None):
                for inner, line in enumerate(item["pip"] or []):
                    self._try(self._pip_item, line, f"{place}.pip[{inner}]")
            else:
                self._try(self._conda_item, item, place)
        if self.problems:
            first = self.problems[0]
            raise type(first)(
                first.message, target=first.target, mend=first.mend, code=first.code, details=self.problems[1:]
            )
        return CondaSpec(self.python, tuple(self._with_old_numpy()), tuple(self.options))

    def _with_old_numpy(self) -> list[str]:
        """The requirements, with the numpy that the packages of conda were built for: its solver would have seen to
        that, while wheels of their time do not say that a later numpy breaks them."""
        if not self.is_before_numpy_2 or any(_NUMPY.match(each) for each in self.requirements):
            return self.requirements
        return [*self.requirements, _OLD_NUMPY]

    def _try(self, read: Callable[[str, str], None], item: object, place: str) -> None:
        try:
            if not isinstance(item, str) or not item.strip() or "\n" in item.strip():
                raise InvalidInput(
                    f"{item!r} is not a package.", target=place, mend="Write 'name=version', or a list under 'pip:'."
                )
            read(item.strip(), place)
        except Problem as problem:
            self.problems.append(problem)

    def _conda_item(self, item: str, place: str) -> None:
        match = _ITEM.fullmatch(item)
        if match is None or "[" in item:
            raise InvalidInput(f"'{item}' is not understood.", target=place, mend="Write it as 'name=version'.")
        name, constraint = match["name"].lower(), _constraint(match["rest"], item, place)
        if name == "python":
            self.python = _python(constraint)
        elif _INSIDE_WHEELS.fullmatch(name):
            return
        elif _PROGRAMS.fullmatch(name):
            raise Unsupported(
                f"'{item}' is not a Python package, and environments are built from PyPI.",
                target=place,
                mend=f"Install '{name}' on the machine and remove this line.",
            )
        elif pypi := _PYPI_NAMES.get(name, name):
            self.requirements.append(pypi + constraint)
            pinned = _PINNED.match(constraint)
            if pinned and name in _NUMPY_2_SINCE and Version(pinned["version"]) < Version(_NUMPY_2_SINCE[name]):
                self.is_before_numpy_2 = True

    def _pip_item(self, line: str, place: str) -> None:
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if line.startswith("-"):
            self.options += _option(line, place)
        elif line:
            self.requirements.append(_requirement(line, place))


def _constraint(rest: str, item: str, place: str) -> str:
    """What follows the name in conda's words (``=1.2``, ``==1.2``, ``1.2.*``, ``>=1,<2``, ``=1.2=build``) in pip's."""
    rest = rest.strip()
    if "|" in rest:
        raise Unsupported(
            f"'{item}' offers a choice, which pip cannot express.", target=place, mend="Name one version or a range."
        )
    exact_build = re.fullmatch(r"=*\s*([^=<>!~,\s]+)\s*[=\s]\s*[^=<>!~,\s]+", rest)
    if exact_build:  # a build string pins one build of one version; PyPI has one build per version
        rest = f"=={exact_build[1]}"
    parts = [_part(part.strip(), item, place) for part in rest.split(",")] if rest else []
    return ",".join(part for part in parts if part)


def _part(part: str, item: str, place: str) -> str:
    operator, version = re.fullmatch(r"(===?|[<>!~]=|[<>=]|)\s*(.*)", part, re.DOTALL).groups()  # type: ignore[union-attr]
    if version == "*":
        return ""
    if not _VERSION.fullmatch(version):
        raise InvalidInput(f"'{item}' has no version that is understood.", target=place, mend="Write 'name=1.2'.")
    plain = re.sub(r"\.?\*$", "", version)
    if operator == "=" or (operator in ("", "==", "!=") and plain != version):
        part = f"{'!=' if operator == '!=' else '=='}{plain}.*"
    else:
        part = f"{operator or '=='}{plain}"
    try:
        return str(SpecifierSet(part))
    except InvalidSpecifier:
        raise InvalidInput(f"'{item}' has no version that pip knows.", target=place, mend="Write 'name=1.2'.") from None


def _python(constraint: str) -> str:
    """``==3.10.*`` as ``3.10``, ``==3.10.13`` as ``3.10.13``; a range stays one."""
    match = re.fullmatch(r"==(\d+(?:\.\d+)*)(\.\*)?", constraint)
    if match is None:
        return constraint
    return ".".join(match[1].split(".")[:3])


_OPTIONS: dict[str, tuple[str, bool]] = {
    "-i": ("--index-url", True),
    "--index-url": ("--index-url", True),
    "--extra-index-url": ("--extra-index-url", True),
    "-f": ("--find-links", True),
    "--find-links": ("--find-links", True),
    "--trusted-host": ("--allow-insecure-host", True),
    "--no-binary": ("--no-binary", True),
    "--only-binary": ("--only-binary", True),
    "--no-index": ("--no-index", False),
    "--pre": ("--prerelease=allow", False),
}
"""The options of a requirements file that are taken, in uv's words, and whether a value follows."""


def _option(line: str, place: str) -> Iterator[str]:
    word, _, value = (part.strip() for part in re.sub(r"[=\s]+", " ", line, count=1).partition(" "))
    if word not in _OPTIONS:
        raise Unsupported(
            f"The pip option '{word}' is not taken here.",
            target=place,
            mend="List the packages themselves."
            if word in ("-r", "-c", "-e", "--requirement", "--editable")
            else f"These are: {', '.join(name for name in _OPTIONS if name.startswith('--'))}.",
        )
    name, takes_value = _OPTIONS[word]
    if takes_value != bool(value):
        raise InvalidInput(f"'{line}' {'lacks its value' if takes_value else 'takes no value'}.", target=place)
    yield f"{name}={value}" if takes_value else name
    if name == "--extra-index-url":
        yield "--index-strategy=unsafe-best-match"  # pip takes the best of all indexes; uv would stop at the first


def _requirement(line: str, place: str) -> str:
    if re.fullmatch(r"((git|hg|svn|bzr)\+|https?://)\S+", line):
        return line
    try:
        return str(Requirement(line))
    except InvalidRequirement as error:
        local = line.startswith(".") or line.endswith((".whl", ".zip", ".tar.gz"))
        raise InvalidInput(
            f"'{line}' is {'a file, and files are not taken here' if local else 'not a requirement'}.",
            target=place,
            mend="Put the package into the job's code, or on an index." if local else "Write 'name==1.2'.",
        ) from error
