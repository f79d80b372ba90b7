"""Where a data folder lies too deep for the sockets of endpoints."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.jobs.place import opened

from lazuli.schema.problems import InvalidInput


def test_a_data_folder_with_too_long_a_path_is_told_at_once(tmp_path: Path) -> None:
    with opened(tmp_path / ("deep" * 20)) as place:
        with pytest.raises(InvalidInput, match="too long for the sockets of endpoints") as told:
            place.put("online-endpoint", "buried")
        assert "letters shorter" in told.value.mend
