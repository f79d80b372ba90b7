"""Dockerfiles, read for what they install: a simple one can be had on the machine itself.

Simple is: one image that is known, packages for Python, R and the system, and variables. Whatever else a Dockerfile
does is told as a line *beyond*, which only a container can follow.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lazuli.compute import conda
from lazuli.schema.problems import InvalidInput, Problem

__all__ = ["Contents", "read"]


@dataclass
class Contents:
    """What a Dockerfile puts into its image."""

    image: str = ""
    """The image it stands on."""
    requirements: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    python: str = ""
    needs: list[str] = field(default_factory=list)
    """What the machine itself must have, as :class:`~lazuli.compute.recipes.Recipe` spells it."""
    variables: dict[str, str] = field(default_factory=dict)
    beyond: list[str] = field(default_factory=list)
    """What only a container can do, as it stands in the file."""


_NOTHING = {
    "LABEL",
    "MAINTAINER",
    "EXPOSE",
    "WORKDIR",
    "CMD",
    "ENTRYPOINT",
    "USER",
    "SHELL",
    "STOPSIGNAL",
    "HEALTHCHECK",
}
"""Instructions that install nothing; a job brings its own folder and command."""
_OF_THE_IMAGE = re.compile(r"PATH|LD_LIBRARY_PATH|CONDA_\w+|AZUREML_CONDA_\w+|DEBIAN_FRONTEND|PIP_\w+")
"""Variables that speak of places and habits inside the image."""
_HARMLESS = {"rm", "mkdir", "true", "echo", "ldconfig", "set", "exit", "apt-get update", "apt-get clean", "apt update"}
_HARMLESS |= {"apt-get autoremove", "apt-get upgrade", "conda clean", "conda update", "pip cache", "apt clean"}
_VARIABLE = re.compile(r"\$(?:(?P<a>\w+)|\{(?P<b>\w+)\})")
_INSTALL = re.compile(r"install\.packages\(\s*(?:c\((?P<many>[^)]*)\)|(?P<one>['\"][^'\"]*['\"]))[^)]*\)\s*;?\s*")
_R_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.]*")
_DEB = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_PYTHON_ITSELF = re.compile(r"python\d?(\.\d+)?(-(pip|dev|venv|distutils|setuptools|minimal))?")
_PYTHON_PROGRAM = re.compile(r"(/usr(/local)?)?/bin/(python|pip)[\d.]*")
"""What a link is made of or to without harm: the environment has these under every name."""
_PIP_VALUES = {"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host"}
_PIP_HABITS = {"-U", "-q", "-y", "--no-cache-dir", "--upgrade", "--quiet", "--no-input", "--user"}


def read(text: str, files: Callable[[str], str | None]) -> Contents:
    """What the Dockerfile ``text`` installs; ``files`` gives the text of a file of its context, if there is one."""
    return _Reading(files).of(text)


class _Reading:
    def __init__(self, files: Callable[[str], str | None]) -> None:
        self.files = files
        self.found = Contents()
        self.values: dict[str, str] = {}
        """What ENV and ARG have set so far."""
        self.copied: dict[str, str] = {}
        """Files of the context that were copied and not used yet, by their name in the image: the line."""

    def of(self, text: str) -> Contents:
        for line in _lines(text):
            word, _, rest = line.partition(" ")
            try:
                understood = self._instruction(word.upper(), self._filled(rest.strip()))
            except (ValueError, Problem):  # unbalanced quotes, or a package that PyPI does not have
                understood = False
            if not understood:
                self.found.beyond.append(line)
        self.found.beyond += self.copied.values()
        if not self.found.image:
            raise InvalidInput("The Dockerfile has no FROM.", target="environment.build", mend="Begin it with FROM.")
        return self.found

    def _filled(self, text: str) -> str:
        """``text`` with the variables that are known; what is left of others makes it beyond us."""
        return _VARIABLE.sub(lambda match: self.values.get(match["a"] or match["b"], match[0]), text)

    def _instruction(self, word: str, rest: str) -> bool:
        if word == "FROM":
            first, self.found.image = not self.found.image, rest.split(maxsplit=1)[0] if rest else ""
            return first and "$" not in rest
        if word in ("ENV", "ARG"):
            return self._variables(rest, kept=word == "ENV")
        if word == "RUN":
            return not rest.startswith(("[", "-")) and all(self._command(each) for each in _commands(rest))
        if word in ("COPY", "ADD"):
            return self._copy(rest)
        return word in _NOTHING

    def _variables(self, rest: str, *, kept: bool) -> bool:
        """Remember what is set; only ENV is set for what runs in the image as well."""
        name, _, value = rest.partition(" ")
        pairs = {name: value.strip()}
        if "=" in name:
            pairs = {each: value for each, _, value in (item.partition("=") for item in shlex.split(rest))}
        self.values |= pairs
        said = {name: value for name, value in pairs.items() if kept and not _OF_THE_IMAGE.fullmatch(name)}
        if any("$" in value for value in said.values()):
            return False
        self.found.variables |= said
        return True

    def _copy(self, rest: str) -> bool:
        words = rest.split()
        if len(words) != 2 or words[0].startswith("-") or self.files(words[0]) is None:
            return False
        self.copied[words[0].rpartition("/")[2]] = f"COPY {rest}"
        return True

    def _file(self, name: str) -> str:
        """The text of a copied file; it counts as used."""
        base = name.rpartition("/")[2]
        line = self.copied.pop(base, "")
        text = self.files(line.split()[1]) if line else self.files(name)
        if text is None:
            raise ValueError(name)
        return text

    def _command(self, words: Sequence[str]) -> bool:
        """Follow one command of a RUN; False where it is beyond us."""
        while words and (words[0] == "sudo" or re.fullmatch(r"\w+=\S*", words[0])):
            words = words[1:]
        if not words or words[0] in _HARMLESS or " ".join(words[:2]) in _HARMLESS:
            return True
        if words[0] == "ln":
            return all(_PYTHON_PROGRAM.fullmatch(word) for word in words[1:] if not word.startswith("-"))
        if re.fullmatch(r"python[\d.]*", words[0]) and words[1:2] == ["-m"]:
            words = words[2:]
        if re.fullmatch(r"pip[\d.]*", words[0]) and words[1:2] == ["install"]:
            return self._pip(words[2:])
        if words[0] in ("apt-get", "apt") and "install" in words:
            return self._apt(words)
        if words[0] in ("conda", "mamba", "micromamba"):
            return self._conda(words[1:])
        if words[0] in ("R", "Rscript"):
            return self._r(words[-1]) if "-e" in words else False
        return words[0] in ("install2.r", "installr") and self._r_packages([w for w in words[1:] if w[0] != "-"])

    def _pip(self, words: Sequence[str]) -> bool:
        lines: list[str] = []
        rest = iter(words)
        for word in rest:
            if word in ("-r", "--requirement"):
                lines += self._file(next(rest, "")).splitlines()
            elif word in _PIP_VALUES:
                lines.append(f"{word} {next(rest, '')}")
            elif word not in _PIP_HABITS:
                lines.append(word)
        tools = {"pip", "setuptools", "wheel"}
        return self._python({"dependencies": [{"pip": [line for line in lines if line.strip() and line not in tools]}]})

    def _apt(self, words: Sequence[str]) -> bool:
        names = [word for word in words[1:] if word != "install" and not word.startswith("-")]
        names = [name.partition("=")[0] for name in names]
        self.found.needs += [f"deb:{name}" for name in names if not _PYTHON_ITSELF.fullmatch(name)]
        return all(_DEB.fullmatch(name) for name in names)

    def _conda(self, words: Sequence[str]) -> bool:
        file = next((words[i + 1] for i, word in enumerate(words[:-1]) if word in ("-f", "--file")), "")
        if file and words[0] == "env":
            return self._python(self._file(file))
        names: list[str] = []
        rest = iter(words[1:])
        for word in rest:
            if word in ("-n", "-c", "-p", "--name", "--channel", "--prefix"):
                next(rest, "")
            elif not word.startswith("-"):
                names.append(word)
        return words[:1] in (["install"], ["create"]) and self._python({"dependencies": names})

    def _python(self, file: Mapping[str, object] | str) -> bool:
        spec = conda.parse(file)
        self.found.python = spec.python or self.found.python
        self.found.requirements = conda.joined([*self.found.requirements, *spec.requirements])
        self.found.options += spec.options
        return True

    def _r(self, code: str) -> bool:
        names: list[str] = []
        for match in _INSTALL.finditer(code):
            names += re.findall(r"['\"]([^'\"]*)['\"]", match["many"] or match["one"])
        return bool(names) and not _INSTALL.sub("", code).strip() and self._r_packages(names)

    def _r_packages(self, names: Sequence[str]) -> bool:
        self.found.needs += ["Rscript", *(f"R:{name}" for name in names)]
        return all(_R_NAME.fullmatch(name) for name in names)


def _lines(text: str) -> list[str]:
    """The instructions, each in one line, without comments."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\[ \t]*\n", " ", kept)
    return [line.strip() for line in joined.splitlines() if line.strip()]


def _commands(rest: str) -> list[list[str]]:
    """The simple commands of a shell line. Raises :class:`ValueError` for what is more than a row of those."""
    lexer = shlex.shlex(rest, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in lexer:
        if word in ("&&", ";", "||"):
            commands.append([])
        elif word and set(word) <= set("();<>|&"):
            raise ValueError(word)
        else:
            commands[-1].append(word)
    if any(re.search(r"\$[\w({]|`", word) for command in commands for word in command):
        raise ValueError(rest)
    return [command for command in commands if command]
