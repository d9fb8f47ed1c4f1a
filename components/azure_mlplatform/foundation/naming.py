"""Every Azure name: the CAF abbreviation, the project, the environment, and a suffix where a name is global.

Abbreviations are those of "Abbreviation recommendations for Azure resources", limits those of "Naming
rules and restrictions for Azure resources" (both Microsoft Learn).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from .profiles import Environment
from .rules import pattern_rule
from .secret_values import SECRET

SHORT_NAME = r"[a-z](-?[a-z0-9])+"
"""The pattern of a name that becomes part of an Azure name: it starts with a letter and has single hyphens inside."""

project_name = pattern_rule(
    f"(?=.{{2,24}}$){SHORT_NAME}",
    "is no name for a project",
    "2 to 24 lower-case letters, digits and single hyphens, starting with a letter",
)

endpoint_name = pattern_rule(
    f"(?=.{{2,12}}$){SHORT_NAME}",
    "is no name for an endpoint",
    "2 to 12 lower-case letters, digits and single hyphens, starting with a letter",
)

compute_name = pattern_rule(
    r"(?!.*-\d+$)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]",
    "is no name for a compute",
    "3 to 24 letters, digits and hyphens, starting with a letter and not ending in a hyphen and digits",
)

attached_compute_name = pattern_rule(
    r"(?!.*-\d+$)[A-Za-z][A-Za-z0-9-]{0,14}[A-Za-z0-9]",
    "is no name for an attached compute",
    "2 to 16 letters, digits and hyphens, starting with a letter and not ending in a hyphen and digits",
)

SUFFIX_LENGTH = 6
"""Characters of the suffix: lower-case letters and digits."""


class Kind(StrEnum):
    """A kind of resource, named by its CAF abbreviation."""

    RESOURCE_GROUP = "rg"
    VIRTUAL_NETWORK = "vnet"
    SUBNET = "snet"
    NETWORK_SECURITY_GROUP = "nsg"
    NAT_GATEWAY = "ng"
    PUBLIC_IP = "pip"
    ROUTE_TABLE = "rt"
    PEERING = "peer"
    PRIVATE_ENDPOINT = "pep"
    NETWORK_INTERFACE = "nic"
    LOG_ANALYTICS = "log"
    USER_ASSIGNED_IDENTITY = "id"
    BUDGET = "budget"
    AI_SERVICE = "ais"
    ML_WORKSPACE = "mlw"
    KEY_VAULT = "kv"
    STORAGE_ACCOUNT = "st"
    CONTAINER_REGISTRY = "cr"
    APPLICATION_INSIGHTS = "appi"
    COMPUTE_INSTANCE = "ci"
    """Not one of the page's."""

    BATCH_ENDPOINT = "bep"
    """Not one of the page's."""

    DATA_FACTORY = "adf"
    SCORING_PIPELINE = "score"
    """Not one of the page's, as what else is inside a factory."""

    LINKED_SERVICE = "ls"
    INTEGRATION_RUNTIME = "ir"
    ACTION_GROUP = "ag"
    ALERT_RULE = "alert"
    """Not one of the page's."""

    DATABRICKS_WORKSPACE = "dbw"
    DATABRICKS_ACCESS_CONNECTOR = "dbac"
    DATABRICKS_STORAGE = "dbfs"
    """Not one of the page's. Of its own kind, as LAKE is."""

    KUBERNETES_CLUSTER = "aks"
    DATA_COLLECTION_RULE = "dcr"
    TRUSTED_ACCESS = "ta"
    """Not one of the page's."""

    ONLINE_ENDPOINT = "ep"
    """Not one of the page's."""

    APP_SERVICE_PLAN = "asp"
    WEB_APP = "app"
    CONTAINER_APP = "ca"
    CONTAINER_APPS_ENVIRONMENT = "cae"
    SYNAPSE_WORKSPACE = "synw"
    LAKE = "dls"
    """A storage account with a hierarchical namespace, which succeeds the page's Data Lake Store. Of its own kind,
    since no part could tell it apart from the storage of a project whose long name happens to have that part."""


@dataclass(frozen=True, slots=True)
class NameRule:
    """What a name of some kind may be."""

    shortest: int
    longest: int
    pattern: str
    """What the whole name matches."""

    suffixed: bool = False
    """Whether it carries the suffix: it is globally unique, or held for a while after deletion."""

    compact: bool = False
    """Whether it takes no hyphens."""


_WORD = r"[A-Za-z0-9][A-Za-z0-9_.-]*[A-Za-z0-9_]"

RULES: dict[Kind, NameRule] = {
    Kind.RESOURCE_GROUP: NameRule(1, 90, r"[\w().-]*[\w()-]"),
    Kind.VIRTUAL_NETWORK: NameRule(2, 64, _WORD),
    Kind.SUBNET: NameRule(1, 80, _WORD),
    Kind.NETWORK_SECURITY_GROUP: NameRule(1, 80, _WORD),
    Kind.NAT_GATEWAY: NameRule(1, 80, _WORD),
    Kind.PUBLIC_IP: NameRule(1, 80, _WORD),
    Kind.ROUTE_TABLE: NameRule(1, 80, _WORD),
    Kind.PEERING: NameRule(1, 80, _WORD),
    Kind.PRIVATE_ENDPOINT: NameRule(2, 64, _WORD),
    Kind.NETWORK_INTERFACE: NameRule(1, 80, _WORD),
    Kind.LOG_ANALYTICS: NameRule(4, 63, r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]", suffixed=True),
    Kind.USER_ASSIGNED_IDENTITY: NameRule(3, 128, r"[A-Za-z0-9][A-Za-z0-9_-]*"),
    Kind.BUDGET: NameRule(1, 63, r"[A-Za-z0-9_-]+"),
    Kind.AI_SERVICE: NameRule(2, 64, r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]", suffixed=True),
    Kind.ML_WORKSPACE: NameRule(3, 33, r"[A-Za-z0-9][\w-]{2,32}", suffixed=True),
    Kind.KEY_VAULT: NameRule(3, 24, r"[A-Za-z](-?[A-Za-z0-9])+", suffixed=True),
    Kind.STORAGE_ACCOUNT: NameRule(3, 24, r"[a-z0-9]+", suffixed=True, compact=True),
    Kind.CONTAINER_REGISTRY: NameRule(5, 50, r"[A-Za-z0-9]+", suffixed=True, compact=True),
    # Without hyphens, since a hyphen and digits at the end are refused; 24 leaves 12 for whose it is.
    Kind.COMPUTE_INSTANCE: NameRule(3, 24, r"[A-Za-z][A-Za-z0-9]+", suffixed=True, compact=True),
    Kind.APPLICATION_INSIGHTS: NameRule(1, 255, _WORD),
    Kind.BATCH_ENDPOINT: NameRule(3, 32, r"[A-Za-z](-?[A-Za-z0-9])+", suffixed=True),
    Kind.DATA_FACTORY: NameRule(3, 63, r"[A-Za-z0-9](-?[A-Za-z0-9])+", suffixed=True),
    # 140 less what the names of a pipeline's triggers and attempts add ("Pipelines and activities").
    Kind.SCORING_PIPELINE: NameRule(1, 130, r"[\w-]+"),
    # Dashes are not allowed ("Azure Data Factory - naming rules"), though ARM takes them.
    Kind.LINKED_SERVICE: NameRule(1, 130, r"[A-Za-z][A-Za-z0-9]*", compact=True),
    Kind.INTEGRATION_RUNTIME: NameRule(3, 63, r"[A-Za-z0-9](-?[A-Za-z0-9])+"),
    Kind.ACTION_GROUP: NameRule(1, 260, r"[\w-]+"),
    Kind.ALERT_RULE: NameRule(1, 260, r"[\w-]+"),
    Kind.DATABRICKS_WORKSPACE: NameRule(3, 64, r"[A-Za-z0-9_-]+"),
    # Too short for every project's whole name.
    Kind.DATABRICKS_ACCESS_CONNECTOR: NameRule(3, 30, r"[A-Za-z0-9_-]+", suffixed=True),
    Kind.DATABRICKS_STORAGE: NameRule(3, 24, r"[a-z0-9]+", suffixed=True, compact=True),
    # 54 is its DNS prefix, which is the same.
    Kind.KUBERNETES_CLUSTER: NameRule(1, 54, r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]", suffixed=True),
    # Of a cluster that several workspaces share, so it has to tell them apart.
    Kind.TRUSTED_ACCESS: NameRule(1, 24, r"[A-Za-z0-9-]+", suffixed=True),
    Kind.DATA_COLLECTION_RULE: NameRule(3, 64, _WORD),
    Kind.ONLINE_ENDPOINT: NameRule(3, 32, r"[A-Za-z](-?[A-Za-z0-9])+", suffixed=True),
    Kind.APP_SERVICE_PLAN: NameRule(1, 60, r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]"),
    # Azure takes 60; above 40 the host name of a slot is no longer made of the two names.
    Kind.WEB_APP: NameRule(2, 40, r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]", suffixed=True),
    Kind.CONTAINER_APP: NameRule(2, 32, r"[a-z](-?[a-z0-9])*"),
    Kind.CONTAINER_APPS_ENVIRONMENT: NameRule(2, 60, r"[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"),
    Kind.SYNAPSE_WORKSPACE: NameRule(1, 50, r"[a-z0-9](-?[a-z0-9])*", suffixed=True),
    Kind.LAKE: NameRule(3, 24, r"[a-z0-9]+", suffixed=True, compact=True),
}

SHORT = {
    Environment.SANDBOX: "sbx",
    Environment.DEV: "dev",
    Environment.TEST: "test",
    Environment.PROD: "prod",
}
"""How an environment is written in a name."""


def azure_name(kind: Kind, project: str, environment: Environment, part: str = "", *, suffix: str = "") -> str:
    """The name of a resource, such as `ais-churn-assistant-dev-x7k2p9`.

    `part` tells apart several of one kind, `suffix` stands where the kind's rule asks for one. A project's
    name is shortened where the whole would be too long; the suffix then keeps the names apart. Raises
    ValueError where no legal name can be made, which only a `part` against the rules can cause.
    """
    rule = RULES[kind]
    if rule.suffixed != bool(suffix):
        raise ValueError(f"a {kind.name} name {'needs a' if rule.suffixed else 'has no'} suffix")
    joint = "" if rule.compact else "-"
    ending = [each.replace("-", joint) for each in (part, SHORT[environment], suffix) if each]
    room = max(rule.longest - len(joint.join([kind, "", *ending])), 0)
    short = project.replace("-", joint)[:room].rstrip("-")
    name = joint.join([kind, *filter(None, [short]), *ending])
    if SECRET in name:
        return name  # An encrypted part, in a preview: nobody can judge it.
    if not rule.shortest <= len(name) <= rule.longest or not re.fullmatch(rule.pattern, name):
        raise ValueError(f"'{name}' is no name for a {kind.name}: {rule.shortest} to {rule.longest} of {rule.pattern}")
    return name
