"""Container Apps: an environment in the network, and apps that serve models with several revisions at once.

It does not manage images and traffic. Releases do: they add a revision and split the traffic by labels. Each update
writes the whole app, so the projects' Pulumi.yaml refreshes the state before each update.
"""

from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ...catalogue.changes import kept, way_out
from ...catalogue.private_link import PrivateService
from ...foundation.naming import Kind
from ...foundation.rules import field_rule
from ...foundation.values import arm_id, name_of
from ...parts.arguments import ArgsOrDict, In, ModelOrDict
from ...parts.component import child
from ...parts.diagnostics import send_diagnostics
from ...parts.outputs import gated_by, immutable_violations, known_value_of
from ...parts.private_endpoint import private_endpoints
from ..container import ContainerHost, ContainerHostArgs, entra_authentication, image_puller
from .settings import ContainerAppSettings, ContainerAppsSettings, WorkloadProfile, profile_name


class ContainerAppInferenceArgs(ContainerHostArgs):
    """The arguments of a ContainerAppInference."""

    settings: ModelOrDict[ContainerAppsSettings]
    """The environment and its apps."""

    subnet_id: In[str]
    """The subnet of the environment, by id, delegated to Microsoft.App/environments."""

    subnet_setting: str = "network.subnet_ids.containers"
    """The setting that says which subnet it is, for messages. Default: the id of the containers subnet."""

    _subnet = field_rule(arm_id("Microsoft.Network/virtualNetworks/subnets"), "subnet_id")


class ContainerAppInference(ContainerHost):
    """A Container Apps environment with its apps."""

    def __init__(
        self, name: str, args: ArgsOrDict[ContainerAppInferenceArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = ContainerAppInferenceArgs.model_validate(args)
        super().__init__(name, args, opts)
        environment = self._environment(args)
        made = {each.name: self._app(args, each, environment.id) for each in args.settings.apps}
        names = {each: self.placement.name_of(Kind.CONTAINER_APP, each) for each in made}
        self._finish(
            {
                "name": self._unless_subnet_changed(args, environment),
                "resource_id": environment.id,
                "hosts": {each: pulumi.Output.concat(names[each], ".", environment.default_domain) for each in made},
                "app_names": {each: known_value_of(app, names[each]) for each, (app, _) in made.items()},
                "principal_ids": {each: principal_id for each, (_, principal_id) in made.items()},
            }
        )

    def _environment(self, args: ContainerAppInferenceArgs) -> "native.app.ManagedEnvironment":
        settings = args.settings
        profile: dict[str, Any] = {
            "name": profile_name(settings.workload_profile),
            "workload_profile_type": settings.workload_profile.value,
        }
        if settings.profile.dedicated:
            least, most = settings.nodes(zone_redundant=self.placement.profile.zone_redundant)
            profile |= {"minimum_count": least, "maximum_count": most}
        # Consumption always exists. Without any profile, the environment would be of the older type.
        profiles: list[Any] = [{"name": "Consumption", "workload_profile_type": "Consumption"}]
        if settings.workload_profile is not WorkloadProfile.CONSUMPTION:
            profiles.append(profile)
        environment = native.app.ManagedEnvironment(
            self.logical_name("environment"),
            environment_name=self.placement.name_of(Kind.CONTAINER_APPS_ENVIRONMENT),
            resource_group_name=self.placement.resource_group_name,
            location=self.placement.location,
            infrastructure_resource_group=self.placement.name_of(Kind.RESOURCE_GROUP, "cae-nodes"),
            vnet_configuration={"infrastructure_subnet_id": args.subnet_id, "internal": True},
            public_network_access="Disabled",
            workload_profiles=profiles,
            # A diagnostic setting sends the logs, so no key of Log Analytics is needed.
            app_logs_configuration={"destination": "azure-monitor"},
            peer_traffic_configuration={"encryption": {"enabled": True}},
            zone_redundant=self.placement.profile.zone_redundant,
            tags=self.placement.tags,
            opts=child(
                self,
                protect=self.placement.protected,
                # Its own machines start with it.
                depends_on=self.placement.way_out,
                # The outputs then show the deployed subnet; see _unless_subnet_changed.
                ignore_changes=kept("azure-native:app:ManagedEnvironment"),
            ),
        )
        send_diagnostics(self, "", environment.id)
        private_endpoints(self, "", environment.id, PrivateService.CONTAINER_APPS, part="container-apps")
        return environment

    def _unless_subnet_changed(
        self, args: ContainerAppInferenceArgs, environment: "native.app.ManagedEnvironment"
    ) -> "pulumi.Output[str]":
        """The environment's name, or an error if the settings name another subnet than that of the deployed one."""
        deployed = environment.vnet_configuration.apply(lambda each: getattr(each, "infrastructure_subnet_id", None))
        way = way_out(args.subnet_setting)
        violations = immutable_violations(tuple(args.subnet_setting.split(".")), deployed, args.subnet_id, way)
        return gated_by(
            [violations], known_value_of(environment, self.placement.name_of(Kind.CONTAINER_APPS_ENVIRONMENT))
        )

    def _app(
        self, args: ContainerAppInferenceArgs, app: ContainerAppSettings, environment_id: In[str]
    ) -> tuple["native.app.ContainerApp", In[str]]:
        puller = image_puller(self, app.name, args.registry_id)
        server = pulumi.Output.from_input(args.registry_id).apply(lambda each: f"{name_of(each)}.azurecr.io")
        app_name = self.placement.name_of(Kind.CONTAINER_APP, app.name)
        made = native.app.ContainerApp(
            self.logical_name(app.name),
            container_app_name=app_name,
            resource_group_name=self.placement.resource_group_name,
            location=self.placement.location,
            environment_id=environment_id,
            workload_profile_name=profile_name(args.settings.workload_profile),
            identity={"type": "UserAssigned", "user_assigned_identities": [puller.identity.id]},
            configuration={
                "active_revisions_mode": "Multiple",
                "ingress": {
                    # In an internal environment: open to the network, never to the internet.
                    "external": True,
                    "target_port": app.port,
                    "transport": "auto",
                    "allow_insecure": False,
                    "traffic": [{"latest_revision": True, "weight": 100}],
                },
                "registries": [{"server": server, "identity": puller.identity.id}],
            },
            template=self._template(app, puller.identity.client_id),
            tags=self.placement.tags,
            opts=child(
                self,
                protect=self.placement.protected,
                depends_on=[puller.role],
                ignore_changes=[
                    "configuration.ingress.traffic",
                    "template.containers[0].image",
                    # A release may set it. A different suffix would make a new revision.
                    "template.revisionSuffix",
                ],
            ),
        )
        # The app reports metrics only. The environment sends the logs.
        send_diagnostics(self, app.name, made.id, logs=False)
        if app.sign_in is not None:
            native.app.ContainerAppsAuthConfig(
                self.logical_name(f"{app.name}-sign-in"),
                auth_config_name="current",
                container_app_name=known_value_of(made, app_name),
                resource_group_name=self.placement.resource_group_name,
                **entra_authentication(app.sign_in, self.placement.tenant_id),
                opts=child(self),
            )
        return made, puller.identity.principal_id

    def _template(self, app: ContainerAppSettings, client_id: In[str]) -> Any:
        variables: dict[str, In[str]] = {**app.environment_variables, "AZURE_CLIENT_ID": client_id}
        answers = {"http_get": {"path": app.health_check_path, "port": app.port, "scheme": "HTTP"}}
        profile = self.placement.profile
        least = app.least(highly_available=profile.highly_available, zone_redundant=profile.zone_redundant)
        return {
            "containers": [
                {
                    "name": "model",
                    "image": app.image,
                    "resources": {"cpu": app.cpu, "memory": f"{app.memory:g}Gi"},
                    "env": [{"name": key, "value": value} for key, value in sorted(variables.items())],
                    "probes": [
                        # Ten minutes to load the model.
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
