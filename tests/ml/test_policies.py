"""Early termination, against examples worked by hand."""

from __future__ import annotations

from math import inf, nan
from statistics import fmean
from typing import Any

import pytest

from lazuli.ml.search import Trial, judge, policy_for
from lazuli.ml.search.course import Course
from lazuli.ml.search.halving import Hyperband
from lazuli.ml.search.trial import Goal
from lazuli.schema.problems import InvalidInput


def trials(*steps: list[float], ended: tuple[int, ...] = ()) -> list[Trial]:
    return [Trial(n, {}, None, each, "canceled" if n in ended else "running") for n, each in enumerate(steps)]


def given_up(said: dict[str, Any], goal: Goal, *steps: list[float], **more: Any) -> set[int]:
    return judge(policy_for(said), goal, trials(*steps, **more))


@pytest.mark.parametrize(
    ("said", "goal", "values", "expected"),
    [
        # maximize: the best is 0.8, so the threshold is 0.8 / 1.2 = 0.6667 or 0.8 - 0.2 = 0.6
        ({"slack_factor": 0.2}, "maximize", [0.8, 0.667, 0.666, 0.5], {2, 3}),
        ({"slack_amount": 0.2}, "maximize", [0.8, 0.61, 0.59, 0.5], {2, 3}),
        ({"slack_factor": 0.1}, "maximize", [1.0, 0.91, 0.909], {2}),
        # minimize: the best is 0.5, so the threshold is 0.5 * 1.2 = 0.6 or 0.5 + 0.2 = 0.7
        ({"slack_factor": 0.2}, "minimize", [0.5, 0.599, 0.601], {2}),
        ({"slack_amount": 0.2}, "minimize", [0.5, 0.699, 0.701], {2}),
        ({"slack_amount": 0.0}, "minimize", [0.5, 0.5, 0.501], {2}),
        # a ratio of negative values would give up the best as well
        ({"slack_factor": 0.2}, "maximize", [-1.0, -0.8], {0}),
        ({"slack_amount": 0.1}, "maximize", [nan, 0.5], {0}),
        ({"slack_amount": 0.1}, "maximize", [nan, nan], set()),
    ],
)
def test_bandit(said: dict[str, Any], goal: Goal, values: list[float], expected: set[int]) -> None:
    assert given_up({"type": "bandit", **said}, goal, *([value] for value in values)) == expected


def test_bandit_compares_the_best_so_far_at_the_same_interval() -> None:
    said = {"type": "bandit", "slack_amount": 0.1}
    assert given_up(said, "maximize", [0.8, 0.2], [0.75, 0.1]) == set()  # the fall from 0.8 does not count
    assert given_up(said, "maximize", [0.1, 0.2, 0.9], [0.1]) == set()  # at interval 1 they were equal
    assert given_up(said, "maximize", [0.9], [0.1, 0.2, 0.3]) == {1}  # at interval 1 it was far behind
    assert given_up(said, "maximize", [0.9, 0.9], [0.1], ended=(0,)) == {1}  # ended trials count as well
    assert given_up(said, "maximize", [0.9], [0.1], ended=(1,)) == set()  # but are not given up


def test_a_policy_judges_at_multiples_of_the_interval_after_the_delay() -> None:
    bad, good = [0.1] * 7, [0.9] * 7
    said = {"type": "bandit", "slack_amount": 0.1, "evaluation_interval": 3, "delay_evaluation": 5}
    judged_at = [n for n in range(1, 8) if given_up(said, "maximize", good, bad[:n])]
    assert judged_at == [6, 7]  # at 6, and by a look that comes only at 7
    assert given_up(said | {"evaluation_interval": 0}, "maximize", good, bad) == set()
    assert given_up(said | {"evaluation_interval": 1, "delay_evaluation": 0}, "maximize", good, bad[:1]) == {1}


def test_what_was_judged_is_not_judged_again() -> None:
    policy = policy_for({"type": "bandit", "slack_amount": 0.1})
    both = trials([0.9, 0.9], [0.1, 0.9])
    assert judge(policy, "maximize", both) == {1}
    assert judge(policy, "maximize", both, {1: 1}) == set()
    assert judge(policy, "maximize", both, {0: 2, 1: 0}) == {1}


def test_median_stopping() -> None:
    said = {"type": "median_stopping"}
    # running averages up to interval 2: 0.8, 0.5, 0.2; their median 0.5; the best so far: 0.9, 0.6, 0.3
    assert given_up(said, "maximize", [0.7, 0.9], [0.4, 0.6], [0.1, 0.3]) == {2}
    # minimize: averages 3, 4, 8, median 4; the last is at its best 6
    assert given_up(said, "minimize", [4, 2], [5, 3], [10, 6]) == {2}
    # at its best better than the median of the averages: spared at 2; at 1 it was not the worst
    assert given_up(said, "maximize", [0.5, 0.5], [0.5, 0.5], [0.5, 0.9]) == set()
    # four trials: 0.1, 0.2, 0.6, 0.8 have the median 0.4
    assert given_up(said, "maximize", [0.1], [0.2], [0.6], [0.8]) == {0, 1}
    assert given_up(said, "maximize", [0.1], [0.2], [0.6], [0.8], ended=(0,)) == {1}


def test_truncation_selection_rounds_down() -> None:
    said = {"type": "truncation_selection", "truncation_percentage": 20}
    ten = [[n / 10] for n in range(10)]
    assert given_up(said, "maximize", *ten) == {0, 1}
    assert given_up(said, "minimize", *ten) == {8, 9}
    assert given_up(said, "maximize", *ten[:9]) == {0}  # 1.8 of 9
    assert given_up(said, "maximize", *ten[:4]) == set()  # 0.8 of 4
    assert given_up(said, "maximize", [1.0], [0.5], [0.5], [1.0], [1.0]) == {2}  # of equals the later


def test_truncation_selection_counts_those_that_ended_unless_told_not_to() -> None:
    said = {"type": "truncation_selection", "truncation_percentage": 25}
    steps = [[0.1], [0.2, 0.2], [0.3, 0.3], [0.4, 0.4], [0.5, 0.5]]
    policy, some = policy_for(said), trials(*steps, ended=(0,))
    assert judge(policy, "maximize", some, {1: 1}) == set()  # one of five is the worst: 0, which has ended
    alone = policy_for(said | {"exclude_finished_jobs": True})
    assert judge(alone, "maximize", some, {1: 1}) == {1}


def test_truncation_selection_uses_the_value_at_the_interval() -> None:
    said = {"type": "truncation_selection", "truncation_percentage": 50, "evaluation_interval": 2}
    assert given_up(said, "maximize", [0.9, 0.1, 0.9], [0.2, 0.5]) == {0}
    assert given_up(said, "maximize", [0.9], [0.2, 0.5]) == {1}  # the other stands at 0.9, its last report


def test_asha_keeps_the_best_part_at_each_rung() -> None:
    said = {"type": "asha", "min_resource": 1, "reduction_factor": 2, "max_resource": 8}
    assert given_up(said, "minimize", [0.5]) == set()  # the first is the best of one
    assert given_up(said, "minimize", [0.5], [0.6]) == {1}
    assert given_up(said, "minimize", [0.5], [0.4]) == {0}
    assert given_up(said, "minimize", [0.1], [0.2], [0.3], [0.4]) == {2, 3}
    # rungs are 1, 2, 4; 3 is none, and 8 is the end
    policy = policy_for(said)
    rungs = [n for n in range(1, 17) if policy.due(Trial(0, {}), n)]
    assert rungs == [1, 2, 4]
    assert judge(policy, "minimize", trials([0, 0, 0.2], [1, 1, 0.1]), {0: 2, 1: 2}) == set()
    # at rung 2 only those count that have got there
    assert judge(policy, "minimize", trials([0.1, 0.3], [0.2, 0.2], [0.0]), {0: 1, 1: 1, 2: 1}) == {0}


def test_asha_has_rungs_without_end_where_no_end_is_said() -> None:
    policy = policy_for({"type": "asha", "min_resource": 2, "reduction_factor": 3})
    assert [n for n in range(1, 60) if policy.due(Trial(0, {}), n)] == [2, 6, 18, 54]


def test_hyperband_spreads_trials_over_brackets() -> None:
    policy = policy_for({"type": "hyperband", "min_resource": 1, "max_resource": 9, "reduction_factor": 3})
    assert isinstance(policy, Hyperband)
    assert policy.shares() == [9, 5, 3]
    assert [policy.bracket(n) for n in range(19)] == [0] * 9 + [1] * 5 + [2] * 3 + [0] * 2
    assert [[n for n in range(1, 12) if policy.due(Trial(t, {}), n)] for t in (0, 9, 14)] == [[1, 3], [3], []]


def test_hyperband_compares_within_a_bracket() -> None:
    policy = policy_for({"type": "hyperband", "max_resource": 9, "reduction_factor": 3, "brackets": 2})
    assert isinstance(policy, Hyperband)
    assert policy.shares() == [3, 2]
    five = trials([0.1] * 3, [0.2] * 3, [0.3], [0.9] * 3, [0.8] * 3)
    assert judge(policy, "maximize", five, {0: 2, 1: 2, 2: 1, 3: 2, 4: 2}) == {0, 4}


def test_a_policy_that_is_not_known_is_told() -> None:
    with pytest.raises(InvalidInput, match="bandit"):
        policy_for({"type": "bandits"})


def test_the_course_of_a_trial_is_reckoned_once_while_it_grows() -> None:
    values = [0.1, 0.1, 0.1, nan, 1e16, 3.0, -1e16, 0.7, 0.1]
    asked = Counted()
    course = Course(asked)
    assert (course.least(1), course.most(1), course.mean(1)) == (None, None, None)
    for number, value in enumerate(values, 1):
        asked.append(value)
        told = [each for each in values[:number] if each == each]
        for _ in range(3):
            assert (course.least(number), course.most(number)) == (min(told), max(told))
            assert course.mean(number) == course.mean(number + 5) == fmean(told)
    assert asked.read == 3 * len(values)  # for the least, the greatest and the mean


def test_the_course_of_what_never_was_a_number_is_empty() -> None:
    course = Course([nan, nan])
    assert (course.least(2), course.most(2), course.mean(2)) == (None, None, None)


def test_values_without_end_leave_the_median_to_the_others() -> None:
    said: dict[str, Any] = {"type": "median_stopping"}
    assert given_up(said, "maximize", [inf, -inf], [1e308, 1e308], [0.5, 0.5], [0.1, 0.2]) == {2, 3}


class Counted(list[float]):
    """Values that count how often one of them is read."""

    read = 0

    def __getitem__(self, place: Any) -> Any:
        self.read += 1
        return super().__getitem__(place)
