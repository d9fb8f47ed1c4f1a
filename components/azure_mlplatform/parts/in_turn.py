"""Writes on a resource that takes one at a time: each waits for the one before it."""

from typing import TypeVar

import pulumi

Made = TypeVar("Made", bound=pulumi.Resource)


class InTurn:
    """The writes on one resource, in the order in which the program makes them.

    They wait by `depends_on`, which only orders. A value of the one before would also replace the next one when the one
    before is replaced: the engine asks the provider what happens if the value changes (`calculateDependentReplacements`
    in Pulumi 3.260). The engine deletes in the other order, so deletions take turns too.
    """

    def __init__(self, *first: pulumi.Resource) -> None:
        self._last = [*first]

    @property
    def before(self) -> list[pulumi.Resource]:
        """The `depends_on` of the next write. Empty for the first one."""
        return [*self._last]

    def then(self, write: Made) -> Made:
        """Returns `write`, which the next one waits for."""
        self._last = [write]
        return write
