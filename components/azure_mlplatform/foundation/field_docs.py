"""Reads the docstrings under fields and under members of enums from the source, for messages and the schema."""

import ast
import inspect
import textwrap
from enum import Enum
from functools import cache
from itertools import pairwise

from pydantic import BaseModel


@cache
def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Field → its docstring on one line. Includes inherited fields."""
    docs: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not issubclass(base, BaseModel) or base.__module__.startswith("pydantic"):
            continue
        body = _body(base)
        for statement, following in pairwise(body):
            if (
                isinstance(statement, ast.AnnAssign)
                and isinstance(statement.target, ast.Name)
                and isinstance(following, ast.Expr)
                and isinstance(following.value, ast.Constant)
                and isinstance(following.value.value, str)
            ):
                docs[statement.target.id] = " ".join(following.value.value.split())
    return docs


@cache
def member_docs(enum: type[Enum]) -> dict[str, str]:
    """The value of each documented member of an enum → its docstring on one line."""
    return {
        enum[statement.targets[0].id].value: " ".join(following.value.value.split())
        for statement, following in pairwise(_body(enum))
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and isinstance(following, ast.Expr)
        and isinstance(following.value, ast.Constant)
        and isinstance(following.value.value, str)
    }


def _body(model: type) -> list[ast.stmt]:
    definition = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 - getsource of a class returns a class
    return definition.body
