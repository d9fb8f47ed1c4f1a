"""What is true of a project in all its environments."""

from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ._model import Refusal, Settings, check, obeys
from .tags import tag_refusals
from .values import email

NAME = r"[a-z](-?[a-z0-9])+"
"""A name that every Azure name can be made of: it starts with a letter and has single hyphens inside."""


class ProjectSettings(Settings):
    """A data science project: whose it is, what it works on, and who pays."""

    name: str = Field(pattern=f"^{NAME}$", min_length=2, max_length=24, examples=["churn"])
    """The project's short name, part of every Azure name: 2 to 24 lower-case letters, digits and single
    hyphens, starting with a letter."""

    data_product: str = Field(pattern=f"^{NAME}$", min_length=2, max_length=24, examples=["customer-360"])
    """The data product whose resource group this is; it stands in the group's name and in a tag.
    Written as the project's name is."""

    owner_team: str = Field(min_length=1, max_length=256, examples=["retail-analytics"])
    """The team that answers for the project, as the organisation knows it."""

    owner_email: Optional[str] = Field(default=None, examples=["retail-analytics@example.com"])
    """Where the team is reached; a tag. Left out, no tag is set."""

    cost_center: str = Field(min_length=1, max_length=256, examples=["CC-4711"])
    """The cost center that pays."""

    cost_code: Optional[str] = Field(default=None, min_length=1, max_length=256, examples=["P-2026-0042"])
    """The project's cost code. A sandbox has none; every other environment needs it."""

    tags: dict[str, str] = Field(default_factory=dict, examples=[{"confidentiality": "internal"}])
    """Tags on every resource of every environment, beside those the library sets."""

    _email = obeys(email, "owner_email")

    @check
    def _tags_are_legal(self) -> Iterator[Refusal]:
        yield from tag_refusals(self.tags, ("tags",))
