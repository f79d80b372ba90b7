"""Logs tell no secret that a job has read, wherever a piece of the log begins or ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.jobs.place import Place

from lazuli.jobs.masking import mask_file, masked, read_masked

ABOVE = st.binary(max_size=40).map(lambda data: bytes(b"abS"[byte % 3] for byte in data))
SECRETS = st.lists(st.sampled_from([b"aaSS", b"SSSS", b"bbbb", b"SabS", b"aSSaSSa"]), max_size=3)


@given(ABOVE, SECRETS, st.integers(1, 9), st.booleans())
def test_pieces_of_any_size_join_to_the_whole_without_its_secrets(
    data: bytes, secrets: list[bytes], size: int, grows: bool
) -> None:
    told = b""
    while piece := read_masked(lambda at, most: data[at : at + most], secrets, len(told), size, grows=grows):
        assert len(piece) <= size
        told += piece
    whole = masked(data, secrets)
    assert told == whole if not grows else whole.startswith(told)
    assert not any(secret in told for secret in secrets)


@given(ABOVE, SECRETS, st.lists(st.integers(0, 40), max_size=5))
def test_a_reader_of_a_growing_log_never_sees_the_beginning_of_a_secret(
    data: bytes, secrets: list[bytes], written: list[int]
) -> None:
    """At whatever moments it looks, what it was told stays true."""
    whole, told = masked(data, secrets), b""
    for size in [*sorted(written), len(data)]:
        now = data[:size]
        told += read_masked(lambda at, most, now=now: now[at : at + most], secrets, len(told), 100, grows=True)
        assert whole.startswith(told)


def test_what_overlaps_is_hidden_whole() -> None:
    assert masked(b"xabcdex", [b"abcd", b"cde"]) == b"x*****x"
    assert masked(b"aaaaa", [b"aaaa"]) == b"*****"


def test_a_file_is_masked_whole_and_a_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lazuli.jobs.masking._PIECE", 7)
    file = tmp_path / "log"
    file.write_bytes(b"one hunter2 two hunter2\n" * 3)
    for _ in range(2):
        mask_file(file, [b"hunter2"])
        assert file.read_bytes() == b"one ******* two *******\n" * 3
    (tmp_path / "link").symlink_to(file)
    with pytest.raises(OSError):
        mask_file(tmp_path / "link", [b"one"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "log"]


READ = """
import os, sys, time, urllib.request, json
url = os.environ["AZUREML_SERVICE_ENDPOINT"] + os.environ["AZUREML_WORKSPACE_SCOPE"] + "/secrets/"
def read(name):
    request = urllib.request.Request(url + name, headers={"Authorization": "Bearer " + os.environ["AZUREML_RUN_TOKEN"]})
    return json.load(urllib.request.urlopen(request))["value"]
value = read("db-password")
print("it is", value, len(value), flush=True)
open("here", "w").close()
while not os.path.exists("go-on"): time.sleep(0.01)
try:
    read("of-people")
except urllib.error.HTTPError as error:
    print("refused", error.code)
"""


def test_a_job_reads_what_it_is_granted_and_its_log_does_not_tell(place: Place) -> None:
    vault, value = place.platform.vault, "hünter2-and-more"
    vault.set(place.scope, "db-password", value, for_jobs=True)
    vault.set(place.scope, "of-people", "not for programs")
    place.submit("reader", f"cat > read.py <<'E'\n{READ}\nE\npython read.py")
    place.until("reader", "Running")
    folder = place.platform.engine.folder(place.get("reader").state["key"])
    from lazuli.compute.contract import until

    until((folder / "code" / "here").exists, "it has read")
    hidden = "it is " + "*" * len(value.encode()) + " 16\n"
    until(lambda: place.log("reader") == hidden, "its log while it runs")
    (folder / "code" / "go-on").touch()
    place.until("reader", "Completed")
    assert place.log("reader") == f"{hidden}refused 403\n"
    vault.delete(place.scope, "db-password")
    assert value.encode() in place.platform.vault.masks(place.get("reader").id), "hidden for as long as there is a log"
