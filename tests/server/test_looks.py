"""Previews, profiles and folders, of files as people have them: from well made to awkward."""

from __future__ import annotations

import gzip
import io
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.server.conftest import SCOPE, WS, Served

SPACE = WS.rpartition("/")[0] + "/looks"
HERE = replace(SCOPE, workspace="looks")
STORE = f"{SPACE}/datastores/workspaceblobstore"


@pytest.fixture(scope="module")
def looks(served: Served) -> Iterator[httpx.Client]:
    assert served.admin.put(SPACE, json={"location": "here", "properties": {}}).status_code == 201
    yield served.admin
    served.admin.delete(SPACE)


class Shelf:
    """Files on the workspace's own datastore, looked into through the door."""

    def __init__(self, served: Served) -> None:
        self.client = served.admin
        self._blobs = served.platform.store.blobs
        self._container = served.platform.storage.container(HERE, "workspaceblobstore")

    def put(self, name: str, content: bytes | str) -> str:
        data = content.encode() if isinstance(content, str) else content
        self._blobs.put_bytes(self._container, name, data)
        return name

    def look(
        self, name: str, content: bytes | str | None = None, what: str = "preview", **query: Any
    ) -> dict[str, Any]:
        if content is not None:
            self.put(name, content)
        answer = self.client.get(f"{STORE}/{what}", params={"path": name, **query})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def profile(self, name: str, content: bytes | str | None = None) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in self.look(name, content, "profile")["columns"]}


@pytest.fixture
def shelf(served: Served, looks: httpx.Client) -> Shelf:
    return Shelf(served)


def names(told: dict[str, Any]) -> list[str]:
    return [column["name"] for column in told["columns"]]


def kinds(told: dict[str, Any]) -> list[str]:
    return [column["kind"] for column in told["columns"]]


def test_a_table_is_shown_with_its_columns(shelf: Shelf) -> None:
    told = shelf.look("a.csv", "name,petals,wide,born,red\nrose,5,1.5,2026-05-01,true\niris,6,2,2026-05-02,false\n")
    assert (told["kind"], told["format"], told["delimiter"], told["encoding"]) == ("table", "delimited", ",", "utf-8")
    assert names(told) == ["name", "petals", "wide", "born", "red"]
    assert kinds(told) == ["text", "integer", "number", "date", "boolean"]
    assert told["rows"][1] == ["iris", "6", "2", "2026-05-02", "false"]
    assert (told["totalRows"], told["isEstimate"], told["isWhole"]) == (2, False, True)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(shelf: Shelf, delimiter: str) -> None:
    lines = ["a b,c", "x|y", "1;2"]
    text = "\n".join(delimiter.join([f'"{line}"', "2", "3"]) for line in ["h", *lines])
    told = shelf.look(f"d{ord(delimiter)}.csv", text)
    assert told["delimiter"] == delimiter
    assert [row[0] for row in told["rows"]][-3:] == lines


@pytest.mark.parametrize(
    ("encoding", "told_as"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("latin-1", "latin-1"), ("utf-16", "utf-16")],
)
def test_the_encoding_is_found_out(shelf: Shelf, encoding: str, told_as: str) -> None:
    told = shelf.look(f"{encoding}.csv", "näme,größe\nÄpfel,1\n".encode(encoding))
    assert (told["encoding"], names(told), told["rows"]) == (told_as, ["näme", "größe"], [["Äpfel", "1"]])


AWKWARD: list[tuple[str, bytes, list[str], int]] = [
    ("only-header.csv", b"a,b,c\n", ["a", "b", "c"], 0),
    ("no-header.csv", b"1,2\n3,4\n", ["column 1", "column 2"], 2),
    ("no-end.csv", b"a,b\n1,2", ["a", "b"], 1),
    ("windows.csv", b"a,b\r\n1,2\r\n", ["a", "b"], 1),
    ("old-mac.csv", b"a,b\r1,2\r", ["a", "b"], 1),
    ("blank-lines.csv", b"\n\na,b\n\n1,2\n\n", ["a", "b"], 1),
    ("index.csv", b",a\n0,x\n1,y\n", ["column 1", "a"], 2),
    ("quotes.csv", b'a,b\n"x, ""y""\nz",2\n', ["a", "b"], 1),
    ("open-quote.csv", b'a,b\n"x,2\n3,4\n', ["a", "b"], 1),
    ("one-column.csv", b"a\nx\ny\n", ["a"], 2),
    ("repeated.csv", b"a,a\n1,2\n", ["column 1", "column 2"], 2),
    ("nul.csv", b"a,b\nx\0y,2\n", ["a", "b"], 1),
    ("spaces.csv", b" a , b \n1,2\n", ["a", "b"], 1),
]


@pytest.mark.parametrize(("name", "content", "columns", "rows"), AWKWARD, ids=[each[0] for each in AWKWARD])
def test_awkward_tables_are_shown(shelf: Shelf, name: str, content: bytes, columns: list[str], rows: int) -> None:
    told = shelf.look(name, content)
    assert (told["kind"], names(told), len(told["rows"])) == ("table", columns, rows)
    assert all(len(row) == len(columns) for row in told["rows"])
    assert shelf.look(name, what="profile")["rowsRead"] == rows


def test_ragged_rows_are_filled_up_and_told(shelf: Shelf) -> None:
    told = shelf.look("ragged.csv", "a,b\n1\n1,2\n1,2,3\n")
    assert names(told) == ["a", "b", "column 3"]
    assert told["rows"] == [["1", None, None], ["1", "2", None], ["1", "2", "3"]]
    assert told["notes"] == ["2 of 3 rows do not have 2 cells."]


def test_an_empty_file_is_an_empty_text(shelf: Shelf) -> None:
    told = shelf.look("empty.csv", b"")
    assert (told["kind"], told["text"], told["nextOffset"]) == ("text", "", None)


def test_a_huge_cell_is_cut(shelf: Shelf) -> None:
    told = shelf.look("huge.csv", b"a,b\n" + b"x" * (2 << 20) + b",2\n")
    assert len(told["rows"][0][0]) == 1000
    assert told["rows"][0][1] == "2"
    told = shelf.look("huger.csv", b"a,b\n" + b"x" * (5 << 20) + b",2\n")
    assert len(json.dumps(told)) < 10_000


def test_of_many_columns_the_first_are_shown(shelf: Shelf) -> None:
    content = "\n".join(",".join(f"{word}{n}" for n in range(10_000)) for word in ("c", *"vwxyz" * 20))
    told = shelf.look("wide.csv", content)
    assert told["totalColumns"] == 10_000
    assert len(told["columns"]) == len(told["rows"][0]) == 1000
    assert len(shelf.look("wide.csv", what="profile")["columns"]) == 1000


def test_the_rows_of_a_long_file_are_guessed(shelf: Shelf) -> None:
    number = 400_000
    told = shelf.look("long.csv", "n,text\n" + "".join(f"{n:06},some text\n" for n in range(number)), rows=5)
    assert len(told["rows"]) == 5
    assert told["isEstimate"] and not told["isWhole"]
    assert abs(told["totalRows"] - number) < number / 100
    whole = shelf.look("long.csv", what="profile")
    assert whole["rowsRead"] == 50_000
    assert abs(whole["totalRows"] - number) < number / 100


def test_a_compressed_table_is_shown_and_a_damaged_one_told(shelf: Shelf) -> None:
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 3_000_000)
    told = shelf.look("packed.csv.gz", packed, rows=3)
    assert (names(told), told["rows"], told["totalRows"]) == (["a", "b"], [["1", "2"]] * 3, None)
    shelf.put("cut.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-12])
    answer = shelf.client.get(f"{STORE}/preview?path=cut.csv.gz")
    assert answer.status_code == 400
    assert "damaged" in answer.text


def test_a_profile_tells_numbers_dates_and_texts(shelf: Shelf) -> None:
    lines = [f"{n},{n / 2},{'ab'[n % 2]},2026-01-{n % 28 + 1:02}" for n in range(100)]
    told = shelf.profile("profile.csv", "\n".join(["n,half,word,day", *lines, ",NaN,,"]))
    number = told["n"]
    assert (number["kind"], number["count"], number["missing"], number["distinct"]) == ("integer", 100, 1, 100)
    spread = number["spread"]
    assert [spread[word] for word in ("min", "q1", "median", "q3", "max", "mean")] == [0, 24.75, 49.5, 74.25, 99, 49.5]
    assert math.isclose(spread["std"], 28.866070047722118)
    assert [each["count"] for each in number["histogram"]] == [5] * 20
    assert (told["half"]["missing"], told["half"]["kind"]) == (1, "number")
    assert told["word"]["top"] == [{"value": "a", "count": 50}, {"value": "b", "count": 50}]
    assert told["day"]["spread"]["min"] == 1767225600000
    assert sum(each["count"] for each in told["day"]["histogram"]) == 100


def test_odd_numbers_are_counted_and_break_nothing(shelf: Shelf) -> None:
    cells = ["nan", "inf", "-Infinity", "1e308", "-1e308", "1", "NA", "", "1_000"]
    told = shelf.profile("odd.csv", "x,y\n" + "".join(f"{cell},1\n" for cell in cells[:-1]))["x"]
    assert (told["kind"], told["infinite"], told["missing"], told["count"]) == ("number", 2, 3, 5)
    assert sum(each["count"] for each in told["histogram"]) == 3
    assert shelf.profile("odd2.csv", "x,y\n" + "".join(f"{cell},1\n" for cell in cells))["x"]["kind"] == "text"
    huge = shelf.profile("odd3.csv", f"x,y\n{'9' * 299},1\n{'9' * 400},1\n")["x"]
    assert (huge["kind"], huge["infinite"], huge["spread"]["max"]) == ("number", 1, 1e299)
    one = shelf.profile("odd4.csv", "x,y\n5,1\n5,1\n")["x"]
    assert one["histogram"] == [{"from": 5.0, "to": 5.0, "count": 2}]


def test_json_lines_may_be_nested_ragged_and_damaged(shelf: Shelf) -> None:
    lines = ['{"a": 1, "b": {"c": [1, 2]}}', "not json", "", '{"a": 1e999, "d": "x"}', "[" * 100_000, "7"]
    told = shelf.look("a.jsonl", "\n".join(lines))
    assert names(told) == ["a", "b", "d", "value"]
    assert kinds(told) == ["number", "nested", "text", "integer"]
    assert told["rows"] == [[1, '{"c": [1, 2]}', None, None], ["Infinity", None, "x", None], [None, None, None, 7]]
    assert told["notes"] == ["2 lines are no JSON."]
    assert shelf.look("a.jsonl", what="profile")["rowsRead"] == 3


def test_json_is_a_table_where_it_lists_records_and_else_a_text(shelf: Shelf) -> None:
    assert shelf.look("list.json", '[{"a": 1}, {"b": 12345678901234567890}]')["rows"] == [
        [1, None],
        [None, "12345678901234567890"],
    ]
    assert shelf.look("lines.json", '{"a": 1}\n{"a": 2}\n')["rows"] == [[1], [2]]
    assert shelf.look("object.json", '{\n "a": 1\n}')["kind"] == "text"
    assert shelf.look("numbers.json", "[1, 2]")["kind"] == "text"


def test_parquet_is_shown_with_its_types(shelf: Shelf) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {"n": [1, None, 2**60], "x": [0.5, math.nan, math.inf], "l": [[1], [], None], "b": [b"\0\1", None, b""]}
    sink = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), sink)
    told = shelf.look("a.parquet", sink.getvalue())
    assert [(each["name"], each["type"]) for each in told["columns"]][:2] == [("n", "int64"), ("x", "double")]
    assert told["rows"] == [
        [1, 0.5, "[1]", "0x0001"],
        [None, "NaN", "[]", None],
        [str(2**60), "Infinity", None, "0x"],
    ]
    assert (told["totalRows"], told["isWhole"]) == (3, True)
    assert shelf.look("a.parquet", rows=1)["isWhole"] is False
    assert shelf.profile("a.parquet")["x"]["missing"] == 1
    assert shelf.look("no-suffix", sink.getvalue())["format"] == "parquet"
    for cut in (4, 12, 100, len(sink.getvalue()) - 3):
        shelf.put("cut.parquet", sink.getvalue()[:cut])
        assert shelf.client.get(f"{STORE}/preview?path=cut.parquet").status_code == 400


def test_texts_images_and_other_bytes_say_what_they_are(shelf: Shelf) -> None:
    told = shelf.look("log.txt", "ä" * 100_000)
    assert (told["kind"], told["offset"], told["nextOffset"]) == ("text", 0, 65536)
    rest = shelf.look("log.txt", offset=told["nextOffset"])
    assert rest["text"] == "ä" * 32768
    assert shelf.look("a.png", b"\x89PNG\r\n\x1a\n")["contentType"] == "image/png"
    assert shelf.look("picture", b"GIF89a..")["kind"] == "image"
    assert shelf.look("model.pkl", b"\x80\x04\0\0cos\nsystem\n")["kind"] == "binary"


def test_a_folder_is_listed_page_by_page(shelf: Shelf) -> None:
    for name in ("f/a.csv", "f/b.csv", "f/sub/c.csv", "f/z.csv", "fx"):
        shelf.put(name, "x")
    told = shelf.look("f")
    assert (told["kind"], told["folders"]) == ("folder", ["sub"])
    assert [each["name"] for each in told["files"]] == ["a.csv", "b.csv", "z.csv"]
    assert told["files"][0]["size"] == 1
    pages, marker = [], ""
    while True:
        page = shelf.client.get(f"{STORE}/files", params={"path": "f", "limit": 1, "marker": marker}).json()
        pages += page["folders"] + [each["name"] for each in page["files"]]
        marker = page["next"]
        if not marker:
            break
    assert pages == ["a.csv", "b.csv", "sub", "z.csv"]
    assert "f" in shelf.client.get(f"{STORE}/files").json()["folders"]


@pytest.mark.parametrize("path", ["nothing", "f/nothing.csv", "../x", "f/../../x", "a\\b"])
def test_what_is_not_there_is_told(shelf: Shelf, path: str) -> None:
    assert shelf.client.get(f"{STORE}/preview", params={"path": path}).status_code in (400, 404)
    assert shelf.client.get(f"{STORE}/profile", params={"path": path}).status_code in (400, 404)


def test_a_data_asset_is_looked_into(shelf: Shelf) -> None:
    shelf.put("asset/one.csv", "a,b\n1,2\n")
    body = {"properties": {"dataType": "uri_folder", "dataUri": "azureml://datastores/workspaceblobstore/paths/asset"}}
    asset = f"{SPACE}/data/asset/versions/1"
    assert shelf.client.put(asset, json=body).status_code == 201
    assert shelf.client.get(f"{asset}/preview").json()["files"][0]["name"] == "one.csv"
    assert shelf.client.get(f"{asset}/preview?path=one.csv").json()["rows"] == [["1", "2"]]
    assert shelf.client.get(f"{asset}/profile?path=one.csv").json()["rowsRead"] == 1
    assert shelf.client.get(f"{asset}/profile").status_code == 400
    assert shelf.client.get(f"{asset}/preview?path=../a.csv").status_code == 400


MLTABLE = """
paths:
  - pattern: ./*.tsv
transformations:
  - read_delimited: {delimiter: "\\t", header: no_header, encoding: utf8}
  - skip: 1
  - take: 2
  - drop_columns: [column 2]
  - filter: col("x") > 1
"""


def test_an_mltable_is_read_as_it_says(shelf: Shelf) -> None:
    shelf.put("table/MLTable", MLTABLE)
    shelf.put("table/a.tsv", "h\tx\n1\t2\n3\t4\n5\t6\n")
    shelf.put("table/b.tsv", "")
    body = {"properties": {"dataType": "mltable", "dataUri": "azureml://datastores/workspaceblobstore/paths/table"}}
    asset = f"{SPACE}/data/table/versions/1"
    answer = shelf.client.put(asset, json=body)
    assert answer.status_code == 201, answer.text
    told = shelf.client.get(f"{asset}/preview").json()
    assert (told["rows"], names(told), told["source"]) == ([["1"], ["3"]], ["column 1"], "a.tsv")
    assert any("'filter' is left out" in note for note in told["notes"])
    assert any("first of several" in note for note in told["notes"])
    assert shelf.client.get(f"{asset}/profile").json()["rowsRead"] == 2
    assert shelf.look("table/MLTable")["rows"] == [["1"], ["3"]]
    shelf.put("bad/MLTable", "paths: [{file: ../../x.csv}]")
    assert shelf.client.get(f"{STORE}/preview?path=bad/MLTable").status_code == 400


def test_a_model_is_summed_up_without_being_loaded(shelf: Shelf) -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    ports = [[helper.make_tensor_value_info(name, 1, ["n", 4])] for name in "xy"]
    made = helper.make_model(helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "g", *ports))
    helper.set_model_props(made, {"lazuli.variant": '{"parity": 1}', "author": "me"})
    shelf.put("m/MLmodel", 'flavors: {onnx: {data: model.onnx}}\nsignature: {inputs: \'[{"name": "x"}]\'}\n')
    shelf.put("m/data/model.onnx", made.SerializeToString())
    shelf.put("m/broken.onnx", b"\x08")
    shelf.put("m/model.pkl", b"\x80\x04cos\nsystem\n")
    place = "azureml://datastores/workspaceblobstore/paths/m"
    for name, properties in (("big", {}), ("big-int8", {"lazuli.variant_of": "azureml:big:1", "lazuli.size": "9"})):
        body = {"properties": {"modelType": "custom_model", "modelUri": place, "properties": properties}}
        answer = shelf.client.put(f"{SPACE}/models/{name}/versions/1", json=body)
        assert answer.status_code == 201, answer.text
    told = shelf.client.get(f"{SPACE}/models/big/versions/1/summary").json()
    assert [each["path"] for each in told["files"]] == ["MLmodel", "broken.onnx", "model.pkl", "data/model.onnx"]
    broken, whole = told["onnx"]
    assert "ONNX" in broken["problem"]
    assert (whole["operators"], whole["inputs"]) == (
        {"Neg": 1},
        [{"name": "x", "type": "float32", "shape": ["n", 4]}],
    )
    assert whole["measured"] == {"lazuli.variant": {"parity": 1}}
    assert told["mlflow"]["inputs"] == [{"name": "x"}]
    assert told["mlflow"]["flavors"] == {"onnx": {"data": "model.onnx"}}
    assert told["variants"] == [{"name": "big-int8", "version": "1", "measured": {"size": "9"}}]
    assert shelf.client.get(f"{SPACE}/models/big-int8/versions/1/summary").json()["variantOf"] == "azureml:big:1"
    assert shelf.client.get(f"{SPACE}/models/none/versions/1/summary").status_code == 404


def test_a_small_parquet_file_fills_no_memory(shelf: Shelf) -> None:
    """Neither by a long text that it says many times, nor by many columns that are all alike."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    text = pa.array(["x" * 1_000_000])
    for name, column in (
        ("named", pa.DictionaryArray.from_arrays([0] * 20_000, text)),
        ("plain", ["x" * 1_000_000] * 500),
    ):
        data = io.BytesIO()
        parquet.write_table(pa.table({"c": column}), data, compression="zstd")
        assert len(data.getvalue()) < 100_000
        told = shelf.look(f"{name}.parquet", data.getvalue(), "profile")
        assert not told["isWhole"] and told["rowsRead"] < 100
        assert told["totalRows"] == (20_000 if name == "named" else 500)
    data = io.BytesIO()
    parquet.write_table(pa.table({f"c{n}": pa.array([0] * 20_000) for n in range(200)}), data)
    told = shelf.look("wide.parquet", data.getvalue(), "profile")
    assert told["rowsRead"] * 200 <= 1_000_000


def test_an_mltable_that_grows_by_aliases_is_refused(shelf: Shelf) -> None:
    grown = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 7))
    shelf.put("grown/MLTable", f"a0: &a0 [x]\n{grown}paths:\n- file: *a6\n")
    answer = shelf.client.get(f"{STORE}/preview", params={"path": "grown/MLTable"})
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "InvalidMLTable"
