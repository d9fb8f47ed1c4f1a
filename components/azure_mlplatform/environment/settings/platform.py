"""An environment that a platform team runs for projects: with a shared cluster, or with one for load tests."""

from collections.abc import Iterator

from pydantic import Field

from ...foundation.duplicates import duplicate_values
from ...foundation.model import check
from ...foundation.profiles import Environment
from ...foundation.rules import known_to_owner
from ...foundation.tags import FOR_STRESS_TESTS
from ...foundation.violations import Violation
from .environment import EnvironmentSettings


class PlatformSettings(EnvironmentSettings):
    """The platform team's own environment, which several projects use."""

    stress_tests: list[str] = Field(default_factory=list, examples=[["../churn"]])
    """The projects whose models are load-tested here, by the folder of their Pulumi.yaml, relative to this one. The
    cluster gets the pools of their prod, so it is the same compute, and all resources the tag `purpose: stress-test`,
    which lets `mlplatform endpoint stress` in. Default: the cluster is described here."""

    _own_projects = known_to_owner("../<folder of a project>", "stress_tests")

    @property
    def people_notices(self) -> Iterator[str]:
        """None: projects use what is made here from workspaces of their own."""
        yield from ()

    @check
    def _projects_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_values(self.stress_tests, ("stress_tests",))

    @check
    def _what_it_is_for_is_said_by_the_library(self) -> Iterator[Violation]:
        tag, _ = FOR_STRESS_TESTS
        if self.stress_tests and tag in self.tags:
            what = f"the tag '{tag}' is set by the library where stress_tests is given"
            yield Violation(("tags", tag), self.tags[tag], what, "Choose another name, or remove it")

    @check
    def _stress_is_tested_on_a_cluster_like_prods(self) -> Iterator[Violation]:
        if not self.stress_tests:
            return
        if self.environment is not Environment.PROD:
            yield Violation(
                ("environment",),
                self.environment,
                f"load tests need prod's compute, and a cluster in a {self.environment} environment differs: it has "
                "fewer nodes, in one zone",
                "Set environment: prod",
            )
        if self.inference is None or self.inference.aks is None or self.inference.aks.adopted:
            yield Violation(
                ("inference",),
                None,
                "stress_tests is given, but no cluster is made",
                "Add inference: {target: aks, endpoints: [{name: load}], aks: {…}}",
            )
