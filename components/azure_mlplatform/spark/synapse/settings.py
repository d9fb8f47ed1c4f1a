"""The Synapse workspace: discovery with Spark in a lake of its own, the alternative to Data Factory."""

import datetime
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Optional

from pydantic import Field

from ...catalogue.private_link import PrivateService
from ...foundation.duplicates import duplicate_names
from ...foundation.model import check
from ...foundation.profiles import PROFILES, Environment
from ...foundation.rules import field_rule, needs_plain_text, pattern_rule
from ...foundation.scaling import scaling_violations
from ...foundation.values import guid
from ...foundation.violations import Violation, rule_error
from ...parts.settings.part import PartSettings

if TYPE_CHECKING:
    pass

# Azure takes one or two letters too; a compute of a workspace, which is named alike, has 3 characters at least.
spark_pool_name = pattern_rule(
    r"[A-Za-z][A-Za-z0-9]{2,14}", "is no name for a Spark pool", "3 to 15 letters and digits, starting with a letter"
)

SPARK_ENDS = {
    "3.3": datetime.date(2025, 3, 31),
    "3.4": datetime.date(2026, 3, 31),
    "3.5": datetime.date(2028, 10, 31),
}
"""Version of Spark → the last day of its support ("Azure Synapse Runtime for Apache Spark 3.4" and "3.5"). As of
2026-11 the last one is the only one."""

SPARK = "3.5"
"""The version that pools can be made with."""


@needs_plain_text
def version_of_spark(value: str) -> str:
    """A version of Spark that Synapse has."""
    if value == SPARK:
        return value
    ended = f"Spark {value} ended on {SPARK_ENDS[value]}" if value in SPARK_ENDS else f"Synapse has no Spark '{value}'"
    raise rule_error(ended, f"Allowed: '{SPARK}', or leave spark_version out")


class NodeSize(StrEnum):
    """vCPUs and GiB of a node ("Apache Spark pool configurations"). The next one, XXXLarge, exists isolated and in the
    United States only."""

    SMALL = "Small"
    """4 and 32."""

    MEDIUM = "Medium"
    """8 and 64."""

    LARGE = "Large"
    """16 and 128."""

    XLARGE = "XLarge"
    """32 and 256."""

    XXLARGE = "XXLarge"
    """64 and 432."""


class SparkPoolSettings(PartSettings):
    """A Spark pool: nodes come with sessions and jobs, and go when it is paused. Paused, it costs nothing."""

    name: str = Field(examples=["spark"])
    """Its name, in the workspace for machine learning too: 3 to 15 letters and digits, starting with a letter."""

    node_size: NodeSize = NodeSize.SMALL
    """`Small` (4 vCPUs, 32 GiB), `Medium` (8, 64), `Large` (16, 128), `XLarge` (32, 256) or `XXLarge` (64, 432). Left
    out: `Small`."""

    min_nodes: int = Field(default=3, ge=3, le=200)
    """Nodes at least while it runs, one of which drives. Left out: 3, the least that Azure takes."""

    max_nodes: int = Field(default=10, ge=3, le=200)
    """Nodes at most. Left out: 10."""

    pause_minutes: int = Field(default=15, ge=5, le=10080)
    """After how many minutes without work it is paused: 5 to 10080 (a week). Left out: 15."""

    spark_version: str = Field(default=SPARK, examples=["3.5"])
    """The version of Spark, in quotes. Left out: `3.5`, the only one that Azure supports as of 2026-11."""

    attach: bool = True
    """Whether the machine-learning workspace has it as a compute. Left out, it has, where there is a workspace."""

    _name = field_rule(spark_pool_name, "name")
    _version = field_rule(version_of_spark, "spark_version")

    @check
    def _max_is_no_less_than_min(self) -> Iterator[Violation]:
        yield from scaling_violations(self, "nodes")

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """A violation if the version of Spark has ended."""
        ends = SPARK_ENDS.get(self.spark_version)
        if ends is not None and today > ends:
            yield Violation(
                ("spark_version",),
                self.spark_version,
                f"Spark {self.spark_version} ended on {ends}",
                "Take a version of this library that knows a later one, or serverless Spark of Azure ML",
            )

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """When the support of its Spark ends."""
        ends = SPARK_ENDS.get(self.spark_version)
        if ends is not None and today <= ends:
            yield f"Spark pool {self.name}: Synapse supports Spark {self.spark_version} until {ends}"


class SynapseSettings(PartSettings):
    """The Synapse workspace with its lake and its Spark pools."""

    pools: list[SparkPoolSettings] = Field(min_length=1)
    """The Spark pools."""

    administrators_group_id: Optional[str] = Field(default=None, examples=["00000000-0000-0000-0000-000000000004"])
    """The Entra group, by object id, that administers the workspace from its first day (Synapse Administrator), only
    where people may work. Left out, who deploys does alone, and gives roles by `az synapse role assignment create`.
    Azure takes it when the workspace is made: later, roles change by that command."""

    data_exfiltration_protection: bool = False
    """Whether Spark reaches nothing but approved private endpoints in the tenant. Left out, it reaches the internet
    too. It cannot change later, and excludes pools that are attached to a machine-learning workspace."""

    _administrators = field_rule(guid, "administrators_group_id")

    @property
    def private_services(self) -> list[PrivateService]:
        """What it has private endpoints to: itself and its lake."""
        return [PrivateService.SYNAPSE, PrivateService.LAKE]

    @check
    def _pools_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.pools, ("pools",), "Spark pool")

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """What this kind of environment does not allow: people who administer the workspace."""
        if self.administrators_group_id is not None and "data_scientists" not in PROFILES[environment].may_grant:
            yield Violation(
                ("administrators_group_id",),
                None,
                f"in a {environment} environment no individual has access, not as an administrator of Synapse either",
                "Remove it: who deploys administers the workspace, and gives roles to pipelines",
            )

    def attach_violations(self) -> Iterator[Violation]:
        """What cannot be where there is a machine-learning workspace."""
        for index, pool in enumerate(self.pools):
            if pool.attach and self.data_exfiltration_protection:
                yield Violation(
                    ("pools", index, "attach"),
                    pool.attach,
                    f"the pool {pool.name} is attached to the machine-learning workspace, with which a Synapse "
                    "workspace with data_exfiltration_protection does not work",
                    "Set attach: false in the pool, or data_exfiltration_protection: false",
                )
