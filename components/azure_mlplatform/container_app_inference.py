"""Container Apps: an environment in the network, and apps that serve models, several revisions at once.

It does not manage images and traffic, which belong to releases: they add a revision and share the traffic by labels.
Azure has a whole app written at a time, so the projects' Pulumi.yaml refresh before each update.
"""

from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ._component import Component, In, child, known_value_of
from .catalogue.private_link import PrivateService
from .container_image import checked_by_entra, image_puller
from .diagnostics import send_diagnostics
from .foundation.naming import Kind
from .foundation.values import name_of
from .network import NetworkedArgs, private_endpoints
from .settings.container_app import ContainerAppSettings, ContainerAppsSettings, WorkloadProfile


class ContainerAppInferenceArgs(NetworkedArgs):
    """What a ContainerAppInference is made of."""

    settings: ContainerAppsSettings
    """The environment and its apps."""

    tenant_id: str
    """The Entra tenant whose tokens are taken."""

    diagnostics: In[str]
    """The Log Analytics workspace, by id, that logs and metrics go to."""

    registry_id: In[str]
    """The registry, by id, that images are pulled from."""

    subnet_id: In[str]
    """The subnet of the environment, given to Microsoft.App/environments."""

    highly_available: bool = True
    """Whether a replica stays when nobody calls. Left out, one does."""

    zone_redundant: bool = True
    """Whether the environment is spread over availability zones, with three replicas. Left out, it is."""


class ContainerAppInference(Component):
    """An environment with its apps."""

    name: pulumi.Output[str]
    """The environment's name."""

    resource_id: pulumi.Output[str]
    """The environment's id."""

    hosts: pulumi.Output[dict[str, str]]
    """App → the host name that callers use."""

    app_names: pulumi.Output[dict[str, str]]
    """App, by the name the settings give it → its name in Azure, which releases deploy to."""

    principal_ids: pulumi.Output[dict[str, str]]
    """App → the principal of its identity, for grants on what models read."""

    def __init__(
        self, name: str, args: ContainerAppInferenceArgs, opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = ContainerAppInferenceArgs.model_validate(args)
        super().__init__(name, args, opts)
        self._args = args
        environment = self._environment(args)
        made = {each.name: self._app(args, each, environment.id) for each in args.settings.apps}
        names = {each: args.name_of(Kind.CONTAINER_APP, each) for each in made}
        self._finish(
            {
                "name": known_value_of(environment, args.name_of(Kind.CONTAINER_APPS_ENVIRONMENT)),
                "resource_id": environment.id,
                "hosts": {each: pulumi.Output.concat(names[each], ".", environment.default_domain) for each in made},
                "app_names": {each: known_value_of(app, names[each]) for each, (app, _) in made.items()},
                "principal_ids": {each: principal_id for each, (_, principal_id) in made.items()},
            }
        )

    def _environment(self, args: ContainerAppInferenceArgs) -> "native.app.ManagedEnvironment":
        settings = args.settings
        name = self._name_in_program
        profile: dict[str, Any] = {
            "name": settings.workload_profile.value,
            "workload_profile_type": settings.workload_profile.value,
        }
        if settings.profile.dedicated:
            least, most = settings.nodes(zone_redundant=args.zone_redundant)
            profile |= {"minimum_count": least, "maximum_count": most}
        # The first is there in any case; without profiles it would be an environment of the old kind.
        profiles: list[Any] = [{"name": "Consumption", "workload_profile_type": "Consumption"}]
        if settings.workload_profile is not WorkloadProfile.CONSUMPTION:
            profiles.append(profile)
        environment = native.app.ManagedEnvironment(
            f"{name}-environment",
            environment_name=args.name_of(Kind.CONTAINER_APPS_ENVIRONMENT),
            resource_group_name=args.resource_group_name,
            location=args.location,
            infrastructure_resource_group=args.name_of(Kind.RESOURCE_GROUP, "cae-nodes"),
            vnet_configuration={"infrastructure_subnet_id": args.subnet_id, "internal": True},
            public_network_access="Disabled",
            workload_profiles=profiles,
            # By a diagnostic setting, so that no key of the log is needed.
            app_logs_configuration={"destination": "azure-monitor"},
            peer_traffic_configuration={"encryption": {"enabled": True}},
            zone_redundant=args.zone_redundant,
            tags=args.tags,
            opts=child(self, protect=args.lock),
        )
        send_diagnostics(f"{name}-diagnostics", environment.id, args.diagnostics, parent=self)
        private_endpoints(
            name, environment, PrivateService.CONTAINER_APPS, part="container-apps", args=args, parent=self
        )
        return environment

    def _app(
        self, args: ContainerAppInferenceArgs, app: ContainerAppSettings, environment_id: In[str]
    ) -> tuple["native.app.ContainerApp", In[str]]:
        name = f"{self._name_in_program}-{app.name}"
        puller = image_puller(name, app.name, args.registry_id, args=args, parent=self)
        server = pulumi.Output.from_input(args.registry_id).apply(lambda each: f"{name_of(each)}.azurecr.io")
        app_name = args.name_of(Kind.CONTAINER_APP, app.name)
        made = native.app.ContainerApp(
            name,
            container_app_name=app_name,
            resource_group_name=args.resource_group_name,
            location=args.location,
            environment_id=environment_id,
            workload_profile_name=args.settings.workload_profile.value,
            identity={"type": "UserAssigned", "user_assigned_identities": [puller.identity.id]},
            configuration={
                "active_revisions_mode": "Multiple",
                "ingress": {
                    # Of an internal environment: from the network, and never from the internet.
                    "external": True,
                    "target_port": app.port,
                    "transport": "auto",
                    "allow_insecure": False,
                    "traffic": [{"latest_revision": True, "weight": 100}],
                },
                "registries": [{"server": server, "identity": puller.identity.id}],
            },
            template=self._template(args, app, puller.identity.client_id),
            tags=args.tags,
            opts=child(
                self,
                protect=args.lock,
                depends_on=[puller.role],
                ignore_changes=[
                    "configuration.ingress.traffic",
                    "template.containers[0].image",
                    # A release may name its revision, and another one than it named would be another revision.
                    "template.revisionSuffix",
                ],
            ),
        )
        # The app itself reports metrics only; its logs are the environment's.
        send_diagnostics(f"{name}-diagnostics", made.id, args.diagnostics, parent=self, logs=False)
        if app.sign_in is not None:
            native.app.ContainerAppsAuthConfig(
                f"{name}-sign-in",
                auth_config_name="current",
                container_app_name=known_value_of(made, app_name),
                resource_group_name=args.resource_group_name,
                **checked_by_entra(app.sign_in, args.tenant_id),
                opts=child(self),
            )
        return made, puller.identity.principal_id

    @staticmethod
    def _template(args: ContainerAppInferenceArgs, app: ContainerAppSettings, client_id: In[str]) -> Any:
        variables: dict[str, In[str]] = {**app.environment_variables, "AZURE_CLIENT_ID": client_id}
        answers = {"http_get": {"path": app.health_check_path, "port": app.port, "scheme": "HTTP"}}
        least = app.least(highly_available=args.highly_available, zone_redundant=args.zone_redundant)
        return {
            "containers": [
                {
                    "name": "model",
                    "image": app.image,
                    "resources": {"cpu": app.cpu, "memory": f"{app.memory:g}Gi"},
                    "env": [{"name": key, "value": value} for key, value in sorted(variables.items())],
                    "probes": [
                        # Ten minutes to load a model.
                        {"type": "Startup", "period_seconds": 60, "failure_threshold": 10, **answers},
                        {"type": "Readiness", "period_seconds": 10, **answers},
                        {"type": "Liveness", "period_seconds": 30, **answers},
                    ],
                }
            ],
            "scale": {
                "min_replicas": least,
                "max_replicas": max(app.max_replicas, least),
                "rules": [{"name": "http", "http": {"metadata": {"concurrentRequests": str(app.concurrent_requests)}}}],
            },
        }
