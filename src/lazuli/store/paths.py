"""The one path opener: a path that comes from outside is turned into a file here, or nowhere."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from lazuli.schema.problems import InvalidInput

__all__ = ["clean", "inside"]


def clean(relative: str, *, target: str = "path") -> str:
    """``relative`` as a plain ``a/b/c`` path.

    Raises :class:`InvalidInput` for an absolute path, a step upwards, a drive, a backslash or a NUL byte.
    """
    path = PurePosixPath(relative)
    bad = "\\" in relative or "\0" in relative or path.is_absolute() or ".." in path.parts
    if bad or not path.parts:
        raise InvalidInput(
            f"'{relative[:200]}' is not a path inside its folder.",
            target=target,
            mend="Use a relative path without '..' or backslashes.",
        )
    return str(path)


def inside(root: Path, relative: str, *, target: str = "path") -> Path:
    """The file or folder ``relative`` below ``root``, which it cannot leave, not even through a link.

    Raises :class:`InvalidInput` where it would.
    """
    file = root / clean(relative, target=target)
    if not file.resolve().is_relative_to(root.resolve()):
        raise InvalidInput(f"'{relative[:200]}' leads out of its folder.", target=target, mend="Remove the link.")
    return file
