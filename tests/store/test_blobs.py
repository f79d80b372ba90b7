"""Blobs: what is put is found again, whole, once, and in order."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.conftest import Place

from lazuli.schema.problems import Conflict, InvalidInput, NotFound, PreconditionFailed
from lazuli.store.blobs import Blobs
from lazuli.store.database import Database

HOUR = 3_600_000


class Ticking:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = place.state()
    yield database
    database.close()


@pytest.fixture
def blobs(database: Database, tmp_path: Path, clock: Ticking) -> Blobs:
    return Blobs(database, tmp_path / "blobs", clock)


def written(folder: Path, name: str, data: bytes) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def contents(blobs: Blobs, tmp_path: Path) -> list[Path]:
    return [file for file in (tmp_path / "blobs" / "content").rglob("*") if file.is_file()]


def leftovers(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "blobs" / "incoming").iterdir())


# --- one blob ------------------------------------------------------------------------------------------------------


def test_what_is_put_is_read_again(blobs: Blobs) -> None:
    data = b"hello"
    put = blobs.put_bytes("c", "a/b.txt", data, metadata={"k": "v"}, content_type="text/plain")
    assert blobs.stat("c", "a/b.txt") == put
    assert blobs.read_bytes("c", "a/b.txt") == data
    assert (put.size, put.sha256, put.metadata) == (5, hashlib.sha256(data).hexdigest(), {"k": "v"})
    assert blobs.stat("other", "a/b.txt") is None


def test_equal_contents_are_one_read_only_file(blobs: Blobs, tmp_path: Path) -> None:
    one = blobs.put_bytes("c", "one", b"same")
    two = blobs.put_bytes("d", "two", b"same")
    assert blobs.file(one) == blobs.file(two)
    assert stat.S_IMODE(blobs.file(one).stat().st_mode) == 0o444
    assert len(contents(blobs, tmp_path)) == 1


def test_copying_leaves_the_source_and_moving_takes_it(blobs: Blobs, tmp_path: Path) -> None:
    source = written(tmp_path, "source", b"data")
    blobs.put_file("c", "copy", source)
    assert source.exists()
    inode = source.stat().st_ino
    moved = blobs.put_file("c", "moved", source, move=True)
    assert not source.exists()
    assert blobs.file(moved).stat().st_ino == inode
    assert blobs.read_bytes("c", "moved") == b"data"


def test_a_file_that_others_can_still_write_is_copied_not_moved(blobs: Blobs, tmp_path: Path) -> None:
    original = written(tmp_path, "original", b"data")
    for link in (tmp_path / "soft", tmp_path / "hard"):
        link.symlink_to(original) if link.name == "soft" else os.link(original, link)
        blob = blobs.put_file("c", link.name, link, move=True)
        assert not link.is_symlink() and not link.exists()
        assert blobs.file(blob).stat().st_ino != original.stat().st_ino
    original.write_bytes(b"changed")
    assert blobs.read_bytes("c", "soft") == blobs.read_bytes("c", "hard") == b"data"


def test_overwriting_gives_a_new_etag_and_only_new_refuses(blobs: Blobs, tmp_path: Path) -> None:
    first = blobs.put_bytes("c", "a", b"1")
    assert blobs.put_bytes("c", "a", b"1").etag != first.etag
    source = written(tmp_path, "source", b"2")
    with pytest.raises(Conflict) as raised:
        blobs.put_file("c", "a", source, move=True, only_new=True)
    assert raised.value.code == "BlobAlreadyExists"
    assert source.exists()
    assert blobs.read_bytes("c", "a") == b"1"


def test_of_many_that_put_a_new_blob_one_succeeds(blobs: Blobs) -> None:
    def put(n: int) -> bool:
        try:
            blobs.put_bytes("c", "a", str(n).encode(), only_new=True)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(put, range(24)))
    assert won.count(True) == 1
    assert blobs.read_bytes("c", "a") == str(won.index(True)).encode()


def test_a_write_may_demand_the_version_it_has_seen(blobs: Blobs) -> None:
    old = blobs.put_bytes("c", "a", b"1")
    new = blobs.put_bytes("c", "a", b"2", if_match=old.etag)
    for late in (
        lambda: blobs.put_bytes("c", "a", b"3", if_match=old.etag),
        lambda: blobs.set_metadata("c", "a", {}, if_match=old.etag),
        lambda: blobs.delete("c", "a", if_match=old.etag),
        lambda: blobs.put_bytes("c", "none", b"3", if_match=old.etag),
    ):
        with pytest.raises(PreconditionFailed):
            late()
    assert blobs.stat("c", "a") == new


def test_a_wrong_md5_keeps_nothing(blobs: Blobs, tmp_path: Path) -> None:
    source = written(tmp_path, "source", b"data")
    for put in (
        lambda: blobs.put_bytes("c", "a", b"data", md5=b"x" * 16),
        lambda: blobs.put_file("c", "a", source, md5=b"x" * 16),
        lambda: blobs.put_file("c", "a", source, move=True, md5=b"x" * 16),
        lambda: blobs.stage_block("c", "a", "b1", source, move=True, md5=b"x" * 16),
    ):
        with pytest.raises(InvalidInput) as raised:
            put()
        assert raised.value.code == "Md5Mismatch"
    assert blobs.stat("c", "a") is None
    assert contents(blobs, tmp_path) == leftovers(tmp_path) == []
    assert source.read_bytes() == b"data"
    md5 = hashlib.md5(b"data").digest()
    assert blobs.put_file("c", "a", source, md5=md5).md5 == "jXd/OF09/siBXSD3SWAm3A=="


def test_metadata_is_replaced_and_content_stays(blobs: Blobs, clock: Ticking) -> None:
    old = blobs.put_bytes("c", "a", b"1", metadata={"one": "1"})
    clock.now += 5000
    new = blobs.set_metadata("c", "a", {"two": "zwei, naïve"})
    assert (new.metadata, new.sha256, new.created_at) == ({"two": "zwei, naïve"}, old.sha256, old.created_at)
    assert new.etag != old.etag and new.modified_at == old.modified_at + 5000
    with pytest.raises(NotFound) as raised:
        blobs.set_metadata("c", "none", {})
    assert raised.value.code == "BlobNotFound"


def test_deleting_tells_whether_there_was_one(blobs: Blobs) -> None:
    for name in ("a", "b"):
        blobs.put_bytes("c", name, b"1")
    blobs.put_bytes("other", "a", b"1")
    assert blobs.delete("c", "a") and not blobs.delete("c", "a")
    assert blobs.usage("c") == (1, 1)
    assert blobs.delete_container("c") == 1
    assert blobs.list("c").blobs == []
    assert blobs.stat("other", "a") is not None
    with pytest.raises(NotFound):
        blobs.read_bytes("c", "a")


def test_the_containers_of_one_stem_go_together(blobs: Blobs) -> None:
    for container in ("w_1-data", "w_1-artifacts", "w_2-data", "wx1-data"):
        blobs.put_bytes(container, "a", b"1")
    assert blobs.delete_containers("w_1") == 2
    assert blobs.stat("w_2-data", "a") and blobs.stat("wx1-data", "a")
    with pytest.raises(ValueError, match="everybody"):
        blobs.delete_containers("")


@pytest.mark.parametrize("name", ["sub dir/ü #1.txt", "100%_sure?.txt", "a\nb", "日本/…", ".hidden", "x" * 1024])
def test_names_may_hold_nearly_anything(blobs: Blobs, name: str) -> None:
    blobs.put_bytes("c", name, b"1")
    assert [blob.name for blob in blobs.list("c").blobs] == [name]


@pytest.mark.parametrize("name", ["", "..", "a/../b", "/abs", "a\\b", "a\0b", "x" * 1025, "bad\udcff"])
def test_names_that_lead_away_are_refused(blobs: Blobs, name: str) -> None:
    for use in (blobs.stat, blobs.delete, lambda c, n: blobs.put_bytes(c, n, b"")):
        with pytest.raises(InvalidInput):
            use("c", name)


# --- several at once -----------------------------------------------------------------------------------------------


def below(tree: Path, prefix: str = "") -> dict[str, Path]:
    return {f"{prefix}{file.relative_to(tree)}": file for file in tree.rglob("*") if file.is_file()}


def test_several_keep_their_names_and_empty_files(blobs: Blobs, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    files = {"a.txt": b"1", "sub dir/ü #1.txt": b"2", "sub dir/deep/empty": b""}
    for name, data in files.items():
        written(tree, name, data)
    put = blobs.put_files("c", below(tree, "runs/r1/"))
    assert {blob.name: blobs.read_bytes("c", blob.name) for blob in put} == {
        f"runs/r1/{n}": d for n, d in files.items()
    }
    assert [blob.name for blob in blobs.list("c").blobs] == sorted(blob.name for blob in put)


def test_several_are_moved_where_asked(blobs: Blobs, tmp_path: Path) -> None:
    file = written(tmp_path / "tree", "x/a", b"1")
    blobs.put_files("c", {"p/x/a": file}, move=True)
    assert not file.exists()
    assert blobs.read_bytes("c", "p/x/a") == b"1"


def test_several_with_a_name_that_cannot_be_store_nothing(blobs: Blobs, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    written(tree, "good", b"1")
    written(tree, "back\\slash", b"1")
    with pytest.raises(InvalidInput):
        blobs.put_files("c", below(tree), move=True)
    assert blobs.list("c").blobs == []
    assert (tree / "good").exists()


# --- listing -------------------------------------------------------------------------------------------------------


def all_pages(blobs: Blobs, prefix: str = "", delimiter: str = "", limit: int = 2) -> list[str]:
    keys: list[str] = []
    after = ""
    while True:
        page = blobs.list("c", prefix, delimiter=delimiter, after=after, limit=limit)
        assert len(page.blobs) + len(page.prefixes) <= limit
        keys += sorted([*(blob.name for blob in page.blobs), *page.prefixes])
        after = page.next_marker
        if not after:
            return keys


def test_a_prefix_is_meant_literally(blobs: Blobs) -> None:
    for name in ("a%b", "a_b", "axb", "a", "ab", "A_b"):
        blobs.put_bytes("c", name, b"")
    assert [blob.name for blob in blobs.list("c", "a_").blobs] == ["a_b"]
    assert [blob.name for blob in blobs.list("c", "a%").blobs] == ["a%b"]
    assert [blob.name for blob in blobs.list("c", "a").blobs] == ["a", "a%b", "a_b", "ab", "axb"]


def test_folders_are_shown_once_and_cost_one_query_each(blobs: Blobs, database: Database, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for n in range(50):
        written(tree, f"big/{n:03}", b"")
    for name in ("big-1", "big0", "small/one", "z"):
        written(tree, name, b"")
    blobs.put_files("c", below(tree))
    assert all_pages(blobs, delimiter="/", limit=100) == ["big-1", "big/", "big0", "small/", "z"]
    assert all_pages(blobs, delimiter="/", limit=1) == ["big-1", "big/", "big0", "small/", "z"]
    assert all_pages(blobs, prefix="big/", delimiter="/", limit=7) == [f"big/{n:03}" for n in range(50)]
    assert all_pages(blobs, prefix="big", delimiter="/") == ["big-1", "big/", "big0"]


NAMES = st.lists(
    st.text(st.sampled_from(["a", "b", "/", "-", "%", "ü", "\ud7ff", "\ue000", "\U0010ffff"]), min_size=1, max_size=5),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    NAMES, st.sampled_from(["", "a", "a/", "\ud7ff", "\U0010ffff"]), st.sampled_from(["", "/", "-"]), st.integers(1, 4)
)
def test_pages_join_to_what_a_plain_sort_gives(
    blobs: Blobs, names: list[str], prefix: str, delimiter: str, limit: int
) -> None:
    blobs.delete_container("c")
    stored = set()
    for name in names:
        if name.strip("/") and not name.startswith("/"):
            stored.add(blobs.put_bytes("c", name, b"").name)
    expected = set()
    for name in (name for name in stored if name.startswith(prefix)):
        cut = name.find(delimiter, len(prefix)) if delimiter else -1
        expected.add(name if cut < 0 else name[: cut + 1])
    assert all_pages(blobs, prefix, delimiter, limit) == sorted(expected, key=lambda key: key.encode())


# --- blocks --------------------------------------------------------------------------------------------------------


def test_blocks_come_in_any_order_and_at_once(blobs: Blobs, database: Database, tmp_path: Path, clock: Ticking) -> None:
    pieces = [bytes([n]) * 1000 for n in range(20)]
    sources = [written(tmp_path, f"block{n}", piece) for n, piece in enumerate(pieces)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: blobs.stage_block("c", "a", f"id{n}", sources[n], move=True), reversed(range(20))))
    assert blobs.stat("c", "a") is None
    after_restart = Blobs(database, tmp_path / "blobs", clock)
    whole = b"".join(pieces)
    blob = after_restart.commit_blocks("c", "a", [f"id{n}" for n in range(20)], md5=hashlib.md5(whole).digest())
    assert after_restart.read_bytes("c", "a") == whole
    assert (blob.size, blob.sha256) == (20_000, hashlib.sha256(whole).hexdigest())
    assert leftovers(tmp_path) == []


def test_a_commit_may_be_repeated_but_not_invented(blobs: Blobs, tmp_path: Path) -> None:
    blobs.stage_block("c", "a", "1", written(tmp_path, "s", b"one"))
    with pytest.raises(InvalidInput) as raised:
        blobs.commit_blocks("c", "a", ["1", "2"])
    assert raised.value.code == "InvalidBlockList"
    with pytest.raises(InvalidInput):
        blobs.commit_blocks("c", "a", ["1"], md5=b"x" * 16)
    blobs.commit_blocks("c", "a", ["1"])
    assert blobs.commit_blocks("c", "a", ["1"], metadata={"k": "v"}).metadata == {"k": "v"}
    assert blobs.read_bytes("c", "a") == b"one"
    with pytest.raises(Conflict):
        blobs.commit_blocks("c", "a", ["1"], only_new=True)
    with pytest.raises(InvalidInput):
        blobs.commit_blocks("c", "b", ["1"])
    blobs.put_bytes("c", "a", b"something else")
    with pytest.raises(InvalidInput):
        blobs.commit_blocks("c", "a", ["1"])
    assert blobs.commit_blocks("c", "empty", []).size == 0


@pytest.mark.parametrize("block_id", ["", "x" * 129])
def test_a_block_id_has_bounds(blobs: Blobs, tmp_path: Path, block_id: str) -> None:
    with pytest.raises(InvalidInput):
        blobs.stage_block("c", "a", block_id, written(tmp_path, "s", b""))


def test_a_block_id_is_never_a_path(blobs: Blobs, tmp_path: Path) -> None:
    blobs.stage_block("../../c", "a", "../../../evil", written(tmp_path, "s", b"1"))
    assert not list(tmp_path.rglob("*evil*"))
    assert blobs.commit_blocks("../../c", "a", ["../../../evil"]).size == 1


# --- garbage -------------------------------------------------------------------------------------------------------


def test_garbage_is_what_has_had_no_name_for_a_while(blobs: Blobs, clock: Ticking) -> None:
    kept = blobs.put_bytes("c", "kept", b"kept")
    twice = blobs.put_bytes("c", "twice", b"twice")
    blobs.put_bytes("c", "again", b"twice")
    gone = blobs.put_bytes("c", "gone", b"gone")
    clock.now += 10 * HOUR
    replaced = blobs.put_bytes("c", "replaced", b"old")
    clock.now += 10 * HOUR
    blobs.delete("c", "gone")
    blobs.delete("c", "twice")
    blobs.put_bytes("c", "replaced", b"new")
    assert blobs.collect_garbage() == 0
    assert blobs.file(gone).exists() and blobs.file(replaced).exists()
    clock.now += 2 * HOUR
    assert blobs.collect_garbage() == 2
    assert not blobs.file(gone).exists() and not blobs.file(replaced).exists()
    assert blobs.file(kept).exists() and blobs.file(twice).exists()
    assert blobs.read_bytes("c", "replaced") == b"new"


def test_what_several_replace_is_no_garbage_at_once(blobs: Blobs, tmp_path: Path, clock: Ticking) -> None:
    old = blobs.put_bytes("c", "t/a", b"old")
    os.utime(blobs.file(old), (1, 1))
    (tmp_path / "tree").mkdir()
    written(tmp_path / "tree", "a", b"new")
    blobs.put_files("c", below(tmp_path / "tree", "t/"))
    assert blobs.collect_garbage() == 0
    assert blobs.file(old).read_bytes() == b"old"


def test_content_that_is_put_again_is_no_garbage(blobs: Blobs, tmp_path: Path, clock: Ticking) -> None:
    """The window of a put: its content is stored, its row is not there yet, and both content and file are old."""
    blob = blobs.put_bytes("c", "a", b"data")
    blobs.delete("c", "a")
    clock.now += 2 * HOUR
    source = written(tmp_path, "source", b"data")
    os.utime(source, (1, 1))
    blobs._contents.keep_file(source, move=True)
    assert blobs.collect_garbage() == 0
    assert blobs.file(blob).read_bytes() == b"data"


def test_forgotten_blocks_go_after_a_week(blobs: Blobs, tmp_path: Path) -> None:
    blobs.stage_block("c", "a", "1", written(tmp_path, "s", b"1"))
    folder = next((tmp_path / "blobs" / "staged").iterdir())
    written_at = folder.stat().st_mtime
    late = Blobs(blobs._database, tmp_path / "blobs", lambda: int((written_at + 8 * 24 * 3600) * 1000))
    early = Blobs(blobs._database, tmp_path / "blobs", lambda: int((written_at + 6 * 24 * 3600) * 1000))
    early.collect_garbage()
    assert folder.exists()
    late.collect_garbage()
    assert not folder.exists()


def test_puts_and_the_sweep_may_run_at_once(blobs: Blobs) -> None:
    def put(n: int) -> None:
        for turn in range(10):
            blobs.put_bytes("c", f"{n}/{turn}", b"%d" % (turn % 3))
            blobs.delete("c", f"{n}/{turn - 1}") if turn else None
            blobs.collect_garbage()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(4)))
    for blob in blobs.list("c").blobs:
        assert blobs.file(blob).exists()


def test_streams_appear_together_and_tell_what_they_replaced(blobs: Blobs) -> None:
    old = blobs.put_bytes("c", "a", b"old")
    assert blobs.put_streams("c", {"a": [b"n", b"ew"], "b": iter([b"b"])}, {"a": {"k": "v"}}) == {old.sha256}
    assert (blobs.read_bytes("c", "a"), blobs.read_bytes("c", "b")) == (b"new", b"b")
    assert [blob.metadata for blob in blobs.list("c").blobs] == [{"k": "v"}, {}]

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise OSError("gone")

    with pytest.raises(OSError):
        blobs.put_streams("c", {"d": [b"d"], "e": broken()}, {})
    assert blobs.stat("c", "d") is None and blobs.stat("c", "e") is None


def test_a_content_is_dropped_at_once_unless_it_has_a_name_or_is_about_to(blobs: Blobs, tmp_path: Path) -> None:
    old = blobs.put_bytes("c", "a", b"old")
    assert not blobs.drop(old.sha256)
    blobs.put_bytes("c", "a", b"new")

    def storing() -> Iterator[bytes]:
        assert not blobs.drop(old.sha256), "another name is under way to it"
        yield b"last"

    blobs.put_streams("c", {"b": [b"old"], "z": storing()}, {})
    assert blobs.read_bytes("c", "b") == b"old"
    blobs.delete("c", "b")
    assert blobs.drop(old.sha256) and not blobs.file(old).exists()
    assert blobs.drop(old.sha256), "safe to repeat"
