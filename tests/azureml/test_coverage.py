"""The record of what these tests run, and the meter that reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tools.v1_coverage import RECORD, main
from tools.v1_names import resolve, state


def test_the_record_names_what_is_there() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert list(record) == sorted(record)
    gone = []
    for name in record:
        try:
            resolve(name)
        except LookupError:
            gone.append(name)
    assert not gone, "run 'python -m tools.v1_coverage --record' again"


def test_what_is_working() -> None:
    record = {"azureml.core.workspace:Workspace.from_config": ["auth"], "azureml.core.workspace:Workspace.name": []}
    assert state("Workspace", [], record) == "working"
    assert state("Workspace.from_config", ["path", "_file_name", "**"], record) == "working"
    assert state("Workspace.from_config", ["paht"], record) == "missing"
    assert state("Workspace.name", [], record) == "working"
    assert state("Workspace.get", ["name"], record) == "declared"
    assert state("Workspace.nothing", [], record) == "missing"
    assert state("azureml.core.VERSION", [], {"azureml.core:VERSION": []}) == "working"


def test_the_meter_holds_its_target(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "covered.json"
    record.write_text('{"azureml.core.workspace:Workspace.get": []}')
    monkeypatch.setattr("tools.v1_coverage.RECORD", record)
    table = tmp_path / "files.csv"
    table.write_text(
        "file,at_head,v1_symbols,other_symbols,kwargs\n"
        'a,1,Workspace Workspace.get,,"{""Workspace.get"":[""name""]}"\n'
        "b,1,Workspace Nothing,,\n"
    )
    assert main([str(table), "--target", "50"]) == 0
    assert "Nothing" in capsys.readouterr().out
    assert main([str(table), "--target", "51"]) == 1
