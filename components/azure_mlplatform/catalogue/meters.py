"""How Azure bills each resource type: by the time that it exists or runs, by use, or not at all.

A meter is named as Azure's Retail Prices API names it: service, SKU, meter, product. A name that is wrong here finds no
price, and what has no price is said; it never takes the price of something else. Prices are in `prices.csv`.

Sources, read 2026-11-28: the mapping of resources to meters in github.com/infracost/infracost (internal/resources/azure
and internal/providers/terraform/azure, as stored), below "Infracost"; Learn, "Azure Retail Prices overview"; the
pricing pages of the services for what is billed by use. Names that only programs of others state are assumed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Optional

Input = Callable[[str], Any]
"""Reads an input of a resource by its dotted path."""

GLOBAL = "Global"
"""The region of meters with one price for all regions."""


@dataclass(frozen=True, slots=True, order=True)
class Meter:
    """What a price is for, as the Retail Prices API names it."""

    service: str
    """`serviceName`."""

    sku: str = ""
    """`armSkuName` of a virtual machine, else `skuName`."""

    meter: str = ""
    """`meterName`. Default: any that is left, because names of machines' meters cannot be foretold."""

    product: str = ""
    """`productName`. Default: any."""

    priority: str = ""
    """`Low Priority` or `Spot`, for machines that Azure may take back. Default: machines that stay."""

    worldwide: bool = False
    """Whether it has one price for all regions."""

    @property
    def of_machines(self) -> bool:
        """Whether it is that of virtual machines with Linux."""
        return self.service == MACHINES

    def __str__(self) -> str:
        return " ".join(filter(None, (self.service, self.meter or self.sku, self.priority)))


@dataclass(frozen=True, slots=True)
class Charge:
    """Something of a resource that costs by the time that it exists or runs."""

    meter: Optional[Meter]
    """None: Azure bills it by time, and nobody has looked up its meter."""

    least: Decimal = Decimal(1)
    most: Decimal = Decimal(1)
    """How many there are all the time at least, and at most."""

    what: str = ""
    """The charge in a few words. Default: the meter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Billing:
    """How Azure bills resources of one type."""

    charges: Callable[[Input], Iterator[Charge]] = lambda _: iter(())
    """What costs by time, used or not."""

    uses: str = ""
    """What is counted, of a resource that costs by use. Empty: nothing."""

    source: str = ""
    assumed: bool = False
    """Whether no source of Microsoft states it."""


MACHINES = "Virtual Machines"
_INFRACOST = "Infracost"


def _number(value: Any, otherwise: int = 0) -> Decimal:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else Decimal(otherwise)


def _machine(size: Any, priority: str = "") -> Meter:
    return Meter(MACHINES, str(size), priority=priority)


_PRIORITIES = {"LowPriority": "Low Priority", "Spot": "Spot"}


def _compute(given: Input) -> Iterator[Charge]:
    """Azure ML adds nothing to the price of the machines. An attached compute is billed where it runs."""
    size = given("properties.properties.vmSize")
    if given("properties.computeType") == "ComputeInstance":
        stops = given("properties.properties.idleTimeBeforeShutdown") or given("properties.properties.schedules")
        yield Charge(_machine(size), Decimal(0 if stops else 1))
    elif given("properties.computeType") == "AmlCompute":
        priority = _PRIORITIES.get(str(given("properties.properties.vmPriority")), "")
        least, most = (given(f"properties.properties.scaleSettings.{each}NodeCount") for each in ("min", "max"))
        yield Charge(_machine(size, priority), _number(least), _number(most))


def _nodes(given: Input, below: str = "") -> Iterator[Charge]:
    size, count = given(f"{below}vmSize"), _number(given(f"{below}count"), 1)
    least, most = (given(f"{below}{each}Count") for each in ("min", "max"))
    priority = _PRIORITIES.get(str(given(f"{below}scaleSetPriority")), "")
    fixed = given(f"{below}enableAutoScaling") is False
    meter = _machine(size, priority)
    yield Charge(meter, *((count, count) if fixed else (_number(least, int(count)), _number(most, int(count)))))


def _cluster(given: Input) -> Iterator[Charge]:
    tier = given("sku.tier")
    if tier == "Standard":
        yield Charge(Meter("Azure Kubernetes Service", "Standard", "Standard Uptime SLA"))
    elif tier not in (None, "Free"):
        yield Charge(None, what=f"AKS, tier {tier}")
    for index in range(len(given("agentPoolProfiles") or [])):
        yield from _nodes(given, f"agentPoolProfiles.{index}.")


def _registry(given: Input) -> Iterator[Charge]:
    sku = str(given("sku.name"))
    yield Charge(Meter("Container Registry", sku, f"{sku} Registry Unit", "Container Registry"))


def _app_service_plan(given: Input) -> Iterator[Charge]:
    """A plan with Linux. `P1v3` is `P1 v3 App`, and `P0v3` is `P0v3 App`."""
    sku = str(given("sku.name"))
    count = _number(given("sku.capacity"), 1)
    most = _number(given("maximumElasticWorkerCount")) if given("elasticScaleEnabled") else count
    if sku.startswith("P") and sku.endswith("v3"):
        meter = f"{sku} App" if sku.startswith("P0") else f"{sku[:-2]} v3 App"
        product = "Azure App Service Premium v3 Plan - Linux"
        yield Charge(Meter("Azure App Service", "", meter, product), count, max(count, most))
    else:
        yield Charge(None, count, max(count, most), f"App Service plan {sku}")


def _private_endpoint(_: Input) -> Iterator[Charge]:
    product = "Virtual Network Private Link"
    yield Charge(Meter("Virtual Network", "Standard", "Standard Private Endpoint", product, worldwide=True))


def _nat_gateway(given: Input) -> Iterator[Charge]:
    if given("sku.name") in (None, "Standard"):
        yield Charge(Meter("NAT Gateway", "Standard", "Standard Gateway", "NAT Gateway", worldwide=True))
    else:
        yield Charge(None, what=f"NAT gateway {given('sku.name')}")


def _public_address(given: Input) -> Iterator[Charge]:
    if given("sku.name") == "Standard" and given("publicIPAddressVersion") in (None, "IPv4"):
        yield Charge(Meter("Virtual Network", "Standard", "Standard IPv4 Static Public IP", "IP Addresses"))
    else:
        yield Charge(None, what=f"public address {given('sku.name') or 'Basic'}")


def _container_apps(given: Input) -> Iterator[Charge]:
    """The machines of dedicated profiles, by their CPUs and memory, and one fee for all of them."""
    profiles = [each for each in given("workloadProfiles") or [] if each.get("workloadProfileType") != "Consumption"]
    service = "Azure Container Apps"
    if profiles:
        yield Charge(Meter(service, "Dedicated", "Dedicated Plan Management", service))
    for each in profiles:
        kind = str(each.get("workloadProfileType"))
        least, most = _number(each.get("minimumCount")), _number(each.get("maximumCount"))
        if kind not in _PROFILES:
            yield Charge(None, least, most, f"Container Apps profile {kind}")
            continue
        cpus, memory = _PROFILES[kind]
        yield Charge(Meter(service, "Dedicated", "Dedicated vCPU Usage", service), least * cpus, most * cpus)
        yield Charge(Meter(service, "Dedicated", "Dedicated Memory Usage", service), least * memory, most * memory)


_PROFILES: Mapping[str, tuple[int, int]] = {
    "D4": (4, 16),
    "D8": (8, 32),
    "D16": (16, 64),
    "D32": (32, 128),
    "E4": (4, 32),
    "E8": (8, 64),
    "E16": (16, 128),
    "E32": (32, 256),
}
"""Workload profile → vCPUs and GiB of memory. Source: Infracost, container_app_environment.go."""


def _container_app(given: Input) -> Iterator[Charge]:
    """Replicas of the consumption profile that always run. They share free grants, so no price is theirs alone."""
    scale = "template.scale"
    least, most = _number(given(f"{scale}.minReplicas")), _number(given(f"{scale}.maxReplicas"), 10)
    if least and given("workloadProfileName") in (None, "Consumption"):
        yield Charge(None, least, most, "replicas that always run")


def _workspace(given: Input) -> Iterator[Charge]:
    """A rule for a domain name makes a firewall; one for a private endpoint makes that (Learn: machine-learning/
    how-to-managed-network, "Pricing")."""
    rules = given("managedNetwork.outboundRules") or {}
    kinds = [str(each.get("type")) for each in rules.values() if isinstance(each, Mapping)]
    if "FQDN" in kinds:
        yield Charge(None, what="firewall of the managed network")
    if count := kinds.count("PrivateEndpoint"):
        yield from (
            Charge(each.meter, Decimal(count), Decimal(count), "private endpoints of the managed network")
            for each in _private_endpoint(given)
        )


def _spark_pool(given: Input) -> Iterator[Charge]:
    most = given("autoScale.maxNodeCount") or given("nodeCount")
    yield Charge(None, Decimal(0), _number(most, 1), f"Spark nodes {given('nodeSize')}")


def _model(given: Input) -> Iterator[Charge]:
    if "Provisioned" in str(given("sku.name")):
        count = _number(given("sku.capacity"), 1)
        yield Charge(None, count, count, "provisioned throughput units")


def _query_rule(given: Input) -> Iterator[Charge]:
    minutes = {"PT5M": 5, "PT10M": 10}.get(str(given("evaluationFrequency")), 15)
    if given("evaluationFrequency") == "PT1M":
        minutes = 1
    if given("enabled") is not False:
        yield Charge(Meter("Azure Monitor", "", f"Alerts System Log Monitored at {minutes} Minute Frequency"))


def _unknown(what: str) -> Callable[[Input], Iterator[Charge]]:
    return lambda _: iter((Charge(None, what=what),))


_FREE = Billing()

BILLING: Mapping[str, Billing] = {
    "azure-native:app:ContainerApp": Billing(
        charges=_container_app, uses="seconds of vCPU and memory, and requests", source="container-apps/billing"
    ),
    "azure-native:app:ManagedEnvironment": Billing(charges=_container_apps, source=_INFRACOST),
    "azure-native:applicationinsights:Component": Billing(uses="GB of logs", source="pricing/details/monitor"),
    "azure-native:cognitiveservices:Account": Billing(uses="calls", source="pricing/details/cognitive-services"),
    "azure-native:cognitiveservices:Deployment": Billing(
        charges=_model, uses="tokens", source="pricing/details/cognitive-services/openai-service"
    ),
    "azure-native:containerregistry:Registry": Billing(
        charges=_registry, uses="GB beyond what is included", source=f"{_INFRACOST}, container_registry.go"
    ),
    "azure-native:containerservice:AgentPool": Billing(
        charges=_nodes, source=f"{_INFRACOST}, kubernetes_cluster_node_pool.go"
    ),
    "azure-native:containerservice:ManagedCluster": Billing(
        charges=_cluster, source=f"{_INFRACOST}, kubernetes_cluster.go; the meter's name from others' programs"
    ),
    "azure-native:databricks:Workspace": Billing(uses="DBUs and machines", source="pricing/details/databricks"),
    "azure-native:datafactory:Factory": Billing(
        uses="runs of activities", source="pricing/details/data-factory/data-pipeline"
    ),
    "azure-native:datafactory:IntegrationRuntime": Billing(
        uses="hours of activities", source="pricing/details/data-factory/data-pipeline"
    ),
    "azure-native:keyvault:Vault": Billing(uses="operations", source="pricing/details/key-vault"),
    "azure-native:loadtestservice:LoadTest": Billing(
        uses="hours of virtual users", source="pricing/details/load-testing"
    ),
    "azure-native:machinelearningservices:Compute": Billing(
        charges=_compute,
        source=f"{_INFRACOST}, machine_learning_compute_cluster.go (the machines' own prices)",
    ),
    "azure-native:machinelearningservices:BatchEndpoint": Billing(
        uses="the computes that jobs run on", source="pricing/details/machine-learning"
    ),
    "azure-native:machinelearningservices:OnlineEndpoint": Billing(
        uses="the machines of deployments that releases make", source="pricing/details/machine-learning"
    ),
    "azure-native:machinelearningservices:Registry": Billing(
        charges=_unknown("container registry and storage of the registry"),
        source="machine-learning/how-to-manage-registries",
    ),
    "azure-native:machinelearningservices:Workspace": Billing(
        charges=_workspace, source="machine-learning/how-to-managed-network"
    ),
    "azure-native:monitor:MetricAlert": Billing(uses="time series beyond the free ones", source=_INFRACOST),
    "azure-native:monitor:ScheduledQueryRule": Billing(
        charges=_query_rule, source=f"{_INFRACOST}, monitor_scheduled_query_rules_alert.go"
    ),
    "azure-native:network:NatGateway": Billing(
        charges=_nat_gateway, uses="GB", source=f"{_INFRACOST}, nat_gateway.go; the meter's name from others' programs"
    ),
    "azure-native:network:PrivateEndpoint": Billing(
        charges=_private_endpoint,
        uses="GB",
        source=f"{_INFRACOST}, private_endpoint.go; that it is worldwide from others' programs",
        assumed=True,
    ),
    "azure-native:network:PublicIPAddress": Billing(
        charges=_public_address,
        source=f"{_INFRACOST}, public_ip.go; the meter's name from others' programs",
        assumed=True,
    ),
    "azure-native:network:VirtualNetworkPeering": Billing(uses="GB", source="pricing/details/virtual-network"),
    "azure-native:operationalinsights:Workspace": Billing(
        uses="GB of logs, and days of retention", source="pricing/details/monitor"
    ),
    "azure-native:privatedns:PrivateZone": Billing(
        charges=_unknown("private DNS zone"), source=f"{_INFRACOST}, private_dns_zone.go: priced by a zone of regions"
    ),
    "azure-native:storage:StorageAccount": Billing(uses="GB and operations", source="pricing/details/storage/blobs"),
    "azure-native:synapse:BigDataPool": Billing(charges=_spark_pool, source="pricing/details/synapse-analytics"),
    "azure-native:synapse:Workspace": Billing(
        uses="runs of activities, and queries", source="pricing/details/synapse-analytics"
    ),
    "azure-native:web:AppServicePlan": Billing(
        charges=_app_service_plan, source=f"{_INFRACOST}, app_service_plan.go; the meter's name from others' programs"
    ),
    **dict.fromkeys(
        (
            "azure-native:app:ContainerAppsAuthConfig",
            "azure-native:applicationinsights:Workbook",
            "azure-native:authorization:ManagementLockByScope",
            "azure-native:authorization:PolicyAssignment",
            "azure-native:authorization:PolicyDefinition",
            "azure-native:authorization:RoleAssignment",
            "azure-native:authorization:RoleDefinition",
            "azure-native:consumption:Budget",
            "azure-native:containerservice:MaintenanceConfiguration",
            "azure-native:containerservice:ManagedNamespace",
            "azure-native:containerservice:TrustedAccessRoleBinding",
            "azure-native:databricks:AccessConnector",
            "azure-native:datafactory:LinkedService",
            "azure-native:datafactory:ManagedPrivateEndpoint",
            "azure-native:datafactory:Pipeline",
            "azure-native:datafactory:Trigger",
            "azure-native:kubernetesconfiguration:Extension",
            "azure-native:kubernetesconfiguration:FluxConfiguration",
            "azure-native:machinelearningservices:Datastore",
            "azure-native:machinelearningservices:WorkspaceConnection",
            "azure-native:managedidentity:FederatedIdentityCredential",
            "azure-native:managedidentity:UserAssignedIdentity",
            "azure-native:monitor:ActionGroup",
            "azure-native:monitor:DataCollectionRule",
            "azure-native:monitor:DataCollectionRuleAssociation",
            "azure-native:monitor:DiagnosticSetting",
            "azure-native:network:NetworkSecurityGroup",
            "azure-native:network:PrivateDnsZoneGroup",
            "azure-native:network:RouteTable",
            "azure-native:network:VirtualNetwork",
            "azure-native:privatedns:VirtualNetworkLink",
            "azure-native:resources:Deployment",
            "azure-native:resources:ResourceGroup",
            "azure-native:storage:BlobContainer",
            "azure-native:storage:BlobServiceProperties",
            "azure-native:storage:FileServiceProperties",
            "azure-native:synapse:IpFirewallRule",
            "azure-native:web:WebApp",
            "azure-native:web:WebAppAuthSettingsV2WithoutSecrets",
            "azure-native:web:WebAppAuthSettingsV2WithoutSecretsSlot",
            "azure-native:web:WebAppFtpAllowed",
            "azure-native:web:WebAppFtpAllowedSlot",
            "azure-native:web:WebAppScmAllowed",
            "azure-native:web:WebAppScmAllowedSlot",
            "azure-native:web:WebAppSlot",
        ),
        _FREE,
    ),
}
"""Full type → how it is billed. `_FREE` costs nothing itself, or is billed with what it belongs to; that these add
nothing is assumed where no page of prices names them."""

UNKNOWN_TYPE = Billing(charges=_unknown("a type that nobody has looked up"))
"""For a type that is not in the table: it is said to have no price."""


def billing_of(type_: str) -> Billing:
    """How resources of a type are billed. Types of other providers, such as `random`, cost nothing."""
    return BILLING.get(type_, UNKNOWN_TYPE if type_.startswith("azure-native:") else _FREE)


NOT_COUNTED = (
    "disks of machines",
    "load balancers that AKS and computes make",
    "data traffic",
    "taxes",
    "discounts, reservations and savings plans",
)
"""What no sum counts, because a plan does not say it."""
