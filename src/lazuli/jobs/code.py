"""Code from elsewhere: a git repository or a datastore, fetched when a job is submitted and kept as a snapshot.

So the job says for ever what it ran, whatever becomes of the branch or the folder. Nothing but what is named is
reached: no credentials of the server go along over http, no address that only this machine may ask is asked, and a
folder of the machine must be one that the settings allow.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lazuli.assets.cache import Cache
from lazuli.assets.code_hash import HASH_VERSION, hash_of
from lazuli.assets.kinds import Codes
from lazuli.assets.remote import Folder, check_folder, check_host
from lazuli.assets.storage import Location, Storage
from lazuli.compute import spawn
from lazuli.jobs.leavings import leavings
from lazuli.resources.code import Code
from lazuli.schema.git import GitPlace, is_git, parse_git
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import InvalidInput, Problem, TooLarge, Unavailable, Unsupported
from lazuli.schema.reference import parse_datastore_path, parse_job_output
from lazuli.shelves.principal import Principal
from lazuli.store.contents import pieces_of
from lazuli.store.documents import Selection
from lazuli.store.opened import Store

__all__ = ["CodeSources", "Fetched"]

LONGEST_S = 45.0
"""How long a submit may take for this: clients wait a minute for an answer."""
MOST_BYTES = 1 << 30
MOST_FILES = 20_000
_REACH = "Check its address, and whether the server may reach it; or clone it, and give the local folder."
_ACTOR = Principal("lazuli", "lazuli", "admin")
_NO_REF = ("couldn't find remote ref", "not our ref", "no such ref", "unadvertised object")
_NOBODY = ("authentication failed", "could not read username", "permission denied", "not found", "access denied", "403")


@dataclass(frozen=True)
class Fetched:
    """A snapshot that was made, or was there already."""

    reference: str
    properties: Mapping[str, str]
    """What there is to say of where it came from."""


class CodeSources:
    """Brings code that lies elsewhere."""

    def __init__(self, store: Store, storage: Storage, codes: Codes, cache: Cache) -> None:
        self._store = store
        self._storage = storage
        self._codes = codes
        self._cache = cache
        self._checkouts = store.settings.data_dir / "checkouts"
        shutil.rmtree(self._checkouts, ignore_errors=True)  # what an earlier server was fetching when it ended

    @staticmethod
    def knows(code: str) -> bool:
        """Whether ``code`` lies in git or on a datastore."""
        return is_git(code) or parse_datastore_path(code) is not None or parse_job_output(code) is not None

    def fetch(self, scope: Scope, code: str) -> Fetched:
        """The snapshot of what lies there now. Safe to repeat: equal content is one snapshot.

        Raises :class:`InvalidInput` for what is not there or may not be reached, :class:`Unavailable` for a network
        that does not answer in time.
        """
        until = time.monotonic() + LONGEST_S
        if not is_git(code):
            with self._on_datastore(scope, code, until) as files:
                return Fetched(self._kept(scope, files), {})
        place = parse_git(code)
        self._check(place)
        self._checkouts.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._checkouts) as folder:
            commit = _checked_out(place, Path(folder), until)
            root = Path(folder) / "tree" / place.subdirectory
            if not root.resolve().is_relative_to((Path(folder) / "tree").resolve()) or not root.is_dir():
                raise _not_there(f"The repository has no folder '{place.subdirectory}'.")
            files = _measured(leavings(root).files.items())
            return Fetched(self._kept(scope, files), _facts(place, commit))

    def _check(self, place: GitPlace) -> None:
        """Raise where the repository may not be reached from here."""
        with _told_of_code():
            if place.scheme == "file":
                check_folder(Path(place.path), self._store.settings)
                return
            try:
                check_host(place.host)
            except Unavailable as problem:
                if not _has_proxy(place.scheme):  # which may know names that this machine does not
                    raise Unavailable(problem.message, mend=_REACH, code="CodeUnreachable") from None

    @contextmanager
    def _on_datastore(self, scope: Scope, code: str, until: float) -> Iterator[dict[str, Path]]:
        """The files at an address, by their paths below it."""

        def go_on() -> None:
            if time.monotonic() > until:
                raise _too_slow()

        with _told_of_code():
            location = self._storage.locate(scope, code, target="code")
            if folder := self._storage.folder(location):
                files = [(folder.name, folder)] if folder.is_file() else _below(folder)
                yield _measured(files)
                return
            if location.datastore:
                self._cache.bring(location, go_on)
            yield _measured(self._blobs_at(location))

    def _blobs_at(self, location: Location) -> Iterator[tuple[str, Path]]:
        blobs = self._store.blobs
        if location.path and (blob := blobs.stat(location.container, location.path)):
            yield PurePosixPath(blob.name).name, blobs.file(blob)
            return
        for blob in blobs.below(location.container, location.prefix):
            yield blob.name.removeprefix(location.prefix), blobs.file(blob)

    def _kept(self, scope: Scope, files: Mapping[str, Path]) -> str:
        """The reference of the snapshot that holds the files."""
        if not files:
            raise _not_there("There are no files to run.")
        digest = hash_of({name: _sha256(file) for name, file in files.items()})
        known = self._codes.select(Selection(scope, "codes", versions=True, hash=digest, limit=1))
        if known:
            return f"azureml:{known[0].id.name}:{known[0].id.version}"
        id = ResourceId(scope, "codes", str(uuid.UUID(digest[:32])), "1")
        container = self._storage.code_container(scope, id.name, id.version)
        self._store.blobs.put_files(container, files)
        said = {"hash_sha256": digest, "hash_version": HASH_VERSION}
        self._codes.put(
            id, Code.load({"path": f"http://localhost/{container}", "properties": said, "is_anonymous": True}), _ACTOR
        )
        return f"azureml:{id.name}:{id.version}"


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    files = Folder(folder)
    for file in files.files(""):
        yield file.path, files.at(file.path)


def _has_proxy(scheme: str) -> bool:
    words = (f"{scheme}_proxy", "all_proxy")
    return scheme in ("http", "https") and any(os.environ.get(name) for word in words for name in (word, word.upper()))


def _measured(files: Iterable[tuple[str, Path]]) -> dict[str, Path]:
    """The files by name, where they are no more than code is."""
    found: dict[str, Path] = {}
    size = 0
    for name, file in files:
        found[name] = file
        size += file.stat().st_size
        if size > MOST_BYTES or len(found) > MOST_FILES:
            raise TooLarge(
                f"That is more than {MOST_BYTES >> 30} GiB or {MOST_FILES} files of code.",
                target="code",
                mend="Name the folder of the program alone, and give data as an input.",
                code="CodeTooLarge",
            )
    return found


def _checked_out(place: GitPlace, folder: Path, until: float) -> str:
    """The commit that ``place`` means now; its files lie in ``folder/tree``."""
    repository, tree = folder / "repository", folder / "tree"
    tree.mkdir()
    env = _environment(place.scheme, folder)

    def git(*arguments: str) -> str:
        command = ["git", "-c", "core.hooksPath=/dev/null", "-c", "http.followRedirects=false", *arguments]
        left_s = until - time.monotonic()
        try:
            done = spawn.run(command, cwd=folder, env=env, timeout_s=left_s) if left_s > 0 else None
        except FileNotFoundError:
            raise Unsupported(
                "The server has no git to fetch the code with.", target="code", mend="Install git where it runs."
            ) from None
        if done is None:
            raise _too_slow()
        if done.code:
            raise _refusal(place, done.output.replace(str(folder), ""))
        return done.output.strip()

    git("init", "--quiet", "--bare", "--template=", str(repository))
    inside = (f"--git-dir={repository}", f"--work-tree={tree}")
    wanted = ("--depth=1", "--no-tags", "--no-recurse-submodules", "--end-of-options")
    git(*inside, "fetch", "--quiet", *wanted, place.url, place.ref or "HEAD")
    commit = git(*inside, "rev-parse", "--verify", "FETCH_HEAD^{commit}")
    git(*inside, "checkout", "--quiet", "--force", "--detach", commit)
    return commit


def _environment(scheme: str, home: Path) -> dict[str, str]:
    """What git may know: one way to the repository, and nothing of the server's user but, for ssh, its keys."""
    return spawn.machine_environment() | {
        "GIT_ALLOW_PROTOCOL": scheme,
        "GIT_ASKPASS": "true",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=10",
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": str(home),  # where there is no .netrc; ssh looks for its keys elsewhere
        "LC_ALL": "C",
    }


def _refusal(place: GitPlace, output: str) -> Problem:
    """What git said, in our words."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = next(
        (line for line in lines if line.startswith(("fatal:", "error:", "remote:"))), lines[-1] if lines else ""
    )
    said = said.removeprefix("fatal:").removeprefix("error:").strip()[:300]
    lowered = output.lower()
    if any(words in lowered for words in _NO_REF):
        mend = "Name a branch, a tag or a whole commit." if place.ref else "Name a branch: …@main."
        return _not_there(f"The repository '{place.url}' has no '{place.ref or 'HEAD'}'.", mend)
    if any(words in lowered for words in _NOBODY):
        return InvalidInput(
            f"The repository '{place.url}' is not there, or lets nobody in: {said}.",
            target="code",
            mend="Check its address; a private one needs an ssh key of the server's user, and git@host:owner/name.",
            code="CodeRefused",
        )
    return Unavailable(
        f"The repository '{place.url}' cannot be reached: {said}.",
        target="code",
        mend=_REACH,
        code="CodeUnreachable",
    )


def _facts(place: GitPlace, commit: str) -> dict[str, str]:
    said = {"azureml.git.repository_uri": place.url, "azureml.git.commit": commit, "azureml.git.dirty": "False"}
    if place.ref and place.ref != commit:
        said["azureml.git.branch"] = place.ref
    if place.subdirectory:
        said["azureml.git.subdirectory"] = place.subdirectory
    named = {"repository_uri": "repoURL", "branch": "branch", "commit": "commit"}
    return said | {
        f"mlflow.source.git.{to}": said[f"azureml.git.{of}"] for of, to in named.items() if f"azureml.git.{of}" in said
    }


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    for piece in pieces_of(file):
        digest.update(piece)
    return digest.hexdigest()


@contextmanager
def _told_of_code() -> Iterator[None]:
    """A problem of storage, told of the field that named it."""
    try:
        yield
    except Problem as problem:
        raise type(problem)(problem.message, target="code", mend=problem.mend, code=problem.code) from None


def _not_there(message: str, mend: str = "Correct the address.") -> InvalidInput:
    return InvalidInput(message, target="code", mend=mend, code="ReferenceNotFound")


def _too_slow() -> Unavailable:
    return Unavailable(
        f"The code could not be fetched within {LONGEST_S:g} seconds.",
        target="code",
        mend="Name a folder of it alone, or fetch it yourself and give the local folder.",
        code="CodeTooSlow",
    )
