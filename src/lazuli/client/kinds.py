"""Whether a file says what it was taken for: a job given to ``model create`` is told once, not key by key."""

from __future__ import annotations

from lazuli.resources.files import kind_of
from lazuli.resources.table import NOUNS, Noun
from lazuli.schema.problems import InvalidInput
from lazuli.schema.yaml import Source

__all__ = ["check_kind"]


def check_kind(row: Noun, source: Source) -> None:
    """Raise :class:`InvalidInput` where the file says another kind of resource than ``row``."""
    if not isinstance(source.data, dict):
        return
    said = kind_of(source)
    if said and said.word != row.word:
        other = said.noun
        raise _wrong(source, "$schema", f"'$schema' is that of {other.indefinite}, not of {row.indefinite}", row)
    keys = [key for key in source.data if key != "$schema"]
    strange = [key for key in keys if key not in row.document.known_fields()]
    # One strange key is more likely a slip, unless it is the very word of a job.
    if "command" not in strange and len(strange) < _ENOUGH:
        return
    for other in NOUNS:
        if other.command and other is not row and all(key in other.document.known_fields() for key in strange):
            telling = "command" if "command" in strange else strange[0]
            what = f"this looks like {other.indefinite}, not {row.indefinite}: it has '{telling}'"
            raise _wrong(source, telling, what, other)


_ENOUGH = 2


def _wrong(source: Source, key: str, what: str, meant: Noun) -> InvalidInput:
    mend = f"Use 'lazuli {meant.word} create'." if key != "$schema" else "Correct it, or leave it out."
    return InvalidInput(f"{source.where((key,))}: {what}.", target=key, mend=mend, code="ValidationError")
