"""What holds the house together: floors, versions, make targets, README and CI, no registry's address."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

import lazuli
from lazuli.store.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
HEAVY = {
    "cryptography", "httpx", "mlflow", "numpy", "orjson", "pydantic",
    "rich", "sklearn", "sqlalchemy", "starlette", "uvicorn", "yaml",
}  # fmt: skip
REGISTRIES = [
    ".".join(words)
    for words in [
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"),
        ("conda", "anaconda", "org"), ("pytorch", "org/whl"), ("crates", "io"), ("jsdelivr", "net"), ("unpkg", "com"),
    ]
]  # fmt: skip


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tracked() -> list[Path]:
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def toml(file: str) -> dict:
    return tomllib.loads((ROOT / file).read_text(encoding="utf-8"))


def test_imports_only_go_down() -> None:
    done = run(BIN / "lint-imports", "--no-cache")
    assert done.returncode == 0, done.stdout


def test_every_room_stands_on_a_floor() -> None:
    layers = toml("pyproject.toml")["tool"]["importlinter"]["contracts"][0]["layers"]
    floors = {room.strip(" ()") for layer in layers for room in layer.split("|")}
    rooms = {folder.name for folder in (ROOT / "src" / "lazuli").iterdir() if (folder / "__init__.py").exists()}
    assert rooms <= floors


def test_versions_agree() -> None:
    version = lazuli.__version__
    assert toml("pyproject.toml")["project"]["version"] == version
    assert toml("azureml/pyproject.toml")["project"]["version"] == version
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_make_target_is_told_in_help() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    told = set(re.findall(r"^  make (\S+) +\S", run("make", "help").stdout, re.MULTILINE))
    assert told == set(phony[1].split())


def test_ci_runs_what_the_readme_says() -> None:
    commands = tool("readme").commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert commands == ["make demo", "make test"]
    assert "python3 tools/readme.py" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_a_readme_without_its_commands_is_refused() -> None:
    with pytest.raises(ValueError, match="two commands"):
        tool("readme").commands("# Lazuli\n\n```bash\nmake demo\n```\n")


@pytest.mark.needs("git")
def test_no_file_names_a_registry() -> None:
    found, files = [], tracked()
    assert files, "this test reads what git tracks"
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{file.relative_to(ROOT)}: {host}" for host in REGISTRIES if host in text]
    assert not found


def test_locks_are_pinned_and_hashed() -> None:
    pins = {}
    for name in ("dev", "demo", "bootstrap"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        entries = re.split(r"\n(?=\S)", text)
        pins[name] = {entry.split(" \\")[0] for entry in entries if not entry.startswith("#")}
        assert all("==" in entry and "--hash=sha256:" in entry for entry in entries if not entry.startswith("#")), name
    assert pins["bootstrap"] <= pins["demo"] <= pins["dev"]


def test_locks_cover_what_the_project_asks_for() -> None:
    project = toml("pyproject.toml")
    groups = project["dependency-groups"]
    asked = [
        *project["project"]["dependencies"],
        *(line for lines in project["project"]["optional-dependencies"].values() for line in lines),
        *(line for lines in groups.values() for line in lines if isinstance(line, str)),
    ]
    names = {re.split(r"[\[<>=;! ]", line)[0].lower() for line in asked} - {"lazuli-ml"}
    locked = (ROOT / "requirements/dev.txt").read_text(encoding="utf-8")
    assert names <= set(re.findall(r"^([a-z0-9.-]+)==", locked, re.MULTILINE))


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for file in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")]:
        for link in re.findall(r"\]\(([^)#\s]+)", file.read_text(encoding="utf-8")):
            if "://" not in link and not link.startswith("mailto:") and not (file.parent / link).exists():
                broken.append(f"{file.relative_to(ROOT)}: {link}")
    assert not broken


def test_the_command_line_imports_nothing_heavy() -> None:
    code = "import sys; from lazuli.cli import main; print(*sys.modules)"
    done = run(sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    assert not HEAVY & set(done.stdout.split())


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    assert page == tool("contract").settings()
    assert [name for name in (field.name for field in fields(Settings)) if f"`{name}`" not in page] == []


def test_the_contract_tool_tells_a_difference() -> None:
    lines = tool("contract").difference('{\n  "a": 1\n}\n', '{\n  "a": 2\n}\n', "openapi.json")
    assert '-  "a": 1' in lines
    assert '+  "a": 2' in lines
