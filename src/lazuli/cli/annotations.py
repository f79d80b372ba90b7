"""What a CI service shows beside a build: the one line in which its log is told that something failed."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["annotation"]


def annotation(environ: Mapping[str, str], title: str, message: str) -> str:
    """The line for GitHub Actions or Azure DevOps, which both say in the environment that it is them; else ''."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return f"::error title={_escaped(title, '%25', ',:')}::{_escaped(message, '%25')}"
    if environ.get("TF_BUILD", "").lower() == "true":
        return f"##vso[task.logissue type=error]{_escaped(f'{title}: {message}', '%AZP25', ';]')}"
    return ""


def _escaped(text: str, percent: str, also: str = "") -> str:
    """``text`` as such a line takes it: no end of a line in it, nor a sign that ends a part of it."""
    text = text.replace("%", percent)
    for sign in f"\r\n{also}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text
