"""The availability zones of an environment: what its kind needs, what its region has, and the reason to go without."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, Optional

from ...catalogue.regions import READ, REGIONS, has_zones, with_zones_near
from ...foundation.profiles import PROFILES, Environment, Profile
from ...foundation.violations import Path, Violation


class AvailabilityZones(NamedTuple):
    """The availability zones that the resources of an environment may be in."""

    environment: Environment
    location: str
    no_zones_reason: Optional[str] = None
    """The reason why the environment uses no zones. Default: it uses those of its region."""

    @property
    def usable(self) -> bool:
        """Whether resources may be in zones. A region that the catalogue has not checked counts as one with zones."""
        return self.no_zones_reason is None and has_zones(self.location) is not False

    @property
    def profile(self) -> Profile:
        """The profile of the environment, spread over zones only where they can be used."""
        profile = PROFILES[self.environment]
        return profile if self.usable else replace(profile, zone_redundant=False)

    def region_violations(self, path: Path, parts: list[str]) -> Iterator[Violation]:
        """A violation if the environment must be spread over zones, has `parts` that would be, and the region has no
        zones. `path` is the location."""
        if not parts or has_zones(self.location) is not False or self.no_zones_reason is not None:
            return
        if PROFILES[self.environment].zone_redundant:
            yield Violation(
                path,
                self.location,
                f"{self.location} has no availability zones (read {READ}), and in {self.environment} these are spread "
                f"over zones: {', '.join(dict.fromkeys(parts))}",
                f"Choose a region with zones, such as {', '.join(with_zones_near(self.location))}, or add "
                "no_zones_reason: why one zone is enough",
            )

    def named_violations(self, path: Path, named: Optional[list[str]]) -> Iterator[Violation]:
        """A violation if zones are named, but none can be used."""
        if not named or self.usable:
            return
        if has_zones(self.location) is False:
            yield Violation(
                path, named, f"{self.location} has no availability zones (read {READ})", "Leave zones out, or set []"
            )
        else:
            yield Violation(
                path,
                named,
                "zones are named, but no_zones_reason of the environment says that it uses none",
                "Leave zones out, or remove no_zones_reason of the environment",
            )

    @property
    def notices(self) -> Iterator[str]:
        """A notice if the catalogue has not checked the region."""
        if self.location not in REGIONS:
            yield (
                f"location: {self.location} is not in the catalogue of regions of {READ}. What it has is not checked: "
                "availability zones, sizes with accelerators, workload profiles"
            )
        elif has_zones(self.location) is None:
            yield f"location: whether {self.location} has availability zones is not checked (regions read {READ})"
