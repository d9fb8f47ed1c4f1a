"""Evaluates the conditions of role assignments that limit which roles a principal may hand out, and to whom.

It knows the operators and attributes of delegated role assignments (Learn: role-based-access-control/conditions-format
and delegate-role-assignments-examples, 2024-04-15, conditions-authorization-actions-attributes, 2023-09-20; read
2026-11-28): `ActionMatches`, `GuidEquals` and
`StringEqualsIgnoreCase`, each also with `ForAnyOfAnyValues`, their `Not` forms with `ForAnyOfAllValues`, and AND, OR
and `!`. A condition with anything else is not understood, and then it limits nothing.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..foundation.operation_patterns import matches

ASSIGN = "Microsoft.Authorization/roleAssignments/write"
"""The operation that gives a principal a role."""

UNASSIGN = "Microsoft.Authorization/roleAssignments/delete"
"""The operation that takes it away."""


class ConditionError(ValueError):
    """A condition that is not understood."""


class Asked(NamedTuple):
    """A request of a principal: to make or delete a role assignment."""

    operation: str
    role_id: str
    """The GUID of the role's definition."""

    principal_type: str
    principal_id: str = ""


_TOKEN = re.compile(
    r"\s*(?:(?P<op>AND|OR|&&|\|\||!|\(|\))"
    r"|(?P<action>ActionMatches)\s*\{\s*'(?P<pattern>[^']*)'\s*\}"
    r"|@(?P<of>Request|Resource)\s*\[(?P<attribute>[^\]]+)\]\s*(?P<operator>[A-Za-z:]+)\s*\{(?P<values>[^}]*)\})",
)
_ATTRIBUTES: dict[str, Callable[[Asked], str]] = {
    "microsoft.authorization/roleassignments:roledefinitionid": lambda asked: asked.role_id,
    "microsoft.authorization/roleassignments:principaltype": lambda asked: asked.principal_type,
    "microsoft.authorization/roleassignments:principalid": lambda asked: asked.principal_id,
}
_ANY = ("guidequals", "stringequalsignorecase", "stringequals")
_NONE = ("guidnotequals", "stringnotequalsignorecase", "stringnotequals")


def allows(condition: str, asked: Asked) -> bool:
    """Whether a condition lets an operation through. Raises ConditionError if it is not understood."""
    return _Reader(condition, asked).read()


class _Reader:
    """Reads a condition from left to right. AND binds more than OR, as in the documentation."""

    def __init__(self, condition: str, asked: Asked) -> None:
        self._tokens = list(_tokens(condition))
        self._asked = asked
        self._at = 0

    def read(self) -> bool:
        """The value of the whole condition."""
        value = self._any()
        if self._at != len(self._tokens):
            raise ConditionError(f"'{self._next()[0]}' is not expected there")
        return value

    def _next(self) -> re.Match[str]:
        if self._at == len(self._tokens):
            raise ConditionError("it ends too early")
        return self._tokens[self._at]

    def _takes(self, *words: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at]["op"] in words:
            self._at += 1
            return True
        return False

    def _any(self) -> bool:
        value = self._all()
        while self._takes("OR", "||"):
            value = self._all() or value
        return value

    def _all(self) -> bool:
        value = self._one()
        while self._takes("AND", "&&"):
            value = self._one() and value
        return value

    def _one(self) -> bool:
        if self._takes("!"):
            return not self._one()
        if self._takes("("):
            value = self._any()
            if not self._takes(")"):
                raise ConditionError("a bracket is not closed")
            return value
        token = self._next()
        if token["op"]:
            raise ConditionError(f"'{token['op']}' is not expected there")
        self._at += 1
        return self._of(token)

    def _of(self, token: re.Match[str]) -> bool:
        if token["action"]:
            return matches(token["pattern"], self._asked.operation)
        # Azure has what is asked for in the request, and what is there in the resource.
        of = "Request" if self._asked.operation.lower() == ASSIGN.lower() else "Resource"
        read = _ATTRIBUTES.get(token["attribute"].strip().lower())
        if read is None:
            raise ConditionError(f"the attribute '{token['attribute']}' is not known here")
        quantifier, _, operator = token["operator"].lower().rpartition(":")
        if operator not in (*_ANY, *_NONE) or quantifier not in ("", "foranyofanyvalues", "foranyofallvalues"):
            raise ConditionError(f"the operator '{token['operator']}' is not known here")
        if (operator in _ANY) is (quantifier == "foranyofallvalues"):
            raise ConditionError(f"'{token['operator']}' is not a pair that is known here")
        if token["of"] != of:
            return False
        values = [each.strip().strip("'") for each in token["values"].split(",")]
        value = read(self._asked)
        if operator.startswith("string") and not operator.endswith("ignorecase"):
            found = value in values
        else:
            found = value.lower() in [each.lower() for each in values]
        return found is (operator in _ANY)


def _tokens(condition: str) -> Iterator[re.Match[str]]:
    at, end = 0, len(condition.rstrip())
    while at < end:
        token = _TOKEN.match(condition, at)
        if token is None:
            raise ConditionError(f"'{condition[at : at + 30].strip()}' is not known here")
        at = token.end()
        yield token
