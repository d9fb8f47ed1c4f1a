"""What Azure answers to an operation that it refuses."""

from typing import Any


class AzureError(Exception):
    """A refusal, with ARM's status, code and text."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        half_way: bool = False,
        headers: tuple[tuple[str, str], ...] = (),
        body: Any = None,
        assumed: bool = False,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message, self.headers = status, code, message, headers
        self.body = {"error": {"code": code, "message": message}} if body is None else body
        """The body of the answer."""

        self.half_way = half_way
        """Whether the operation took effect before it failed."""

        self.assumed = assumed
        """Whether no source states that Azure refuses this."""
