"""What CI services are told of a job that failed, each in its own words."""

from __future__ import annotations

import pytest

from lazuli.cli.annotations import annotation


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({}, ""),
        ({"GITHUB_ACTIONS": "false"}, ""),
        ({"GITHUB_ACTIONS": "true"}, "::error title=Job j%3A Failed::50%25 done%0Athen; it]"),
        ({"TF_BUILD": "True"}, "##vso[task.logissue type=error]Job j: Failed: 50%AZP25 done%0Athen%3B it%5D"),
    ],
)
def test_it_is_one_line_that_the_service_understands(environ: dict[str, str], line: str) -> None:
    assert annotation(environ, "Job j: Failed", "50% done\nthen; it]") == line
