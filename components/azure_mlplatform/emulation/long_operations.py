"""Operations that Azure carries out after it has accepted them, and states that it shows later than they are."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

from .loopback import Answer, Call
from .refusal import AzureError

Effect = Callable[[], None]

PATH = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Emulated/operations/"
"""Where clients ask for the state of an operation."""

POLLS = 2
"""The questions until an operation has ended, and the reads until a resource shows it."""

_SOON = ("x-ms-retry-after-ms", "10")
"""With 0, azure-core waits as long as without the header."""


@dataclass
class _Operation:
    left: int
    id: str
    effect: Optional[Effect]
    failure: Optional[AzureError]
    reads: int
    """The reads after its end until the resource shows the effect."""

    undo: Optional[Effect] = None
    """What happens instead of the effect if it fails."""

    followed: bool = False
    """Whether the client asks for a status, at Azure-AsyncOperation, instead of the end, at Location."""

    @property
    def runs(self) -> bool:
        return self.left > 0


class LongOperations:
    """Counts polls, not seconds, so that nothing depends on the speed of a machine. Not safe for threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._running: dict[str, _Operation] = {}
        self._later: defaultdict[str, deque[Optional[Effect]]] = defaultdict(deque)

    def accept(
        self,
        id_: str,
        effect: Optional[Effect],
        *,
        status: int = 202,
        failure: Optional[AzureError] = None,
        shown_later: bool = True,
    ) -> Answer:
        """The answer to a call that is carried out after some polls. None as `effect`: never.

        `failure` is what the last poll answers instead. If `shown_later`, the resource shows the effect some reads
        after the operation has ended.
        """
        path = f"{PATH}{len(self._running)}"
        self._running[path] = _Operation(POLLS, id_, effect, failure, POLLS if shown_later else 0)
        return Answer(status, headers=(("Location", f"{self._url}{path}"), _SOON))

    def follow(
        self,
        id_: str,
        effect: Effect,
        undo: Effect,
        body: Any = None,
        *,
        status: int = 200,
        failure: Optional[AzureError] = None,
        lost: bool = False,
    ) -> Answer:
        """The answer to a call that is carried out after some polls, or some reads of the resource.

        Its client asks for a status at Azure-AsyncOperation. `undo` happens if it fails; a lost one never ends.
        """
        path = f"{PATH}{len(self._running)}"
        polls = 10**9 if lost else POLLS
        self._running[path] = _Operation(polls, id_, None if lost else effect, failure, 0, undo, followed=True)
        pause = ("Retry-After", "60") if lost else _SOON
        return Answer(status, body, (("Azure-AsyncOperation", f"{self._url}{path}"), pause))

    def is_running(self, id_: str) -> bool:
        """Whether an operation that somebody can follow runs on a resource."""
        return any(each.followed and each.runs and each.id.lower() == id_.lower() for each in self._running.values())

    def _step(self, operation: _Operation) -> None:
        """Brings an operation that is followed nearer to its end."""
        if not operation.runs:
            return
        operation.left -= 1
        if operation.runs:
            return
        effect, operation.effect = operation.effect, None
        if operation.failure is not None:
            effect = operation.undo
        if effect is not None:
            effect()

    def poll(self, call: Call) -> Answer:
        """The answer to a question for the state of an operation."""
        operation = self._running.get(call.path)
        if operation is None:
            return Answer.refusal(404, "OperationNotFound", "The operation was not found.")
        if operation.followed:
            self._step(operation)
            if operation.runs:
                # Who waits for one that never ends is told to wait long, so that the wait has an end.
                pause = ("Retry-After", "60") if operation.left > POLLS else _SOON
                return Answer(body={"status": "InProgress"}, headers=(pause,))
            if operation.failure is not None:
                return Answer(body={"status": "Failed", **operation.failure.body})
            return Answer(body={"status": "Succeeded"})
        operation.left -= 1
        if operation.left > 0:
            return Answer(202, headers=(("Location", f"{self._url}{call.path}"), _SOON))
        if operation.failure is not None:
            raise operation.failure
        if operation.effect is not None:
            effect, operation.effect = operation.effect, None
            if operation.reads:
                self.later(operation.id, effect, operation.reads)
            else:
                effect()
        return Answer()

    def later(self, id_: str, effect: Effect, reads: int = POLLS) -> None:
        """Lets a resource show an effect after some reads."""
        self._later[id_.lower()].extend([*[None] * reads, effect])

    def was_read(self, id_: str) -> None:
        """Brings the effects on a resource nearer, and the end of operations on it: they go on without a client."""
        for operation in list(self._running.values()):
            if operation.followed and operation.id.lower() == id_.lower():
                self._step(operation)
        waiting = self._later[id_.lower()]
        if waiting and (effect := waiting.popleft()) is not None:
            effect()

    def settle(self) -> None:
        """Carries out all that was accepted: Azure does so whether anyone asks or not."""
        for operation in self._running.values():
            if operation.effect is not None and operation.failure is None:
                operation.effect()
        for waiting in self._later.values():
            for effect in waiting:
                if effect is not None:
                    effect()
        self._running.clear()
        self._later.clear()
