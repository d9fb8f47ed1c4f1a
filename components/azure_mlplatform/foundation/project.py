"""The settings that a project has in all its environments."""

from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from .model import Settings, check
from .naming import SHORT_NAME
from .profiles import PROFILES, Environment
from .rules import field_rule, known_to_owner
from .tags import tag_violations
from .values import email
from .violations import Violation


class ProjectSettings(Settings):
    """A data science project: its owner, its data product, and who pays for it."""

    name: str = Field(pattern=f"^{SHORT_NAME}$", min_length=2, max_length=24, examples=["churn"])
    """The project's short name, part of every Azure name. Allowed: 2 to 24 lower-case letters, digits and single
    hyphens, starting with a letter."""

    data_product: str = Field(pattern=f"^{SHORT_NAME}$", min_length=2, max_length=24, examples=["customer-360"])
    """The data product that owns the resource group; part of the group's name, and a tag. Allowed: as for the project's
    name."""

    owner_team: str = Field(min_length=1, max_length=256, examples=["retail-analytics"])
    """The team that is responsible for the project, by its name in the organisation."""

    owner_email: Optional[str] = Field(default=None, examples=["retail-analytics@example.com"])
    """The team's e-mail address, set as a tag. Default: no tag."""

    cost_center: str = Field(min_length=1, max_length=256, examples=["CC-4711"])
    """The cost center that pays."""

    cost_code: Optional[str] = Field(default=None, min_length=1, max_length=256, examples=["P-2026-0042"])
    """The project's cost code. Required, except in a sandbox."""

    tags: dict[str, str] = Field(default_factory=dict, examples=[{"confidentiality": "internal"}])
    """Tags on every resource of every environment, in addition to those that the library sets."""

    _email = field_rule(email, "owner_email")
    _own_name = known_to_owner("<name of the project>", "name")
    _own_product = known_to_owner("<name of the data product>", "data_product")
    _own_team = known_to_owner("<team>", "owner_team")
    _own_costs = known_to_owner("<code>", "cost_center", "cost_code")

    @check
    def _tags_are_legal(self) -> Iterator[Violation]:
        yield from tag_violations(self.tags, ("tags",))

    def violations_in(self, environment: Environment) -> Iterator[Violation]:
        """A violation if a kind of environment needs the cost code, and there is none."""
        if PROFILES[environment].needs_cost_code and self.cost_code is None:
            yield Violation(
                ("cost_code",),
                None,
                f"a {environment} environment needs the project's cost code",
                "Add cost_code: <the code the project is booked on> to the project's settings in Pulumi.yaml",
            )
