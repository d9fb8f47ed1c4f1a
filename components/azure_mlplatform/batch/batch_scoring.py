"""Batch scoring: batch endpoints, the pipelines that call them, and the pipelines' triggers.

The component does not manage the deployments on the endpoints (releases do that), nor the data.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

import pulumi
import pulumi_azure_native as native

from ..foundation.built_in_roles import Role
from ..foundation.custom_roles import CustomRole
from ..foundation.model import check
from ..foundation.naming import Kind
from ..foundation.violations import Violation, prefixed
from ..parts.arguments import LEFT_OUT, NONE_GIVEN, ArgsOrDict, In, ModelOrDict, ModelsOrDicts
from ..parts.authorization import assign_role
from ..parts.component import Component, child
from ..parts.custom_roles import custom_role
from ..parts.outputs import after_check, known_value_of
from ..parts.placement import NetworkedArgs
from ..spark.synapse.reference import SynapseReference
from ..workspace.datastore import container_roles
from ..workspace.reference import WorkspaceReference
from ..workspace.settings.datastores import WORKSPACE_STORE, DatastoreSettings, StoreAccess
from .alerts import BatchAlerts, batch_alerts
from .data_factory import (
    Actions,
    Factory,
    adopted_factory,
    allowed_actions,
    data_factory,
    linked_service,
    managed_endpoint,
    pipeline,
    running_trigger,
    stop_removed_triggers,
    stop_trigger,
)
from .pipelines import ScoredWhere, attempt_pipeline, scoring_names, scoring_pipeline, scoring_triggers
from .settings.batch import BatchSettings, Orchestrator
from .settings.jobs import BatchJobSettings, BatchMode

if TYPE_CHECKING:
    from ..dynamic.trigger_state import StopTrigger


class BatchScoringArgs(NetworkedArgs):
    """The arguments of a BatchScoring."""

    settings: ModelOrDict[BatchSettings]
    """The jobs, the orchestrator and the alerts. The `cluster` is made with the workspace, not here."""

    workspace: ModelOrDict[WorkspaceReference]
    """The machine-learning workspace that runs the jobs."""

    datastores: ModelsOrDicts[DatastoreSettings] = NONE_GIVEN
    """The declared datastores of the workspace. Default: none, only the workspace's own one."""

    synapse: ModelOrDict[Optional[SynapseReference]] = LEFT_OUT
    """With `orchestrator: synapse`: the Synapse workspace. Default: none."""

    @check
    def _stores_are_there(self) -> Iterator[Violation]:
        yield from prefixed(("settings",), self.settings.store_violations(self.datastores))

    @check
    def _synapse_is_there(self) -> Iterator[Violation]:
        wanted, given = self.settings.orchestrator is Orchestrator.SYNAPSE, self.synapse is not None
        if given != wanted:
            yield Violation(
                ("synapse",),
                None,
                f"synapse is {'given' if given else 'missing'}, but orchestrator is '{self.settings.orchestrator}'",
                "Leave it out" if given else "Add synapse: SynapseWorkspace.reference() makes it",
            )


class _Caller(NamedTuple):
    """The caller of the endpoints: a factory or a Synapse workspace."""

    resource_id: In[str]
    principal_id: In[str]
    factory: Optional[Factory] = None


class _Run(NamedTuple):
    """Values that the pipelines of all jobs share."""

    factory: Factory
    services: dict[str, In[str]]
    """Label of a linked service → its name, known once the service exists."""

    needs: list[pulumi.Resource]
    """The resources that must exist before a run."""

    actions: Actions

    quiet: list[pulumi.Resource]
    """The resources that stop the triggers of removed jobs. Every pipeline depends on them."""


class BatchScoring(Component):
    """Batch endpoints, with the pipelines, triggers and alerts for them."""

    data_factory_id: pulumi.Output[Optional[str]]
    """The id of the factory. None with Synapse."""

    principal_id: pulumi.Output[str]
    """The principal id of the caller of the endpoints: the factory or Synapse. Grant it access to resources that a
    team's own pipelines use."""

    pipelines: pulumi.Output[dict[str, str]]
    """Job → its pipeline. A person starts it to replay a window."""

    endpoints: pulumi.Output[dict[str, str]]
    """Job → its batch endpoint, which releases deploy to."""

    scoring_uris: pulumi.Output[dict[str, str]]
    """Job → the address of its endpoint."""

    compute: pulumi.Output[str]
    """The name of the cluster for deployments."""

    def __init__(
        self, name: str, args: ArgsOrDict[BatchScoringArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = BatchScoringArgs.model_validate(args)
        super().__init__(name, args, opts)
        self._args = args
        self._stores = {each.name: each for each in args.datastores}
        jobs = {self.placement.known_name(Kind.SCORING_PIPELINE, each.name): each for each in args.settings.jobs}
        endpoints = {
            each.name: self._endpoint(each) for each in args.settings.jobs if each.mode is BatchMode.BATCH_ENDPOINT
        }
        caller = self._caller()
        roles = self._grant(caller.principal_id)
        if caller.factory is not None:
            run = self._prepare_runs(caller.factory, roles, self._triggers(jobs))
            for pipeline_name, job in jobs.items():
                self._job(run, pipeline_name, job, endpoints.get(job.name))
        self._alerts(caller, jobs)
        self._finish(
            {
                "data_factory_id": caller.resource_id if caller.factory else None,
                "principal_id": caller.principal_id,
                "pipelines": {job.name: each for each, job in jobs.items()},
                "endpoints": {
                    each: known_value_of(made, self._endpoint_name(each)) for each, made in endpoints.items()
                },
                "scoring_uris": {each: _scoring_uri(made) for each, made in endpoints.items()},
                "compute": args.settings.compute_name,
            }
        )

    @property
    def exports(self) -> Mapping[str, "pulumi.Output[Any]"]:
        """The outputs that a stack exports for this component."""
        return {
            "data_factory_id": self.data_factory_id,
            "data_factory_principal_id": self.principal_id,
            "batch_pipelines": self.pipelines,
            "batch_endpoints": self.endpoints,
            "batch_scoring_uris": self.scoring_uris,
            "batch_compute": self.compute,
        }

    def _caller(self) -> _Caller:
        settings, synapse = self._args.settings, self._args.synapse
        if synapse is not None:
            return _Caller(synapse.resource_id, synapse.principal_id)
        if settings.data_factory_id is None:
            factory = data_factory(self)
        else:
            factory = adopted_factory(self, settings.data_factory_id, settings.integration_runtime)
        # Alerts and outputs that use this id wait until the factory exists.
        made = after_check(pulumi.Output.from_input(factory.name), factory.resource_id)
        return _Caller(made, factory.principal_id, factory)

    def _endpoint_name(self, job: str) -> In[str]:
        return self.placement.name_of(Kind.BATCH_ENDPOINT, job)

    def _endpoint(self, job: BatchJobSettings) -> "native.machinelearningservices.BatchEndpoint":
        """Makes a stable endpoint. Releases choose its default deployment."""
        placement, workspace = self.placement, self._args.workspace
        return native.machinelearningservices.BatchEndpoint(
            self.logical_name(f"endpoint-{job.name}"),
            endpoint_name=self._endpoint_name(job.name),
            workspace_name=workspace.reachable_name,
            resource_group_name=placement.resource_group_name,
            location=placement.location,
            properties={"auth_mode": "AADToken"},
            tags=placement.tags,
            opts=child(self, protect=placement.protected, ignore_changes=["properties.defaults"]),
        )

    def _grant(self, principal_id: In[str]) -> list[pulumi.Resource]:
        """Grants the caller the roles to start jobs and to read and write their data, because jobs run as their caller
        ("Authorization on batch endpoints")."""
        outputs = {job.output.store for job in self._args.settings.jobs}
        used = [
            each if each.name in outputs else each.model_copy(update={"access": StoreAccess.READ})
            for each in self._used()
        ]
        workspace = self._args.workspace
        wanted: list[tuple[str, Union[Role, In[str]], In[str]]] = [
            ("score", custom_role(self, CustomRole.BATCH_CALLER), workspace.resource_id),
            *container_roles(used),
        ]
        if WORKSPACE_STORE in outputs:
            wanted.append(("store-workspace", Role.STORAGE_BLOB_DATA_CONTRIBUTOR, workspace.storage_account_id))
        return [assign_role(self, label, role, principal_id=principal_id, scope=scope) for label, role, scope in wanted]

    def _used(self) -> list[DatastoreSettings]:
        """The datastores that jobs read or write, without the workspace's own one."""
        names = {name for job in self._args.settings.jobs for name in job.stores}
        return [each for each in self._args.datastores if each.name in names]

    def _accounts(self) -> dict[str, DatastoreSettings]:
        """Storage account → one datastore in it, for every account that jobs read or write."""
        return {each.account_name.lower(): each for each in self._used()}

    def _prepare_runs(self, factory: Factory, roles: list[pulumi.Resource], triggers: list[str]) -> _Run:
        settings = self._args.settings
        actions = allowed_actions(starts=settings.start_triggers, approves=settings.approve_connections)
        reach = self._reach(factory, approve=actions.approves)
        quiet = [stop_removed_triggers(self, factory, triggers)] if actions.starts else []
        return _Run(factory, self._services(factory), [*roles, *reach], actions, quiet)

    def _reach(self, factory: Factory, *, approve: bool) -> list[pulumi.Resource]:
        """Makes the factory's private endpoints to the workspace and the data, if it has a managed network. Returns
        those that a run needs."""
        if factory.network is None:
            return []
        targets: dict[str, tuple[In[str], str]] = {
            "workspace": (self._args.workspace.resource_id, "amlworkspace"),
            **{
                account: (store.storage_account_id, "dfs" if store.hierarchical else "blob")
                for account, store in self._accounts().items()
            },
        }
        ready = {
            part: managed_endpoint(self, factory, part, target_id=target_id, group_id=group_id, approve=approve)
            for part, (target_id, group_id) in targets.items()
        }
        # A run calls only the workspace. The other endpoints are for a team's own pipelines.
        return [ready["workspace"]]

    def _services(self, factory: Factory) -> dict[str, In[str]]:
        """Makes linked services for the workspace and the storage accounts, also for a team's own pipelines."""
        adf, placement = native.datafactory, self.placement
        services: dict[str, Any] = {
            "workspace": adf.AzureMLServiceLinkedServiceArgs(
                type="AzureMLService",
                authentication="MSI",
                subscription_id=placement.subscription_id,
                resource_group_name=placement.resource_group_name,
                ml_workspace_name=self._args.workspace.reachable_name,
            )
        }
        for account, store in self._accounts().items():
            services[account] = (
                adf.AzureBlobFSLinkedServiceArgs(
                    type="AzureBlobFS", url=f"https://{store.account_name}.dfs.core.windows.net"
                )
                if store.hierarchical
                else adf.AzureBlobStorageLinkedServiceArgs(
                    type="AzureBlobStorage",
                    service_endpoint=f"https://{store.account_name}.blob.core.windows.net",
                    account_kind="StorageV2",
                    authentication_type="Msi",
                )
            )
        made: dict[str, In[str]] = {}
        for label, properties in services.items():
            name = placement.known_name(Kind.LINKED_SERVICE, label)
            made[label] = known_value_of(linked_service(self, factory, label, name, properties), name)
        return made

    def _job(
        self,
        run: _Run,
        pipeline_name: str,
        job: BatchJobSettings,
        endpoint: Optional["native.machinelearningservices.BatchEndpoint"],
    ) -> None:
        """Makes the pipelines and triggers of a job."""
        names, factory = scoring_names(pipeline_name), run.factory
        where = ScoredWhere(
            workspace_id=self._args.workspace.resource_id,
            scoring_uri=_scoring_uri(endpoint) if endpoint else "",
            workspace_service=run.services["workspace"],
            integration_runtime=factory.integration_runtime,
        )
        triggers = {
            f"trigger-{job.name}-{'schedule' if name == names.schedule else 'blob'}": (name, properties)
            for name, properties in scoring_triggers(job, names, self._stores).items()
        }
        stopped: dict[str, StopTrigger] = {}
        if run.actions.starts:
            stopped = {label: stop_trigger(self, factory, label, *trigger) for label, trigger in triggers.items()}
        # A trigger stops before anything changes that it starts.
        before = [*run.quiet, *stopped.values()]
        attempt = pipeline(self, factory, f"attempt-{job.name}", names.attempt, attempt_pipeline(job, where), before)
        properties = scoring_pipeline(job, names, self._stores)
        whole = pipeline(self, factory, f"pipeline-{job.name}", names.pipeline, properties, depends_on=[attempt])
        for label, (trigger_name, properties) in triggers.items():
            running_trigger(
                self,
                factory,
                label,
                trigger_name,
                properties,
                runs=job.active,
                stopped=stopped.get(label),
                starts=whole,
                needs=run.needs,
            )

    def _triggers(self, jobs: dict[str, BatchJobSettings]) -> list[str]:
        """The names of all triggers."""
        return [
            trigger
            for name, job in jobs.items()
            for trigger in scoring_triggers(job, scoring_names(name), self._stores)
        ]

    def _alerts(self, caller: _Caller, jobs: dict[str, BatchJobSettings]) -> None:
        settings = self._args.settings
        if settings.alerts is None:
            return
        alerts = BatchAlerts(
            settings=settings.alerts,
            orchestrator=settings.orchestrator,
            orchestrator_id=caller.resource_id,
            jobs=jobs,
            triggers=self._triggers(jobs),
            late=settings.data_factory_id is None,
        )
        batch_alerts(self, alerts)


def _scoring_uri(endpoint: "native.machinelearningservices.BatchEndpoint") -> "pulumi.Output[str]":
    return endpoint.properties.apply(lambda each: each.scoring_uri)
