"""Which commit a job was submitted from, read from ``.git`` without running git."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["facts"]

_URL = re.compile(r'^\[remote "origin"\][^\[]*?^\s*url\s*=\s*(?P<url>\S+)', re.MULTILINE)
_COMMIT = re.compile(r"^[0-9a-f]{40,64}$")


def facts(folder: Path) -> dict[str, str]:
    """The repository's address, branch and commit, under the names Azure ML and MLflow give them; empty where none."""
    try:
        git = _git_folder(folder)
        return _facts(git) if git else {}
    except OSError:  # an unreadable repository is no reason to refuse a job
        return {}


def _facts(git: Path) -> dict[str, str]:
    common = _text(git / "commondir")
    shared = (git / common).resolve() if common else git
    head = _text(git / "HEAD")
    ref = head.removeprefix("ref:").strip() if head.startswith("ref:") else ""
    commit = _resolved(git, shared, ref) if ref else head
    origin = _URL.search(_text(shared / "config"))
    said = {
        "azureml.git.repository_uri": _without_secrets(origin["url"]) if origin else "",
        "azureml.git.branch": ref.removeprefix("refs/heads/"),
        "azureml.git.commit": commit if _COMMIT.match(commit) else "",
    }
    said["mlflow.source.git.repoURL"] = said["azureml.git.repository_uri"]
    said["mlflow.source.git.branch"] = said["azureml.git.branch"]
    said["mlflow.source.git.commit"] = said["azureml.git.commit"]
    return {key: value for key, value in said.items() if value} if said["azureml.git.commit"] else {}


def _git_folder(folder: Path) -> Path | None:
    """The ``.git`` folder at or above ``folder``; in a worktree a file names it."""
    for place in (folder, *folder.parents):
        found = place / ".git"
        if found.is_dir():
            return found
        if found.is_file():
            return (place / _text(found).removeprefix("gitdir:").strip()).resolve()
    return None


def _resolved(git: Path, shared: Path, ref: str) -> str:
    loose = _text(git / ref) or _text(shared / ref)
    if loose:
        return loose
    packed = re.search(rf"^([0-9a-f]+) {re.escape(ref)}$", _text(shared / "packed-refs"), re.MULTILINE)
    return packed[1] if packed else ""


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace").strip() if file.is_file() else ""


def _without_secrets(url: str) -> str:
    """The address without the user name and password that some people keep in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.scheme else url
