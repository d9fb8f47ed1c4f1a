"""Things that Azure no longer makes after a day: VM sizes, versions of models, and runtimes.

A row refuses new resources with its values, and changes to them; what runs already may go on for a while. Sources:

- Sizes: MicrosoftDocs/azure-compute-docs, sizes/retirement/retired-sizes-list: the planned day of a series, after
  which it "can't be provisioned". The answers are those of AKS (Azure/azure-cli#30887) and of Machine Learning
  (Azure/MachineLearningNotebooks#1169) to a size that is not offered; that a retired one gets the same is assumed.
- Models: MicrosoftDocs/azure-ai-docs, concepts-model-retirement-schedule-content (2026-07): the retirement day. A
  deprecated model is refused to new customers before that. The answer is quoted in Azure-Samples/aks-store-demo#203.
- Runtimes: Learn, apache-spark-33-runtime and apache-spark-34-runtime.

Paths lead through the ARM body, as in `deletion.py`. `*` in a value is any text.
"""

import datetime
from dataclasses import dataclass

from .row import Refusal


@dataclass(frozen=True, kw_only=True)
class Retired(Refusal):
    """Values that no new resource may have from a day on."""

    table = "RETIRED"
    by = ("type", "values")

    type: str
    """The ARM type."""

    values: tuple[str, ...]
    """Path and value of each property, as `path=value`. All of them must be so."""

    since: datetime.date
    """The first day on which Azure makes no new one."""


_DAY = "2026-11-28"
_SIZES = "azure-compute-docs: retired-sizes-list"
_SCHEDULE = (
    "azure-ai-docs: concepts-model-retirement-schedule-content; that new ones are refused from the retirement day on is"
    " assumed"
)

_SERIES = (
    ("Standard_NC*s_v3", datetime.date(2025, 9, 30)),
    ("Standard_NV*s_v3", datetime.date(2026, 9, 30)),
    ("Standard_NV*as_v4", datetime.date(2026, 9, 30)),
    ("Standard_DS*_v2", datetime.date(2028, 5, 1)),
    ("Standard_F*s_v2", datetime.date(2028, 11, 15)),
)

_AKS_TEXT = "Virtual Machine size: '{value}' is not supported for subscription {subscription} in location '{location}'."
_ML_TEXT = (
    "The specified value {value} for property Cluster.Properties.VMSize is not a supported VM size. See additional"
    " details for supported VM sizes."
)
_PLACES = (
    (
        "microsoft.containerservice/managedclusters",
        "properties.agentPoolProfiles[].vmSize",
        "VMSizeNotSupported",
        _AKS_TEXT,
    ),
    ("microsoft.containerservice/managedclusters/agentpools", "properties.vmSize", "VMSizeNotSupported", _AKS_TEXT),
    (
        "microsoft.machinelearningservices/workspaces/computes",
        "properties.properties.vmSize",
        "InvalidPropertyValue",
        _ML_TEXT,
    ),
)

_MODEL_TEXT = "The model 'Format:OpenAI,Name:{model},Version:{version}' has been deprecated since {since} 00:00:00."
_MODELS = (
    ("gpt-35-turbo", "0613", "2025-02-13", "", "Azure-Samples/aks-store-demo#203"),
    ("gpt-35-turbo-16k", "0613", "2025-04-30", "", "shohei1029/book-azureopenai-sample#23"),
    (
        "gpt-4o-mini",
        "2024-07-18",
        "2026-03-31",
        "Standard",
        "microsoft/microsoft-foundry-for-vscode#491 (text, with this day); Azure/azure-dev#7534 (of this SKU only)",
    ),
    ("gpt-4o-mini", "2024-07-18", "2026-10-01", "", _SCHEDULE),
    ("gpt-4o", "2024-08-06", "2026-10-01", "", _SCHEDULE),
    ("gpt-4o", "2024-11-20", "2026-10-01", "", _SCHEDULE),
    ("gpt-4.1", "2025-04-14", "2026-10-14", "", _SCHEDULE),
    ("gpt-4.1-mini", "2025-04-14", "2026-10-14", "", _SCHEDULE),
    ("gpt-5-mini", "2025-08-07", "2027-02-06", "", _SCHEDULE),
    ("gpt-5.4", "2026-03-05", "2027-03-05", "", _SCHEDULE),
    ("text-embedding-3-small", "1", "2027-04-15", "", _SCHEDULE),
    ("text-embedding-3-large", "1", "2027-04-15", "", _SCHEDULE),
    ("text-embedding-ada-002", "2", "2027-04-15", "", _SCHEDULE),
)
"""Name, version, day, SKU (empty: any) and source."""

UPDATED = {
    "properties.versionUpgradeOption": ("OnceCurrentVersionExpired", "OnceNewDefaultVersionAvailable"),
    "sku.name": ("Standard", "GlobalStandard", "DataZoneStandard"),
}
"""Path → the values of a deployment whose model the service replaces on its retirement day ("Working with models", read
2026-11-28: `When the retirement date is reached the model will automatically upgrade to the default version at the time
of retirement`, with standard deployment types only). One without them stops working, which is not emulated."""

DEFAULTS = {"gpt-4o": ("gpt-5.1", "2025-11-13")}
"""Model → what replaces it on its retirement day (learn.microsoft.com/en-us/answers/a/12789170: gpt-4o 2024-05-13 and
2024-08-06 became gpt-5.1; the version: .../answers/questions/5720653; of 2024-11-20 assumed). Of others nobody knows
the default of a day to come: they keep their name, and the emulated version is called by that day. That is assumed."""

_RUNTIMES = (
    ("3.1", datetime.date(2024, 1, 26), "MicrosoftLearning/dp-203-azure-data-engineer#124 (code, text)"),
    (
        "3.3",
        datetime.date(2025, 3, 31),
        "Learn: 'deprecated and disabled'; that a new pool is refused as with 3.1 is assumed",
    ),
    (
        "3.4",
        datetime.date(2026, 3, 31),
        "Learn: 'deprecated and disabled'; that a new pool is refused as with 3.1 is assumed",
    ),
)

RETIRED = (
    *(
        Retired(
            type=type_,
            values=(f"{path}={size}",),
            since=since,
            status=400,
            code=code,
            text=text,
            source=f"{_SIZES}; that this is the answer is assumed",
            day=_DAY,
            assumed=True,
        )
        for size, since in _SERIES
        for type_, path, code, text in _PLACES
    ),
    *(
        Retired(
            type="microsoft.cognitiveservices/accounts/deployments",
            values=(
                f"properties.model.name={name}",
                f"properties.model.version={version}",
                *((f"sku.name={sku}",) if sku else ()),
            ),
            since=datetime.date.fromisoformat(since),
            status=400,
            code="ServiceModelDeprecated",
            text=_MODEL_TEXT.replace("{model}", name).replace("{version}", version),
            source=source,
            day=_DAY,
            assumed=source == _SCHEDULE,
        )
        for name, version, since, sku, source in _MODELS
    ),
    *(
        Retired(
            type="microsoft.synapse/workspaces/bigdatapools",
            values=(f"properties.sparkVersion={version}",),
            since=since,
            status=400,
            code="InvalidSparkComputeVersion",
            text="Spark Compute version: {value} is invalid",
            source=f"{source}; the status is assumed",
            day=_DAY,
            assumed=True,
        )
        for version, since, source in _RUNTIMES
    ),
)
"""The refusals from a day on. A family of sizes is one row. Not here: sizes that no list read has (FPGAs)."""
