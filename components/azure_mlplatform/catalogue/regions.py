"""Azure's public regions by short name: their availability zones, and the accelerators that are listed by region.

Sources, all read 2026-11-28:

- Zones: "List of Azure regions" (MicrosoftDocs/reliability-docs, regions-list, 2025-09-23). What can be spread over
  zones can be so in every region with zones, by the pages of the same repository: App Service Premium v3
  (reliability-app-service, 2025-10-31), Container Apps (reliability-container-apps, 2025-10-23), storage with
  `Standard_ZRS` (reliability-storage-zone-region-support-include) and Container Registry
  (reliability-container-registry, 2025-08-22). The quota and the capacity in a zone are another matter.
- Names that the list lacks: Azure/terraform-azurerm-avm-utl-regions (the locations API). The list names swedensouth as
  a pair only.
- FPGAs: "NP size series" (MicrosoftDocs/azure-compute-docs, 2026-04-13), the answer on quotas.
- GPUs of Container Apps: "Workload profiles in Azure Container Apps" (2025-11) and "Using serverless GPUs" (2025-06).

No page that could be read lists the regions of the virtual machines with GPUs, so these are not checked.
"""

import datetime
import re
from typing import NamedTuple, Optional

from ..foundation.rules import JsonSchema, matching, needs_plain_text, one_of, published_as
from ..foundation.values import nearest
from ..foundation.violations import rule_error

READ = datetime.date(2026, 11, 28)
"""The day on which the sources were read."""


class Region(NamedTuple):
    """A region."""

    name: str
    geography: str
    """The country or area that Microsoft's list puts it into, such as `United States`."""

    zones: Optional[bool]
    """Whether it has availability zones. None: not checked."""


# Geography, regions with zones, regions without, and those that are not checked.
_ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("Asia Pacific", "eastasia southeastasia", "", ""),
    ("Australia", "australiaeast", "australiacentral australiacentral2 australiasoutheast", ""),
    ("Austria", "austriaeast", "", ""),
    ("Belgium", "belgiumcentral", "", ""),
    ("Brazil", "brazilsouth", "brazilsoutheast", ""),
    ("Canada", "canadacentral", "canadaeast", ""),
    ("Chile", "chilecentral", "", ""),
    # Listed as "coming soon".
    ("Denmark", "denmarkeast", "", ""),
    ("Europe", "northeurope westeurope", "", ""),
    ("France", "francecentral", "francesouth", ""),
    ("Germany", "germanywestcentral", "germanynorth", ""),
    ("India", "centralindia", "southindia westindia", "jioindiacentral jioindiawest"),
    ("Indonesia", "indonesiacentral", "", ""),
    ("Israel", "israelcentral", "", ""),
    ("Italy", "italynorth", "", ""),
    ("Japan", "japaneast japanwest", "", ""),
    ("Korea", "koreacentral", "koreasouth", ""),
    ("Malaysia", "malaysiawest", "", ""),
    ("Mexico", "mexicocentral", "", ""),
    ("New Zealand", "newzealandnorth", "", ""),
    ("Norway", "norwayeast", "norwaywest", ""),
    ("Poland", "polandcentral", "", ""),
    ("Qatar", "qatarcentral", "", ""),
    ("South Africa", "southafricanorth", "southafricawest", ""),
    ("Spain", "spaincentral", "", ""),
    ("Sweden", "swedencentral", "", "swedensouth"),
    ("Switzerland", "switzerlandnorth", "switzerlandwest", ""),
    ("UAE", "uaenorth", "uaecentral", ""),
    ("United Kingdom", "uksouth", "ukwest", ""),
    (
        "United States",
        "centralus eastus eastus2 southcentralus westus2 westus3",
        "northcentralus westcentralus westus",
        "",
    ),
)

REGIONS: dict[str, Region] = {
    name: Region(name, geography, zones)
    for geography, *names in _ROWS
    for zones, listed in zip((True, False, None), names, strict=True)
    for name in listed.split()
}
"""Short name → the region."""

_SERVERLESS_A100 = frozenset(
    {"australiaeast", "brazilsouth", "canadacentral", "eastus", "italynorth", "swedencentral", "westus", "westus3"}
)
_DEDICATED_A100 = frozenset({"northeurope", "westus3"})
_ACCELERATED: dict[str, frozenset[str]] = {
    "NP": frozenset(
        {"canadacentral", "eastus", "japaneast", "southcentralus", "southeastasia", "westeurope", "westus2"}
    ),
    "Consumption-GPU-NC8as-T4": _SERVERLESS_A100
    | {
        "centralindia",
        "francecentral",
        "japaneast",
        "northcentralus",
        "southcentralus",
        "southeastasia",
        "southindia",
        "westeurope",
        "westus2",
    },
    "Consumption-GPU-NC24-A100": _SERVERLESS_A100,
    "NC24-A100": _DEDICATED_A100,
    "NC48-A100": _DEDICATED_A100,
    "NC96-A100": _DEDICATED_A100,
}
"""Family of VM sizes, or workload profile of Container Apps → the regions that have it."""


def regions_with(accelerated: str) -> Optional[frozenset[str]]:
    """The regions that have a family of VM sizes, such as `NP`, or a workload profile. None: not checked."""
    return _ACCELERATED.get(accelerated)


def has_zones(location: str) -> Optional[bool]:
    """Whether a region has availability zones. None: not checked, or a region that the catalogue does not have."""
    found = REGIONS.get(location)
    return found.zones if found else None


def with_zones_near(location: str) -> list[str]:
    """The regions with availability zones in the same geography, or all of them if it has none."""
    geography = REGIONS[location].geography if location in REGIONS else ""
    all_ = [each for each in REGIONS.values() if each.zones]
    return sorted(each.name for each in [each for each in all_ if each.geography == geography] or all_)


_OTHER_CLOUDS = re.compile(r"china(north|east)|usgov|usdod|ussec|usnat")
"""Regions of Azure in China ("Azure regions list", docs.azure.cn) and of the clouds of the US government
(`AzureLocation` of @azure/arm-migrate, learn.microsoft.com)."""

_NOT_RELEASED = re.compile(r"china|stage|stg$|euap$")
"""Regions of stages before a release, and words that are no region of the public cloud."""


def _region_schema() -> JsonSchema:
    message = (
        f"Not a region's short name in the catalogue of {READ}. A display name (West Europe) works too, and a region "
        "that is newer; a misspelt name is refused"
    )
    # The editor warns of these, and the schema accepts them.
    unlisted = {**matching("[A-Za-z ]+[0-9 ]*", message), "deprecationMessage": message}
    return one_of("Region", sorted(REGIONS), unlisted, errorMessage=message)


@needs_plain_text
@published_as(_region_schema)
def region(value: str) -> str:
    """The short name of a public Azure region. Also accepts a display name such as 'West Europe'.

    A name that the catalogue does not have may be a new region, if it looks like one and is not a known name misspelt.
    """
    short = value.replace(" ", "").lower()
    if _OTHER_CLOUDS.match(short):
        raise rule_error(
            f"'{value}' is a region of another cloud than Azure's public one",
            "Allowed: a region of the public cloud, such as westeurope. This library does not know the others",
        )
    if short not in REGIONS and not _may_be_new(short):
        raise rule_error(
            f"'{value}' is not an Azure region{nearest(short, REGIONS)}",
            "Allowed: a region's short name, such as westeurope, northeurope or swedencentral "
            "(`az account list-locations` lists them)",
        )
    return short


def _may_be_new(short: str) -> bool:
    """Whether an unknown name is built as Azure builds them, such as `eastus3`, and not close to a known one."""
    if _NOT_RELEASED.search(short) or not re.fullmatch(r"[a-z]*(north|south|east|west|central)[a-z]*[0-9]?", short):
        return False
    # A number makes a name another one, as in eastus and eastus2.
    return short.rstrip("0123456789") in {each.rstrip("0123456789") for each in REGIONS} or not nearest(
        short, REGIONS, cutoff=0.9
    )
