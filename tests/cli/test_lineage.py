"""How lineage is printed."""

from __future__ import annotations

import pytest
from rich.console import Console

from lazuli.cli.lineage import show_lineage
from lazuli.cli.show import Form, table

NODES = [
    {"id": "m", "kind": "model", "name": "wine", "version": "1"},
    {"id": "j", "kind": "job", "name": "train", "version": "", "status": "Completed", "metrics": {"auc": 0.98765}},
    {"id": "p", "kind": "path", "name": f"azureml://datastores/store/paths/{'x' * 100}/wine.csv", "version": ""},
    {"id": "d", "kind": "online-deployment", "name": "prices", "version": "blue"},
    {"id": "e", "kind": "online-endpoint", "name": "prices", "version": ""},
]
EDGES = [
    {"from": "p", "to": "j", "role": "input data"},
    {"from": "j", "to": "m", "role": "output"},
    {"from": "m", "to": "d", "role": "model"},
    {"from": "d", "to": "e", "role": "90 % of traffic"},
]
EVENTS = [
    {"at": "2026-05-01T09:00:00.000Z", "by": "ann", "event": "created", "node": "m"},
    {
        "at": "2026-05-02T09:00:00.000Z",
        "by": "lazuli",
        "event": "moved",
        "node": "d",
        "from": "Creating",
        "to": "Failed",
    },
    {
        "at": "2026-05-03T09:00:00.000Z",
        "by": "bob",
        "event": "updated",
        "node": "e",
        "from": "Succeeded",
        "to": "Updating",
        "changed": {"traffic": {"from": None, "to": {"blue": 90}}, "tags": {}},
    },
    {
        "at": "2026-05-04T09:00:00.000Z",
        "by": "bob",
        "event": "labelled",
        "node": "m",
        "label": "champion",
    },
]
TREE = f"""\
model wine:1
├── made from
│   └── job train  as output  Completed  auc 0.9877
│       └── path store/{"x" * 30}…{"x" * 27}/wine.csv  as input data
└── used by
    └── online-deployment prices/blue
        └── online-endpoint prices  90 % of traffic
"""


def test_a_lineage_is_a_tree_with_its_history_below(capsys: pytest.CaptureFixture[str]) -> None:
    found = {"root": "m", "nodes": NODES, "edges": EDGES, "events": EVENTS, "isCut": True}
    show_lineage(found, Form("table"))
    said = capsys.readouterr().out
    assert said.startswith(TREE)
    lines = [line.split(maxsplit=2)[2].rstrip() for line in said.splitlines() if "2026-05-0" in line]
    assert [" ".join(line.split()) for line in lines] == [
        "ann model wine:1 created",
        "lazuli online-deployment prices/blue Failed",
        "bob online-endpoint prices updated, traffic: none → blue=90, tags",
        "bob model wine:1 labelled, label: champion",
    ]
    assert "There is more" in said


def test_a_history_keeps_its_times_whole_on_a_narrow_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    row = (
        "2026-05-01 10:00:00",
        "lazuli",
        "online-deployment prices/blue",
        "updated, traffic: none → blue=90 green=10",
    )
    Console(width=80).print(table(("when", "who", "to what", "did"), [row]))
    said = capsys.readouterr().out
    assert f"{row[0]}   {row[1]}" in said
    assert set(row[3].split()) <= set(said.split())
