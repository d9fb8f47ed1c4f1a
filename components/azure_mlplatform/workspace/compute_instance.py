"""Compute instances of a workspace: one person's machine each, used through the studio."""

import base64
from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ..foundation.naming import Kind
from ..parts.arguments import In
from ..parts.component import Component, child, is_hosted
from .compute_cluster import in_subnet
from .settings.computes import InstanceSchedule, InstanceSettings, SetupScript


def compute_instance(
    parent: Component,
    instance: InstanceSettings,
    *,
    workspace_name: In[str],
    subnet_id: Optional[In[str]],
    depends_on: list[pulumi.Resource],
) -> "native.machinelearningservices.Compute":
    """Makes one person's machine. It has no identity of its own: everything on it runs as its user."""
    ml, placement = native.machinelearningservices, parent.placement
    made = native.machinelearningservices.Compute(
        parent.logical_name(f"instance-{instance.name}"),
        compute_name=placement.name_of(Kind.COMPUTE_INSTANCE, instance.name),
        workspace_name=workspace_name,
        resource_group_name=placement.resource_group_name,
        location=placement.location,
        properties=ml.ComputeInstanceArgs(
            compute_type="ComputeInstance",
            compute_location=placement.location,
            disable_local_auth=True,
            properties=ml.ComputeInstancePropertiesArgs(
                vm_size=instance.vm_size,
                application_sharing_policy="Personal",
                compute_instance_authorization_type="personal",
                personal_compute_instance_settings=ml.PersonalComputeInstanceSettingsArgs(
                    assigned_user=ml.AssignedUserArgs(object_id=instance.assigned_user, tenant_id=placement.tenant_id)
                ),
                enable_node_public_ip=False,
                enable_sso=True,
                ssh_settings=ml.ComputeInstanceSshSettingsArgs(ssh_public_access="Disabled"),
                idle_time_before_shutdown=f"PT{instance.idle_shutdown_minutes}M",
                schedules=_schedules(instance.schedule),
                setup_scripts=_setup_scripts(instance.setup_script),
                subnet=in_subnet(subnet_id),
            ),
        ),
        tags=placement.tags,
        opts=child(
            parent,
            delete_before_replace=True,
            depends_on=depends_on,
            # Azure never updates an instance: changed properties replace it, and changed tags wait for that.
            replace_on_changes=["properties"],
            ignore_changes=["tags"],
        ),
    )
    if instance.stopped:
        _stop(parent, instance, made)
    return made


def _stop(parent: Component, instance: InstanceSettings, made: "native.machinelearningservices.Compute") -> None:
    """Stops an instance at each update. A component hosted for another language cannot, and says so."""
    if is_hosted():
        pulumi.log.warn(
            f"compute instance {instance.name} is not stopped: that needs a main program in Python. Stop it with "
            "`az ml compute stop`",
            parent,
        )
        return
    from ..dynamic.stopped_instance import StoppedInstance

    StoppedInstance(
        parent.logical_name(f"instance-{instance.name}-stopped"),
        compute_id=made.id,
        tenant_id=parent.placement.tenant_id,
        opts=child(parent),
    )


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
