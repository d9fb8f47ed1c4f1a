"""Scoring in batches: endpoints that take jobs, pipelines that call them, and triggers that run.

It does not manage what is deployed to the endpoints, which belongs to releases, nor the data that is scored.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, Optional

import pulumi
import pulumi_azure_native as native
from pydantic import Field

from ._component import Component, In, after_check, child, known_value_of
from .authorization import assign_role
from .batch_alerts import BatchAlerts, batch_alerts
from .data_factory import (
    Factory,
    adopted_factory,
    data_factory,
    linked_service,
    managed_endpoint,
    may_act,
    pipeline,
    running_trigger,
)
from .datastore import container_roles
from .encryption import EncryptionKey
from .foundation.model import check
from .foundation.naming import Kind
from .foundation.roles import PrincipalType, Role
from .foundation.violations import Violation, prefixed
from .network import NetworkedArgs
from .scoring_pipeline import ScoredWhere, attempt_pipeline, scoring_names, scoring_pipeline, scoring_triggers
from .settings.batch import BatchSettings, Orchestrator
from .settings.batch_jobs import BatchJobSettings, BatchMode
from .settings.datastores import WORKSPACE_STORE, DatastoreSettings, StoreAccess


class BatchScoringArgs(NetworkedArgs):
    """What a BatchScoring is made of."""

    settings: BatchSettings
    """The jobs, who runs them, and who hears of it. Its `cluster` is made with the workspace, not here."""

    workspace_name: In[str]
    """The workspace that they are scored in, by name."""

    workspace_id: In[str]
    """The workspace, by id."""

    storage_account_id: In[str]
    """The workspace's own storage account, by id, where `workspaceblobstore` is."""

    datastores: list[DatastoreSettings] = Field(default_factory=list)
    """The workspace's datastores. Left out, there is its own alone."""

    tenant_id: str
    """The Entra tenant in which triggers are started and connections approved."""

    diagnostics: In[str]
    """The Log Analytics workspace, by id, that runs are logged to."""

    encryption: Optional[EncryptionKey] = None
    """The key that encrypts what the factory stores. Left out, Microsoft's do. Azure takes one with an empty factory
    only."""

    synapse_id: Optional[In[str]] = None
    """With `orchestrator: synapse`: the Synapse workspace, by id."""

    synapse_principal_id: Optional[In[str]] = None
    """With `orchestrator: synapse`: the principal of its identity, which calls the endpoints."""

    @check
    def _stores_are_there(self) -> Iterator[Violation]:
        yield from prefixed(("settings",), self.settings.store_violations(self.datastores))

    @check
    def _synapse_is_there(self) -> Iterator[Violation]:
        synapse = self.settings.orchestrator is Orchestrator.SYNAPSE
        for field in ("synapse_id", "synapse_principal_id"):
            given = getattr(self, field) is not None
            if given != synapse:
                yield Violation(
                    (field,),
                    None,
                    f"{field} is {'given' if given else 'missing'}, but orchestrator is '{self.settings.orchestrator}'",
                    "Leave it out" if given else f"Add {field}",
                )


class BatchScoring(Component):
    """Batch endpoints, and what has them called and watched."""

    data_factory_id: pulumi.Output[Optional[str]]
    """The factory, by id; none with Synapse."""

    principal_id: pulumi.Output[str]
    """The principal that calls the endpoints: the factory's, or Synapse's. For grants on what a team's own pipelines
    reach."""

    pipelines: pulumi.Output[dict[str, str]]
    """Job → the pipeline that somebody starts to replay a window."""

    endpoints: pulumi.Output[dict[str, str]]
    """Job → its batch endpoint, which releases deploy to."""

    scoring_uris: pulumi.Output[dict[str, str]]
    """Job → where its endpoint is called."""

    compute: pulumi.Output[str]
    """The cluster that deployments name."""

    def __init__(self, name: str, args: BatchScoringArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        args = BatchScoringArgs.model_validate(args)
        super().__init__(name, args, opts)
        self._args = args
        self._stores = {each.name: each for each in args.datastores}
        jobs = {args.known_name(Kind.SCORING_PIPELINE, each.name): each for each in args.settings.jobs}
        endpoints = {
            each.name: self._endpoint(each) for each in args.settings.jobs if each.mode is BatchMode.BATCH_ENDPOINT
        }
        caller = self._caller()
        needs = self._grant(caller.principal_id)
        if caller.factory is not None:
            acts = may_act(starts=args.settings.start_triggers, approves=args.settings.approve_connections)
            needs += self._reach(caller.factory, approve=acts.approves)
            services = self._services(caller.factory)
            for pipeline_name, job in jobs.items():
                self._job(caller.factory, pipeline_name, job, endpoints.get(job.name), services, needs, acts.starts)
        self._watch(caller, jobs)
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

    def _caller(self) -> "_Caller":
        args = self._args
        if args.synapse_id is not None and args.synapse_principal_id is not None:
            return _Caller(args.synapse_id, args.synapse_principal_id)
        name, settings = self._name_in_program, args.settings
        if settings.data_factory_id is None:
            factory = data_factory(
                name, diagnostics=args.diagnostics, encryption=args.encryption, args=args, parent=self
            )
        else:
            factory = adopted_factory(
                name, settings.data_factory_id, integration_runtime=settings.integration_runtime, parent=self
            )
        # What watches a factory, or is told of it, comes after it.
        made = after_check(pulumi.Output.from_input(factory.name), factory.resource_id)
        return _Caller(made, factory.principal_id, factory)

    def _endpoint_name(self, job: str) -> In[str]:
        return self._args.name_of(Kind.BATCH_ENDPOINT, job)

    def _endpoint(self, job: BatchJobSettings) -> "native.machinelearningservices.BatchEndpoint":
        """A stable endpoint: which of its deployments takes a job that names none is a release's to say."""
        return native.machinelearningservices.BatchEndpoint(
            f"{self._name_in_program}-endpoint-{job.name}",
            endpoint_name=self._endpoint_name(job.name),
            workspace_name=self._args.workspace_name,
            resource_group_name=self._args.resource_group_name,
            location=self._args.location,
            properties={"auth_mode": "AADToken"},
            tags=self._args.tags,
            opts=child(self, protect=self._args.lock, ignore_changes=["properties.defaults"]),
        )

    def _grant(self, principal_id: In[str]) -> list[pulumi.Resource]:
        """What the caller needs: to start jobs, and to read and write what they do, since they run as their caller
        ("Authorization on batch endpoints")."""
        outputs = {job.output.store for job in self._args.settings.jobs}
        used = [
            each if each.name in outputs else each.model_copy(update={"access": StoreAccess.READ})
            for each in self._used()
        ]
        wanted: list[tuple[str, Role, In[str]]] = [
            ("score", Role.AZUREML_DATA_SCIENTIST, self._args.workspace_id),
            *container_roles(used),
        ]
        if WORKSPACE_STORE in outputs:
            wanted.append(("store-workspace", Role.STORAGE_BLOB_DATA_CONTRIBUTOR, self._args.storage_account_id))
        return [
            assign_role(
                f"{self._name_in_program}-{label}",
                role,
                principal_id=principal_id,
                principal_type=PrincipalType.SERVICE_PRINCIPAL,
                scope=scope,
                args=self._args,
                parent=self,
            )
            for label, role, scope in wanted
        ]

    def _used(self) -> list[DatastoreSettings]:
        """The datastores that jobs read or write, beside the workspace's own."""
        names = {name for job in self._args.settings.jobs for name in job.stores}
        return [each for each in self._args.datastores if each.name in names]

    def _accounts(self) -> dict[str, DatastoreSettings]:
        """Account → a store in it, of every account that jobs read or write."""
        return {each.account_name.lower(): each for each in self._used()}

    def _reach(self, factory: Factory, *, approve: bool) -> list[pulumi.Resource]:
        """The factory's way to the workspace and to the data, and what of it a run needs; none where the factory has no
        network of its own."""
        if factory.network is None:
            return []
        targets: dict[str, tuple[In[str], str]] = {
            "workspace": (self._args.workspace_id, "amlworkspace"),
            **{
                account: (store.storage_account_id, "dfs" if store.hierarchical else "blob")
                for account, store in self._accounts().items()
            },
        }
        ready = {
            part: managed_endpoint(
                self._name_in_program,
                factory,
                part=part,
                target_id=target_id,
                group_id=group_id,
                approve=approve,
                tenant_id=self._args.tenant_id,
                parent=self,
            )
            for part, (target_id, group_id) in targets.items()
        }
        # A run calls the workspace alone; the others are for a team's own pipelines.
        return [ready["workspace"]]

    def _services(self, factory: Factory) -> dict[str, In[str]]:
        """Linked services of the workspace and of the data's accounts, for these pipelines and the team's own."""
        adf, args = native.datafactory, self._args
        services: dict[str, Any] = {
            "workspace": adf.AzureMLServiceLinkedServiceArgs(
                type="AzureMLService",
                authentication="MSI",
                subscription_id=args.subscription_id,
                resource_group_name=args.resource_group_name,
                ml_workspace_name=args.workspace_name,
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
            name = args.known_name(Kind.LINKED_SERVICE, label)
            logical = f"{self._name_in_program}-service-{label}"
            made[label] = known_value_of(linked_service(logical, name, factory, properties, parent=self), name)
        return made

    def _job(
        self,
        factory: Factory,
        pipeline_name: str,
        job: BatchJobSettings,
        endpoint: Optional["native.machinelearningservices.BatchEndpoint"],
        services: dict[str, In[str]],
        needs: list[pulumi.Resource],
        acts: bool,
    ) -> None:
        """The pipelines of a job, and what starts them."""
        name, names = self._name_in_program, scoring_names(pipeline_name)
        where = ScoredWhere(
            workspace_id=self._args.workspace_id,
            scoring_uri=_scoring_uri(endpoint) if endpoint else "",
            workspace_service=services["workspace"],
            integration_runtime=factory.integration_runtime,
        )
        attempt = pipeline(
            f"{name}-attempt-{job.name}", names.attempt, factory, attempt_pipeline(job, where), parent=self
        )
        whole = pipeline(
            f"{name}-pipeline-{job.name}",
            names.pipeline,
            factory,
            scoring_pipeline(job, names, self._stores),
            parent=self,
            depends_on=[attempt],
        )
        for trigger_name, properties in scoring_triggers(job, names, self._stores).items():
            kind = "schedule" if trigger_name == names.schedule else "blob"
            running_trigger(
                f"{name}-trigger-{job.name}-{kind}",
                trigger_name,
                factory,
                properties,
                runs=job.active,
                changes_state=acts,
                tenant_id=self._args.tenant_id,
                parent=self,
                starts=whole,
                needs=needs,
            )

    def _watch(self, caller: "_Caller", jobs: dict[str, BatchJobSettings]) -> None:
        settings = self._args.settings
        if settings.alerts is None:
            return
        alerts = BatchAlerts(
            settings=settings.alerts,
            orchestrator=settings.orchestrator,
            orchestrator_id=caller.resource_id,
            log_id=self._args.diagnostics,
            jobs=jobs,
            triggers=[
                trigger
                for name, job in jobs.items()
                for trigger in scoring_triggers(job, scoring_names(name), self._stores)
            ],
            late=settings.data_factory_id is None,
        )
        batch_alerts(self._name_in_program, alerts, args=self._args, parent=self)


class _Caller(NamedTuple):
    """What calls the endpoints: a factory, or a Synapse workspace."""

    resource_id: In[str]
    principal_id: In[str]
    factory: Optional[Factory] = None


def _scoring_uri(endpoint: "native.machinelearningservices.BatchEndpoint") -> "pulumi.Output[str]":
    return endpoint.properties.apply(lambda each: each.scoring_uri)
