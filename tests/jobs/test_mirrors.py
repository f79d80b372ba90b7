"""Jobs whose inputs are remote addresses that a mirror stands for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.place import Place, opened

from lazuli.resources.inout import Mode
from lazuli.schema.problems import InvalidInput, NotFound, Unsupported

AT = "wasbs://datasets@account.blob.core.windows.net"


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mirror")
    (folder / "rows").mkdir()
    (folder / "rows" / "a.csv").write_text("one\n")
    (folder / "rows" / "away").symlink_to("/etc")
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, mirror: Path) -> Iterator[Place]:
    with opened(tmp_path_factory.mktemp("mirrored"), mirrors=f"{AT}={mirror}") as made:
        yield made


@pytest.mark.parametrize("mode", [None, Mode.RO_MOUNT, Mode.DOWNLOAD])
def test_a_job_reads_the_file_and_the_folder(place: Place, mode: Mode | None) -> None:
    said = {
        "file": {"type": "uri_file", "path": f"{AT}/rows/a.csv", "mode": mode},
        "folder": {"type": "uri_folder", "path": "https://account.blob.core.windows.net/datasets/rows", "mode": mode},
    }
    name = f"reads-{mode and mode.value}"
    place.run(name, "cat ${{inputs.file}} ${{inputs.folder}}/a.csv", inputs=said)
    assert place.log(name) == "one\none\n"


def test_a_data_asset_keeps_its_address_and_is_known_by_its_size(place: Place) -> None:
    record = place.put("data", "rows", "1", type="uri_file", path=f"{AT}/rows/a.csv")
    assert record.body["path"] == f"{AT}/rows/a.csv"
    assert (record.state["file_count"], record.state["size"]) == (1, 4)
    place.run("by-name", "cat ${{inputs.rows}}", inputs={"rows": {"type": "uri_file", "path": "azureml:rows:1"}})
    assert place.log("by-name") == "one\n"


def test_what_is_not_in_the_mirror_is_told_before_the_job_is_made(place: Place) -> None:
    with pytest.raises(InvalidInput, match=r"Nothing lies at '.*/none\.csv'") as caught:
        place.submit("never", inputs={"x": {"type": "uri_file", "path": f"{AT}/none.csv"}})
    assert caught.value.target == "inputs.x"
    with pytest.raises(InvalidInput, match=r"Use 'type: uri_file'|is a file"):
        place.put("data", "wrong", "1", type="uri_folder", path=f"{AT}/rows/a.csv")


@pytest.mark.parametrize(("path", "said"), [("../x", "not a path inside"), ("rows/away/passwd", "leads out of")])
def test_nothing_outside_the_mirror_is_read(place: Place, path: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        place.submit("thief", inputs={"x": {"type": "uri_file", "path": f"{AT}/{path}"}})
    with pytest.raises(NotFound):
        place.get("thief")


def test_another_address_is_refused_with_what_may_be_done(place: Place) -> None:
    with pytest.raises(Unsupported) as caught:
        place.submit("elsewhere", inputs={"x": {"type": "uri_file", "path": "https://example.org/x.csv"}})
    assert "'mirrors'" in caught.value.mend


def test_no_output_goes_there(place: Place) -> None:
    with pytest.raises(InvalidInput, match="not a place for an output"):
        place.submit("writes", outputs={"x": {"type": "uri_file", "path": f"{AT}/out.csv"}})
