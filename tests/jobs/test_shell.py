"""No name that somebody chose can become part of the command that somebody else wrote."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from tests.jobs.place import Place, opened

from lazuli.compute.engines import local
from lazuli.jobs.plan import plain_name

EVIL = "x$(echo PWNED 1>&2).csv"


@pytest.mark.parametrize("file", [EVIL, "my data.csv", "it's.csv", 'a"b.csv', "a;b&c|d`e`.csv", "-n x.csv"])
def test_the_name_of_a_file_is_one_plain_word_in_a_command(place: Place, file: str) -> None:
    name = f"word-{zlib.crc32(file.encode())}"
    place.put("data", name, "1", type="uri_file", path=place.upload(f"{name}/{file}", "content"))
    for mode in ("ro_mount", "download"):
        given = {"d": {"type": "uri_file", "path": f"azureml:{name}:1", "mode": mode}}
        job = f"{name}-{mode.replace('_', '-')}"
        place.run(job, "cat ${{inputs.d}}; printf ' %s' ${{inputs.d}} | wc -w; cat \"${{inputs.d}}\"", inputs=given)
        assert place.log(job) == "content1\ncontent"


def test_the_file_of_an_output_is_one_plain_word_and_is_kept_under_its_own_name(place: Place) -> None:
    path = f"azureml://datastores/workspaceblobstore/paths/evil/{EVIL}"
    place.run("evil-output", "echo kept > ${{outputs.o}}", outputs={"o": {"type": "uri_file", "path": path}})
    assert place.log("evil-output") == ""
    assert place.files("evil/") == {EVIL: "kept\n"}


def test_the_address_of_an_asset_is_refused_where_it_could_be_a_command(place: Place) -> None:
    place.put("data", "evil-address", "1", type="uri_file", path=place.upload(f"direct/{EVIL}", "x"))
    given = {"d": {"type": "uri_file", "path": "azureml:evil-address:1", "mode": "direct"}}
    place.submit("evil-address", "echo ${{inputs.d}}", inputs=given)
    record = place.until("evil-address", "Failed")
    assert "mean something in a command" in record.state["error"]["message"]


def test_a_data_folder_of_any_name_is_one_plain_word_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_LINKS", tmp_path)
    with opened(tmp_path / 'it\'s my $(echo PWNED) "data"') as place:
        address = place.upload("in/a b.txt", "content")
        place.run(
            "odd",
            """cat ${{inputs.d}}; python -c 'print(open("${{inputs.d}}").read())'; echo x > ${{outputs.o}}/x;"""
            """ echo "${{outputs.o}}" | wc -w; cd /; ls ${{inputs.d}} | wc -l""",
            inputs={"d": {"type": "uri_file", "path": address}},
            outputs={"o": {}},
        )
        assert place.log("odd").split() == ["contentcontent", "1", "1"]
        assert place.files("azureml/odd/o/") == {"x": "x\n"}


def test_a_plain_name_stays_and_another_keeps_its_ending() -> None:
    assert [plain_name(name) for name in ("données_1.tar.gz", "a b.csv", EVIL)] == [
        "données_1.tar.gz",
        "a_b.csv",
        "x_echo_PWNED_1_2_.csv",
    ]
    assert plain_name("x" * 300 + ".csv").endswith("x.csv")
