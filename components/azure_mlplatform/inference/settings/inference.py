"""Settings of model serving: the targets, their endpoints, and what they need from the environment."""

from collections.abc import Iterator
from typing import Optional

from pydantic import ConfigDict, Field

from ...foundation.duplicates import duplicate_names, duplicate_values, duplicates_across
from ...foundation.model import check
from ...foundation.rules import field_rule
from ...foundation.violations import Violation
from ...network.settings import NetworkSettings, SubnetRole
from ...parts.settings.part import PartSettings
from ..aks.settings.aks import AKSSettings, PodNetwork
from ..app_service.settings import AppServiceSettings
from ..container_app.settings import ContainerAppsSettings
from .container import ServedByContainer
from .endpoints import OnlineEndpointSettings
from .target import InferenceTarget, Target, TargetSettings, target_name

TARGETS = {
    InferenceTarget.AKS: Target(SubnetRole.AKS, has_endpoints=True),
    InferenceTarget.MANAGED: Target(has_endpoints=True),
    InferenceTarget.APP_SERVICE: Target(
        SubnetRole.CONTAINERS, SubnetRole.APP_SERVICE, works_without_network=True, pulls_images=True
    ),
    InferenceTarget.CONTAINER_APP: Target(SubnetRole.CONTAINERS, SubnetRole.CONTAINER_APP, pulls_images=True),
}
"""The properties of each target."""


class InferenceSettings(PartSettings):
    """The targets that serve models, and their endpoints. docs/inference.md helps to choose a target, and to combine
    several."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["target"]}, {"required": ["targets"]}]})

    target: Optional[InferenceTarget] = None
    """The service that models run on, if it is one: `aks`, `managed`, `app_service` or `container_app`. Default: those
    in `targets`."""

    targets: list[str] = Field(
        default_factory=list,
        examples=[["aks", "app_service"]],
        json_schema_extra={"items": {"type": "string", "enum": list(InferenceTarget)}, "uniqueItems": True},
    )
    """The services that models run on, in place of `target`: each once, with its block. One can be added or taken out
    while the others stay. Default: `target` alone."""

    endpoints: list[OnlineEndpointSettings] = Field(default_factory=list)
    """With `aks` and `managed`: the stable endpoints."""

    aks: Optional[AKSSettings] = None
    """With `aks`: the cluster."""

    app_service: Optional[AppServiceSettings] = None
    """With `app_service`: the plan and its web apps."""

    container_app: Optional[ContainerAppsSettings] = None
    """With `container_app`: the environment and its apps."""

    _targets = field_rule(target_name, "targets")

    @property
    def chosen(self) -> list[InferenceTarget]:
        """The targets, in the order of InferenceTarget."""
        return [each for each in InferenceTarget if each is self.target or each.value in self.targets]

    @property
    def blocks(self) -> dict[InferenceTarget, TargetSettings]:
        """Target → its settings, for the targets that have some: all but `managed`."""
        given = {each: getattr(self, each.value, None) for each in self.chosen}
        return {target: block for target, block in given.items() if block is not None}

    @property
    def with_endpoints(self) -> list[InferenceTarget]:
        """The chosen targets that serve models by `endpoints`."""
        return [each for each in self.chosen if TARGETS[each].has_endpoints]

    def target_of(self, endpoint: OnlineEndpointSettings) -> Optional[InferenceTarget]:
        """The target of an endpoint: the one it names, or the only one. None if that is wrong or unclear."""
        serving = self.with_endpoints
        if endpoint.target is not None:
            return endpoint.target if endpoint.target in serving else None
        return serving[0] if len(serving) == 1 else None

    def models(self) -> dict[str, list[str]]:
        """Target → the names of its endpoints or apps."""
        found: dict[str, list[str]] = {each.value: [] for each in self.chosen}
        for endpoint in self.endpoints:
            target = self.target_of(endpoint)
            if target is not None:
                found[target.value].append(endpoint.name)
        for target, apps in self.apps.items():
            found[target.value] += [each.name for each in apps]
        return found

    @property
    def apps(self) -> dict[InferenceTarget, list[ServedByContainer]]:
        """Target → its apps, for targets that serve models by apps."""
        return {
            target: list(getattr(block, "apps", ()))
            for target, block in self.blocks.items()
            if TARGETS[target].pulls_images
        }

    def subnet_role(self, target: InferenceTarget, network: Optional[NetworkSettings]) -> Optional[SubnetRole]:
        """The subnet of the environment that a target runs in. None if Azure or others run it."""
        block, row = self.blocks.get(target), TARGETS[target]
        if block is None or block.adopted:
            return None
        if network is not None and row.own_subnet is not None and network.gives(row.own_subnet):
            return row.own_subnet
        return row.subnet_role

    def container_delegation(self, network: Optional[NetworkSettings]) -> Optional[str]:
        """The service that the containers subnet is delegated to. None if no target is in it."""
        inside = (each for each in self.chosen if self.subnet_role(each, network) is SubnetRole.CONTAINERS)
        return next((TARGETS[each].delegation for each in inside), None)

    @property
    def needing_workspace(self) -> list[InferenceTarget]:
        """The targets that need a workspace: `aks` and `managed`, except a central cluster without endpoints."""
        central = self.aks is not None and self.aks.is_central and not self.endpoints
        return [each for each in self.with_endpoints if not (central and each is InferenceTarget.AKS)]

    @property
    def pod_cidr(self) -> Optional[str]:
        """The pods' address range of a new cluster with `pod_network: overlay`, else None."""
        if self.aks is None or self.aks.adopted or self.aks.pod_network is not PodNetwork.OVERLAY:
            return None
        return self.aks.pod_cidr

    @property
    def costs_at_rest(self) -> list[str]:
        """Those of the targets, and deployments behind endpoints on machines of Azure ML, which releases made."""
        managed = [each.name for each in self.endpoints if self.target_of(each) is InferenceTarget.MANAGED]
        deployments = [f"deployments behind endpoint '{each}', until they are deleted" for each in managed]
        return [*super().costs_at_rest, *deployments]

    @check
    def _targets_are_given_once(self) -> Iterator[Violation]:
        yield from duplicate_values(self.targets, ("targets",))
        if self.target is None and not self.targets:
            yield Violation(
                ("target",), None, "required, and missing", "Add target: <one service>, or targets: [<several>]"
            )
        if self.target is not None and self.targets:
            yield Violation(
                ("targets",),
                self.targets,
                f"targets is given together with target '{self.target}'",
                "Leave target out, and name it in targets",
            )

    @check
    def _blocks_go_with_the_targets(self) -> Iterator[Violation]:
        chosen = self.chosen
        if not chosen:
            return
        for target in InferenceTarget:
            field = target.value
            if field not in type(self).model_fields:
                continue
            if target in chosen and getattr(self, field) is None:
                yield Violation(
                    (field,), None, f"{self._chosen_in_words} '{target}', but {field} is missing", f"Add {field}"
                )
            if target not in chosen and getattr(self, field) is not None:
                yield Violation(
                    (field,),
                    None,
                    f"{field} is given, but {self._chosen_in_words} {_quoted(chosen)}",
                    "Leave it out, or add it to targets"
                    if self.target is None
                    else f"Leave it out, or change target, or write targets: [{self.target}, {field}] in its place",
                )

    @check
    def _endpoints_go_with_the_targets(self) -> Iterator[Violation]:
        chosen, serving = self.chosen, self.with_endpoints
        if self.endpoints and chosen and not serving:
            yield Violation(
                ("endpoints",),
                None,
                f"endpoints are given, but {self._chosen_in_words} {_quoted(chosen)}",
                f"Leave them out: callers use the apps in {' and '.join(f'{each}.apps' for each in chosen)}",
            )
        for index, endpoint in enumerate(self.endpoints if serving else ()):
            given = endpoint.target
            if given is not None and given not in serving:
                yield Violation(
                    ("endpoints", index, "target"),
                    given,
                    f"an endpoint is on {_quoted([given])}, but {self._chosen_in_words} {_quoted(chosen)}",
                    f"Allowed here: {', '.join(serving)}",
                )
            elif given is None and len(serving) > 1:
                yield Violation(
                    ("endpoints", index, "target"),
                    None,
                    f"the endpoint {endpoint.name} may be on {_quoted(serving, ' or ')}",
                    f"Add target: {' or target: '.join(serving)}",
                )
        if InferenceTarget.MANAGED not in chosen or (None in map(self.target_of, self.endpoints)):
            return
        if InferenceTarget.MANAGED not in map(self.target_of, self.endpoints):
            names = "{name: scoring}" if len(serving) == 1 else "{name: scoring, target: managed}"
            yield Violation(
                ("endpoints",),
                None,
                f"{self._chosen_in_words} 'managed', but there is no endpoint{' on it' if len(serving) > 1 else ''}",
                f"Add endpoints: [{names}]",
            )

    @check
    def _endpoints_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.endpoints, ("endpoints",), "endpoint")

    @check
    def _models_have_names_of_their_own(self) -> Iterator[Violation]:
        """Callers, outputs and identities know a model by its name, whatever serves it."""
        yield from duplicates_across(
            {
                ("endpoints",): self.endpoints if self.with_endpoints else [],
                **{(target.value, "apps"): apps for target, apps in self.apps.items()},
            },
            "endpoint or app",
        )

    @property
    def _chosen_in_words(self) -> str:
        return "targets are" if self.target is None else "target is"


def _quoted(targets: list[InferenceTarget], joint: str = ", ") -> str:
    return joint.join(f"'{each}'" for each in targets)
