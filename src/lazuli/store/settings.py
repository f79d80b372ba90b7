"""The settings of one server: one frozen value, read once from ``lazuli.toml`` and ``LAZULI_*``, then passed along."""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from lazuli.schema.problems import InvalidInput, did_you_mean

__all__ = ["LOOPBACK", "Settings", "default_data_dir", "load"]


LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""The names of this machine to itself."""


def default_data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """``LAZULI_DATA_DIR``, else ``~/.lazuli``."""
    return Path(environ.get("LAZULI_DATA_DIR") or Path.home() / ".lazuli").expanduser().resolve()


@dataclass(frozen=True)
class Settings:
    """How one server runs. Every field can be set as ``LAZULI_<NAME>`` or as a key of ``<data-dir>/lazuli.toml``."""

    data_dir: Path = field(default_factory=default_data_dir)
    """The folder that holds everything: database, blobs, jobs, environments, keys."""
    host: str = "127.0.0.1"
    """The address both listeners bind to. Beyond loopback only https is opened."""
    port: int = 8780
    """The http port (Studio, command line, MLflow, jobs). The https port is the next one unless set."""
    https_port: int = 0
    """The https port (Microsoft's client insists on https); 0 means ``port + 1``."""
    database_url: str = ""
    """Where state is kept: empty for SQLite inside the data folder, else a SQLAlchemy URL of PostgreSQL."""
    subscription: str = "00000000-0000-0000-0000-000000000001"
    """The subscription that commands use when none is named."""
    resource_group: str = "lazuli"
    """The resource group that commands use when none is named."""
    region: str = "local"
    """The location of new workspaces that name none."""
    workers: int = 8
    """How many transitions the reconciler works on at once."""
    warm_pythons: int = 2
    """How many Pythons are kept with their imports loaded, so that jobs start in milliseconds; 0 for none."""
    prices: str = ""
    """What an hour of a node costs, by size: `Standard_DS3_v2=0.27, Standard_DS3_v2:low_priority=0.05, local=0.01`."""
    insights_days: int = 30
    """How many days of insights (requests, moves of jobs, errors) are kept."""
    insights_megabytes: int = 256
    """How much room they may take; the oldest go first. 0 keeps none."""
    local_roots: str = ""
    """The folders below which datastores of type `local` may lie, with `:` between them; none when empty."""
    mirrors: str = ""
    """Folders of the machine that stand for remote addresses: `https://example.org/data=/srv/data, s3://b=/srv/b`."""
    package_index: str = ""
    """The package index that environments are built from, by its URL; PyPI when empty."""
    package_links: str = ""
    """Folders or pages with packages, beside the index, with spaces between them: `/srv/wheels https://host/wheels/`."""
    log_level: str = "info"
    """How much the server's log tells: debug, info, warning or error."""

    @property
    def plain_host(self) -> str:
        """Where http is spoken: on loopback alone, whatever the host; jobs of this machine use it."""
        return self.host if self.host in LOOPBACK else LOOPBACK[0]

    @property
    def plain_url(self) -> str:
        """The address of the http listener."""
        return f"http://{f'[{self.plain_host}]' if ':' in self.plain_host else self.plain_host}:{self.port}"

    @property
    def secure_port(self) -> int:
        """The https port that is in force."""
        return self.https_port or self.port + 1

    @property
    def allowed_folders(self) -> tuple[Path, ...]:
        """The folders that ``local_roots`` names."""
        return tuple(Path(folder).expanduser() for folder in self.local_roots.split(os.pathsep) if folder.strip())

    @property
    def mirror_folders(self) -> dict[str, Path]:
        """:attr:`mirrors` as folders, by address."""
        return _read_mirrors(self.mirrors, "mirrors")

    @property
    def package_sources(self) -> tuple[str, ...]:
        """``package_index`` and ``package_links`` as arguments for uv."""
        index = (f"--default-index={self.package_index}",) if self.package_index else ()
        return (*index, *(f"--find-links={place}" for place in self.package_links.split()))

    @property
    def price_list(self) -> dict[str, float]:
        """:attr:`prices` as numbers, by size."""
        return _read_prices(self.prices, "prices")


def load(environ: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """The settings from defaults, then ``lazuli.toml`` in the data folder, then ``LAZULI_*``, then ``given``.

    Raises :class:`InvalidInput` for an unknown key or a value of the wrong type, naming where it stands.
    """
    given = {name: value for name, value in given.items() if value is not None}
    data_dir = Path(given.pop("data_dir", None) or default_data_dir(environ)).expanduser().resolve()
    values: dict[str, Any] = {}
    file = data_dir / "lazuli.toml"
    if file.exists():
        for name, value in _read_toml(file).items():
            values[name] = _typed(name, value, f"{file.name}: {name}")
    for name in sorted(_NAMES):
        variable = f"LAZULI_{name.upper()}"
        if environ.get(variable):
            values[name] = _typed(name, environ[variable], variable)
    for name, value in given.items():
        values[name] = _typed(name, value, name)
    return replace(Settings(data_dir=data_dir), **values)


_NAMES = frozenset(f.name for f in fields(Settings)) - {"data_dir"}
_LEAST = {"port": 0, "https_port": 0, "workers": 1, "insights_days": 1, "insights_megabytes": 0}
_MOST = {"port": 65535, "https_port": 65535, "workers": 1000, "insights_days": 3650, "insights_megabytes": 1_000_000}
_LOG_LEVELS = ("debug", "info", "warning", "error")


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file.name} is not valid TOML: {error}.", target=file.name) from None


def _typed(name: str, value: Any, where: str) -> Any:
    if name == "data_dir":
        mend = "The settings lie in the data folder: name it with --data-dir or LAZULI_DATA_DIR."
        raise InvalidInput(f"'{name}' cannot be set there.", target=where, mend=mend)
    if name not in _NAMES:
        raise InvalidInput(f"'{name}' is not a setting.", target=where, mend=did_you_mean(name, sorted(_NAMES)))
    if name in _TABLES:
        if isinstance(value, Mapping):  # a table of lazuli.toml
            value = ", ".join(f"{word}={said}" for word, said in value.items())
        _TABLES[name](value, where)
        return value
    if name in _LEAST:
        return _whole(value, _LEAST[name], _MOST[name], where)
    if not isinstance(value, str):
        raise InvalidInput(f"{where} is {value!r}, not text.", target=where, mend="Write it between quotes.")
    if name == "log_level" and value.lower() not in _LOG_LEVELS:
        raise InvalidInput(f"{where} is '{value}'.", target=where, mend=did_you_mean(value, _LOG_LEVELS))
    return value


def _whole(value: Any, least: int, most: int, where: str) -> int:
    try:
        number = int(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None:
        raise InvalidInput(f"{where} is {value!r}, not a whole number.", target=where)
    if not least <= number <= most:
        raise InvalidInput(f"{where} is {number}; it goes from {least} to {most}.", target=where)
    return number


def _read_prices(text: Any, where: str) -> dict[str, float]:
    """The prices by size that ``text`` says. Raises :class:`InvalidInput` for one that is no amount of money."""
    prices: dict[str, float] = {}
    for entry in filter(str.strip, str(text).split(",")):
        size, _, price = entry.partition("=")
        try:
            amount = float(price)
        except ValueError:
            amount = -1.0
        if not (size.strip() and 0 <= amount < math.inf):
            mend = "Write 'Standard_DS3_v2=0.27, local=0.01': what an hour costs."
            raise InvalidInput(f"{where} has '{entry.strip()[:80]}', which is no price.", target=where, mend=mend)
        prices[size.strip()] = amount
    return prices


def _read_mirrors(text: Any, where: str) -> dict[str, Path]:
    """The folders by address that ``text`` says. Raises :class:`InvalidInput` for what is no address or no folder."""
    folders: dict[str, Path] = {}
    for entry in filter(str.strip, str(text).split(",")):
        address, _, folder = entry.strip().rpartition("=")
        scheme, _, place = address.strip().partition("://")
        path = Path(folder.strip()).expanduser()
        if not (scheme and place.strip("/") and path.is_absolute()):
            mend = "Write 'https://example.org/data=/srv/data': an address, and the folder that stands for it."
            raise InvalidInput(f"{where} has '{entry.strip()[:200]}', which is no mirror.", target=where, mend=mend)
        folders[address.strip()] = path
    return folders


_TABLES: dict[str, Callable[[Any, str], object]] = {"prices": _read_prices, "mirrors": _read_mirrors}
"""Settings that are a table in ``lazuli.toml`` and a list in a variable."""
