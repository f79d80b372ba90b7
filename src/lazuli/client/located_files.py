"""Files that a YAML file names: found beside it, or told with its line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lazuli.schema import yaml
from lazuli.schema.problems import InvalidInput, did_you_mean
from lazuli.schema.yaml import Place, Source

__all__ = ["existing", "including", "wrong"]


def existing(source: Source, place: Place, said: str) -> Path:
    """The file or folder that ``said`` names, relative to the YAML file.

    Raises :class:`InvalidInput` with the line, the path that was looked at, and the nearest name beside it.
    """
    path = source.folder / Path(said.removeprefix("file:")).expanduser()
    if path.exists():
        return path
    beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    hint = did_you_mean(path.name, beside) if beside else ""
    looked_at = f" (looked at {path})" if str(path) != said else ""
    elsewhere = "Paths are relative to the YAML file." if looked_at else "Check its spelling."
    mend = hint if hint.startswith("Did you mean") else elsewhere
    raise wrong(source, place, f"'{said}' does not exist{looked_at}", mend)


def including(source: Source, place: Place, said: str) -> Source:
    """The YAML file that ``said`` names. Raises :class:`InvalidInput` where it is one that led here."""
    file = existing(source, place, said)
    chain = (*source.within, (source.folder / source.name).resolve())
    if file.resolve() in chain:
        how = "itself" if file.resolve() == chain[-1] else f"'{said}', which leads back to it"
        raise wrong(source, place, f"{source.name} includes {how}", "Name another file, or write it in place.")
    return replace(yaml.load(file), within=chain, strict=source.strict, warnings=source.warnings)


def wrong(source: Source, place: Place, what: str, mend: str) -> InvalidInput:
    """The problem that something is wrong at a place of a file."""
    field = ".".join(map(str, place))
    return InvalidInput(f"{source.where(place)}: '{field}': {what}.", target=field, mend=mend, code="ValidationError")
