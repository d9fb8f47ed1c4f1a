"""The public addresses that may connect."""

from collections.abc import Iterator

from pydantic import Field

from ...foundation.profiles import PROFILES, Environment, environments_where
from ...foundation.rules import field_rule
from ...foundation.values import ip_range
from ...foundation.violations import Violation
from .part import PartSettings


class PublicAccess(PartSettings):
    """Public access for some addresses to resources that would otherwise be private, with a reason."""

    ip_ranges: list[str] = Field(min_length=1, examples=[["203.0.113.0/24"]])
    """The public IPv4 addresses or ranges that may connect. All others are refused."""

    reason: str = Field(min_length=10, examples=["Office access until the VPN is there, ticket NET-123"])
    """The reason, for reviewers: at least 10 characters."""

    _ranges = field_rule(ip_range, "ip_ranges")

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """A violation if this kind of environment allows no public access."""
        if not PROFILES[environment].may_be_public:
            yield Violation(
                (),
                None,
                f"a {environment} environment allows no public access",
                f"Remove it, and connect through the network (allowed in: {environments_where('may_be_public')})",
            )
