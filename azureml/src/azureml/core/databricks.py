"""Libraries of Databricks, which Lazuli does not have."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined

__all__ = ["EggLibrary", "JarLibrary", "MavenLibrary", "PyPiLibrary", "RCranLibrary"]

_PACKAGES = "Name the packages in the Environment of a PythonScriptStep: Lazuli has no Databricks."


class MavenLibrary(Declined):
    """A library of Maven."""

    _instead = _PACKAGES

    def __init__(self, coordinates: Any = None, repo: Any = None, exclusions: Any = None) -> None:
        pass


class PyPiLibrary(Declined):
    """A package of Python."""

    _instead = _PACKAGES

    def __init__(self, package: Any = None, repo: Any = None) -> None:
        pass


class EggLibrary(Declined):
    """An egg on DBFS."""

    _instead = _PACKAGES

    def __init__(self, library: Any = None) -> None:
        pass


class JarLibrary(Declined):
    """A JAR on DBFS."""

    _instead = _PACKAGES

    def __init__(self, library: Any = None) -> None:
        pass


class RCranLibrary(Declined):
    """A package of R."""

    _instead = _PACKAGES

    def __init__(self, package: Any = None, repo: Any = None) -> None:
        pass
