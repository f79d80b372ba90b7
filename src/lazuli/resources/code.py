"""Code assets: the snapshot of a folder that a job runs from."""

from __future__ import annotations

from pydantic import Field

from lazuli.resources.asset import Asset

__all__ = ["Code"]


class Code(Asset):
    """A folder of source code as it was when a job was submitted; equal content is kept once."""

    path: str = Field(alias="codeUri", min_length=1)
    """The local folder, or the address of the uploaded snapshot."""
