"""What an environment may not have whose work is never promoted: pipelines that sign in, and many nodes."""

from collections.abc import Iterator

from ...foundation.profiles import PROFILES, Environment, environments_where
from ...foundation.violations import Violation
from ...workspace.settings.computes import ClusterSettings
from ..settings.access import WorkloadIdentitySettings


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
