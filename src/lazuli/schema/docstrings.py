"""What is written below the fields of a class, read from its source when somebody asks for it.

pydantic would do so for every class as it is made, which took a sixth of a server's start.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise

__all__ = ["field_docstrings"]


@cache
def field_docstrings(cls: type) -> dict[str, str]:
    """The text below each annotated field of a class and of those that it derives from; its own goes first."""
    found: dict[str, str] = {}
    for each in reversed(cls.__mro__):
        found |= _written(each) if "__annotations__" in vars(each) else {}
    return found


@cache
def _written(cls: type) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):  # made at run time: nothing is written below its fields
        return {}
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
