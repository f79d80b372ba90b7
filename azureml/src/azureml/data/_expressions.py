"""Conditions on rows: ``col("age") > 30 and col("name") == "Ann"``, as an MLTable file says them."""

from __future__ import annotations

import ast
from datetime import datetime
from typing import Any, Callable

from azureml.data.dataset_error_handling import DatasetValidationError
from azureml.exceptions import UserErrorException

_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: lambda one, other: one == other,
    ast.NotEq: lambda one, other: one != other,
    ast.Lt: lambda one, other: one < other,
    ast.LtE: lambda one, other: one <= other,
    ast.Gt: lambda one, other: one > other,
    ast.GtE: lambda one, other: one >= other,
}


class Condition:
    """A condition, or a column that one can be made of with ``== != < <= > >=``, ``&``, ``|`` and ``~``."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return self._with("==", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return self._with("!=", other)

    def __lt__(self, other: object) -> Condition:
        return self._with("<", other)

    def __le__(self, other: object) -> Condition:
        return self._with("<=", other)

    def __gt__(self, other: object) -> Condition:
        return self._with(">", other)

    def __ge__(self, other: object) -> Condition:
        return self._with(">=", other)

    def __and__(self, other: object) -> Condition:
        return self._with("and", other)

    def __or__(self, other: object) -> Condition:
        return self._with("or", other)

    def __invert__(self) -> Condition:
        return Condition(f"not ({self.text})")

    def _with(self, sign: str, other: object) -> Condition:
        if sign in ("and", "or") and isinstance(other, Condition):
            return Condition(f"({self.text}) {sign} ({other.text})")
        return Condition(f"{self.text} {sign} {literal(other)}")


def column(name: str) -> Condition:
    """The column of a name."""
    return Condition(f"col({name!r})")


def literal(value: object) -> str:
    """A value as it is written in a condition."""
    if isinstance(value, Condition):
        return value.text
    if isinstance(value, datetime):
        words = [value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond]
        return f"datetime({', '.join(map(str, words))})"
    return repr(value)


def text_of(expression: object) -> str:
    """The text of a condition. Raises :class:`UserErrorException` for what is none."""
    text = expression.text if isinstance(expression, Condition) else expression
    if not isinstance(text, str):
        raise UserErrorException("expression is a condition such as dataset['age'] > 30.", target="expression")
    return text


def holds(text: str, table: Any) -> Any:
    """For each row of a frame, or for a mapping of columns to one value each, whether the condition holds.

    Raises :class:`DatasetValidationError` for no condition.
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        raise _wrong(text) from None
    return _value(tree, table, text)


def _value(node: ast.AST, table: Any, text: str) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        arguments = [_value(each, table, text) for each in node.args]
        if node.func.id == "col" and arguments and arguments[0] in table:
            return table[arguments[0]]
        if node.func.id == "datetime":
            return datetime(*arguments)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARISONS:
        one, other = (_value(each, table, text) for each in (node.left, node.comparators[0]))
        return _COMPARISONS[type(node.ops[0])](one, other)
    if isinstance(node, ast.UnaryOp):
        operand = _value(node.operand, table, text)
        if isinstance(node.op, ast.USub):
            return -operand
        return not operand if isinstance(operand, bool) else ~operand
    if isinstance(node, ast.BoolOp):
        first, *others = (_value(each, table, text) for each in node.values)
        for other in others:
            first = first & other if isinstance(node.op, ast.And) else first | other
        return first
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        one, other = _value(node.left, table, text), _value(node.right, table, text)
        return one & other if isinstance(node.op, ast.BitAnd) else one | other
    raise _wrong(text)


def _wrong(text: str) -> DatasetValidationError:
    return DatasetValidationError(
        f"'{text}' is no condition on the columns that are there. Write such as col('age') > 30 and col('b') == 'x'."
    )
