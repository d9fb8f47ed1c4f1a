"""The place of one environment: its groups, the identities that deploy and release there, and their rights.

It does not manage what is in the environment's group: the project's own stack does, which adopts the group by its id.
It gives the release identity no right either: that is for what the project's stack makes. The rights of the deploy
identity are those of a reviewed file (landing/rights_file.py).
"""

import datetime
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Optional, Union

import pulumi
import pulumi_azure_native as native

from ..environment.budget import make_budget
from ..environment.identity import guard
from ..environment.tags import environment_tags
from ..foundation.built_in_roles import Role
from ..foundation.environment_names import CIUse, ci_group_name, ci_identity_id
from ..foundation.model import check
from ..foundation.problems import Problem
from ..foundation.rules import field_rule
from ..foundation.values import date, subscription_of
from ..foundation.violations import Violation, prefixed
from ..parts.arguments import ArgsOrDict, ComponentArgs, In, ModelOrDict, refuse_deployed
from ..parts.authorization import assign_role
from ..parts.component import Component, child
from ..parts.outputs import after_check, known_value_of
from ..parts.placement import Placement
from .ci_identity import CIIdentity, CIIdentityArgs
from .rights_file import CustomRole, ReviewedRights, deploy_roles, reviewed_rights, rights_violations, short_scope
from .settings import LandingSettings
from .workbook import workbook_text

_NAMESPACE = uuid.UUID("0b7c1c52-6a6b-5f0e-9d43-3d2d5f1a7e21")
_UNUSED_SUFFIX = "landed"
"""No name of a landing has a suffix: its names are known to those who render the project's stack."""


class LandingArgs(ComponentArgs):
    """The arguments of a Landing."""

    settings: ModelOrDict[LandingSettings]
    """The environment, and who deploys and releases in it."""

    today: str
    """The day on which the program runs, as year-month-day. The budget starts in its month."""

    rights: Optional[str] = None
    """The text of the file of reviewed rights, as `mlplatform rights <stack> --json` prints it. Needed where there is a
    deploy identity, until the landing is retired."""

    _date = field_rule(date, "today")

    @check
    def _can_be_made_today(self) -> Iterator[Violation]:
        yield from prefixed(("settings",), self.settings.violations_on(datetime.date.fromisoformat(self.today)))

    @check
    def _rights_are_of_this_environment(self) -> Iterator[Violation]:
        settings = self.settings
        if settings.retire is not None or settings.deploy is None:
            return
        if self.rights is None:
            yield Violation(
                ("rights",), None, "the deploy identity has no reviewed rights", "Pass the text of the file of rights"
            )
        else:
            yield from rights_violations(self.rights, settings.rights_file, settings)


class Landing(Component):
    """The groups of an environment, its deploy and its release identity, their rights, a budget and a workbook."""

    name: pulumi.Output[str]
    """The name of the environment's resource group."""

    resource_id: pulumi.Output[str]
    """The id of the environment's resource group, which the project's stack adopts."""

    deploy_identity_id: pulumi.Output[Optional[str]]
    """The identity that runs `pulumi`, by resource id. None in a sandbox."""

    deploy_client_id: pulumi.Output[Optional[str]]
    """Its client id, with which pipelines sign in."""

    release_identity_id: pulumi.Output[Optional[str]]
    """The identity that releases models, by resource id. None in a sandbox."""

    release_client_id: pulumi.Output[Optional[str]]
    """Its client id, with which pipelines sign in."""

    release_principal_id: pulumi.Output[Optional[str]]
    """Its object id, by which the model registry knows it."""

    def __init__(self, name: str, args: ArgsOrDict[LandingArgs], opts: Optional[pulumi.ResourceOptions] = None) -> None:
        args = LandingArgs.model_validate(args)
        super().__init__(name, args, opts)
        settings = args.settings
        tags = environment_tags(settings)
        self._place(
            Placement(
                project=settings.project.name,
                environment=settings.environment,
                location=settings.location,
                subscription_id=settings.subscription_id,
                tenant_id=settings.tenant_id,
                resource_group_name=settings.group_name,
                suffix=_UNUSED_SUFFIX,
                tags=tags,
                retire=settings.retire,
            )
        )
        group = self._group("group", settings.group_name, settings)
        group_id = _in_same_subscription(settings, group.id)
        self._made: list[pulumi.Resource] = [group]
        # Nothing can be given on what is not there yet.
        self._here: dict[str, In[str]] = {settings.group_id.lower(): group_id}
        if settings.budget is not None:
            self._made.append(make_budget(self, settings.budget, scope=group_id, today=args.today))
        self.identities = self._identities(settings, group_id) if settings.deploy and settings.release else {}
        deploy = self.identities.get(CIUse.DEPLOY)
        rights = reviewed_rights(args.rights) if args.rights is not None else None
        # A landing that is retired takes the rights back before the groups go.
        if deploy is not None and isinstance(rights, ReviewedRights) and settings.retire is None:
            self._grant(rights, settings, group_id, deploy, self.identities[CIUse.RELEASE])
        self._made += [*self.identities.values(), self._workbook(settings, group)]
        for notice in settings.notices_on(datetime.date.fromisoformat(args.today)):
            pulumi.log.warn(notice)
        guard(self, self.logical_name("retire-first"), protect=settings.retire is None, after=self._made)
        release = self.identities.get(CIUse.RELEASE)
        self._finish(
            {
                "name": known_value_of(group, settings.group_name),
                "resource_id": group_id,
                "deploy_identity_id": deploy.resource_id if deploy else None,
                "deploy_client_id": deploy.client_id if deploy else None,
                "release_identity_id": release.resource_id if release else None,
                "release_client_id": release.client_id if release else None,
                "release_principal_id": release.principal_id if release else None,
            }
        )

    @property
    def exports(self) -> Mapping[str, "pulumi.Output[Any]"]:
        """The outputs that a stack exports."""
        groups = {"resource_group_name": self.name, "resource_group_id": self.resource_id}
        if not self.identities:
            return groups
        return {
            **groups,
            "deploy_identity_id": self.deploy_identity_id,
            "deploy_client_id": self.deploy_client_id,
            "release_identity_id": self.release_identity_id,
            "release_client_id": self.release_client_id,
            "release_principal_id": self.release_principal_id,
        }

    def _group(self, label: str, group_name: str, settings: LandingSettings) -> "native.resources.ResourceGroup":
        return native.resources.ResourceGroup(
            self.logical_name(label),
            resource_group_name=group_name,
            location=settings.location,
            tags=self.placement.tags,
            # In each kind of environment: Azure deletes a group with all that the project's stack has in it.
            opts=child(self, protect=settings.retire is None),
        )

    def _identities(self, settings: LandingSettings, group_id: "pulumi.Output[str]") -> dict[CIUse, CIIdentity]:
        name = ci_group_name(settings.project, settings.environment)
        group = self._group("ci-group", name, settings)
        self._made.append(group)
        self._here[f"{settings.group_id}-ci".lower()] = group.id
        trusted = {CIUse.DEPLOY: settings.deploy, CIUse.RELEASE: settings.release}
        made = {
            use: CIIdentity(
                self.logical_name(use),
                CIIdentityArgs(
                    project=settings.project.name,
                    environment=settings.environment,
                    use=use,
                    location=settings.location,
                    # The id of the first group shows the subscription.
                    resource_group_name=after_check(group_id, known_value_of(group, name)),
                    settings=trust,
                    tags=self.placement.tags,
                ),
                child(self),
            )
            for use, trust in trusted.items()
            if trust is not None
        }
        for use, identity in made.items():
            id_ = ci_identity_id(settings.subscription_id, settings.project, settings.environment, use)
            self._here[id_.lower()] = identity.resource_id
        return made

    def _grant(
        self,
        rights: ReviewedRights,
        settings: LandingSettings,
        group_id: "pulumi.Output[str]",
        deploy: CIIdentity,
        release: CIIdentity,
    ) -> None:
        roles = deploy_roles(rights, settings)
        own = settings.group_id.lower()

        def on(scope: str) -> In[str]:
            return self._here.get(scope.lower(), scope)

        for role in roles.custom:
            definition = self._custom_role(role, settings, group_id)
            for scope in role.scopes:
                label = role.label if scope.lower() == own else f"{role.label}-{short_scope(scope)}"
                self._assign(label, definition, deploy, on(scope))
        principals = pulumi.Output.all(deploy.principal_id, release.principal_id)
        for scope, may in roles.may_assign.items():
            label = "deploy-roles" if scope.lower() == own else f"deploy-roles-{short_scope(scope)}"
            condition = principals.apply(lambda ids, may=may: may.condition(*ids))
            self._assign(label, Role.RBAC_ADMINISTRATOR, deploy, on(scope), condition=condition)
        for scope in roles.subscribes:
            label = "deploy-events" if scope.lower() == own else f"deploy-events-{short_scope(scope)}"
            self._assign(label, Role.EVENTGRID_SUBSCRIPTION_CONTRIBUTOR, deploy, on(scope))

    def _assign(
        self,
        label: str,
        role: Union[Role, In[str]],
        deploy: CIIdentity,
        scope: In[str],
        *,
        condition: Optional[In[str]] = None,
    ) -> None:
        principal = deploy.principal_id
        self._made.append(assign_role(self, label, role, principal_id=principal, scope=scope, condition=condition))

    def _custom_role(
        self, role: CustomRole, settings: LandingSettings, group_id: "pulumi.Output[str]"
    ) -> "pulumi.Output[str]":
        """Makes a role. Returns its id, as assignments name it."""
        own = settings.group_id.lower()
        guid = str(uuid.uuid5(_NAMESPACE, f"{own}\n{role.label}"))
        where = "in the group" if role.label == "deploy" else "outside the group"
        made = native.authorization.RoleDefinition(
            self.logical_name(f"{role.label}-role"),
            role_definition_id=guid,
            # A name is unique in a tenant, and so is that of a group in a subscription.
            role_name=f"{settings.group_name} {role.label} ({settings.subscription_id[:8]})",
            role_type="CustomRole",
            description=f"What deploys {settings.project.name} {settings.environment} {where}: its reviewed rights",
            scope=group_id,
            assignable_scopes=[
                group_id,
                *(self._here.get(each.lower(), each) for each in role.assignable_scopes if each.lower() != own),
            ],
            permissions=[
                {"actions": list(role.actions), "not_actions": [], "data_actions": [], "not_data_actions": []}
            ],
            opts=child(self),
        )
        self._made.append(made)
        prefix = f"/subscriptions/{settings.subscription_id}/providers/Microsoft.Authorization/roleDefinitions"
        return known_value_of(made, f"{prefix}/{guid}")

    def _workbook(
        self, settings: LandingSettings, group: "native.resources.ResourceGroup"
    ) -> "native.applicationinsights.Workbook":
        title = f"{settings.project.name} {settings.environment}"
        return native.applicationinsights.Workbook(
            self.logical_name("workbook"),
            # A workbook's name is a GUID.
            resource_name_=str(uuid.uuid5(_NAMESPACE, f"{settings.group_id.lower()}\nworkbook")),
            resource_group_name=known_value_of(group, settings.group_name),
            location=settings.location,
            display_name=title,
            category="workbook",
            kind="shared",
            source_id="Azure Monitor",
            serialized_data=workbook_text(settings.group_id, title),
            tags=self.placement.tags,
            opts=child(self),
        )


def _in_same_subscription(settings: LandingSettings, made_id: "pulumi.Output[str]") -> "pulumi.Output[str]":
    """`made_id`, or an error if the provider made it in another subscription than the settings give."""

    def compare(actual: str) -> str:
        if subscription_of(actual) != settings.subscription_id:
            refuse_deployed(
                [
                    Problem(
                        ("subscription_id",),
                        f"the settings say {settings.subscription_id}, but the landing is in {subscription_of(actual)}",
                        "A landing cannot move. Give the provider the settings' subscription, or make a new stack for "
                        "the new subscription and retire this one",
                    )
                ]
            )
        return actual

    return made_id.apply(compare)
