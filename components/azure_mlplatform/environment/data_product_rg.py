"""The resource group of one data product in one environment, with the resources that all its parts share.

It does not manage the subscription, the hub, or the deploying identity: the identity that runs `pulumi up` has its
rights before the group exists.
"""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any, Optional

import pulumi
import pulumi_azure_native as native
import pulumi_random as random

from ..ai.ai_service import AIService, AIServiceArgs
from ..foundation.built_in_roles import PrincipalType, Role
from ..foundation.custom_roles import CustomRole
from ..foundation.environment_names import group_name
from ..foundation.model import check
from ..foundation.naming import SUFFIX_LENGTH, Kind
from ..foundation.problems import Problem
from ..foundation.rules import field_rule
from ..foundation.values import date, name_of, subscription_of
from ..foundation.violations import Violation, prefixed
from ..network.network import Network, NetworkArgs
from ..parts.adopted_key_vault import adopted_key_vault, key_vault_violations
from ..parts.arguments import ArgsOrDict, ComponentArgs, In, ModelOrDict, refuse_deployed
from ..parts.authorization import assign_role, lock, user_assigned_identity
from ..parts.component import Component, child
from ..parts.custom_roles import custom_role
from ..parts.diagnostics import send_diagnostics
from ..parts.encryption import EncryptionKey
from ..parts.federated_credentials import federate
from ..parts.outputs import after_check, gated_by, known_value_of
from ..parts.placement import Placement
from .budget import make_budget
from .isolation import isolation_violations
from .settings.environment import EnvironmentSettings
from .sharing import shares_of
from .tags import environment_tags


class DataProductRGArgs(ComponentArgs):
    """The arguments of a DataProductRG."""

    settings: ModelOrDict[EnvironmentSettings]
    """The environment."""

    today: str
    """The day on which the program runs, as year-month-day. A budget starts in its month, and an environment or a size
    that has expired is refused."""

    _date = field_rule(date, "today")

    @check
    def _can_be_made_today(self) -> Iterator[Violation]:
        today = datetime.date.fromisoformat(self.today)
        yield from prefixed(("settings",), self.settings.violations_on(today))
        yield from prefixed(("settings",), isolation_violations(self.settings))


class DataProductRG(Component):
    """A resource group with its network, log, workload identity, budget and AI services."""

    name: pulumi.Output[str]
    """The group's name."""

    resource_id: pulumi.Output[str]
    """The group's id."""

    suffix: pulumi.Output[str]
    """The six characters at the end of globally unique names."""

    log_analytics_workspace_id: pulumi.Output[str]
    """The Log Analytics workspace of all logs and metrics, by id."""

    workload_identity_id: pulumi.Output[str]
    """The identity that the environment's own pipelines and workloads act as, by resource id."""

    client_id: pulumi.Output[str]
    """The client id of the workload identity, used to sign in."""

    principal_id: pulumi.Output[str]
    """The object id of the workload identity, used to assign roles."""

    ai_service_endpoints: pulumi.Output[dict[str, str]]
    """AI service, by its name in the settings → its address."""

    shares: pulumi.Output[list[dict[str, str]]]
    """What the settings share with other environments: resource id, project, environment and reason of each."""

    def __init__(
        self, name: str, args: ArgsOrDict[DataProductRGArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = DataProductRGArgs.model_validate(args)
        super().__init__(name, args, opts)
        settings = args.settings
        group_name = _group_name(settings)
        self._place(self._first_placement(settings, group_name))
        # The id of the first resource shows its subscription. Everything else waits until that is checked.
        if settings.resource_group_id is None:
            group = self._group(settings, group_name)
            group_id = _in_same_subscription(settings, group.id)
            self._wait_for(group_id, group_name)
            identity = user_assigned_identity(self, "workload-identity", "")
        else:
            identity = user_assigned_identity(self, "workload-identity", "")
            checked = _in_same_subscription(settings, identity.id)
            group_id = after_check(checked, settings.resource_group_id)
            self._wait_for(checked, group_name)
        self._extend(diagnostics=self._log_analytics(settings))
        federate(
            self,
            known_value_of(identity, self.placement.name_of(Kind.USER_ASSIGNED_IDENTITY)),
            self.placement.resource_group_name,
            settings.workload_identity.credentials(settings.environment),
        )
        if settings.budget is not None:
            make_budget(self, settings.budget, scope=group_id, today=args.today)
        self.network = self._network(settings)
        self._extend(
            private_network=self.network.private_network if self.network else None,
            encryption=self._encryption(settings),
        )
        self.ai_services = {
            each.name: AIService(
                self.logical_name(each.name), AIServiceArgs(placement=self.placement, settings=each), child(self)
            )
            for each in settings.ai_services
        }
        self._grant(settings, group_id, identity)
        self._finish(
            {
                "name": self.placement.resource_group_name,
                "resource_id": group_id,
                "suffix": self.placement.suffix,
                "log_analytics_workspace_id": self.placement.diagnostics,
                "workload_identity_id": identity.id,
                "client_id": identity.client_id,
                "principal_id": identity.principal_id,
                "ai_service_endpoints": {each: service.endpoint for each, service in self.ai_services.items()},
                "shares": shares_of(settings),
            }
        )

    @property
    def exports(self) -> Mapping[str, "pulumi.Output[Any]"]:
        """The outputs that a stack exports."""
        return {
            "resource_group_name": self.name,
            "resource_group_id": self.resource_id,
            "log_analytics_workspace_id": self.log_analytics_workspace_id,
            "workload_identity_id": self.workload_identity_id,
            "workload_identity_client_id": self.client_id,
            "ai_service_endpoints": self.ai_service_endpoints,
            **(self.network.exports if self.network is not None else {}),
        }

    def grant_user(
        self,
        principal_id: In[str],
        principal_type: PrincipalType = PrincipalType.SERVICE_PRINCIPAL,
        *,
        grantee: Optional[str] = None,
    ) -> None:
        """Lets a principal call every AI service of the data product; see `AIService.grant_user`."""
        for service in self.ai_services.values():
            service.grant_user(principal_id, principal_type, grantee=grantee)

    def _first_placement(self, settings: EnvironmentSettings, group_name: str) -> Placement:
        """The placement before there is a log, a network or a key."""
        return Placement(
            project=settings.project.name,
            environment=settings.environment,
            location=settings.location,
            subscription_id=settings.subscription_id,
            tenant_id=settings.tenant_id,
            resource_group_name=group_name,
            suffix=self._suffix(settings),
            tags=environment_tags(settings),
            public_access=settings.network.public_access if settings.network else None,
            open_reason=None if settings.network else "a sandbox without a network",
            no_zones_reason=settings.no_zones_reason,
            custom_roles=settings.access.custom_roles,
            retire=settings.retire,
            lift_locks=settings.lift_locks,
        )

    def _extend(self, **found: Any) -> None:
        """Updates fields of the placement."""
        self.placement = self.placement.model_copy(update=found)

    def _wait_for(self, checked: "pulumi.Output[str]", group_name: str) -> None:
        self._extend(resource_group_name=after_check(checked, group_name))

    def _group(self, settings: EnvironmentSettings, group_name: str) -> "native.resources.ResourceGroup":
        return native.resources.ResourceGroup(
            self.logical_name("group"),
            resource_group_name=group_name,
            location=settings.location,
            tags=self.placement.tags,
            opts=child(self, protect=self.placement.protected),
        )

    def _suffix(self, settings: EnvironmentSettings) -> In[str]:
        if settings.suffix is not None:
            return settings.suffix
        # No keepers: a changed keeper would rename, and so replace, every resource with a global name.
        return random.RandomString(
            self.logical_name("suffix"),
            length=SUFFIX_LENGTH,
            upper=False,
            special=False,
            opts=child(self, protect=settings.retire is None),
        ).result

    def _log_analytics(self, settings: EnvironmentSettings) -> In[str]:
        diagnostics = settings.diagnostics
        if diagnostics.log_analytics_workspace_id is not None:
            return diagnostics.log_analytics_workspace_id
        workspace = native.operationalinsights.Workspace(
            self.logical_name("log"),
            workspace_name=self.placement.name_of(Kind.LOG_ANALYTICS),
            resource_group_name=self.placement.resource_group_name,
            location=settings.location,
            sku={"name": "PerGB2018"},
            retention_in_days=diagnostics.retention_days or settings.profile.log_retention_days,
            workspace_capping={"daily_quota_gb": diagnostics.daily_cap_gb} if diagnostics.daily_cap_gb else None,
            features={"disable_local_auth": True, "enable_log_access_using_only_resource_permissions": True},
            tags=self.placement.tags,
            # In each kind of environment: one setting, for a workspace that others run, would delete the logs.
            opts=child(self, protect=settings.retire is None),
        )
        self._extend(diagnostics=workspace.id)
        send_diagnostics(self, "log", workspace.id)
        if self.placement.locked:
            lock(self, "log-lock", workspace)
        return workspace.id

    def _network(self, settings: EnvironmentSettings) -> Optional[Network]:
        if settings.network is None:
            return None
        inference = settings.inference
        return Network(
            self.logical_name("network"),
            NetworkArgs(
                placement=self.placement,
                settings=settings.network,
                dns_zones=settings.dns_zones,
                container_delegation=inference.container_delegation(settings.network) if inference else None,
                pod_cidr=inference.pod_cidr if inference else None,
            ),
            child(self),
        )

    def _encryption(self, settings: EnvironmentSettings) -> Optional[EncryptionKey]:
        key = settings.customer_managed_key
        if key is None:
            return None
        identity = user_assigned_identity(self, "key-identity", "key")
        may_read = assign_role(
            self,
            "key-reader",
            Role.KEY_VAULT_CRYPTO_USER,
            principal_id=identity.principal_id,
            scope=self._judged_vault(settings, key.key_vault_id),
        )
        return EncryptionKey(
            key=key,
            # Encrypted resources read the key when they are made, so the role must exist first.
            identity_id=known_value_of(may_read, identity.id),
            identity_client_id=identity.client_id,
        )

    def _judged_vault(self, settings: EnvironmentSettings, vault_id: str) -> In[str]:
        """The id of the key's vault, or an error if it cannot hold the key."""
        if settings.retire is not None:  # A vault that is gone or unfit must not keep the environment from going.
            return vault_id
        vault = adopted_key_vault(self, "key-vault", vault_id)
        near, path = settings.encrypted_near_the_vault, ("customer_managed_key", "key_vault_id")
        return gated_by(key_vault_violations(vault, vault_id, self.placement, near, path), vault_id)

    def _grant(
        self,
        settings: EnvironmentSettings,
        group_id: In[str],
        identity: "native.managedidentity.UserAssignedIdentity",
    ) -> None:
        self.grant_user(identity.principal_id, grantee="workload-identity")
        for group in settings.access.workers:
            self.grant_user(group, PrincipalType.GROUP)
        workers = settings.access.workers
        for group in dict.fromkeys([*settings.access.readers, *workers]):
            assign_role(
                self,
                f"reader-{group}",
                # Who works here reads the logs too.
                Role.READER if group in workers else custom_role(self, CustomRole.READER),
                principal_id=group,
                scope=group_id,
                principal_type=PrincipalType.GROUP,
            )


def _group_name(settings: EnvironmentSettings) -> str:
    if settings.resource_group_id is not None:
        return name_of(settings.resource_group_id)
    return group_name(settings.project, settings.environment)


def _in_same_subscription(settings: EnvironmentSettings, made_id: "pulumi.Output[str]") -> "pulumi.Output[str]":
    """`made_id`, or an error if it is in another subscription than the settings give.

    The provider reports no difference when its own subscription changes: existing resources still show the old
    one. Before the first deployment the id is unknown, and there is nothing to compare.
    """

    def compare(actual: str) -> str:
        if subscription_of(actual) != settings.subscription_id:
            refuse_deployed(
                [
                    Problem(
                        ("subscription_id",),
                        f"the settings say {settings.subscription_id}, but the environment is in "
                        f"{subscription_of(actual)}",
                        "An environment cannot move. Give the provider the settings' subscription, or make a new "
                        "stack for the new subscription and retire this one",
                    )
                ]
            )
        return actual

    return made_id.apply(compare)
