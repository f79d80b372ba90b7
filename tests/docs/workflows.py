"""Reads the workflow files of CI services as those do, as far as our examples go: conditions, expressions, steps.

What is written in a way that nobody here knows is a mistake of the example, or has to be learnt here first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Step", "azure_steps", "github_steps"]

_GITHUB = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_MACRO = re.compile(r"\$\(([\w.]+)\)")
_CONDITION = re.compile(r"^\$\{\{ if (.+) \}\}$")


@dataclass(frozen=True)
class Step:
    """A step that runs a command."""

    name: str
    command: str
    when: str
    """``success``, ``cancelled`` or ``always``."""
    environ: Mapping[str, str]


def github_steps(file: Path, known: Mapping[str, str]) -> list[Step]:
    """The commands of a workflow of GitHub Actions, where its expressions have these values."""
    said = yaml.safe_load(file.read_text())
    assert set(said) == {"name", True, "jobs"}, "'on' is a boolean in YAML 1.1, and that is how it must be read"
    (job,) = said["jobs"].values()
    environ = {name: _filled(value, _GITHUB, known) for name, value in job["env"].items()}
    conditions: dict[str, Callable[[], str]] = {
        "": lambda: "success",
        "cancelled()": lambda: "cancelled",
        "always()": lambda: "always",
        "env.LAZULI_URL == ''": lambda: "success" if not environ["LAZULI_URL"] else "never",
    }
    found: list[Step] = []
    for step in job["steps"]:
        assert step.keys() <= {"name", "uses", "with", "run", "if"}, step
        assert ("uses" in step) != ("run" in step), step
        when = conditions[step.get("if", "")]()
        if "run" in step and when != "never":
            found.append(Step(step["name"], f"set -eo pipefail\n{step['run']}", when, environ))
    return found


def azure_steps(file: Path, known: Mapping[str, str], **parameters: str) -> list[Step]:
    """The commands of a pipeline of Azure DevOps, where its macros and parameters have these values."""
    said = yaml.safe_load(file.read_text())
    assert set(said) == {"trigger", "parameters", "pool", "variables", "steps"}
    defaults: dict[str, str] = {each["name"]: each["default"] for each in said["parameters"]}
    given = {f"parameters.{name}": value for name, value in {**defaults, **parameters}.items()}
    environ = {
        name: _filled(_filled(value, _GITHUB, given), _MACRO, known) for name, value in said["variables"].items()
    }
    whens = {"": "success", "canceled()": "cancelled", "always()": "always"}
    found: list[Step] = []
    for step in _inserted(said["steps"], given):
        assert step.keys() & {"task", "script", "publish"}, step
        if "script" in step:
            own = {name: _filled(value, _MACRO, known) for name, value in step.get("env", {}).items()}
            when = whens[step.get("condition", "")]
            found.append(Step(step["displayName"], step["script"], when, {**environ, **own}))
    return found


def _inserted(steps: list[Any], given: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The steps, with those whose condition holds in their place."""
    for step in steps:
        condition = _CONDITION.match(next(iter(step)))
        if condition is None:
            yield step
            continue
        parts = re.fullmatch(r"(eq|ne)\(([\w.]+), '(.*)'\)", condition[1])
        assert parts, condition[0]
        word, name, value = parts.groups()
        if (given[name] == value) == (word == "eq"):
            yield from next(iter(step.values()))


def _filled(text: str, pattern: re.Pattern[str], known: Mapping[str, str]) -> str:
    """``text`` with every expression replaced. Raises KeyError for one that is not known."""
    return pattern.sub(lambda match: known[match[1]], text)
