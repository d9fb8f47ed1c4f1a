"""Settings of the Synapse workspace: Spark with its own lake for discovery, and an alternative to Data Factory."""

import datetime
from collections.abc import Iterator
from enum import StrEnum
from typing import Optional

from pydantic import Field

from ...catalogue.lifecycle import Lifecycle, ended, ending
from ...catalogue.private_link import PrivateService
from ...foundation.duplicates import duplicate_names
from ...foundation.model import check
from ...foundation.profiles import PROFILES, Environment
from ...foundation.rules import field_rule, needs_plain_text, one_of, pattern_rule, published_as
from ...foundation.scaling import scaling_violations
from ...foundation.values import guid
from ...foundation.violations import Violation, rule_error
from ...parts.settings.part import PartSettings

# Azure also accepts 1 or 2 characters. The compute with the same name needs at least 3.
spark_pool_name = pattern_rule(
    r"[A-Za-z][A-Za-z0-9]{2,14}", "is not a valid Spark pool name", "3 to 15 letters and digits, starting with a letter"
)

SPARK_ENDS = {
    "3.3": Lifecycle(datetime.date(2025, 3, 31), "3.5"),
    "3.4": Lifecycle(datetime.date(2026, 3, 31), "3.5"),
    "3.5": Lifecycle(datetime.date(2028, 10, 31)),
}
"""Spark version → its end ("Azure Synapse Runtime for Apache Spark 3.4" and "3.5"). As of 2026-11, Azure supports only
the last one."""

SPARK = "3.5"
"""The only version for new pools."""


@needs_plain_text
@published_as(lambda: one_of("SparkVersion", [SPARK]))
def version_of_spark(value: str) -> str:
    """The Spark version, if Synapse supports it."""
    if value == SPARK:
        return value
    known = SPARK_ENDS.get(value)
    what = f"Spark {value} was retired on {known.retires}" if known else f"Synapse has no Spark '{value}'"
    raise rule_error(what, f"Allowed: '{SPARK}', or leave spark_version out")


class NodeSize(StrEnum):
    """The sizes of a node ("Apache Spark pool configurations"). The next size, XXXLarge, is isolated and exists only in
    the United States."""

    SMALL = "Small"
    """4 vCPUs, 32 GiB."""

    MEDIUM = "Medium"
    """8 vCPUs, 64 GiB."""

    LARGE = "Large"
    """16 vCPUs, 128 GiB."""

    XLARGE = "XLarge"
    """32 vCPUs, 256 GiB."""

    XXLARGE = "XXLarge"
    """64 vCPUs, 432 GiB."""


class SparkPoolSettings(PartSettings):
    """A Spark pool. Nodes start with sessions and jobs, and stop when the pool pauses. A paused pool costs nothing."""

    name: str = Field(examples=["spark"])
    """The name of the pool, and of its compute in the machine-learning workspace: 3 to 15 letters and digits, starting
    with a letter."""

    node_size: NodeSize = NodeSize.SMALL
    """`Small` (4 vCPUs, 32 GiB), `Medium` (8, 64), `Large` (16, 128), `XLarge` (32, 256) or `XXLarge` (64, 432).
    Default: `Small`."""

    min_nodes: int = Field(default=3, ge=3, le=200)
    """The minimum number of nodes while it runs. One of them is the driver. Default: 3, the minimum in Azure."""

    max_nodes: int = Field(default=10, ge=3, le=200)
    """The maximum number of nodes. Default: 10."""

    pause_minutes: int = Field(default=15, ge=5, le=10080)
    """The number of idle minutes after which the pool pauses: 5 to 10080 (a week). Default: 15."""

    spark_version: str = Field(default=SPARK, examples=["3.5"])
    """The version of Spark, in quotes. Default: `3.5`, the only one that Azure supports as of 2026-11."""

    attach: bool = True
    """Whether the pool is a compute of the machine-learning workspace. Default: true, if there is a workspace."""

    _name = field_rule(spark_pool_name, "name")
    _version = field_rule(version_of_spark, "spark_version")

    @check
    def _max_is_no_less_than_min(self) -> Iterator[Violation]:
        yield from scaling_violations(self, "nodes")

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """A violation if support for the Spark version has ended."""
        title = f"Spark {self.spark_version}"
        yield from ended(("spark_version",), self.spark_version, title, SPARK_ENDS.get(self.spark_version), today)

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """A notice if support for the Spark version ends soon."""
        yield from ending(f"pool {self.name}: Spark {self.spark_version}", SPARK_ENDS.get(self.spark_version), today)


class SynapseSettings(PartSettings):
    """The Synapse workspace with its lake and its Spark pools."""

    pools: list[SparkPoolSettings] = Field(min_length=1)
    """The Spark pools."""

    administrators_group_id: Optional[str] = Field(default=None, examples=["00000000-0000-0000-0000-000000000004"])
    """The Entra group, by object id, that gets the role Synapse Administrator when the workspace is made. Allowed only
    in environments where people may have access. It cannot change later: change roles with
    `az synapse role assignment create`. Default: only the deployer is administrator, and gives roles with that
    command."""

    data_exfiltration_protection: bool = False
    """Whether Spark reaches only approved private endpoints in the tenant. It cannot change later. It does not work
    with pools that are attached to a machine-learning workspace. Default: false, so Spark also reaches the
    internet."""

    _administrators = field_rule(guid, "administrators_group_id")

    @property
    def zone_redundant_parts(self) -> list[str]:
        """The lake."""
        return ["the lake of Synapse"]

    @property
    def private_services(self) -> list[PrivateService]:
        """The services that get private endpoints: the workspace and its lake."""
        return [PrivateService.SYNAPSE, PrivateService.LAKE]

    @check
    def _pools_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.pools, ("pools",), "Spark pool")

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """A violation if a group administers the workspace in an environment where no individual has access."""
        if self.administrators_group_id is not None and "data_scientists" not in PROFILES[environment].may_grant:
            yield Violation(
                ("administrators_group_id",),
                None,
                f"in a {environment} environment no individual has access, not even as a Synapse administrator",
                "Remove it: the deployer administers the workspace and gives roles to pipelines",
            )

    def attach_violations(self) -> Iterator[Violation]:
        """Violations for attached pools in a workspace with data exfiltration protection."""
        for index, pool in enumerate(self.pools):
            if pool.attach and self.data_exfiltration_protection:
                yield Violation(
                    ("pools", index, "attach"),
                    pool.attach,
                    f"the pool {pool.name} is attached to the machine-learning workspace, which does not work with "
                    "a Synapse workspace that has data_exfiltration_protection",
                    "Set attach: false in the pool, or data_exfiltration_protection: false",
                )
