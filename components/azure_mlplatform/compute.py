"""What a workspace computes on: clusters, people's instances, and clusters of Kubernetes that it attaches."""

import base64
from collections.abc import Mapping
from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ._component import In, PlacedArgs, child
from .naming import Kind
from .settings.computes import ClusterSettings, InstanceSchedule, InstanceSettings, SetupScript


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
        opts=child(parent, delete_before_replace=True, depends_on=depends_on, replace_on_changes=_CLUSTER_STAYS),
    )


_CLUSTER_STAYS = [
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


def kubernetes_compute(
    name: str,
    compute_name: str,
    *,
    cluster_id: In[str],
    namespace: str,
    instance_types: Mapping[str, Any],
    default_instance_type: Optional[str],
    args: PlacedArgs,
    workspace_name: In[str],
    identity_id: In[str],
    parent: pulumi.Resource,
    depends_on: list[pulumi.Resource],
) -> "native.machinelearningservices.Compute":
    """A Kubernetes cluster as a compute of a workspace, in one namespace. Azure changes nothing of it in place."""
    ml = native.machinelearningservices
    return native.machinelearningservices.Compute(
        name,
        compute_name=compute_name,
        workspace_name=workspace_name,
        resource_group_name=args.resource_group_name,
        location=args.location,
        identity={"type": "UserAssigned", "user_assigned_identities": [identity_id]},
        properties=ml.KubernetesArgs(
            compute_type="Kubernetes",
            resource_id=cluster_id,
            properties=ml.KubernetesPropertiesArgs(
                namespace=namespace,
                instance_types={
                    each: ml.InstanceTypeSchemaArgs(
                        node_selector=given.get("node_selector"),
                        resources=ml.InstanceTypeSchemaResourcesArgs(**given["resources"]),
                    )
                    for each, given in instance_types.items()
                }
                or None,
                default_instance_type=default_instance_type,
            ),
        ),
        tags=args.tags,
        opts=child(parent, delete_before_replace=True, depends_on=depends_on, replace_on_changes=["properties"]),
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
