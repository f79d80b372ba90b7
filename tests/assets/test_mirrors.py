"""Folders that stand for remote addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from lazuli.assets.mirrors import Mirrored, Mirrors
from lazuli.schema.problems import InvalidInput
from lazuli.store.settings import load

ROOT = Path("/srv/mirror")
MIRRORS = Mirrors(
    {
        "wasbs://datasets@account.blob.core.windows.net": ROOT / "azure",
        "https://example.org/data": ROOT / "web",
        "https://example.org/data/large/": ROOT / "large",
        "s3://bucket": ROOT / "s3",
    },
    Path("/var/lazuli"),
)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("wasbs://datasets@account.blob.core.windows.net/iris.csv", ("azure", "iris.csv")),
        ("WASB://datasets@Account.blob.core.windows.net/a/b", ("azure", "a/b")),
        ("abfss://datasets@account.dfs.core.windows.net/a", ("azure", "a")),
        ("https://account.blob.core.windows.net/datasets/a?sv=1&sig=x", ("azure", "a")),
        ("wasbs://datasets@account.blob.core.windows.net", ("azure", "")),
        ("https://example.org/data/a%20b.csv#part", ("web", "a b.csv")),
        ("http://EXAMPLE.org/data/", ("web", "")),
        ("https://example.org/data/large/x", ("large", "x")),
        ("https://example.org/data/larger", ("web", "larger")),
        ("s3://bucket/x/y", ("s3", "x/y")),
    ],
)
def test_an_address_is_answered_however_it_is_spelt(address: str, found: tuple[str, str]) -> None:
    assert MIRRORS.find(address) == Mirrored(ROOT / found[0], found[1])


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/database",
        "https://example.org.evil.net/data/x",
        "https://user@example.org/data/x",
        "https://example.org:8443/data/x",
        "wasbs://other@account.blob.core.windows.net/iris.csv",
        "s3://bucket2/x",
        "gs://bucket/x",
        "https://[",
    ],
)
def test_another_address_is_not(address: str) -> None:
    assert MIRRORS.find(address) is None


@pytest.mark.parametrize(
    "path", ["../secret", "a/../../secret", "%2e%2e/secret", "a%2F..%2F..%2Fsecret", "a\\b", "%00"]
)
def test_no_address_leads_out_of_its_folder(path: str) -> None:
    with pytest.raises(InvalidInput, match="not a path inside its folder"):
        MIRRORS.find(f"https://example.org/data/{path}")


@pytest.mark.parametrize("folder", ["/var/lazuli", "/var/lazuli/keys", "/var"])
def test_the_data_folder_is_not_shown(folder: str) -> None:
    with pytest.raises(InvalidInput, match="lie in one another"):
        Mirrors({"https://example.org": Path(folder)}, Path("/var/lazuli"))


def test_they_are_a_list_in_a_variable_and_a_table_in_the_file(tmp_path: Path) -> None:
    said = {"LAZULI_MIRRORS": "https://example.org/a=/srv/a, s3://b=/srv/b"}
    wanted = {"https://example.org/a": Path("/srv/a"), "s3://b": Path("/srv/b")}
    assert load(said, data_dir=tmp_path).mirror_folders == wanted
    (tmp_path / "lazuli.toml").write_text('[mirrors]\n"https://example.org/a" = "/srv/a"\n"s3://b" = "/srv/b"\n')
    assert load({}, data_dir=tmp_path).mirror_folders == wanted


@pytest.mark.parametrize("said", ["https://example.org", "example.org=/srv", "https://example.org=srv", "=/srv", "x"])
def test_what_is_no_mirror_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(InvalidInput, match=r"LAZULI_MIRRORS has .* which is no mirror") as caught:
        load({"LAZULI_MIRRORS": said}, data_dir=tmp_path)
    assert "https://example.org/data=/srv/data" in caught.value.mend
