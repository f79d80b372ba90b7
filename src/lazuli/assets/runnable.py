"""What jobs and components run with: code and environment, settled to the version that a reference names."""

from __future__ import annotations

from lazuli.assets.kinds import Codes, Environments
from lazuli.resources.environment import Environment
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import Reference, is_remote
from lazuli.store.documents import Record

__all__ = ["code_of", "environment_of", "spelt"]


def environment_of(environments: Environments, scope: Scope, said: str | Environment | None, word: str) -> str:
    """The version of the environment that a ``word`` (a job, a component) says.

    Raises :class:`InvalidInput` where it says none, writes one in place, or names what does not exist.
    """
    if said is None:
        raise InvalidInput(
            "'environment' is required.",
            target="environment",
            mend="Name one (azureml:name@latest), or write one: 'environment: {image: python:3.11}'.",
        )
    if isinstance(said, Environment):
        raise InvalidInput(
            f"An environment written inside the {word} is registered by the client first.",
            target="environment",
            mend=f"Use 'lazuli {word} create' or azure-ai-ml, or create the environment and name it.",
        )
    return spelt(environments.resolve(scope, said, target="environment"))


def code_of(codes: Codes, scope: Scope, said: str | None, word: str) -> str | None:
    """The version of the code that a ``word`` says, where it says any.

    Raises :class:`InvalidInput` for a local path, and for what does not exist.
    """
    if said is None:
        return None
    if not is_remote(said):
        raise InvalidInput(
            f"The code '{said}' is a local path, which the server cannot see.",
            target="code",
            mend=f"Use 'lazuli {word} create' or azure-ai-ml: they upload it.",
        )
    return spelt(codes.resolve(scope, said, target="code"))


def spelt(record: Record) -> str:
    """The reference that names this version: ``azureml:name:version``, or its place in a registry."""
    if record.id.scope.is_registry:
        return record.id.shown
    return str(Reference(record.id.name, record.id.version))
