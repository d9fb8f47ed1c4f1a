"""What a workspace computes on: clusters, people's instances, and what it attaches: Kubernetes, Databricks, Spark."""

import base64
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

import pulumi
import pulumi_azure_native as native

from ._component import ComponentArgs, In, PlacedArgs, child, is_hosted
from .foundation.naming import Kind
from .settings.aks import Attach
from .settings.computes import ClusterSettings, InstanceSchedule, InstanceSettings, SetupScript
from .settings.node_pools import InstanceType
from .tags import ATTACH

if TYPE_CHECKING:
    from .dynamic.compute_detach import ComputeDetach


def compute_cluster(
    name: str,
    cluster: ClusterSettings,
    *,
    args: PlacedArgs,
    workspace_name: In[str],
    identity_id: In[str],
    subnet_id: Optional[In[str]],
    parent: pulumi.Resource,
    depends_on: list[pulumi.Resource],
) -> "native.machinelearningservices.Compute":
    """A cluster whose jobs sign in as `identity_id`. Without a `subnet_id` it is in the managed network."""
    ml = native.machinelearningservices
    return native.machinelearningservices.Compute(
        name,
        compute_name=cluster.name,
        workspace_name=workspace_name,
        resource_group_name=args.resource_group_name,
        location=args.location,
        identity={"type": "UserAssigned", "user_assigned_identities": [identity_id]},
        properties=ml.AmlComputeArgs(
            compute_type="AmlCompute",
            compute_location=args.location,
            disable_local_auth=True,
            properties=ml.AmlComputePropertiesArgs(
                vm_size=cluster.vm_size,
                vm_priority=cluster.priority.value,
                os_type="Linux",
                enable_node_public_ip=False,
                remote_login_port_public_access="Disabled",
                scale_settings=ml.ScaleSettingsArgs(
                    min_node_count=cluster.min_nodes,
                    max_node_count=cluster.max_nodes,
                    node_idle_time_before_scale_down=f"PT{cluster.idle_seconds}S",
                ),
                subnet=_subnet(subnet_id),
            ),
        ),
        tags=args.tags,
        opts=child(parent, delete_before_replace=True, depends_on=depends_on, replace_on_changes=_IMMUTABLE),
    )


_IMMUTABLE = [
    f"properties.{each}"
    for each in ("disableLocalAuth", "properties.subnet", "properties.vmPriority", "properties.vmSize")
]
"""What Azure does not change in place."""


def compute_instance(
    name: str,
    instance: InstanceSettings,
    *,
    args: PlacedArgs,
    tenant_id: str,
    workspace_name: In[str],
    subnet_id: Optional[In[str]],
    parent: pulumi.Resource,
    depends_on: list[pulumi.Resource],
) -> "native.machinelearningservices.Compute":
    """One person's machine. It has no identity of its own: what is done there is done as its user."""
    ml = native.machinelearningservices
    return native.machinelearningservices.Compute(
        name,
        compute_name=args.name_of(Kind.COMPUTE_INSTANCE, instance.name),
        workspace_name=workspace_name,
        resource_group_name=args.resource_group_name,
        location=args.location,
        properties=ml.ComputeInstanceArgs(
            compute_type="ComputeInstance",
            compute_location=args.location,
            disable_local_auth=True,
            properties=ml.ComputeInstancePropertiesArgs(
                vm_size=instance.vm_size,
                application_sharing_policy="Personal",
                compute_instance_authorization_type="personal",
                personal_compute_instance_settings=ml.PersonalComputeInstanceSettingsArgs(
                    assigned_user=ml.AssignedUserArgs(object_id=instance.assigned_user, tenant_id=tenant_id)
                ),
                enable_node_public_ip=False,
                enable_sso=True,
                ssh_settings=ml.ComputeInstanceSshSettingsArgs(ssh_public_access="Disabled"),
                idle_time_before_shutdown=f"PT{instance.idle_shutdown_minutes}M",
                schedules=_schedules(instance.schedule),
                setup_scripts=_setup_scripts(instance.setup_script),
                subnet=_subnet(subnet_id),
            ),
        ),
        tags=args.tags,
        opts=child(
            parent,
            delete_before_replace=True,
            depends_on=depends_on,
            # Azure changes an instance neither here nor there: its properties make a new one, its tags wait for it.
            replace_on_changes=["properties"],
            ignore_changes=["tags"],
        ),
    )


class AttachableWorkspace(ComponentArgs):
    """A workspace that others' clusters, pools and workspaces can be attached to as computes."""

    workspace_id: In[str]
    """The workspace, by id, made of names: known before it exists."""

    name: In[str]
    """Its name, known once it exists."""

    resource_id: In[str]
    """Its id, known once it exists."""

    principal_id: In[str]
    """The principal of its identity, which reaches a cluster of Kubernetes."""

    compute_identity_id: In[str]
    """The identity, by id, that models and jobs sign in as."""

    compute_principal_id: In[str]
    """The principal of that identity."""

    managed_network: bool = False
    """Whether it is in a network that Azure runs for it, which reaches no cluster of Kubernetes. Left out, it is not.
    """


class Attached(NamedTuple):
    """What is there without the workspace, as a compute of it."""

    compute: "native.machinelearningservices.Compute"

    first_to_go: pulumi.Resource
    """What detaches it before it is deleted. What works on the compute depends on this, to go before."""


def kubernetes_compute(
    name: str,
    compute_name: str,
    *,
    cluster_id: In[str],
    namespace: str,
    instance_types: list[InstanceType],
    extension_principal_id: Optional[In[str]],
    attach: Attach,
    args: PlacedArgs,
    tenant_id: str,
    workspace: AttachableWorkspace,
    parent: pulumi.Resource,
    depends_on: list[pulumi.Resource],
) -> Attached:
    """A Kubernetes cluster as a compute of a workspace, in one namespace. Azure changes nothing of it in place,
    and instance types that come later are applied to the cluster."""
    ml = native.machinelearningservices
    properties = ml.KubernetesArgs(
        compute_type="Kubernetes",
        compute_location=args.location,
        resource_id=cluster_id,
        properties=ml.KubernetesPropertiesArgs(
            namespace=namespace,
            instance_types={each.name: _instance_type(each) for each in instance_types} or None,
            default_instance_type=instance_types[0].name if instance_types else None,
            extension_principal_id=extension_principal_id,
        ),
    )
    return _attached(
        name,
        compute_name,
        properties,
        "the cluster",
        identity=_identity(workspace),
        tags={**args.tags, ATTACH: attach.value},
        args=args,
        tenant_id=tenant_id,
        workspace=workspace,
        parent=parent,
        depends_on=depends_on,
        replace_on_changes=["identity", "location", "properties"],
        # A new pool, or another tag, would detach the cluster under its endpoints.
        ignore_changes=[*(f"properties.properties.{each}" for each in _INSTANCE_TYPES), "tags"],
    )


def spark_compute(
    name: str,
    compute_name: str,
    *,
    pool_id: In[str],
    args: PlacedArgs,
    tenant_id: str,
    workspace: AttachableWorkspace,
    parent: pulumi.Resource,
) -> Attached:
    """A Spark pool of Synapse as a compute of a workspace, whose jobs sign in as the computes' identity. Azure ML reads
    the pool's properties itself."""
    properties = native.machinelearningservices.SynapseSparkArgs(
        compute_type="SynapseSpark", compute_location=args.location, resource_id=pool_id
    )
    return _attached(
        name,
        compute_name,
        properties,
        "the pool",
        identity=_identity(workspace),
        tags=args.tags,
        args=args,
        tenant_id=tenant_id,
        workspace=workspace,
        parent=parent,
        replace_on_changes=["identity", "location", "properties.resourceId"],
        # Azure says what the pool has become, and a refresh takes that for what was asked.
        ignore_changes=["properties.properties"],
    )


def databricks_compute(
    name: str,
    compute_name: str,
    *,
    workspace_id: In[str],
    url: In[str],
    token: In[str],
    args: PlacedArgs,
    tenant_id: str,
    workspace: AttachableWorkspace,
    parent: pulumi.Resource,
) -> Attached:
    """A Databricks workspace as a compute of a machine-learning one, which acts as whoever the token is of. A new token
    is sent to the same compute."""
    ml = native.machinelearningservices
    properties = ml.DatabricksArgs(
        compute_type="Databricks",
        compute_location=args.location,
        resource_id=workspace_id,
        properties=ml.DatabricksPropertiesArgs(databricks_access_token=pulumi.Output.secret(token), workspace_url=url),
    )
    return _attached(
        name,
        compute_name,
        properties,
        "Databricks",
        tags=args.tags,
        args=args,
        tenant_id=tenant_id,
        workspace=workspace,
        parent=parent,
        replace_on_changes=["location", "properties.resourceId", "properties.properties.workspaceUrl"],
        # Azure answers with the token.
        secret_outputs=["properties"],
    )


def _attached(
    name: str,
    compute_name: str,
    properties: Any,
    kind: str,
    *,
    tags: dict[str, str],
    args: PlacedArgs,
    tenant_id: str,
    workspace: AttachableWorkspace,
    parent: pulumi.Resource,
    identity: Any = None,
    **options: Any,
) -> Attached:
    """The compute, and what detaches it. Where that cannot run, the compute stays when it is deleted: what Azure does
    at a deletion without its word is not documented."""
    compute = native.machinelearningservices.Compute(
        f"{name}-compute",
        compute_name=compute_name,
        workspace_name=workspace.name,
        resource_group_name=args.resource_group_name,
        location=args.location,
        identity=identity,
        properties=properties,
        tags=tags,
        opts=child(parent, delete_before_replace=True, retain_on_delete=is_hosted() or None, **options),
    )
    if is_hosted():
        pulumi.log.warn(
            f"{compute_name} stays when this component is deleted: a component that another language uses cannot "
            f"detach it. Detach it with `az ml compute detach` before {kind} goes",
            parent,
        )
        return Attached(compute, compute)
    detach = _detach_of(properties)(f"{name}-detach", compute_id=compute.id, tenant_id=tenant_id, opts=child(parent))
    return Attached(compute, detach)


def _detach_of(properties: Any) -> "type[ComputeDetach]":
    """Imported where it is used: importing it costs, and few programs attach anything."""
    from .dynamic.compute_detach import ComputeDetach
    from .dynamic.kubernetes_detach import KubernetesDetach

    return KubernetesDetach if isinstance(properties, native.machinelearningservices.KubernetesArgs) else ComputeDetach


def _identity(workspace: AttachableWorkspace) -> Any:
    return {"type": "UserAssigned", "user_assigned_identities": [workspace.compute_identity_id]}


_INSTANCE_TYPES = ("defaultInstanceType", "instanceTypes")


def not_attached(properties: Any, wanted: list[InstanceType]) -> list[InstanceType]:
    """Those that a compute, which Azure describes by `properties`, was attached without."""
    attached = ((properties or {}).get("properties") or {}).get("instanceTypes")
    return [each for each in wanted if each.name not in attached] if attached else []


def _instance_type(given: InstanceType) -> Any:
    ml = native.machinelearningservices
    return ml.InstanceTypeSchemaArgs(
        node_selector=given.node_selector,
        resources=ml.InstanceTypeSchemaResourcesArgs(requests=given.requests, limits=given.limits),
    )


def _subnet(subnet_id: Optional[In[str]]) -> Any:
    return None if subnet_id is None else native.machinelearningservices.ResourceIdArgs(id=subnet_id)


def _schedules(schedule: Optional[InstanceSchedule]) -> Any:
    ml = native.machinelearningservices
    if schedule is None:
        return None
    return ml.ComputeSchedulesArgs(
        compute_start_stop=[
            ml.ComputeStartStopScheduleArgs(
                action=action,
                status="Enabled",
                trigger_type="Recurrence",
                recurrence=ml.RecurrenceArgs(
                    frequency="Week",
                    interval=1,
                    time_zone=schedule.time_zone,
                    schedule=ml.ComputeRecurrenceScheduleArgs(
                        hours=[int(time[:2])], minutes=[int(time[3:])], week_days=list(schedule.days)
                    ),
                ),
            )
            for action, time in (("Start", schedule.start), ("Stop", schedule.stop))
            if time is not None
        ]
    )


def _setup_scripts(script: Optional[SetupScript]) -> Any:
    ml = native.machinelearningservices
    if script is None:
        return None
    return ml.SetupScriptsArgs(
        scripts=ml.ScriptsToExecuteArgs(
            creation_script=ml.ScriptReferenceArgs(
                script_source="inline",
                script_data=base64.b64encode(script.text.encode()).decode(),
                script_arguments=script.arguments or None,
                timeout=f"{script.timeout_minutes}m",
            )
        )
    )
