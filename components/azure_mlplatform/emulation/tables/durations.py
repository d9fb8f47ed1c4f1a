"""How long Azure takes to create, update and delete a resource, for computing a makespan.

Sources: logs of real runs that print times (`pulumi up` and `destroy`, `terraform apply` and `destroy`, `azd`), in
READMEs and issue threads; each row names its own, with the times that it gives. Times were taken in one run or a few,
so they are a size, not a promise. A row's times are for the plain case; private clusters, managed networks and network
injection take longer.

Assumed: of rows with `assumed`, no source that was read gives the time to create. Of the others, a time to update or
delete that the source does not name is assumed as well: a second or two where Azure answers at once, otherwise about
half of the creation.

Not modelled: the wait until a role assignment or a name in DNS takes effect, and retries by the provider.
"""

from typing import NamedTuple


class Duration(NamedTuple):
    """How long operations on a type take."""

    type: str
    """The ARM type, in lower case. Of a dynamic resource: its name."""

    create: int
    """Seconds to create one."""

    update: int
    """Seconds to change one."""

    delete: int
    """Seconds to delete one."""

    source: str
    """Where this was read, with the times found there."""

    assumed: bool = False
    """Whether the time to create has no source."""


_AML = "hnaung/azure-landingzones-demo, level3 data_analytics apply log"
_AKS = "hnaung/azure-landingzones-demo, level3 aks apply log"
_SHARED = "baoduy, drunkcoding article 'private AKS: credential and log management', pulumi logs"
_HUB = "baoduy, drunkcoding article 'private AKS: hub VNet', pulumi log"
_AZD = "Azure-Samples/get-started-with-ai-chat#35, azd log"
_PULUMI = "pulumi example azure-py-keyvault-appserviceplan-webservice, log"
_QUICK = "assumed: a record that Azure stores and answers at once"

_ROWS = (
    Duration("microsoft.app/containerapps", 30, 20, 30, "assumed: pulls an image and starts a revision", True),
    Duration("microsoft.app/containerapps/authconfigs", 3, 3, 2, _QUICK, True),
    Duration(
        "microsoft.app/managedenvironments",
        300,
        60,
        450,
        "assumed, except microsoft/azure-container-apps#430: delete 5 to 10 minutes, create 'within a few minutes';"
        " hashicorp/terraform-provider-azurerm#24583 has over 8m41s with an internal load balancer",
        True,
    ),
    Duration("microsoft.authorization/locks", 2, 2, 2, _QUICK, True),
    Duration(
        "microsoft.authorization/roleassignments",
        7,
        7,
        4,
        f"{_SHARED}: create 3 to 11s, delete 2 to 7s; DefangLabs/pulumi-defang#245: delete 4 and 6s",
    ),
    Duration("microsoft.authorization/policyassignments", 3, 3, 2, _QUICK, True),
    Duration("microsoft.authorization/roledefinitions", 5, 5, 5, _QUICK, True),
    Duration("microsoft.cognitiveservices/accounts", 30, 10, 10, f"assumed: {_AZD} has a failed one after 23s", True),
    Duration(
        "microsoft.cognitiveservices/accounts/deployments",
        20,
        20,
        1,
        "assumed, except DefangLabs/pulumi-defang#245: delete 1s",
        True,
    ),
    Duration("microsoft.consumption/budgets", 5, 5, 3, _QUICK, True),
    Duration(
        "microsoft.containerregistry/registries",
        24,
        10,
        10,
        f"{_AZD}: create 24s; an AKS tutorial's terraform log: 28s; {_AKS}: 8s",
    ),
    Duration(
        "microsoft.containerservice/managedclusters",
        258,
        120,
        300,
        f"{_AKS}: create 4m13s; pulumi example azure-ts-aks-managed-profile: 274s; six terraform logs of tutorials:"
        " 3m39s, 3m49s, 4m18s, 4m45s, 7m30s, 8m24s",
    ),
    Duration(
        "microsoft.containerservice/managedclusters/agentpools",
        180,
        120,
        180,
        "assumed: the nodes' part of a cluster's creation",
        True,
    ),
    Duration("microsoft.containerservice/managedclusters/maintenanceconfigurations", 3, 3, 3, _QUICK, True),
    Duration(
        "microsoft.containerservice/managedclusters/managednamespaces",
        15,
        10,
        20,
        "assumed: an operation that Azure carries out in the cluster",
        True,
    ),
    Duration(
        "microsoft.containerservice/managedclusters/trustedaccessrolebindings",
        60,
        60,
        60,
        "assumed: an update of the cluster",
        True,
    ),
    Duration("microsoft.databricks/accessconnectors", 10, 5, 5, "assumed: makes an identity", True),
    Duration(
        "microsoft.databricks/workspaces",
        48,
        30,
        60,
        "hashicorp/terraform-provider-azurerm#11418: create 48s, on Databricks' own network",
    ),
    Duration(
        "microsoft.datafactory/factories",
        3,
        2,
        5,
        "hashicorp/terraform-provider-azurerm#11418: create 3s, terraform log",
    ),
    Duration("microsoft.datafactory/factories/integrationruntimes", 3, 3, 5, _QUICK, True),
    Duration("microsoft.datafactory/factories/linkedservices", 2, 2, 2, _QUICK, True),
    Duration(
        "microsoft.datafactory/factories/managedvirtualnetworks/managedprivateendpoints",
        90,
        60,
        60,
        "assumed: as a private endpoint, in a network that Azure makes first",
        True,
    ),
    Duration("microsoft.datafactory/factories/pipelines", 2, 2, 2, _QUICK, True),
    Duration("microsoft.datafactory/factories/triggers", 2, 2, 2, f"{_QUICK}; starting one takes 10s more", True),
    Duration("microsoft.insights/actiongroups", 3, 3, 3, _QUICK, True),
    Duration(
        "microsoft.insights/components",
        4,
        3,
        5,
        f"{_SHARED}: create 4s, delete 5s; {_AZD}: 2s; {_AML}: 43s with terraform's own calls",
    ),
    Duration("microsoft.insights/datacollectionruleassociations", 3, 3, 3, _QUICK, True),
    Duration("microsoft.insights/datacollectionrules", 4, 3, 3, _QUICK, True),
    Duration("microsoft.insights/diagnosticsettings", 3, 3, 3, _QUICK, True),
    Duration("microsoft.insights/metricalerts", 3, 3, 3, _QUICK, True),
    Duration("microsoft.insights/scheduledqueryrules", 3, 3, 3, _QUICK, True),
    Duration("microsoft.insights/workbooks", 3, 3, 3, _QUICK, True),
    Duration(
        "microsoft.keyvault/vaults",
        40,
        5,
        8,
        f"{_SHARED}: create 40 and 71s, delete 8s; {_PULUMI}: 33s; {_AZD}: 18s; {_AML}: 2m9s",
    ),
    Duration(
        "microsoft.kubernetesconfiguration/extensions",
        240,
        120,
        120,
        "assumed: installs charts in the cluster; Azure/AKS#3233 has a failed one after 7m58s",
        True,
    ),
    Duration(
        "microsoft.kubernetesconfiguration/fluxconfigurations",
        120,
        60,
        60,
        "assumed: waits until flux in the cluster reports",
        True,
    ),
    Duration("microsoft.loadtestservice/loadtests", 30, 10, 30, "assumed: as an account of a service", True),
    Duration(
        "microsoft.machinelearningservices/registries",
        180,
        60,
        120,
        "assumed: Azure makes a group with storage and a container registry for each region",
        True,
    ),
    Duration(
        "microsoft.machinelearningservices/workspaces",
        65,
        30,
        60,
        f"{_AML}: create 1m5s; Azure/terraform-provider-azapi#731: a delete with a managed network ran into a timeout",
    ),
    Duration(
        "microsoft.machinelearningservices/workspaces/batchendpoints",
        30,
        10,
        60,
        "assumed: no machines before a deployment",
        True,
    ),
    Duration(
        "microsoft.machinelearningservices/workspaces/computes",
        60,
        30,
        120,
        "assumed: a cluster with no nodes yet; an instance takes minutes more",
        True,
    ),
    Duration("microsoft.machinelearningservices/workspaces/connections", 3, 3, 2, _QUICK, True),
    Duration("microsoft.machinelearningservices/workspaces/data/versions", 2, 2, 2, _QUICK, True),
    Duration("microsoft.machinelearningservices/workspaces/datastores", 3, 3, 2, _QUICK, True),
    Duration(
        "microsoft.machinelearningservices/workspaces/onlineendpoints",
        120,
        60,
        420,
        "assumed, except Azure/azureml-examples#1625: delete 6 to 8 minutes, with its deployment",
        True,
    ),
    Duration("microsoft.managedidentity/userassignedidentities", 5, 2, 3, _QUICK, True),
    Duration("microsoft.managedidentity/userassignedidentities/federatedidentitycredentials", 3, 3, 3, _QUICK, True),
    Duration("microsoft.network/natgateways", 11, 10, 11, "assumed: as other network resources", True),
    Duration(
        "microsoft.network/networksecuritygroups",
        4,
        4,
        10,
        f"{_AKS}: create 3 and 4s; jenkins-infra/azure#75: delete 10s",
    ),
    Duration(
        "microsoft.network/privatednszones",
        30,
        10,
        30,
        "assumed: an operation of Azure's DNS, as a link",
        True,
    ),
    Duration(
        "microsoft.network/privatednszones/virtualnetworklinks",
        30,
        10,
        30,
        "assumed: an operation of Azure's DNS, as a zone",
        True,
    ),
    Duration("microsoft.network/privateendpoints", 60, 20, 30, "assumed: makes an interface and a connection", True),
    Duration("microsoft.network/privateendpoints/privatednszonegroups", 12, 12, 11, "assumed: writes records", True),
    Duration("microsoft.network/publicipaddresses", 4, 4, 10, f"{_HUB}: create 3 and 4s"),
    Duration("microsoft.network/routetables", 4, 4, 10, "assumed: as a network security group", True),
    Duration(
        "microsoft.network/virtualnetworks",
        4,
        5,
        11,
        f"{_HUB}: create 4s; {_AKS}: 4s, its six subnets 20s more; Azure/terraform-azurerm-aks#76: delete 11s",
    ),
    Duration(
        "microsoft.network/virtualnetworks/subnets",
        4,
        4,
        11,
        f"{_AKS}: create 4s, six in turn 20s; turbot/steampipe-plugin-azure#420: delete 11s",
    ),
    Duration(
        "microsoft.network/virtualnetworks/virtualnetworkpeerings",
        11,
        11,
        11,
        f"{_AKS}: create 11s, and 51s for the other side at the same time",
    ),
    Duration(
        "microsoft.operationalinsights/workspaces",
        32,
        5,
        1,
        f"{_SHARED}: create 31 and 32s, delete 1s; {_AZD}: 17s; an AKS project's terraform log: 46s",
    ),
    Duration("microsoft.resources/deployments", 20, 20, 3, "assumed: as long as what it deploys, plus this", True),
    Duration(
        "microsoft.resources/resourcegroups",
        1,
        1,
        15,
        f"{_SHARED}: create 1 and 2s, delete 15s when empty; {_AZD}: 1s; {_HUB}: 1s",
    ),
    Duration(
        "microsoft.storage/storageaccounts",
        27,
        5,
        5,
        f"{_AML}: create 27s; {_AZD}: 27s; pulumi example azure-ts-aks-managed-profile: 19s",
    ),
    Duration("microsoft.storage/storageaccounts/blobservices", 2, 2, 1, _QUICK, True),
    Duration("microsoft.storage/storageaccounts/blobservices/containers", 2, 2, 2, _QUICK, True),
    Duration("microsoft.storage/storageaccounts/fileservices", 2, 2, 1, _QUICK, True),
    Duration(
        "microsoft.synapse/workspaces", 233, 60, 180, "turbot/steampipe-plugin-azure#346: create 3m53s, terraform log"
    ),
    Duration(
        "microsoft.synapse/workspaces/bigdatapools",
        180,
        60,
        120,
        "assumed: hashicorp/terraform-provider-azurerm#33258 has tests of 10 minutes with the workspace",
        True,
    ),
    Duration("microsoft.synapse/workspaces/firewallrules", 10, 10, 10, "assumed: a short operation", True),
    Duration("microsoft.web/serverfarms", 6, 5, 5, f"{_PULUMI}: create 6s"),
    Duration("microsoft.web/sites", 19, 10, 10, f"{_PULUMI}: create 19s"),
    Duration("microsoft.web/sites/basicpublishingcredentialspolicies", 2, 2, 1, _QUICK, True),
    Duration("microsoft.web/sites/config", 2, 2, 1, _QUICK, True),
    Duration("microsoft.web/sites/slots", 19, 10, 10, "assumed: as a site", True),
    Duration("microsoft.web/sites/slots/basicpublishingcredentialspolicies", 2, 2, 1, _QUICK, True),
    Duration("microsoft.web/sites/slots/config", 2, 2, 1, _QUICK, True),
)

DURATIONS = {row.type: row for row in _ROWS}
"""ARM type → how long its operations take."""

OTHERS = Duration("", 5, 5, 5, "assumed: a type without a row", True)
"""How long operations on any other type take."""

_CALLS = (
    Duration(
        "ApproveConnection",
        30,
        30,
        0,
        "assumed: Azure shows the endpoint as approved some seconds after the call; the client asks every 10s",
        True,
    ),
    Duration("ClusterClaim", 2, 2, 2, "assumed: reads and writes a tag", True),
    Duration("ComputeDetach", 0, 0, 120, "creates nothing; assumed: deletes as a compute"),
    Duration("DeployedModel", 1, 1, 0, "assumed: reads a deployment", True),
    Duration("KubernetesDetach", 0, 0, 120, "creates nothing; assumed: deletes as a compute"),
    Duration(
        "StartTrigger", 10, 10, 10, "assumed: the client asks every 10s whether it has subscribed to events", True
    ),
    Duration("StopRemoved", 0, 10, 0, "creates nothing; assumed: stops as StopTrigger does"),
    Duration("StopTrigger", 1, 10, 0, "assumed: a new factory has no trigger; the client asks every 10s", True),
    Duration("StoppedInstance", 60, 60, 0, "assumed: the client asks every 10s whether it has stopped", True),
    Duration("WorkspaceQuota", 1, 1, 1, "assumed: one call", True),
    Duration("SystemPool", 1, 120, 0, "assumed: reads the pool that came with its cluster; updates as a pool", True),
)

DYNAMIC = {row.type: row for row in _CALLS}
"""Name of a dynamic resource → how long the calls that it makes take."""
