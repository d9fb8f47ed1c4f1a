"""What an environment may not have whose work is never promoted: pipelines that sign in, many nodes, a budget that
alerts too late."""

from collections.abc import Iterator, Mapping
from typing import Optional

from ...foundation.profiles import PROFILES, Environment, environments_where
from ...foundation.violations import Violation
from ...workspace.settings.computes import ClusterSettings
from ..settings.access import WorkloadIdentitySettings
from ..settings.budget import BudgetSettings


def no_pipeline_signs_in(environment: Environment, identity: WorkloadIdentitySettings) -> Iterator[Violation]:
    """A violation for each trust in a pipeline."""
    if PROFILES[environment].is_promoted:
        return
    for field in type(identity).model_fields:
        if getattr(identity, field):
            yield Violation(
                ("workload_identity", field),
                None,
                f"nothing is released from a {environment} environment, so no pipeline signs in to it",
                f"Remove it. Pipelines sign in to: {environments_where('is_promoted')}",
            )


def nodes_are_few(environment: Environment, clusters: list[ClusterSettings]) -> Iterator[Violation]:
    """A violation if all clusters together may have more nodes than the profile allows."""
    most = PROFILES[environment].most_nodes
    nodes = sum(each.max_nodes for each in clusters)
    if most is not None and nodes > most:
        shares = ", ".join(f"{each.name} {each.max_nodes}" for each in clusters)
        yield Violation(
            ("workspace", "clusters"),
            nodes,
            f"the clusters may have {nodes} nodes together ({shares}), and a {environment} environment has {most} at "
            "most",
            "Lower max_nodes",
        )


def quotas_are_in_reach(environment: Environment, quotas: Mapping[str, int]) -> Iterator[Violation]:
    """A violation if who deploys has no right to set quotas, which is one on the whole subscription."""
    if quotas and PROFILES[environment].has_ci_identities:
        yield Violation(
            ("workspace", "vm_family_quotas"),
            len(quotas),
            f"the identity that deploys a {environment} environment has rights on its own group, and Azure sets quotas "
            "by a right on the subscription",
            "Remove vm_family_quotas, and let the platform team set them in the studio",
        )


def budget_alerts_in_time(environment: Environment, budget: Optional[BudgetSettings]) -> Iterator[Violation]:
    """A violation if a budget that is needed alerts nobody before all of it is spent."""
    if budget is None or not PROFILES[environment].needs_budget:
        return
    if not any(each < 100 for each in budget.actual_percent):
        yield Violation(
            ("budget", "actual_percent"),
            budget.actual_percent,
            f"nobody hears of it before the budget is spent, and Azure stops nothing in a {environment} environment",
            "Add a percentage below 100, such as 80",
        )
