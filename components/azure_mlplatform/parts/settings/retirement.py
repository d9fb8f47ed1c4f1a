"""The end of an environment."""

from pydantic import Field

from ...foundation.model import Settings


class Retirement(Settings):
    """Allows the environment to be destroyed."""

    reason: str = Field(min_length=10, examples=["The project ended, ticket ML-321"])
    """The reason, for reviewers: at least 10 characters."""
