"""A stable endpoint of a workspace. Its name, identity and sign-in stay when the models behind it change.

It does not manage deployments and traffic. Releases do. Each update writes the whole endpoint, so the projects'
Pulumi.yaml refreshes the state before each update. The update then sends back the values that a release has set.
"""

from collections.abc import Iterator
from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ..foundation.built_in_roles import Role
from ..foundation.model import check
from ..foundation.naming import Kind
from ..foundation.problems import Problem
from ..foundation.violations import Violation
from ..parts.arguments import ArgsOrDict, In, ModelOrDict, RefusedError
from ..parts.authorization import assign_role, user_assigned_identity, user_assigned_only
from ..parts.component import Component, child, without_none
from ..parts.diagnostics import send_diagnostics
from ..parts.outputs import known_value_of
from ..parts.placement import NetworkedArgs
from ..workspace.reference import WorkspaceReference
from .settings.endpoints import OnlineEndpointSettings


class OnlineEndpointArgs(NetworkedArgs):
    """The arguments of an OnlineEndpoint."""

    settings: ModelOrDict[OnlineEndpointSettings]
    """The name of the endpoint, and its description."""

    workspace: ModelOrDict[WorkspaceReference]
    """The workspace of the endpoint. Models come from its storage, and images from its registry."""

    compute_id: Optional[In[Optional[str]]] = None
    """The compute of the attached cluster, by id. Default: the endpoint runs on machines that Azure ML manages."""

    @check
    def _target_is_where_it_runs(self) -> Iterator[Violation]:
        target, runs_on = self.settings.target, "managed" if self.compute_id is None else "aks"
        if target is not None and target != runs_on:
            yield Violation(
                ("settings", "target"),
                target,
                f"target is '{target}', but {'no' if self.compute_id is None else 'a'} compute_id is given",
                f"Leave target out, or set {runs_on}; compute_id is for endpoints on a cluster",
            )


LOGS = ("AmlOnlineEndpointTrafficLog", "AmlOnlineEndpointConsoleLog", "AmlOnlineEndpointEventLog")
"""The logs of an endpoint on managed machines ("Monitor online endpoints", Azure Machine Learning): a row for each
request, what containers print, and events of containers. An endpoint on a cluster has the cluster's logs."""


class OnlineEndpoint(Component):
    """An endpoint on managed machines, or on an attached cluster."""

    name: pulumi.Output[str]
    """The endpoint's name, which releases deploy to."""

    resource_id: pulumi.Output[str]
    """The endpoint's id."""

    principal_id: pulumi.Output[str]
    """The principal id of its identity. Grant it access to the data that models read."""

    client_id: pulumi.Output[str]
    """The client id of its identity, which models sign in with."""

    scoring_uri: pulumi.Output[Optional[str]]
    """The URL that callers use."""

    def __init__(
        self, name: str, args: ArgsOrDict[OnlineEndpointArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = OnlineEndpointArgs.model_validate(args)
        super().__init__(name, args, opts, part=args.settings.name)
        placement = self.placement
        identity = user_assigned_identity(self, "identity", f"endpoint-{args.settings.name}")
        self._grant(args.workspace, identity.principal_id)
        endpoint_name = placement.name_of(Kind.ONLINE_ENDPOINT, args.settings.name)
        endpoint = native.machinelearningservices.OnlineEndpoint(
            self.logical_name("endpoint"),
            endpoint_name=endpoint_name,
            workspace_name=args.workspace.name,
            resource_group_name=placement.resource_group_name,
            location=placement.location,
            kind="Managed" if args.compute_id is None else "K8S",
            identity=user_assigned_only(identity.id),
            properties=self._properties(args),
            tags=placement.tags,
            opts=child(
                self,
                protect=placement.protected,
                # Releases set these. After the refresh, the update sends back their values.
                ignore_changes=["properties.mirrorTraffic", "properties.traffic"],
            ),
        )
        if args.compute_id is None:
            # Without it, nobody can tell who called, nor how a new version does.
            send_diagnostics(self, "endpoint", endpoint.id, tables=list(LOGS))
        self._finish(
            {
                "name": known_value_of(endpoint, endpoint_name),
                "resource_id": endpoint.id,
                "principal_id": identity.principal_id,
                "client_id": identity.client_id,
                "scoring_uri": endpoint.properties.apply(lambda each: each.scoring_uri),
            }
        )

    @staticmethod
    def _properties(args: OnlineEndpointArgs) -> Any:
        on_kubernetes = args.compute_id is not None
        return without_none(
            # Entra tokens are documented for managed endpoints only ("Authenticate clients for online endpoints").
            auth_mode="AMLToken" if on_kubernetes else "AADToken",
            compute=pulumi.Output.from_input(args.compute_id).apply(_attached) if on_kubernetes else None,
            # On an attached cluster, the router's load balancer decides it.
            public_network_access=None if on_kubernetes else args.placement.public_network_access,
            description=args.settings.description,
        )

    def _grant(self, workspace: WorkspaceReference, principal_id: In[str]) -> None:
        """Assigns the roles that Azure itself assigns to system-assigned identities only ("Access Azure resources from
        an online endpoint")."""
        for label, role, scope in (
            ("images", Role.ACR_PULL, workspace.container_registry_id),
            ("models", Role.STORAGE_BLOB_DATA_READER, workspace.storage_account_id),
            ("metrics", Role.AZUREML_METRICS_WRITER, workspace.resource_id),
        ):
            assign_role(self, label, role, principal_id=principal_id, scope=scope)


def _attached(compute_id: Optional[str]) -> str:
    """The id of an attached cluster's compute. Raises RefusedError if the cluster is attached to no workspace."""
    if compute_id is None:
        raise RefusedError(
            [
                Problem(
                    ("compute_id",),
                    "the cluster is not attached to a workspace, so it cannot have an endpoint",
                    "Give its AKSInferenceArgs the same workspace, or leave compute_id out",
                    OnlineEndpointArgs.__name__,
                )
            ]
        )
    return compute_id
