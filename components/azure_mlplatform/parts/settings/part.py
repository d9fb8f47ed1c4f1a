"""The settings of a part of an environment, and the checks that every part has."""

import datetime
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Self

from ...catalogue.private_link import PrivateService
from ...catalogue.vm_sizes import VmSize
from ...foundation.model import Settings
from ...foundation.profiles import Environment
from ...foundation.secret_values import SECRET
from ...foundation.values import name_of, subscription_of
from ...foundation.violations import Path, Violation, prefixed, prefixed_each, together
from .zones import AvailabilityZones


class PartSettings(Settings):
    """A part of an environment, which may have parts of its own.

    By default each method asks the parts below. A part with an answer of its own overrides the method, and also calls
    `super()` if it has parts below. The whole environment and a component used alone call the same methods, so each
    rule is written once and holds in both.
    """

    @property
    def private_services(self) -> list[PrivateService]:
        """The services with a private endpoint, one entry for each resource. Default: those of the parts below."""
        return [service for _, part in _parts_of(self) for service in part.private_services]

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """Violations of the rules for this kind of environment, such as instances in prod."""
        yield from self._ask_parts(lambda part: part.profile_violations(environment))

    def region_violations(self, location: str) -> Iterator[Violation]:
        """Violations if a region lacks something that the settings need."""
        yield from self._ask_parts(lambda part: part.region_violations(location))

    @property
    def zone_redundant_parts(self) -> list[str]:
        """What an environment that is spread over zones makes zone redundant, in words. Default: that of the parts
        below."""
        return [each for _, part in _parts_of(self) for each in part.zone_redundant_parts]

    @property
    def accelerated_sizes(self) -> list[VmSize]:
        """The VM sizes with accelerators, one entry for each pool or cluster. Default: those of the parts below."""
        return [size for _, part in _parts_of(self) for size in part.accelerated_sizes]

    def zone_violations(self, zones: AvailabilityZones) -> Iterator[Violation]:
        """Violations if settings ask for zones that cannot be used, or do without those that the environment needs."""
        yield from self._ask_parts(lambda part: part.zone_violations(zones))

    def private_violations(self) -> Iterator[Violation]:
        """Violations if settings do not work with private endpoints only."""
        yield from self._ask_parts(lambda part: part.private_violations())

    def subscription_violations(self, subscription_id: str) -> Iterator[Violation]:
        """Violations if ids are in another subscription, but Azure requires the environment's own."""
        yield from self._ask_parts(lambda part: part.subscription_violations(subscription_id))

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """Violations on a day, such as a size that is retired."""
        yield from self._ask_parts(lambda part: part.violations_on(today))

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """Notices about settings that are allowed but need attention, such as a size that will be retired."""
        for _, part in _parts_of(self):
            yield from part.notices_on(today)

    def at_rest(self) -> Self:
        """The same settings, with everything stopped that can be stopped without deleting or replacing anything.
        Default: with the parts below at rest."""
        return self.model_copy(update=dict(_parts_at_rest(self)))

    @property
    def costs_at_rest(self) -> list[str]:
        """What costs on while it is at rest, in words, each with what ends that. Default: that of the parts below."""
        return [each for _, part in _parts_of(self) for each in part.costs_at_rest]

    def _ask_parts(self, question: Callable[["PartSettings"], Iterable[Violation]]) -> Iterator[Violation]:
        """The answers of the parts below. A wrong field does not hide the answers of the other parts."""
        yield from together(partial(_ask_field, self, name, question) for name in type(self).model_fields)


def _ask_field(
    settings: Settings, name: str, question: Callable[[PartSettings], Iterable[Violation]]
) -> Iterator[Violation]:
    value = getattr(settings, name)
    if isinstance(value, PartSettings):
        yield from prefixed((name,), question(value))
    elif isinstance(value, list) and value and isinstance(value[0], PartSettings):
        yield from prefixed_each((name,), value, question)


def _parts_of(settings: Settings) -> Iterator[tuple[str, PartSettings]]:
    """Field → each part in it."""
    for name in type(settings).model_fields:
        value: Any = getattr(settings, name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, PartSettings):
                yield name, each


def _parts_at_rest(settings: Settings) -> Iterator[tuple[str, Any]]:
    """Field → its parts at rest, for each field with parts."""
    for name in type(settings).model_fields:
        value: Any = getattr(settings, name)
        if isinstance(value, PartSettings):
            yield name, value.at_rest()
        elif isinstance(value, list) and value and isinstance(value[0], PartSettings):
            yield name, [each.at_rest() for each in value]


def other_subscription(path: Path, arm_id: str, subscription_id: str, why: str) -> Iterator[Violation]:
    """A violation if an id is not in the environment's subscription. `why` says why it must be there."""
    if SECRET in (arm_id, subscription_id):
        return
    if subscription_of(arm_id) != subscription_id.lower():
        yield Violation(
            path,
            arm_id,
            f"'{name_of(arm_id)}' is in the subscription {subscription_of(arm_id)}, and {why}",
            f"Name one in the subscription {subscription_id}",
        )
