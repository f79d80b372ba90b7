"""The runner of the tutorials can itself fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.docs.console import Command, File, Shell, matches, read

PAGE = """
# A page

```yaml title=job.yml
command: echo hello
```

```console
$ echo one && \\
>   echo two
one
two
$ cd /
```

```console status=3
$ exit_with 3
```
"""


def test_a_page_is_read_in_order() -> None:
    assert list(read(PAGE)) == [
        File("job.yml", "command: echo hello\n"),
        Command("echo one && \\\n  echo two", "one\ntwo", 0, 9),
        Command("cd /", "", 0, 13),
        Command("exit_with 3", "", 3, 17),
    ]


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("", "anything", True),
        ("one", "one\n", True),
        ("one", "one\ntwo", False),
        ("one\n...", "one\ntwo\nthree", True),
        ("...\nthree", "one\ntwo\nthree", True),
        ("...\nfour", "one\ntwo\nthree", False),
        ("job ... is done", "job j-17 is done  ", True),
        ("job ... is done", "job j-17\n is done", False),
        ("green", "\x1b[32mgreen\x1b[0m", True),
        ("a.c", "abc", False),
    ],
)
def test_dots_stand_for_anything_and_nothing_else_does(expected: str, printed: str, same: bool) -> None:
    assert matches(expected, printed) is same


def test_the_shell_keeps_folder_and_variables(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    with Shell(tmp_path, os.environ) as shell:
        assert shell.run("cd inner; word=hello") == (0, "\n")
        status, printed = shell.run('basename "$PWD"; echo "$word"; false')
        assert (status, printed.split()) == (1, ["inner", "hello"])


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    with Shell(tmp_path, os.environ, limit=0.2) as shell:
        assert shell.run("echo begun; sleep 600") == (-1, "begun\n")
