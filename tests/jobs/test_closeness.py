"""How well names fit what is typed."""

from __future__ import annotations

import pytest

from lazuli.jobs.closeness import BEGINNING, ELSEWHERE, EXACT, WITHIN, WORD, closeness


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("iris", "Iris", EXACT),
        ("iris", "iris-train", BEGINNING),
        ("train", "iris-train", WORD),
        ("train", "iris_train", WORD),
        ("train", "Retrain the train", WORD),
        ("rain", "iris-train", WITHIN),
        ("train iris", "iris-train", WITHIN),
        ("train rose", "iris-train", ELSEWHERE),
        ("x", "iris", ELSEWHERE),
        ("训练", "鸢尾花 训练", WORD),
    ],
)
def test_a_name_fits_as_well_as_it_does(text: str, name: str, expected: int) -> None:
    assert closeness(text, name) == expected


def test_the_best_of_several_names_counts() -> None:
    assert closeness("iris", "job_1", "my iris") == WORD
    assert closeness("iris", "", "") == ELSEWHERE
