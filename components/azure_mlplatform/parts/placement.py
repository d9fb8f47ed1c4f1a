"""The placement: the place and the shared settings of an environment's components, one object in each one's Args."""

from collections.abc import Callable, Iterable, Iterator
from typing import Optional

import pulumi
from pydantic import Field, PrivateAttr

from ..catalogue.private_link import zones
from ..catalogue.regions import region
from ..foundation.custom_roles import CustomRolesFrom
from ..foundation.duplicates import ids_of_others
from ..foundation.model import check
from ..foundation.naming import RULES, SUFFIX_LENGTH, Kind, azure_name, project_name
from ..foundation.problems import Problem
from ..foundation.profiles import PROFILES, Environment, Profile
from ..foundation.rules import field_rule, pattern_rule
from ..foundation.values import arm_id, guid, subscription_of
from ..foundation.violations import Violation, prefixed
from .arguments import LEFT_OUT, ComponentArgs, EnumOrText, In, ModelOrDict
from .encryption import EncryptionKey
from .settings.locks import LiftedLocks
from .settings.part import PartSettings
from .settings.public_access import PublicAccess
from .settings.retirement import Retirement
from .settings.zones import AvailabilityZones

_suffix = pattern_rule(
    f"[a-z0-9]{{{SUFFIX_LENGTH}}}", "is not a suffix", f"{SUFFIX_LENGTH} lower-case letters and digits"
)
_group_name = pattern_rule(
    r"[\w().-]{0,89}[\w()-]", "is not a name for a resource group", "up to 90 letters, digits and `_().-`"
)


class PrivateNetwork(ComponentArgs):
    """The subnet of the private endpoints, and the DNS zones with their names."""

    subnet_id: In[str]
    """The subnet of the endpoints, by id."""

    zone_ids: Optional[dict[str, In[str]]] = None
    """DNS zone → id, for each zone that a service needs. Default: none; Azure Policy registers the endpoints."""

    _peerings: tuple[pulumi.Resource, ...] = PrivateAttr(default=())
    _peerings_lead_out: bool = PrivateAttr(default=False)

    def peered_by(self, *peerings: pulumi.Resource, way_out: bool) -> "PrivateNetwork":
        """The same network, with the peerings that the program makes. `way_out`: whether machines in it reach the
        internet through them."""
        peered = self.model_copy()
        peered._peerings, peered._peerings_lead_out = peerings, way_out
        return peered

    _subnet = field_rule(arm_id("Microsoft.Network/virtualNetworks/subnets"), "subnet_id")
    _zones = field_rule(arm_id("Microsoft.Network/privateDnsZones"), "zone_ids")


class Placement(ComponentArgs):
    """The environment of a component, its place in Azure, and its network. `DataProductRG.placement` holds one."""

    project: str
    """The project's short name, part of every Azure name."""

    environment: EnumOrText[Environment]
    """`sandbox`, `dev`, `test` or `prod`: part of every Azure name, and the profile that components must fit."""

    location: str
    """The Azure region by its short name."""

    subscription_id: str
    """The subscription of the resource group."""

    tenant_id: str
    """The Entra tenant of the subscription."""

    resource_group_name: In[str]
    """The resource group of all resources, by name."""

    suffix: In[str]
    """The end of globally unique names: six lower-case letters and digits."""

    tags: dict[str, str] = Field(default_factory=dict)
    """The tags of every resource that supports tags. Default: none."""

    diagnostics: Optional[In[str]] = None
    """The Log Analytics workspace for logs and metrics, by id. Components require it. Default: none."""

    private_network: ModelOrDict[Optional[PrivateNetwork]] = LEFT_OUT
    """The network of private endpoints. Default: none, allowed only if the profile needs no network."""

    public_access: ModelOrDict[Optional[PublicAccess]] = LEFT_OUT
    """The public addresses that may connect, with a reason, if the profile allows any. Default: none."""

    open_reason: Optional[str] = Field(default=None, min_length=10)
    """The reason why everything has public addresses, protected only by Entra sign-in: at least 10 characters. Required
    if neither private_network nor public_access is given. Default: the environment is not open."""

    encryption: ModelOrDict[Optional[EncryptionKey]] = LEFT_OUT
    """The customer-managed key that encrypts stored data. Default: Microsoft's keys."""

    no_zones_reason: Optional[str] = Field(default=None, min_length=10)
    """The reason why nothing is spread over availability zones: at least 10 characters. Required if the profile is
    spread over zones and the region has none. Default: what can be is spread, if the profile is."""

    custom_roles: EnumOrText[CustomRolesFrom] = Field(default=CustomRolesFrom.OWN)
    """Who makes the definitions of the library's own roles: `own` or `shared`. Default: each component those that it
    assigns, in the resource group."""

    lock: bool = False
    """Whether to protect and lock resources with data or work even if the profile does not. Default: as the profile."""

    retire: ModelOrDict[Optional[Retirement]] = LEFT_OUT
    """Removes protection and locks, with a reason, so that the environment can be destroyed. Default: they stay."""

    lift_locks: ModelOrDict[Optional[LiftedLocks]] = LEFT_OUT
    """Lifts the locks for a change that removes something; protection stays. Default: the locks stay."""

    _project = field_rule(project_name, "project")
    _region = field_rule(region, "location")
    _ids = field_rule(guid, "subscription_id", "tenant_id")
    _group = field_rule(_group_name, "resource_group_name")
    _suffix_rule = field_rule(_suffix, "suffix")
    _log = field_rule(arm_id("Microsoft.OperationalInsights/workspaces"), "diagnostics")

    @check
    def _tenant_is_no_subscription(self) -> Iterator[Violation]:
        yield from ids_of_others([(("tenant_id",), self.tenant_id)], {"the subscription": self.subscription_id})

    @check
    def _openness_is_allowed(self) -> Iterator[Violation]:
        if self.public_access is not None:
            yield from prefixed(("public_access",), self.public_access.profile_violations(self.environment))
        # `profile` would need the location too, which may be wrong.
        needs_network = PROFILES[self.environment].needs_network
        if self.open_reason is not None and (self.private_network is not None or needs_network):
            yield Violation(
                ("open_reason",),
                self.open_reason,
                f"a {self.environment} environment must not be open to all"
                if needs_network
                else "open_reason is given together with private_network",
                "Leave it out",
            )

    @property
    def zones(self) -> AvailabilityZones:
        """The availability zones that its resources may be in."""
        return AvailabilityZones(self.environment, self.location, self.no_zones_reason)

    @property
    def profile(self) -> Profile:
        """The requirements, permissions and defaults of this kind of environment, here: `zone_redundant` is false where
        no zones can be used."""
        return self.zones.profile

    @property
    def protected(self) -> bool:
        """Whether resources with data or work are protected from `pulumi destroy`, and locked if that does no harm."""
        return (self.profile.protect or self.lock) and self.retire is None

    @property
    def locked(self) -> bool:
        """Whether what can be locked without harm is locked."""
        return self.protected and self.lift_locks is None

    @property
    def peerings(self) -> list[pulumi.Resource]:
        """The peerings of the network that the program makes. While one is written, AKS cannot join the network. No id
        shows them: a new peering would then replace what has the id."""
        return [*self.private_network._peerings] if self.private_network is not None else []

    @property
    def way_out(self) -> list[pulumi.Resource]:
        """What machines in the network need to reach the internet, if it is made after the network: the peering to a
        hub whose firewall or routes lead out. What starts machines depends on it."""
        network = self.private_network
        return self.peerings if network is not None and network._peerings_lead_out else []

    @property
    def log_analytics_id(self) -> In[str]:
        """`diagnostics`, which a component's arguments require."""
        assert self.diagnostics is not None  # noqa: S101 - PlacedArgs checks it
        return self.diagnostics

    @property
    def allowed_ip_ranges(self) -> list[str]:
        """The public addresses that may connect."""
        return self.public_access.ip_ranges if self.public_access is not None else []

    @property
    def public_network_access(self) -> str:
        """`Enabled` or `Disabled`, as Azure writes it."""
        return "Enabled" if self.private_network is None or self.allowed_ip_ranges else "Disabled"

    @property
    def default_action(self) -> str:
        """A firewall's action for all other addresses: `Allow` or `Deny`."""
        return "Allow" if self.private_network is None and not self.allowed_ip_ranges else "Deny"

    def openness_violations(self) -> Iterator[Violation]:
        """A violation if a component would be public although no setting asks for it."""
        if self.private_network is None and self.profile.needs_network:
            yield Violation(
                ("private_network",),
                None,
                f"a {self.environment} environment needs private_network, or everything would have public addresses",
                "Add PrivateNetwork(subnet_id=<the subnet of the endpoints>), such as `network.private_network`",
            )
        elif self.private_network is None and self.public_access is None and self.open_reason is None:
            yield Violation(
                ("private_network",),
                None,
                "neither private_network nor public_access is given, so everything would be open to the internet",
                "Give one of them, or give open_reason: why Entra sign-in alone is enough",
            )

    def id_of(
        self, resource_type: str, name: In[str], subscription_id: Optional[In[str]] = None
    ) -> "pulumi.Output[str]":
        """The ARM id of a resource in the group, made from names.

        It is known before the resource exists, and adds no dependency. `subscription_id` is the provider's
        subscription, if it is known. Default: the placement's.
        """
        return pulumi.Output.all(subscription_id or self.subscription_id, self.resource_group_name, name).apply(
            lambda parts: f"/subscriptions/{parts[0]}/resourceGroups/{parts[1]}/providers/{resource_type}/{parts[2]}"
        )

    def provider_violations(self, resource_id: "pulumi.Output[str]") -> "pulumi.Output[list[Problem]]":
        """A problem if the provider made a resource in another subscription than the placement says."""

        def compare(made: str) -> list[Problem]:
            actual = subscription_of(made)
            if actual == self.subscription_id.lower():
                return []
            what = f"the placement says '{self.subscription_id}', but the provider makes resources in '{actual}'"
            fix = (
                "Give the provider and the placement the same subscription; in a test, "
                f"record(…, subscription_id={self.subscription_id!r})"
            )
            return [Problem(("placement", "subscription_id"), what, fix)]

        return resource_id.apply(compare)

    def known_name(self, kind: Kind, part: str = "") -> str:
        """The Azure name of a resource, for a kind without a suffix. `part` distinguishes several of one kind."""
        return azure_name(kind, self.project, self.environment, part)

    def name_of(self, kind: Kind, part: str = "") -> In[str]:
        """The Azure name of a resource. `part` distinguishes several of one kind."""
        if not RULES[kind].suffixed:
            return self.known_name(kind, part)
        return pulumi.Output.from_input(self.suffix).apply(
            lambda suffix: azure_name(kind, self.project, self.environment, part, suffix=suffix)
        )


class PlacedArgs(ComponentArgs):
    """The arguments of a component with resources in an environment's group. Its settings must fit the environment."""

    placement: ModelOrDict[Placement]
    """The environment of the component, and its place in Azure."""

    @check
    def _reports(self) -> Iterator[Violation]:
        if self.placement.diagnostics is None:
            yield Violation(
                ("placement", "diagnostics"),
                None,
                "no Log Analytics workspace is given, so nothing would be logged",
                "Add diagnostics: <the id of a Log Analytics workspace>",
            )

    @check
    def _settings_fit_the_profile(self) -> Iterator[Violation]:
        yield from self._ask_settings(lambda part: part.profile_violations(self.placement.environment))

    @check
    def _settings_fit_the_region(self) -> Iterator[Violation]:
        yield from self._ask_settings(lambda part: part.region_violations(self.placement.location))

    @check
    def _settings_fit_the_zones(self) -> Iterator[Violation]:
        settings, zones = getattr(self, "settings", None), self.placement.zones
        if isinstance(settings, PartSettings):
            yield from zones.region_violations(("placement", "location"), settings.zone_redundant_parts)
        yield from self._ask_settings(lambda part: part.zone_violations(zones))

    @check
    def _settings_are_in_the_subscription(self) -> Iterator[Violation]:
        yield from self._ask_settings(lambda part: part.subscription_violations(self.placement.subscription_id))

    def _ask_settings(self, question: Callable[[PartSettings], Iterable[Violation]]) -> Iterator[Violation]:
        settings = getattr(self, "settings", None)
        if isinstance(settings, PartSettings):
            yield from prefixed(("settings",), question(settings))


class NetworkedArgs(PlacedArgs):
    """The arguments of a component that others call: privately, unless public access is allowed and requested."""

    @check
    def _openness_is_chosen(self) -> Iterator[Violation]:
        yield from prefixed(("placement",), self.placement.openness_violations())

    @check
    def _every_endpoint_has_its_zone(self) -> Iterator[Violation]:
        network, settings = self.placement.private_network, getattr(self, "settings", None)
        if network is None or network.zone_ids is None or not isinstance(settings, PartSettings):
            return
        needed = {zone for each in settings.private_services for zone in zones(each, self.placement.location)}
        missing = sorted(needed - set(network.zone_ids))
        if missing:
            yield Violation(
                ("placement", "private_network", "zone_ids"),
                None,
                f"lacks {', '.join(missing)}, so the names of the private endpoints would not resolve",
                "Add the zones' ids (NetworkArgs.dns_zones makes zones), or remove zone_ids if Azure Policy registers "
                "endpoints",
            )

    @check
    def _settings_work_privately(self) -> Iterator[Violation]:
        if self.placement.private_network is not None:
            yield from self._ask_settings(lambda part: part.private_violations())
