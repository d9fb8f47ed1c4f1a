"""App Service for containers: web apps that serve models, each with a slot where the next release warms up.

It does not manage images and traffic, which belong to releases: they change the slot's image, test it, and swap. Azure
has a whole site written at a time, so the projects' Pulumi.yaml refresh before each update.
"""

from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ._component import Component, In, child, known_value_of
from .catalogue.private_link import PrivateService
from .container_image import ImagePuller, checked_by_entra, image_puller
from .diagnostics import send_diagnostics
from .foundation.naming import Kind
from .network import NetworkedArgs, private_endpoints
from .settings.app_service import AppServiceSettings, WebAppSettings
from .settings.endpoints import EntraSignIn

SLOT = "green"
"""Where the next release warms up."""


class AppServiceInferenceArgs(NetworkedArgs):
    """What an AppServiceInference is made of."""

    settings: AppServiceSettings
    """The plan and its web apps."""

    tenant_id: str
    """The Entra tenant whose tokens are taken."""

    diagnostics: In[str]
    """The Log Analytics workspace, by id, that logs and metrics go to."""

    registry_id: In[str]
    """The registry, by id, that images are pulled from."""

    subnet_id: Optional[In[str]] = None
    """The subnet that apps call out from, given to Microsoft.Web/serverFarms. Left out, they call from the internet."""

    highly_available: bool = True
    """Whether there are three instances. Left out, there are."""

    zone_redundant: bool = True
    """Whether instances are spread over availability zones. Left out, they are."""


class AppServiceInference(Component):
    """A plan with its web apps."""

    name: pulumi.Output[str]
    """The plan's name."""

    resource_id: pulumi.Output[str]
    """The plan's id."""

    hosts: pulumi.Output[dict[str, str]]
    """App → the host name that callers use."""

    app_names: pulumi.Output[dict[str, str]]
    """App, by the name the settings give it → its name in Azure, which releases deploy to."""

    principal_ids: pulumi.Output[dict[str, str]]
    """App → the principal of its identity, for grants on what models read."""

    def __init__(self, name: str, args: AppServiceInferenceArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        args = AppServiceInferenceArgs.model_validate(args)
        super().__init__(name, args, opts)
        self._args = args
        plan = self._plan(args)
        pullers = {
            each.name: image_puller(f"{name}-{each.name}", each.name, args.registry_id, args=args, parent=self)
            for each in args.settings.apps
        }
        sites = {each.name: self._site(args, each, plan.id, pullers[each.name]) for each in args.settings.apps}
        self._finish(
            {
                "name": known_value_of(plan, args.name_of(Kind.APP_SERVICE_PLAN)),
                "resource_id": plan.id,
                "hosts": {each: site.default_host_name for each, site in sites.items()},
                "app_names": {
                    each: known_value_of(site, args.name_of(Kind.WEB_APP, each)) for each, site in sites.items()
                },
                "principal_ids": {each: puller.identity.principal_id for each, puller in pullers.items()},
            }
        )

    def _plan(self, args: AppServiceInferenceArgs) -> "native.web.AppServicePlan":
        plan = native.web.AppServicePlan(
            f"{self._name_in_program}-plan",
            name=args.name_of(Kind.APP_SERVICE_PLAN),
            resource_group_name=args.resource_group_name,
            location=args.location,
            kind="linux",
            reserved=True,
            sku={
                "name": args.settings.sku.value,
                "tier": "PremiumV3",
                "capacity": args.settings.count(highly_available=args.highly_available),
            },
            zone_redundant=args.zone_redundant,
            tags=args.tags,
            opts=child(self, protect=args.lock),
        )
        name = f"{self._name_in_program}-plan-diagnostics"
        send_diagnostics(name, plan.id, args.diagnostics, parent=self, logs=False)
        return plan

    def _site(
        self, args: AppServiceInferenceArgs, app: WebAppSettings, plan_id: In[str], puller: ImagePuller
    ) -> "native.web.WebApp":
        """A web app and its slot: nothing that matters is inherited, so both are given all of it."""
        name, app_name = f"{self._name_in_program}-{app.name}", args.name_of(Kind.WEB_APP, app.name)
        site = native.web.WebApp(
            name,
            name=app_name,
            **self._shared(args, app, plan_id, puller),
            opts=child(
                self,
                protect=args.lock,
                depends_on=[puller.role],
                ignore_changes=["siteConfig.experiments", "siteConfig.linuxFxVersion"],
            ),
        )
        slot = native.web.WebAppSlot(
            f"{name}-{SLOT}",
            name=known_value_of(site, app_name),
            slot=SLOT,
            **self._shared(args, app, plan_id, puller),
            opts=child(self, depends_on=[puller.role], ignore_changes=["siteConfig.linuxFxVersion"]),
        )
        # Azure answers 409 to a write of a site while another goes on.
        closed = [self._closed(name, app, site, app_name), self._closed_slot(f"{name}-{SLOT}", app, slot, app_name)]
        send_diagnostics(f"{name}-diagnostics", site.id, args.diagnostics, parent=self)
        send_diagnostics(f"{name}-{SLOT}-diagnostics", slot.id, args.diagnostics, parent=self)
        private_endpoints(name, site, PrivateService.WEB_APP, part=app.name, args=args, parent=self, depends_on=closed)
        return site

    def _shared(
        self, args: AppServiceInferenceArgs, app: WebAppSettings, plan_id: In[str], puller: ImagePuller
    ) -> dict[str, Any]:
        variables: dict[str, In[str]] = {
            **app.environment_variables,
            "AZURE_CLIENT_ID": puller.identity.client_id,
            "WEBSITES_CONTAINER_START_TIME_LIMIT": str(app.start_seconds),
            "WEBSITES_ENABLE_APP_SERVICE_STORAGE": "false",
            "WEBSITES_PORT": str(app.port),
            # A swap waits until the model answers here.
            "WEBSITE_SWAP_WARMUP_PING_PATH": app.health_check_path,
            "WEBSITE_SWAP_WARMUP_PING_STATUSES": "200",
        }
        return {
            "resource_group_name": args.resource_group_name,
            "location": args.location,
            "kind": "app,linux,container",
            "reserved": True,
            "server_farm_id": plan_id,
            "identity": {"type": "UserAssigned", "user_assigned_identities": [puller.identity.id]},
            "key_vault_reference_identity": puller.identity.id,
            "https_only": True,
            "client_affinity_enabled": False,
            "end_to_end_encryption_enabled": True,
            "ssh_enabled": False,
            "public_network_access": args.public_network_access,
            "virtual_network_subnet_id": args.subnet_id,
            # The image's registry is reached from the network too.
            "outbound_vnet_routing": {"all_traffic": True} if args.subnet_id is not None else None,
            "site_config": {
                "linux_fx_version": f"DOCKER|{app.image}",
                "acr_use_managed_identity_creds": True,
                "acr_user_managed_identity_id": puller.identity.client_id,
                "always_on": True,
                "health_check_path": app.health_check_path,
                "number_of_workers": args.settings.count(highly_available=args.highly_available),
                "min_tls_version": "1.2",
                "scm_min_tls_version": "1.2",
                "ftps_state": "Disabled",
                "http20_enabled": True,
                "http_logging_enabled": True,
                "detailed_error_logging_enabled": True,
                "request_tracing_enabled": True,
                "remote_debugging_enabled": False,
                "web_sockets_enabled": False,
                "ip_security_restrictions_default_action": args.default_action,
                "ip_security_restrictions": [
                    {"ip_address": each if "/" in each else f"{each}/32", "action": "Allow", "priority": 100 + index}
                    for index, each in enumerate(args.allowed_ip_ranges)
                ],
                "scm_ip_security_restrictions_use_main": True,
                "app_settings": [{"name": key, "value": value} for key, value in sorted(variables.items())],
            },
            "tags": args.tags,
        }

    def _closed(self, name: str, app: WebAppSettings, site: pulumi.Resource, app_name: In[str]) -> pulumi.Resource:
        """Closes what signs in with a password, and checks tokens; returns what was written last."""
        web, group = native.web, self._args.resource_group_name
        of: dict[str, Any] = {"name": known_value_of(site, app_name), "resource_group_name": group}
        scm = web.WebAppScmAllowed(f"{name}-scm", allow=False, **of, opts=child(self))
        ftp = web.WebAppFtpAllowed(f"{name}-ftp", allow=False, **of, opts=child(self, depends_on=[scm]))
        if app.sign_in is None:
            return ftp
        return web.WebAppAuthSettingsV2WithoutSecrets(
            f"{name}-sign-in", **of, **self._checked(app.sign_in), opts=child(self, depends_on=[ftp])
        )

    def _closed_slot(self, name: str, app: WebAppSettings, slot: pulumi.Resource, app_name: In[str]) -> pulumi.Resource:
        """The same of the slot, which inherits nothing of it."""
        web, group = native.web, self._args.resource_group_name
        of: dict[str, Any] = {"name": known_value_of(slot, app_name), "resource_group_name": group}
        scm = web.WebAppScmAllowedSlot(f"{name}-scm", allow=False, slot=SLOT, **of, opts=child(self))
        ftp = web.WebAppFtpAllowedSlot(f"{name}-ftp", allow=False, slot=SLOT, **of, opts=child(self, depends_on=[scm]))
        if app.sign_in is None:
            return ftp
        return web.WebAppAuthSettingsV2WithoutSecretsSlot(
            f"{name}-sign-in", slot=SLOT, **of, **self._checked(app.sign_in), opts=child(self, depends_on=[ftp])
        )

    def _checked(self, sign_in: EntraSignIn) -> dict[str, Any]:
        return checked_by_entra(sign_in, self._args.tenant_id, require_authentication=True)
