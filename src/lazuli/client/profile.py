"""Where the server is, who is asking, and which workspace is meant."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput, Unavailable
from lazuli.store.settings import Settings, default_data_dir

__all__ = ["Profile", "config_file", "defaults", "find", "read_json", "remember", "running", "write_config"]

_CONFIG_KEYS = {
    "subscription": ("subscription_id", "subscription"),
    "resource_group": ("resource_group", "group"),
    "workspace": ("workspace_name", "workspace"),
}


@dataclass(frozen=True)
class Profile:
    """What a command needs to know before it asks anything."""

    url: str
    token: str
    subscription: str = Settings.subscription
    resource_group: str = Settings.resource_group
    workspace: str = ""
    """Empty where none was chosen."""
    ca_file: str = ""
    """The CA that signed the server's certificate, where the address is https."""
    is_group_chosen: bool = False
    """Whether somebody named the resource group."""

    def scope(self, workspace: str = "") -> Scope:
        """The workspace meant. Raises :class:`InvalidInput` where none was chosen."""
        if not (workspace or self.workspace):
            raise InvalidInput(
                "No workspace is chosen.",
                target="workspace",
                mend="Create one with 'lazuli workspace create --name NAME', or choose one with '--workspace-name', "
                "LAZULI_WORKSPACE or 'lazuli configure --defaults workspace=NAME'.",
            )
        return Scope(self.subscription, self.resource_group, workspace or self.workspace)


def find(
    *,
    subscription: str = "",
    resource_group: str = "",
    workspace: str = "",
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> Profile:
    """The profile in force: flags, then ``LAZULI_*``, then ``config.json`` up the tree, then ``lazuli configure``.

    Raises :class:`Unavailable` where no server is known, and :class:`InvalidInput` for a file that cannot be read.
    """
    flags = {"subscription": subscription, "resource_group": resource_group, "workspace": workspace}
    sources = [
        flags,
        {name: environ.get(f"LAZULI_{name.upper()}", "") for name in flags},
        _in_tree(folder or Path.cwd()),
        defaults(environ),
        {"subscription": Settings.subscription, "resource_group": Settings.resource_group, "workspace": ""},
    ]
    chosen = {name: next((str(source[name]) for source in sources if source.get(name)), "") for name in flags}
    url, token, ca_file = _server(environ)
    is_chosen = any(source.get("resource_group") for source in sources[:-1])
    return Profile(url, token, ca_file=ca_file, is_group_chosen=is_chosen, **chosen)


def running(data_dir: Path) -> dict[str, Any] | None:
    """What the server of a data folder says of itself: ``pid``, ``url``, ``https_url``, …; None where none runs."""
    file = data_dir / "server.json"
    return read_json(file) if file.exists() else None


def _server(environ: Mapping[str, str]) -> tuple[str, str, str]:
    data_dir = default_data_dir(environ)
    url, ca_file = environ.get("LAZULI_URL", ""), environ.get("LAZULI_CA", "")
    if not url:
        if not (known := running(data_dir)):
            raise Unavailable(
                f"No Lazuli server runs on {data_dir}.", mend="Start it with 'lazuli up'.", code="NoServer"
            )
        url, ca_file = known["url"], ca_file or known.get("ca_file", "")
    token = environ.get("LAZULI_TOKEN", "")
    if not token:
        try:
            token = (data_dir / "token").read_text(encoding="utf-8").strip()
        except OSError:
            raise InvalidInput(
                f"There is no token for {url}.",
                target="LAZULI_TOKEN",
                mend="Set LAZULI_TOKEN, or LAZULI_DATA_DIR to the folder of the server.",
            ) from None
    return url, token, ca_file


def _in_tree(folder: Path) -> dict[str, str]:
    """What the nearest ``config.json`` (or ``.azureml/config.json``) says, as Azure ML's tools write it."""
    for place in (folder, *folder.parents):
        for file in (place / "config.json", place / ".azureml" / "config.json"):
            if not file.is_file() or not _is_ours(file):
                continue
            said = read_json(file)
            if not isinstance(said.get("workspace_name"), str):
                raise InvalidInput(
                    f"'{file}' names no workspace.",
                    target="workspace_name",
                    mend='Write {"subscription_id": …, "resource_group": …, "workspace_name": …}, or write it again '
                    "with 'lazuli workspace write-config'.",
                )
            return {name: str(said.get(words[0]) or "") for name, words in _CONFIG_KEYS.items()}
    return {}


def _is_ours(file: Path) -> bool:
    """Whether the file is about a workspace: any program may keep a config.json, and ours must not be passed by."""
    if file.parent.name == ".azureml":
        return True
    try:
        return '"workspace_name"' in file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def write_config(scope: Scope, folder: Path) -> Path:
    """Write ``.azureml/config.json`` below ``folder``, where all tools of Azure ML find the workspace; the file."""
    said = {words[0]: getattr(scope, name) for name, words in _CONFIG_KEYS.items()}
    file = folder / ".azureml" / "config.json"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(said, indent=4) + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"'{file}' cannot be written: {error.strerror}.", target=str(file)) from None
    return file


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where ``lazuli configure`` keeps its defaults."""
    home = environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home).expanduser() / "lazuli" / "config.json"


def defaults(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The defaults that ``lazuli configure`` keeps: ``subscription``, ``resource_group``, ``workspace``."""
    file = config_file(environ)
    return read_json(file) if file.exists() else {}


def remember(pairs: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Keep defaults (an empty value forgets one) and return all that are in force."""
    kept = defaults(environ)
    for word, value in pairs.items():
        name = next((name for name, words in _CONFIG_KEYS.items() if word in (name, *words)), None)
        if name is None:
            raise InvalidInput(
                f"'{word}' is not a default.", target=word, mend="Known: workspace, group, subscription."
            )
        kept[name] = value
    kept = {name: value for name, value in kept.items() if value}
    file = config_file(environ)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return kept


def read_json(file: Path) -> dict[str, Any]:
    """The JSON object in ``file``. Raises :class:`InvalidInput` where it holds none."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"'{file}' cannot be read: {error}.", target=str(file)) from None
    if not isinstance(value, dict):
        raise InvalidInput(f"'{file}' does not hold a JSON object.", target=str(file))
    return value
