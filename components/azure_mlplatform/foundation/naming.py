"""Builds every Azure name from the CAF abbreviation, the project, the environment, and a suffix if it is global.

Abbreviations are from "Abbreviation recommendations for Azure resources", limits from "Naming rules and
restrictions for Azure resources" (both Microsoft Learn).
"""

import re
from dataclasses import dataclass
from enum import StrEnum, unique

from .profiles import Environment
from .rules import pattern_rule
from .secret_values import SECRET

SHORT_NAME = r"[a-z](-?[a-z0-9])+"
"""The pattern of a part of an Azure name: it starts with a letter and has single hyphens inside."""

project_name = pattern_rule(
    f"(?=.{{2,24}}$){SHORT_NAME}",
    "is not a valid project name",
    "2 to 24 lower-case letters, digits and single hyphens, starting with a letter",
)

endpoint_name = pattern_rule(
    f"(?=.{{2,12}}$){SHORT_NAME}",
    "is not a valid endpoint name",
    "2 to 12 lower-case letters, digits and single hyphens, starting with a letter",
)

compute_name = pattern_rule(
    r"(?!.*-\d+$)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]",
    "is not a valid compute name",
    "3 to 24 letters, digits and hyphens, starting with a letter and not ending in a hyphen and digits",
)

attached_compute_name = pattern_rule(
    r"(?!.*-\d+$)[A-Za-z][A-Za-z0-9-]{0,14}[A-Za-z0-9]",
    "is not a valid name for an attached compute",
    "2 to 16 letters, digits and hyphens, starting with a letter and not ending in a hyphen and digits",
)

SUFFIX_LENGTH = 6
"""Length of the suffix, which has lower-case letters and digits."""


@unique
class Kind(StrEnum):
    """A kind of resource; the value is its CAF abbreviation."""

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
    """Not in Microsoft's list."""

    BATCH_ENDPOINT = "bep"
    """Not in Microsoft's list."""

    DATA_FACTORY = "adf"
    SCORING_PIPELINE = "score"
    """Not in Microsoft's list, like all items inside a factory."""

    LINKED_SERVICE = "ls"
    INTEGRATION_RUNTIME = "ir"
    ACTION_GROUP = "ag"
    ALERT_RULE = "alert"
    """Not in Microsoft's list."""

    DATABRICKS_WORKSPACE = "dbw"
    DATABRICKS_ACCESS_CONNECTOR = "dbac"
    DATABRICKS_STORAGE = "dbfs"
    """Not in Microsoft's list. A separate kind, for the same reason as LAKE."""

    KUBERNETES_CLUSTER = "aks"
    DATA_COLLECTION_RULE = "dcr"
    TRUSTED_ACCESS = "ta"
    """Not in Microsoft's list."""

    ONLINE_ENDPOINT = "ep"
    """Not in Microsoft's list."""

    APP_SERVICE_PLAN = "asp"
    WEB_APP = "app"
    CONTAINER_APP = "ca"
    CONTAINER_APPS_ENVIRONMENT = "cae"
    SYNAPSE_WORKSPACE = "synw"
    LAKE = "dls"
    """A storage account with a hierarchical namespace, the successor of Data Lake Store in Microsoft's list. A separate
    kind: with a `part` instead, the name could equal the storage name of another project that ends in that part."""


@dataclass(frozen=True, slots=True)
class NameRule:
    """The rule for names of one kind."""

    shortest: int
    longest: int
    pattern: str
    """The pattern that the whole name matches."""

    suffixed: bool = False
    """Whether names have the suffix: they must be globally unique, or stay reserved for a while after deletion."""

    compact: bool = False
    """Whether names have no hyphens."""


_STORAGE_ACCOUNT = NameRule(3, 24, r"[a-z0-9]+", suffixed=True, compact=True)
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
    Kind.STORAGE_ACCOUNT: _STORAGE_ACCOUNT,
    Kind.CONTAINER_REGISTRY: NameRule(5, 50, r"[A-Za-z0-9]+", suffixed=True, compact=True),
    # No hyphens, since Azure refuses a hyphen and digits at the end. 24 leaves 12 characters for the owner's part.
    Kind.COMPUTE_INSTANCE: NameRule(3, 24, r"[A-Za-z][A-Za-z0-9]+", suffixed=True, compact=True),
    Kind.APPLICATION_INSIGHTS: NameRule(1, 255, _WORD),
    Kind.BATCH_ENDPOINT: NameRule(3, 32, r"[A-Za-z](-?[A-Za-z0-9])+", suffixed=True),
    Kind.DATA_FACTORY: NameRule(3, 63, r"[A-Za-z0-9](-?[A-Za-z0-9])+", suffixed=True),
    # 140 minus the characters that the names of a pipeline's triggers and attempts add ("Pipelines and activities").
    Kind.SCORING_PIPELINE: NameRule(1, 130, r"[\w-]+"),
    # Dashes are not allowed ("Azure Data Factory - naming rules"), though ARM accepts them.
    Kind.LINKED_SERVICE: NameRule(1, 130, r"[A-Za-z][A-Za-z0-9]*", compact=True),
    Kind.INTEGRATION_RUNTIME: NameRule(3, 63, r"[A-Za-z0-9](-?[A-Za-z0-9])+"),
    Kind.ACTION_GROUP: NameRule(1, 260, r"[\w-]+"),
    Kind.ALERT_RULE: NameRule(1, 260, r"[\w-]+"),
    Kind.DATABRICKS_WORKSPACE: NameRule(3, 64, r"[A-Za-z0-9_-]+"),
    # 30 is too short for long project names, so the suffix keeps the shortened names unique.
    Kind.DATABRICKS_ACCESS_CONNECTOR: NameRule(3, 30, r"[A-Za-z0-9_-]+", suffixed=True),
    Kind.DATABRICKS_STORAGE: _STORAGE_ACCOUNT,
    # The name is also the DNS prefix, which has at most 54 characters.
    Kind.KUBERNETES_CLUSTER: NameRule(1, 54, r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]", suffixed=True),
    # Several workspaces can share a cluster; the suffix keeps their names unique.
    Kind.TRUSTED_ACCESS: NameRule(1, 24, r"[A-Za-z0-9-]+", suffixed=True),
    Kind.DATA_COLLECTION_RULE: NameRule(3, 64, _WORD),
    Kind.ONLINE_ENDPOINT: NameRule(3, 32, r"[A-Za-z](-?[A-Za-z0-9])+", suffixed=True),
    Kind.APP_SERVICE_PLAN: NameRule(1, 60, r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]"),
    # Azure allows 60, but above 40 the host name of a slot is no longer the app's name and the slot's name.
    Kind.WEB_APP: NameRule(2, 40, r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]", suffixed=True),
    Kind.CONTAINER_APP: NameRule(2, 32, r"[a-z](-?[a-z0-9])*"),
    Kind.CONTAINER_APPS_ENVIRONMENT: NameRule(2, 60, r"[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"),
    Kind.SYNAPSE_WORKSPACE: NameRule(1, 50, r"[a-z0-9](-?[a-z0-9])*", suffixed=True),
    Kind.LAKE: _STORAGE_ACCOUNT,
}

SHORT = {
    Environment.SANDBOX: "sbx",
    Environment.DEV: "dev",
    Environment.TEST: "test",
    Environment.PROD: "prod",
}
"""The short form of an environment in names."""


def azure_name(kind: Kind, project: str, environment: Environment, part: str = "", *, suffix: str = "") -> str:
    """The name of a resource, such as `ais-churn-assistant-dev-x7k2p9`.

    `part` distinguishes several resources of one kind. `suffix` is required if the kind's rule is `suffixed`, else
    forbidden. The project's name is shortened if the whole name would be too long; the suffix keeps such names unique.
    Raises ValueError if `part` or `suffix` makes the name illegal.
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
        return name  # The part is encrypted, in a preview, and cannot be checked.
    if not rule.shortest <= len(name) <= rule.longest or not re.fullmatch(rule.pattern, name):
        raise ValueError(
            f"'{name}' is not a valid {kind.name} name. "
            f"Allowed: {rule.shortest} to {rule.longest} characters that match {rule.pattern}"
        )
    return name
