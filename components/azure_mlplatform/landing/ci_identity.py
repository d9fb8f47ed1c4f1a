"""The identity that pipelines act as to deploy an environment, or to release models in it. It has no secret.

It does not manage what the identity may do: roles are given where they are needed, by whoever owns the scope.
"""

from collections.abc import Iterator
from typing import Optional

import pulumi
import pulumi_azure_native as native
from pydantic import Field

from ..catalogue.regions import region
from ..foundation.environment_names import CIUse, ci_identity_name
from ..foundation.model import check
from ..foundation.naming import project_name
from ..foundation.profiles import PROFILES, Environment, environments_where
from ..foundation.rules import field_rule
from ..foundation.violations import Violation, prefixed
from ..parts.arguments import ArgsOrDict, ComponentArgs, EnumOrText, In, ModelOrDict
from ..parts.component import Component, child
from ..parts.federated_credentials import federate
from ..parts.outputs import known_value_of
from ..parts.settings.trust import TrustSettings, github_environment


class CIIdentityArgs(ComponentArgs):
    """The arguments of a CIIdentity."""

    project: str
    """The project's short name, part of the identity's name."""

    environment: EnumOrText[Environment]
    """`dev`, `test` or `prod`: part of the identity's name, and the profile that its trust must fit. A sandbox is a
    person's, and has no such identity."""

    use: EnumOrText[CIUse]
    """`deploy` or `release`: part of the identity's name, and of its GitHub environment's."""

    location: str
    """The Azure region by its short name."""

    resource_group_name: In[str]
    """The resource group of the identity, by name. Not the environment's own: who deploys rules that one."""

    settings: ModelOrDict[TrustSettings]
    """The pipelines that may act as the identity."""

    tags: dict[str, str] = Field(default_factory=dict)
    """The tags of the identity. Default: none."""

    _project = field_rule(project_name, "project")
    _region = field_rule(region, "location")

    @check
    def _environment_has_such_identities(self) -> Iterator[Violation]:
        if not PROFILES[self.environment].has_ci_identities:
            yield Violation(
                ("environment",),
                self.environment,
                f"a {self.environment} environment is deployed by its owner, not by a pipeline",
                f"Allowed: {environments_where('has_ci_identities')}",
            )

    @check
    def _trusts_what_it_is_for(self) -> Iterator[Violation]:
        yield from prefixed(("settings",), self.settings.trust_violations(self.environment, [self.github_environment]))

    @check
    def _trusts_something(self) -> Iterator[Violation]:
        if not self.settings.credentials(self.github_environment):
            yield Violation(
                ("settings",),
                None,
                "no pipeline may act as the identity",
                "Add github_repository: <organisation>/<repository>, or federated_credentials",
            )

    @property
    def github_environment(self) -> str:
        """The GitHub environment whose jobs may act as the identity."""
        return github_environment(self.environment, self.project, release=self.use is CIUse.RELEASE)


class CIIdentity(Component):
    """A user-assigned identity that trusts pipelines by federated credentials, and has no secret."""

    name: pulumi.Output[str]
    """The identity's name."""

    resource_id: pulumi.Output[str]
    """The identity's id."""

    client_id: pulumi.Output[str]
    """The client id, with which pipelines sign in."""

    principal_id: pulumi.Output[str]
    """The object id, to which roles are given."""

    def __init__(
        self, name: str, args: ArgsOrDict[CIIdentityArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = CIIdentityArgs.model_validate(args)
        super().__init__(name, args, opts)
        identity_name = ci_identity_name(args.project, args.environment, args.use)
        identity = native.managedidentity.UserAssignedIdentity(
            self.logical_name("identity"),
            resource_name_=identity_name,
            resource_group_name=args.resource_group_name,
            location=args.location,
            tags=args.tags,
            opts=child(self),
        )
        federate(
            self,
            known_value_of(identity, identity_name),
            args.resource_group_name,
            args.settings.credentials(args.github_environment),
        )
        self._finish(
            {
                "name": known_value_of(identity, identity_name),
                "resource_id": identity.id,
                "client_id": identity.client_id,
                "principal_id": identity.principal_id,
            }
        )
