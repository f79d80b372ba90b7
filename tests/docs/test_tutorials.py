"""The pages of ``docs/tutorials``, and how-to pages that are named here, do what they say.

Their commands run on a server of its own, in an empty folder.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.docs.console import Command, File, Shell, matches, read

DOCS = Path(__file__).parents[2] / "docs"
HOW_TO = ("app-kits", "functions", "pipelines", "sweep")
PAGES = [*sorted((DOCS / "tutorials").glob("*.md")), *(DOCS / "how-to" / f"{page}.md" for page in HOW_TO)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_does_what_it_says(page: Path, shell: Shell, tmp_path: Path) -> None:
    steps = list(read(page.read_text(encoding="utf-8")))
    assert any(isinstance(step, Command) for step in steps), f"{page.name} runs nothing"
    for step in steps:
        if isinstance(step, File):
            file = tmp_path / "desk" / step.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step.content, encoding="utf-8")
            continue
        status, printed = shell.run(step.command)
        told = f"{page.name}:{step.line}: $ {step.command}\n{printed}"
        assert status == step.status, told
        assert matches(step.expected, printed), f"{told}\nexpected:\n{step.expected}"
