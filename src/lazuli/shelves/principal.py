"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ANONYMOUS", "Principal"]


@dataclass(frozen=True)
class Principal:
    """Somebody with a token: a person, or a job that acts for one."""

    id: str
    name: str
    role: str
    """``admin``, ``reader``, ``job`` or ``none``."""
    job: str = ""
    """The id key of the job that holds the token, for the role ``job``."""
    born: int = 0
    """When that job was submitted: another of its name is another job."""
    session: str = ""
    """The id of the session of Studio in which this is asked; '' for who shows a token."""


ANONYMOUS = Principal("", "anonymous", "none")
"""Nobody: the caller of a public or signed route."""
