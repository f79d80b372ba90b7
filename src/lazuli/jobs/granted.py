"""Secrets that a job is given in its environment variables: ``PASSWORD: ${{secrets.db-password}}``.

The job's document says the name for ever; the value is put in when the job starts, and is kept nowhere with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lazuli.resources.job import CommandJob
from lazuli.schema import bindings
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput, NotAllowed, NotFound
from lazuli.shelves.principal import Principal
from lazuli.store.documents import Record
from lazuli.workspaces.vault import Vault

__all__ = ["Granted"]

_GROUP = "secrets"


class Granted:
    """Gives jobs the secrets that they name, where these are granted to jobs."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def check(self, scope: Scope, job: CommandJob) -> None:
        """Raise :class:`InvalidInput` for the name of a secret that there is not, or that jobs may not read."""
        for variable, text in job.environment_variables.items():
            for name in _names(text):
                with _told_of(variable):
                    self._vault.check(scope, name)

    def plain(self, job: CommandJob) -> dict[str, str]:
        """The job's variables that hold no secret."""
        return {variable: text for variable, text in job.environment_variables.items() if not _names(text)}

    def values(self, record: Record, job: CommandJob) -> dict[str, str]:
        """The job's variables that hold secrets, with these put in. From now on its logs do not tell them.

        Raises as :meth:`check`: a secret may have been deleted or withdrawn since.
        """
        reader = Principal(record.id.name, str(record.state["user"]), "job", record.id.key)
        given: dict[str, str] = {}
        for variable, text in job.environment_variables.items():
            if names := _names(text):
                with _told_of(variable):
                    secrets = {name: self._vault.show(record.id.scope, name, reader).value for name in names}
                given[variable] = bindings.fill(text, _GROUP, secrets)
                if "\0" in given[variable]:
                    raise InvalidInput(
                        f"A secret in '{variable}' holds a NUL, which no environment variable can.",
                        target=_target(variable),
                        mend="Have the job read it from the key vault instead.",
                    )
        return given


def _names(text: str) -> list[str]:
    return [binding.name for binding in bindings.bindings_in(text) if binding.group == _GROUP]


@contextmanager
def _told_of(variable: str) -> Iterator[None]:
    """What the vault refuses, told of the variable that asks for it."""
    try:
        yield
    except (NotFound, NotAllowed) as problem:
        code = "SecretNotFound" if isinstance(problem, NotFound) else "SecretNotGranted"
        raise InvalidInput(problem.message, target=_target(variable), mend=problem.mend, code=code) from None


def _target(variable: str) -> str:
    return f"environment_variables.{variable}"
