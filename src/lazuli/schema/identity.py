"""Where a thing lives: the workspace it belongs to, and its resource id, spelt exactly as Azure spells it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lazuli.schema.problems import InvalidInput

__all__ = ["NESTED", "PROVIDER", "REGISTRIES", "WORKSPACES", "ResourceId", "Scope", "check_name", "parse_resource_id"]

PROVIDER = "Microsoft.MachineLearningServices"

WORKSPACES, REGISTRIES = "workspaces", "registries"
"""What assets lie in."""

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$")


@dataclass(frozen=True)
class Scope:
    """A workspace's address, or a registry's. Names keep their case; two that differ only in case are the same one."""

    subscription: str
    resource_group: str
    workspace: str
    """Its name, that of a registry too."""
    root: str = WORKSPACES
    """Which of the two it is."""

    @property
    def is_registry(self) -> bool:
        """Whether it is a registry: a shelf of assets that every workspace shares, with no jobs and no computes."""
        return self.root == REGISTRIES

    @property
    def word(self) -> str:
        """What it is called in a sentence."""
        return "registry" if self.is_registry else "workspace"

    @property
    def path(self) -> str:
        """``/subscriptions/…/workspaces/{workspace}``, as it was spelt."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/{PROVIDER}/{self.root}/{self.workspace}"
        )

    @property
    def key(self) -> str:
        """The path in lower case: what is compared and stored."""
        return self.path.lower()


@dataclass(frozen=True)
class ResourceId:
    """The id of a thing in a workspace: ``{scope}/{kind}/{name}[/versions/{version}]``.

    ``kind`` is the REST collection (``jobs``, ``data``, ``computes``). The workspace itself has no kind and no name.
    What is :data:`NESTED` is told by the name of what it lies in, and its own as ``version``.
    """

    scope: Scope
    kind: str = ""
    name: str = ""
    version: str = ""

    @property
    def path(self) -> str:
        """The id as Azure spells it."""
        if not self.kind:
            return self.scope.path
        within, word = NESTED.get(self.kind, (self.kind, "versions"))
        path = f"{self.scope.path}/{within}/{self.name}"
        return f"{path}/{word}/{self.version}" if self.version else path

    @property
    def names(self) -> dict[str, str]:
        """By which words a document says it."""
        if self.kind in NESTED:
            return {"name": self.version, "endpoint_name": self.name}
        return {"name": self.name, **({"version": self.version} if self.version else {})}

    @property
    def shown(self) -> str:
        """The id as clients are told it: what lies in a registry goes by the registry's name alone."""
        if not (self.kind and self.scope.is_registry):
            return self.path
        return f"azureml://registries/{self.scope.workspace}{self.path.removeprefix(self.scope.path)}"

    @property
    def key(self) -> str:
        """The id in lower case: what is compared and stored."""
        return self.path.lower()

    def __str__(self) -> str:
        return self.path


NESTED = {
    "onlineDeployments": ("onlineEndpoints", "deployments"),
    "batchDeployments": ("batchEndpoints", "deployments"),
}
"""Kinds that lie in something of another kind: that kind, and the word that stands between in a path."""
_WITHIN = {within.lower(): kind for kind, (within, _) in NESTED.items()}

_ID = re.compile(
    r"^/subscriptions/(?P<subscription>[^/\s]+)/resourceGroups/(?P<group>[^/\s]+)"
    rf"/providers/{re.escape(PROVIDER)}/(?P<root>{WORKSPACES}|{REGISTRIES})/(?P<workspace>[^/\s]+)"
    r"(?:/(?P<kind>[^/\s]+)/(?P<name>[^/\s]+)(?:/(?P<word>versions|deployments)/(?P<version>[^/\s]+))?)?$",
    re.IGNORECASE,
)


def parse_resource_id(text: str) -> ResourceId | None:
    """The resource id that ``text`` spells (in any case of its fixed words), or None where it spells none."""
    match = _ID.fullmatch(text)
    if not match:
        return None
    scope = Scope(match["subscription"], match["group"], match["workspace"], match["root"].lower())
    kind = match["kind"] or ""
    if (match["word"] or "").lower() == "deployments":
        if kind.lower() not in _WITHIN:
            return None
        kind = _WITHIN[kind.lower()]
    return ResourceId(scope, kind, match["name"] or "", match["version"] or "")


def check_name(name: str, *, target: str = "name", what: str = "name") -> str:
    """``name`` itself, where it may be one.

    A name starts with a letter or digit and goes on with letters, digits, ``_``, ``.`` and ``-``, 255 at most, so
    that it can never leave its folder. Raises :class:`InvalidInput` otherwise.
    """
    if _NAME.fullmatch(name):
        return name
    raise InvalidInput(
        f"'{name[:80]}' cannot be a {what}.",
        target=target,
        mend="Use letters, digits, '_', '.' and '-', starting with a letter or digit, 255 at most.",
    )
