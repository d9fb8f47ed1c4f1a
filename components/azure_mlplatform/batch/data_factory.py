"""A data factory (Microsoft.DataFactory): its managed network, private endpoints, linked services and pipelines.

It always signs in with its own identity: no linked service has a key. Its private endpoints lead only to named
resources.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

import pulumi
import pulumi_azure_native as native

from ..catalogue.changes import replacing
from ..catalogue.private_link import PrivateService
from ..foundation.naming import Kind
from ..foundation.problems import Problem
from ..foundation.values import name_of, resource_group_of
from ..parts.arguments import In, refuse_deployed
from ..parts.authorization import system_assigned
from ..parts.component import Component, child, is_hosted
from ..parts.diagnostics import send_diagnostics
from ..parts.encryption import EncryptionKey
from ..parts.outputs import after_check, known_value_of
from ..parts.private_endpoint import private_endpoints
from ..parts.template_deployment import template_deployment
from .pipelines import Json, flattened

if TYPE_CHECKING:
    from ..dynamic.trigger_state import StopTrigger

_LOGS = ["ActivityRuns", "PipelineRuns", "TriggerRuns"]
"""The logs of runs ("Supported logs for Microsoft.DataFactory/factories"). The other logs are for debug runs and for
services that are not used here."""


class Factory(NamedTuple):
    """A factory that receives pipelines."""

    name: In[str]
    resource_group_name: In[str]
    resource_id: In[str]
    """Made of names, so it is known before the factory exists."""

    principal_id: In[str]
    """The principal id of its own identity."""

    network: Optional[pulumi.Resource] = None
    """The managed network, if this library made one."""

    runtime: Optional[pulumi.Resource] = None
    """The integration runtime in that network."""

    integration_runtime: Optional[str] = None
    """The integration runtime that reaches the workspace. None: the factory's default, which is public."""


def data_factory(parent: Component) -> Factory:
    """Makes a factory without a Git repository, so it runs only what is deployed. In a private network, it also has a
    managed network, where its activities run."""
    placement = parent.placement
    private, key = placement.private_network is not None, placement.encryption
    factory_name = placement.name_of(Kind.DATA_FACTORY)
    factory = native.datafactory.Factory(
        parent.logical_name("factory"),
        factory_name=factory_name,
        resource_group_name=placement.resource_group_name,
        location=placement.location,
        # Activities sign in with its own identity. The other identity may read the customer's key.
        identity=system_assigned(*([key.identity_id] if key else []), as_map=True),
        encryption=_factory_encryption(key),
        # It has no firewall, so it is open to all or to none.
        public_network_access="Disabled" if private else "Enabled",
        tags=placement.tags,
        opts=child(parent, protect=placement.protected),
    )
    send_diagnostics(parent, "factory", factory.id, tables=_LOGS)
    private_endpoints(parent, "factory", factory.id, PrivateService.DATA_FACTORY, part="factory")
    made = known_value_of(factory, factory_name)
    principal_id: pulumi.Output[Any] = factory.identity.apply(lambda each: each.principal_id if each else None)
    network = _managed_network(parent, made) if private else None
    runtime_name = placement.known_name(Kind.INTEGRATION_RUNTIME) if private else None
    return Factory(
        name=made,
        resource_group_name=placement.resource_group_name,
        resource_id=placement.id_of("Microsoft.DataFactory/factories", factory_name),
        principal_id=principal_id,
        network=network,
        runtime=_integration_runtime(parent, runtime_name, made, network) if runtime_name and network else None,
        integration_runtime=runtime_name,
    )


def _factory_encryption(key: Optional[EncryptionKey]) -> Any:
    if key is None:
        return None
    return native.datafactory.EncryptionConfigurationArgs(
        vault_base_url=key.key.vault_uri,
        key_name=key.key.key_name,
        key_version=key.key.key_version,
        identity=native.datafactory.CMKIdentityDefinitionArgs(user_assigned_identity=key.identity_id),
    )


def adopted_factory(parent: Component, factory_id: str, integration_runtime: Optional[str]) -> Factory:
    """A factory that others made. They manage its network and approvals. It must have its own identity."""
    read = native.datafactory.Factory.get(parent.logical_name("adopted-factory"), factory_id, opts=child(parent))

    def must_sign_in(identity: Any) -> str:
        if identity is None or not identity.principal_id:
            refuse_deployed(
                [
                    Problem(
                        ("batch", "data_factory_id"),
                        f"'{factory_id}': the factory has no identity of its own to sign in with",
                        "Give it a system-assigned identity, or leave data_factory_id out",
                    )
                ]
            )
        return identity.principal_id if identity else ""

    principal_id = read.identity.apply(must_sign_in)
    return Factory(
        name=after_check(principal_id, name_of(factory_id)),
        resource_group_name=resource_group_of(factory_id),
        resource_id=factory_id,
        principal_id=principal_id,
        integration_runtime=integration_runtime,
    )


def _managed_network(parent: Component, factory_name: In[str]) -> "native.resources.Deployment":
    """Makes the managed network `default` of the factory. azure-native has no type for it, because Azure deletes it
    only with the factory."""
    return template_deployment(
        parent,
        "managed-network",
        pulumi.Output.concat(factory_name, "-managed-network"),
        type_="Microsoft.DataFactory/factories/managedVirtualNetworks",
        api_version="2018-06-01",
        name=pulumi.Output.concat(factory_name, "/default"),
        properties={},
    )


def _integration_runtime(
    parent: Component, runtime_name: str, factory_name: In[str], network: pulumi.Resource
) -> "native.datafactory.IntegrationRuntime":
    adf = native.datafactory
    return native.datafactory.IntegrationRuntime(
        parent.logical_name("runtime"),
        integration_runtime_name=runtime_name,
        factory_name=factory_name,
        resource_group_name=parent.placement.resource_group_name,
        properties=adf.ManagedIntegrationRuntimeArgs(
            type="Managed",
            managed_virtual_network=adf.ManagedVirtualNetworkReferenceArgs(
                type="ManagedVirtualNetworkReference", reference_name="default"
            ),
            # A managed network exists only in its factory's region.
            compute_properties=adf.IntegrationRuntimeComputePropertiesArgs(location="AutoResolve"),
        ),
        opts=child(parent, depends_on=[network], replace_on_changes=["properties.managedVirtualNetwork"]),
    )


def managed_endpoint(
    parent: Component, factory: Factory, part: str, *, target_id: In[str], group_id: str, approve: bool
) -> pulumi.Resource:
    """Makes a private endpoint from the factory's network to a resource. Returns the resource to wait for before use.

    The owner of the target must approve the connection. With `approve`, this is done here, for this connection only.
    `part` is the endpoint's name. At the target, Azure names it `{factory}.{part}`.
    """
    endpoint = native.datafactory.ManagedPrivateEndpoint(
        parent.logical_name(f"reach-{part}"),
        managed_private_endpoint_name=part,
        managed_virtual_network_name="default",
        factory_name=factory.name,
        resource_group_name=factory.resource_group_name,
        properties={"private_link_resource_id": target_id, "group_id": group_id},
        opts=child(
            parent,
            depends_on=[each for each in [factory.network] if each],
            delete_before_replace=True,
            replace_on_changes=["properties.groupId", "properties.privateLinkResourceId"],
        ),
    )
    if not approve:
        return endpoint
    from ..dynamic.approved_connection import ApproveConnection

    return ApproveConnection(
        parent.logical_name(f"reach-{part}-approval"),
        endpoint_id=endpoint.id,
        target_id=target_id,
        tenant_id=parent.placement.tenant_id,
        opts=child(parent),
    )


def linked_service(
    parent: Component, factory: Factory, label: str, service_name: str, properties: Any
) -> "native.datafactory.LinkedService":
    """Makes a linked service for the factory's pipelines. It signs in with the factory's identity."""
    if factory.integration_runtime is not None:
        properties.connect_via = native.datafactory.IntegrationRuntimeReferenceArgs(
            type="IntegrationRuntimeReference", reference_name=factory.integration_runtime
        )
    return native.datafactory.LinkedService(
        parent.logical_name(f"service-{label}"),
        linked_service_name=service_name,
        factory_name=factory.name,
        resource_group_name=factory.resource_group_name,
        properties=properties,
        opts=child(parent, depends_on=[each for each in [factory.runtime] if each]),
    )


def pipeline(
    parent: Component,
    factory: Factory,
    label: str,
    pipeline_name: str,
    properties: Json,
    depends_on: Iterable[pulumi.Resource] = (),
) -> "native.datafactory.Pipeline":
    """Makes a pipeline from properties in the form of the REST API."""
    flat = flattened(properties)
    return native.datafactory.Pipeline(
        parent.logical_name(label),
        pipeline_name=pipeline_name,
        factory_name=factory.name,
        resource_group_name=factory.resource_group_name,
        description=flat["description"],
        parameters=flat["parameters"],
        variables=flat.get("variables"),
        concurrency=flat.get("concurrency"),
        activities=flat["activities"],
        opts=child(parent, depends_on=[*depends_on, *(each for each in [factory.runtime] if each)]),
    )


def stop_removed_triggers(parent: Component, factory: Factory, triggers: list[str]) -> pulumi.Resource:
    """Stops the triggers that are not in the list any more. Pipelines depend on it."""
    from ..dynamic.trigger_state import StopRemoved

    return StopRemoved(
        parent.logical_name("removed-triggers"),
        factory_id=factory.resource_id,
        triggers=triggers,
        tenant_id=parent.placement.tenant_id,
        opts=child(parent),
    )


def stop_trigger(parent: Component, factory: Factory, label: str, trigger_name: str, properties: Json) -> "StopTrigger":
    """Stops a trigger before every change of it. Its pipelines depend on it too."""
    from ..dynamic.trigger_state import StopTrigger

    return StopTrigger(
        f"{parent.logical_name(label)}-stop",
        factory_id=factory.resource_id,
        trigger=trigger_name,
        definition=properties,
        tenant_id=parent.placement.tenant_id,
        opts=child(parent),
    )


def running_trigger(
    parent: Component,
    factory: Factory,
    label: str,
    trigger_name: str,
    properties: Json,
    *,
    runs: bool,
    stopped: "Optional[StopTrigger]",
    starts: pulumi.Resource,
    needs: list[pulumi.Resource],
) -> None:
    """Makes a trigger that `starts` a pipeline, from properties in the form of the REST API.

    Azure makes triggers stopped, and refuses to change a started one. `stopped` stops it before every change (None:
    this program neither stops nor starts it). If it `runs`, it is started again once all resources that a run `needs`
    exist.
    """
    name = parent.logical_name(label)
    trigger = native.datafactory.Trigger(
        name,
        trigger_name=trigger_name,
        factory_name=factory.name,
        resource_group_name=factory.resource_group_name,
        properties=flattened(properties),
        opts=child(
            parent,
            depends_on=[starts, *([stopped] if stopped else [])],
            delete_before_replace=True,
            replace_on_changes=replacing("azure-native:datafactory:Trigger"),
        ),
    )
    if stopped is not None and runs:
        from ..dynamic.trigger_state import StartTrigger

        StartTrigger(
            f"{name}-start",
            factory_id=factory.resource_id,
            # This name depends on the new trigger. So if a trigger is replaced, the old one is stopped first.
            trigger=known_value_of(trigger, trigger_name),
            definition=properties,
            stop=stopped.stop,
            tenant_id=parent.placement.tenant_id,
            opts=child(parent, depends_on=needs),
        )


HOSTED = (
    "Triggers are not started or stopped, and private endpoints are not approved: both need a main program in Python, "
    "but this one is in another language. docs/batch.md has the commands to do it yourself"
)


class Actions(NamedTuple):
    """The actions that this program does because azure-native cannot."""

    starts: bool
    """Whether it starts and stops triggers."""

    approves: bool
    """Whether it approves connections."""


def allowed_actions(*, starts: bool, approves: bool) -> Actions:
    """Which actions can run here. None in a component hosted for another language; logs a warning."""
    if (starts or approves) and is_hosted():
        pulumi.log.warn(HOSTED)
        return Actions(starts=False, approves=False)
    return Actions(starts, approves)
