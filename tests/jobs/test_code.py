"""Code from git and from datastores is fetched once, kept as a snapshot, and nothing else is reached on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs import repositories
from tests.jobs.place import Place, opened

from lazuli.jobs import code as code_room
from lazuli.schema.git import GitPlace, is_git, parse_git
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput, NotFound, Problem, TooLarge, Unavailable
from lazuli.store.documents import Selection

pytestmark = pytest.mark.needs("git")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server's settings allow."""
    return tmp_path_factory.mktemp("allowed")


@pytest.fixture(scope="module")
def near(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened(tmp_path_factory.mktemp("near"), local_roots=str(root)) as place:
        yield place


@pytest.fixture(scope="module")
def repo(root: Path) -> Path:
    folder = repositories.repository(root / "repo", **{"main__py": "print('main')", "sub/run__sh": "echo sub"})
    repositories.git(folder, "tag", "-a", "v1", "-m", "v1")
    repositories.git(folder, "checkout", "--quiet", "-b", "feature/x")
    repositories.commit(folder, main__py="print('feature')")
    repositories.git(folder, "checkout", "--quiet", "main")
    return folder


@pytest.fixture(scope="module")
def address(repo: Path) -> Iterator[str]:
    with repositories.served(repo.parent) as url:
        yield url


def snapshots(place: Place) -> int:
    return len(place.platform.shelves.code.select(Selection(place.scope, "codes", versions=True, limit=1000)))


def test_a_job_runs_what_a_branch_says_and_says_for_ever_which_commit(near: Place, repo: Path, address: str) -> None:
    record = near.run("from-git", "python main.py", code=f"git+{address}/repo/.git@main")
    assert near.log("from-git") == "main\n"
    commit = repositories.git(repo, "rev-parse", "main")
    assert record.body["code"].startswith("azureml:")
    said = record.body["properties"]
    assert said["azureml.git.commit"] == said["mlflow.source.git.commit"] == commit
    assert said["azureml.git.branch"] == "main"
    assert said["azureml.git.repository_uri"] == said["mlflow.source.git.repoURL"] == f"{address}/repo/.git"
    assert near.tracked("from-git").tags["mlflow.source.git.commit"] == commit


@pytest.mark.parametrize(
    ("tail", "command", "said"),
    [
        ("", "python main.py", "main"),
        ("@v1", "python main.py", "main"),
        ("@feature/x", "python main.py", "feature"),
        ("#subdirectory=sub", "sh run.sh", "sub"),
        ("@v1#subdirectory=/sub/", "sh run.sh; ls -A", "sub\nlogs\noutputs\nrun.sh"),
    ],
)
def test_branches_tags_and_folders(near: Place, repo: Path, address: str, tail: str, command: str, said: str) -> None:
    name = f"git-{abs(hash(tail))}"
    near.run(name, command, code=f"git+{address}/repo/.git{tail}")
    assert near.log(name) == f"{said}\n"


def test_the_same_code_is_one_snapshot_wherever_it_came_from(near: Place, repo: Path, address: str) -> None:
    commit = repositories.git(repo, "rev-parse", "main")
    first = near.run("same-1", code=f"git+{address}/repo/.git@{commit}").body["code"]
    count = snapshots(near)
    assert near.run("same-2", code=f"git+file://{repo}").body["code"] == first
    near.upload("code/main.py", "print('main')")
    near.upload("code/sub/run.sh", "echo sub")
    base = "azureml://datastores/workspaceblobstore/paths/code"
    assert near.run("same-3", code=base).body["code"] == first
    assert snapshots(near) == count
    near.run("one-file", "python main.py", code=f"{base}/main.py")
    assert near.log("one-file") == "main\n"


def test_a_datastore_of_this_machine_gives_code(near: Place, root: Path) -> None:
    (root / "scripts").mkdir()
    (root / "scripts" / "go.py").write_text("print('from the folder')")
    (root / "scripts" / "out").symlink_to("/etc")
    near.put("datastore", "scripts", type="local", path=str(root))
    near.run("from-folder", "python go.py; ls", code="azureml://datastores/scripts/paths/scripts")
    assert near.log("from-folder").split() == ["from", "the", "folder", "go.py", "logs", "outputs"]


def refused(place: Place, code: str) -> Problem:
    count = snapshots(place)
    with pytest.raises(Problem) as caught:
        place.submit("never", code=code)
    assert caught.value.target == "code" and caught.value.mend, caught.value
    assert snapshots(place) == count
    with pytest.raises(NotFound):
        place.platform.shelves.job.get(ResourceId(place.scope, "jobs", "never"))
    assert not list((place.platform.store.settings.data_dir / "checkouts").glob("*"))
    assert str(place.platform.store.settings.data_dir) not in str(caught.value)
    return caught.value


def test_what_is_not_there_is_told(near: Place, repo: Path, address: str) -> None:
    assert "has no 'nowhere'" in str(refused(near, f"git+{address}/repo/.git@nowhere"))
    assert "has no folder 'gone'" in str(refused(near, f"git+{address}/repo/.git#subdirectory=gone"))
    assert "has no folder 'main.py'" in str(refused(near, f"git+{address}/repo/.git#subdirectory=main.py"))
    assert refused(near, f"git+{address}/nothing.git").code == "CodeRefused"
    assert refused(near, f"git+{address}/private.git").code == "CodeRefused"
    assert refused(near, "azureml://datastores/workspaceblobstore/paths/nothing").code == "ReferenceNotFound"
    assert isinstance(refused(near, "git+http://127.0.0.1:9/x.git"), Unavailable)
    assert refused(near, "git@no-such-host.invalid:o/r.git").code == "CodeUnreachable"


def test_no_other_place_is_reached_than_the_one_that_was_named(near: Place, root: Path, address: str) -> None:
    assert "only the machine itself" in str(refused(near, "git+http://169.254.169.254/latest/meta-data.git"))
    assert isinstance(refused(near, f"git+{address}/moved/repo/.git"), Unavailable), "a redirect"
    assert refused(near, "git+file:///etc").code == "FolderNotAllowed"
    own = near.platform.store.settings.data_dir
    assert refused(near, f"git+file://{own.parent}").code == "FolderNotAllowed"
    (root / "way-out").symlink_to("/")
    assert refused(near, f"git+file://{root}/way-out/etc").code == "FolderNotAllowed"


def test_folders_of_the_machine_need_a_setting(place: Place, repo: Path) -> None:
    assert "local_roots" in str(refused(place, f"git+file://{repo}"))


def test_links_out_of_the_repository_are_left_out(near: Place, root: Path) -> None:
    folder = repositories.repository(root / "linked", main__py="1")
    (folder / "passwords").symlink_to("/etc/passwd")
    (folder / "etc").symlink_to("/etc")
    repositories.commit(folder)
    near.run("linked", "ls", code=f"git+file://{folder}")
    assert near.log("linked").split() == ["logs", "main.py", "outputs"]
    assert "has no folder 'etc'" in str(refused(near, f"git+file://{folder}#subdirectory=etc"))


def test_hooks_filters_and_configuration_of_a_repository_run_nothing(near: Place, root: Path) -> None:
    folder = repositories.repository(root / "hooked", **{"main__py": "1", "__gitattributes": "* filter=evil"})
    mark = root / "it-ran"
    for hook in ("post-checkout", "post-merge", "reference-transaction", "pre-upload"):
        (folder / ".git" / "hooks").mkdir(exist_ok=True)
        (folder / ".git" / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (folder / ".git" / "hooks" / hook).chmod(0o755)
    repositories.git(folder, "config", "filter.evil.smudge", f"touch {mark}")
    repositories.git(folder, "config", "uploadpack.packObjectsHook", f"touch {mark}; exec")
    near.run("hooked", code=f"git+file://{folder}")
    assert not mark.exists()


def test_no_credentials_of_the_server_go_along(
    near: Place, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server behind ``/private`` asks for a password, and says so when one comes."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    helper = f"[credential]\n\thelper = !f() {{ echo username=me; echo password=secret; touch {tmp_path}/asked; }}; f\n"
    (tmp_path / ".gitconfig").write_text(helper)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert refused(near, f"git+{address}/private.git").code == "CodeRefused"
    assert not (tmp_path / "asked").exists()


def test_too_much_is_no_code(near: Place, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_room, "MOST_FILES", 1)
    assert isinstance(refused(near, f"git+file://{repo}"), TooLarge)


def test_what_takes_too_long_is_stopped(near: Place, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_room, "LONGEST_S", -1.0)
    assert refused(near, f"git+file://{repo}").code == "CodeTooSlow"


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("git+https://h.example/o/r", GitPlace("https://h.example/o/r", "https", "h.example", "/o/r")),
        ("https://h.example/o/r.git", GitPlace("https://h.example/o/r.git", "https", "h.example", "/o/r.git")),
        (
            "https://h.example:8443/o/r.git@v1.0#subdirectory=a/b",
            GitPlace("https://h.example:8443/o/r.git", "https", "h.example", "/o/r.git", "v1.0", "a/b"),
        ),
        ("git@h.example:o/r.git", GitPlace("git@h.example:o/r.git", "ssh", "h.example", "o/r.git")),
        (
            "git+ssh://git@h.example/o/r.git@a/b",
            GitPlace("ssh://git@h.example/o/r.git", "ssh", "h.example", "/o/r.git", "a/b"),
        ),
        ("git@h.example:o/r@main", GitPlace("git@h.example:o/r", "ssh", "h.example", "o/r", "main")),
        ("git+file:///a/r", GitPlace("file:///a/r", "file", "", "/a/r")),
    ],
)
def test_addresses_are_understood(text: str, place: GitPlace) -> None:
    assert is_git(text) and parse_git(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "git+https://h/r@--upload-pack=touch /tmp/x",
        "git+https://h/r@-x",
        "git+https://h/r@a..b",
        "git+https://h/r@main:refs/heads/x",
        "git+https://h/r@+main",
        "git+https://-h/r",
        "git+ssh://-oProxyCommand=x/r",
        "git+ssh://git@-oProxyCommand=x/r",
        "git+ssh://-oProxyCommand=x@h/r",
        "-oProxyCommand@h:r",
        "git+https://[::1/r",
        "git+https://h:port/r",
        "git@-oProxyCommand=x:r",
        "git+https://user:password@h/r",
        "git+https://token@h/r",
        "git+https://h/r?x=1",
        "git+https://h/r#egg=x",
        "git+https://h/r#subdirectory=../x",
        "git+https://h/r#subdirectory=.git/hooks",
        "git+https:///r",
        "git+file://h/r",
        "git+https://h/r\n--x",
        "git+https://h/r with space",
    ],
)
def test_what_could_mean_anything_else_to_git_is_refused(text: str) -> None:
    if is_git(text):
        with pytest.raises(InvalidInput) as caught:
            parse_git(text)
        assert "password" not in str(caught.value).replace("a password or a query", "")
    else:
        assert text == "git@-oProxyCommand=x:r"


@pytest.mark.parametrize(
    "text", ["ext::sh -c x", "git+ext::x", "./src", "src@v1", "https://h/o/r", "azureml:x:1", "c:/x"]
)
def test_other_words_are_no_repositories(text: str) -> None:
    assert not is_git(text)
