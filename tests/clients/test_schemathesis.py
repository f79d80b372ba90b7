"""A few made-up requests to every operation, the same ones each time; ``make soak`` sends many more."""

from __future__ import annotations

from pathlib import Path

from tests.clients.asking import ask_all
from tests.journeys.crashing import server


def test_whatever_is_sent_the_server_answers_as_it_promised(tmp_path: Path) -> None:
    with server(tmp_path / "data") as house:
        house.start()
        house.found()
        ask_all(house, examples=8, number=1)
        house.end()
