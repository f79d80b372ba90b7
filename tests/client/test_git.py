from __future__ import annotations

from pathlib import Path

import pytest

from lazuli.client.git import facts

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git = tmp_path / "repo" / ".git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "refs/heads/main").write_text(f"{COMMIT}\n")
    config = '[core]\n\tbare = false\n[remote "origin"]\n\turl = https://me:token@git.example.org/a/b.git\n'
    (git / "config").write_text(config)
    return tmp_path / "repo"


def test_branch_commit_and_address_without_its_password(repository: Path) -> None:
    inner = repository / "src" / "deep"
    inner.mkdir(parents=True)
    said = facts(inner)
    assert said["azureml.git.commit"] == said["mlflow.source.git.commit"] == COMMIT
    assert said["mlflow.source.git.branch"] == "main"
    assert said["azureml.git.repository_uri"] == "https://git.example.org/a/b.git"


def test_packed_references_and_a_bare_commit(repository: Path) -> None:
    git = repository / ".git"
    (git / "refs/heads/main").unlink()
    (git / "packed-refs").write_text(f"# pack-refs with: peeled\n{COMMIT} refs/heads/main\n")
    assert facts(repository)["azureml.git.commit"] == COMMIT
    (git / "HEAD").write_text(COMMIT)
    assert facts(repository)["azureml.git.commit"] == COMMIT
    assert "azureml.git.branch" not in facts(repository)


def test_a_worktree(repository: Path, tmp_path: Path) -> None:
    own = repository / ".git/worktrees/other"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/main")
    (own / "commondir").write_text("../..")
    other = tmp_path / "other"
    other.mkdir()
    (other / ".git").write_text(f"gitdir: {own}")
    assert facts(other)["azureml.git.commit"] == COMMIT


def test_no_repository_or_one_without_commits_says_nothing(repository: Path, tmp_path: Path) -> None:
    assert facts(tmp_path) == {}
    (repository / ".git/refs/heads/main").unlink()
    assert facts(repository) == {}
