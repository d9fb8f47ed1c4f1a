"""What Azure answers to an operation that it refuses."""


class AzureError(Exception):
    """A refusal, with ARM's status, code and text."""

    def __init__(self, status: int, code: str, message: str, *, half_way: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.half_way = half_way
        """Whether the operation took effect before it failed."""
