"""The end of an environment."""

from pydantic import Field

from ...foundation.model import Settings


class Retirement(Settings):
    """Says that the environment is to be destroyed."""

    reason: str = Field(min_length=10, examples=["The project ended, ticket ML-321"])
    """Why, for those who review it: at least 10 characters."""
