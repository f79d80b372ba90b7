"""Modules: steps that are kept under a name. Components are that here."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined
from azureml.pipeline.core._module import MODULES

__all__ = ["Module", "ModuleVersion"]


class Module(Declined):
    """A step under a name."""

    _instead = MODULES

    def __init__(self, workspace: Any, module_id: Any, name: Any, description: Any, status: Any) -> None:
        pass


class ModuleVersion(Declined):
    """One version of it."""

    _instead = MODULES
