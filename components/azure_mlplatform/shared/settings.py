"""The settings of what all environments of nonprod, or all of prod, share."""

from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ..catalogue.private_link import PrivateService, zones
from ..catalogue.regions import region
from ..foundation.duplicates import duplicate_names, duplicate_values, ids_of_others
from ..foundation.model import Settings, check
from ..foundation.profiles import SHARED_PROFILES, SharedProfile, Tier
from ..foundation.project import ProjectSettings
from ..foundation.rules import field_rule, known_to_owner
from ..foundation.tags import tag_violations
from ..foundation.values import arm_id, guid, name_of
from ..foundation.violations import Path, Violation
from ..parts.settings.part import PartSettings, other_subscription
from ..parts.settings.retirement import Retirement

_NETWORK = "Microsoft.Network/virtualNetworks"


class SharedHubSettings(PartSettings):
    """The hub's side of the peerings. The hub itself is run by its owner."""

    vnet_id: str = Field(examples=["/subscriptions/…/providers/Microsoft.Network/virtualNetworks/vnet-hub"])
    """The hub's virtual network, by id. It must be in the subscription of this stack if there are spokes."""

    spokes: list[str] = Field(default_factory=list, examples=[["/subscriptions/…/virtualNetworks/vnet-churn-dev"]])
    """The networks of environments that are peered to the hub, by id: each makes the peering to the hub itself, and
    gets the one back here. Default: none."""

    offers_gateway: bool = False
    """Whether the spokes reach other networks through the hub's gateway. It must exist. Default: no."""

    _ids = field_rule(arm_id(_NETWORK), "vnet_id", "spokes")

    @check
    def _spokes_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_values([name_of(each).lower() for each in self.spokes], ("spokes",))

    @check
    def _the_hub_is_no_spoke(self) -> Iterator[Violation]:
        for index, each in enumerate(self.spokes):
            if each.lower() == self.vnet_id.lower():
                yield Violation(("spokes", index), each, "the hub is no spoke of itself", "Remove it")

    def subscription_violations(self, subscription_id: str) -> Iterator[Violation]:
        """A violation if the hub's peerings would be in another subscription."""
        if self.spokes:
            yield from other_subscription(
                ("vnet_id",), self.vnet_id, subscription_id, "its peerings are made by this stack's provider"
            )


class SharedDnsSettings(PartSettings):
    """The central private DNS zones."""

    regions: list[str] = Field(default_factory=list, examples=[["westeurope", "northeurope"]])
    """The regions of environments, for the zones that each region has of its own. Default: the region of this stack."""

    linked_network_ids: list[str] = Field(default_factory=list)
    """Networks that resolve names in the zones, by id, besides the hub. A network can be linked to one zone of a name
    only: list none that other zones serve. Default: the hub alone."""

    without: list[str] = Field(default_factory=list, examples=[["privatelink.azuredatabricks.net"]])
    """Zones that somebody else runs. Default: none; every zone that this library's private endpoints use is made."""

    _regions = field_rule(region, "regions")
    _networks = field_rule(arm_id(_NETWORK), "linked_network_ids")

    @check
    def _each_stands_once(self) -> Iterator[Violation]:
        yield from duplicate_values(self.regions, ("regions",))
        yield from duplicate_values([each.lower() for each in self.linked_network_ids], ("linked_network_ids",))

    @check
    def _leaves_out_what_there_is(self) -> Iterator[Violation]:
        known = all_zones(self.regions or ["<region>"])
        for index, each in enumerate(self.without):
            if each not in known and (self.regions or ("azmk8s" not in each and "azurecontainerapps" not in each)):
                yield Violation(
                    ("without", index),
                    each,
                    f"'{each}' is not a zone that would be made",
                    f"Allowed: {', '.join(known)}",
                )


def all_zones(regions: list[str]) -> list[str]:
    """Every private DNS zone that private endpoints of this library use in some regions."""
    return sorted({zone for each in regions for service in PrivateService for zone in zones(service, each)})


class RegistryUser(Settings):
    """An identity that uses the model registry: the release identity of an environment."""

    name: str = Field(pattern=r"^[a-z](-?[a-z0-9])*$", max_length=40, examples=["churn-dev"])
    """What it is called here: lower-case letters, digits and single hyphens."""

    principal_id: str = Field(examples=["00000000-0000-0000-0000-000000000003"])
    """Its object id, as the landing of its environment shows it (`release_principal_id`)."""

    _id = field_rule(guid, "principal_id")


class ModelRegistrySettings(PartSettings):
    """The registry through which models go from nonprod to prod. Neither sees the other: who writes reads nothing of
    prod, and who reads writes nothing."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{2,32}$", examples=["mlr-example-models"])
    """Its name, of which a tenant has one: 3 to 33 letters, digits, hyphens and `_`. Another name is another
    registry."""

    regions: list[str] = Field(default_factory=list)
    """The regions that keep a copy of each model. Default: the region of this stack."""

    subnet_id: str = Field(examples=["/subscriptions/…/virtualNetworks/vnet-hub/subnets/endpoints"])
    """The subnet of its private endpoint, by id, in the region of this stack. The registry has no public address."""

    writers: list[RegistryUser] = Field(default_factory=list)
    """The release identities of nonprod, which publish models. Default: nobody publishes."""

    readers: list[RegistryUser] = Field(default_factory=list)
    """The release identities of prod, which fetch models. Default: nobody fetches."""

    _regions = field_rule(region, "regions")
    _subnet = field_rule(arm_id(f"{_NETWORK}/subnets"), "subnet_id")

    @check
    def _users_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_values(self.regions, ("regions",))
        for field, users in (("writers", self.writers), ("readers", self.readers)):
            yield from duplicate_names(users, (field,), "user")

    @check
    def _nobody_does_both(self) -> Iterator[Violation]:
        writing = {each.principal_id: each.name for each in self.writers}
        for index, each in enumerate(self.readers):
            if each.principal_id in writing:
                yield Violation(
                    ("readers", index, "principal_id"),
                    each.principal_id,
                    f"'{each.name}' is the writer '{writing[each.principal_id]}' too: nonprod and prod would share an "
                    "identity",
                    "Give the object id of prod's own release identity",
                )


class LoadTestingSettings(PartSettings):
    """Azure Load Testing, for tests of endpoints before a release."""

    description: Optional[str] = Field(default=None, max_length=512)
    """What it is for, shown in the portal. Default: no text."""


class PoliciesSettings(PartSettings):
    """Built-in policies of Azure on each subscription of environments. They judge what anybody makes there."""

    allowed_locations: list[str] = Field(default_factory=list, examples=[["westeurope", "northeurope"]])
    """The regions in which resources may be made. Default: no such policy."""

    private_workspaces: bool = True
    """Whether workspaces of Azure ML with a public address are audited (nonprod) or denied (prod). Default: yes."""

    no_local_accounts: bool = True
    """Whether computes of machine-learning workspaces with local accounts are denied. Default: yes."""

    _regions = field_rule(region, "allowed_locations")

    @check
    def _regions_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_values(self.allowed_locations, ("allowed_locations",))


class SharedSettings(PartSettings):
    """What exists once for all environments of nonprod, and once for all of prod."""

    project: ProjectSettings
    """The platform team, its cost center and its name in resources. It is in Pulumi.yaml."""

    environment: Tier
    """`nonprod` (sandboxes, dev and test) or `prod`."""

    location: str = Field(examples=["westeurope"])
    """The Azure region of the group and of what has a region."""

    subscription_id: str = Field(examples=["00000000-0000-0000-0000-000000000001"])
    """The subscription of all resources. It cannot change."""

    tenant_id: str = Field(examples=["00000000-0000-0000-0000-000000000002"])
    """The Entra tenant of the subscription."""

    subscriptions: list[str] = Field(min_length=1, examples=[["00000000-0000-0000-0000-000000000003"]])
    """The subscriptions of the environments of this tier, at least one. The library's own roles can be given there, and
    policies judge there."""

    hub: Optional[SharedHubSettings] = None
    """The hub's side of the peerings. Default: others make them."""

    dns: Optional[SharedDnsSettings] = None
    """The central private DNS zones. Default: others run them."""

    model_registry: Optional[ModelRegistrySettings] = None
    """The registry through which models go to prod. Only in prod: there is one. Default: none."""

    load_testing: Optional[LoadTestingSettings] = None
    """Azure Load Testing. Only in nonprod. Default: none."""

    policies: Optional[PoliciesSettings] = None
    """Policies on the subscriptions of environments. Default: none."""

    tags: dict[str, str] = Field(default_factory=dict, examples=[{"criticality": "high"}])
    """Tags of this tier. They are added to the project's tags and override them."""

    retire: Optional[Retirement] = None
    """Removes protection, so that the next `pulumi destroy` can delete what is shared. Retire every environment
    first."""

    _region = field_rule(region, "location")
    _guids = field_rule(guid, "subscription_id", "tenant_id", "subscriptions")
    _own_subscriptions = known_to_owner("<id of a subscription>", "subscriptions")

    @property
    def profile(self) -> SharedProfile:
        """What this tier has."""
        return SHARED_PROFILES[self.environment]

    @property
    def expires_on(self) -> None:
        """None: what is shared does not expire."""

    @property
    def group_name(self) -> str:
        """The name of the resource group of what is shared."""
        return f"rg-{self.project.data_product}-{self.project.name}-{self.environment}"

    @property
    def group_id(self) -> str:
        """The id of the resource group of what is shared."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.group_name}"

    @property
    def zone_names(self) -> list[str]:
        """The private DNS zones to make."""
        if self.dns is None:
            return []
        return [each for each in all_zones(self.dns.regions or [self.location]) if each not in self.dns.without]

    @property
    def linked_network_ids(self) -> list[str]:
        """The networks that resolve names in the zones, the hub first."""
        hub = [self.hub.vnet_id] if self.hub else []
        others = self.dns.linked_network_ids if self.dns else []
        return [*hub, *(each for each in others if each.lower() not in {one.lower() for one in hub})]

    @check
    def _has_what_its_tier_has(self) -> Iterator[Violation]:
        if self.model_registry is not None and not self.profile.has_model_registry:
            yield Violation(
                ("model_registry",),
                None,
                f"models go through one registry, which {self.environment} does not have: who rules {self.environment} "
                "would rule what prod takes",
                "Move it to the stack of prod, and name the release identities of nonprod as its writers",
            )
        if self.load_testing is not None and not self.profile.may_load_test:
            what = f"load tests do not run in {self.environment}"
            yield Violation(("load_testing",), None, what, "Move it to the stack of nonprod")

    @check
    def _zones_are_linked(self) -> Iterator[Violation]:
        if self.dns is not None and not self.linked_network_ids:
            yield Violation(
                ("dns", "linked_network_ids"),
                [],
                "no network is linked to the zones, so nobody resolves a name there",
                "Give hub: {vnet_id: <id>}, or linked_network_ids",
            )

    @check
    def _subscriptions_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_values(self.subscriptions, ("subscriptions",))

    @check
    def _tenant_is_no_subscription(self) -> Iterator[Violation]:
        ids: list[tuple[Path, str]] = [(("tenant_id",), self.tenant_id)]
        ids += [(("subscriptions", index), each) for index, each in enumerate(self.subscriptions)]
        yield from ids_of_others(ids[:1], {"the subscription": self.subscription_id})
        yield from ids_of_others(ids[1:], {"the tenant": self.tenant_id})

    @check
    def _parts_are_in_the_subscription(self) -> Iterator[Violation]:
        yield from self.subscription_violations(self.subscription_id)

    @check
    def _tags_are_legal(self) -> Iterator[Violation]:
        yield from tag_violations(self.tags, ("tags",))
