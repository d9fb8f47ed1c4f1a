"""App Service for containers: web apps that serve models, each with a slot where the next release warms up.

It does not manage images and traffic. Releases do: they change the slot's image, test it, and swap. Each update writes
the whole site, so the projects' Pulumi.yaml refreshes the state before each update.
"""

from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ...catalogue.private_link import PrivateService
from ...foundation.naming import Kind
from ...foundation.rules import field_rule
from ...foundation.values import arm_id
from ...parts.arguments import ArgsOrDict, In, ModelOrDict
from ...parts.component import child
from ...parts.diagnostics import send_diagnostics
from ...parts.in_turn import InTurn
from ...parts.outputs import known_value_of
from ...parts.private_endpoint import private_endpoints
from ..container import ContainerHost, ContainerHostArgs, ImagePuller, entra_authentication, image_puller
from ..settings.container import EntraSignIn
from .settings import AppServiceSettings, WebAppSettings

SLOT = "green"
"""The slot where the next release warms up."""


class AppServiceInferenceArgs(ContainerHostArgs):
    """The arguments of an AppServiceInference."""

    settings: ModelOrDict[AppServiceSettings]
    """The plan and its web apps."""

    subnet_id: Optional[In[str]] = None
    """The subnet for the apps' outgoing calls, by id, delegated to Microsoft.Web/serverFarms. Default: outgoing calls
    use public addresses."""

    _subnet = field_rule(arm_id("Microsoft.Network/virtualNetworks/subnets"), "subnet_id")


class AppServiceInference(ContainerHost):
    """An App Service plan with its web apps."""

    def __init__(
        self, name: str, args: ArgsOrDict[AppServiceInferenceArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = AppServiceInferenceArgs.model_validate(args)
        super().__init__(name, args, opts)
        plan = self._plan(args.settings)
        pullers = {each.name: image_puller(self, each.name, args.registry_id) for each in args.settings.apps}
        sites = {each.name: self._site(args, each, plan.id, pullers[each.name]) for each in args.settings.apps}
        self._finish(
            {
                "name": known_value_of(plan, self.placement.name_of(Kind.APP_SERVICE_PLAN)),
                "resource_id": plan.id,
                "hosts": {each: site.default_host_name for each, site in sites.items()},
                "app_names": {
                    each: known_value_of(site, self.placement.name_of(Kind.WEB_APP, each))
                    for each, site in sites.items()
                },
                "principal_ids": {each: puller.identity.principal_id for each, puller in pullers.items()},
            }
        )

    def _plan(self, settings: AppServiceSettings) -> "native.web.AppServicePlan":
        plan = native.web.AppServicePlan(
            self.logical_name("plan"),
            name=self.placement.name_of(Kind.APP_SERVICE_PLAN),
            resource_group_name=self.placement.resource_group_name,
            location=self.placement.location,
            kind="linux",
            reserved=True,
            sku={
                "name": settings.sku.value,
                "tier": "PremiumV3",
                "capacity": settings.count(highly_available=self.placement.profile.highly_available),
            },
            zone_redundant=self.placement.profile.zone_redundant,
            tags=self.placement.tags,
            opts=child(self, protect=self.placement.protected),
        )
        send_diagnostics(self, "plan", plan.id, logs=False)
        return plan

    def _site(
        self, args: AppServiceInferenceArgs, app: WebAppSettings, plan_id: In[str], puller: ImagePuller
    ) -> "native.web.WebApp":
        """Makes a web app and its slot. The slot does not inherit the important settings, so both get all of them."""
        slot_label, app_name = f"{app.name}-{SLOT}", self.placement.name_of(Kind.WEB_APP, app.name)
        site = native.web.WebApp(
            self.logical_name(app.name),
            name=app_name,
            **self._shared(args, app, plan_id, puller),
            opts=child(
                self,
                protect=self.placement.protected,
                depends_on=[puller.role],
                ignore_changes=["siteConfig.experiments", "siteConfig.linuxFxVersion"],
            ),
        )
        slot = native.web.WebAppSlot(
            self.logical_name(slot_label),
            name=known_value_of(site, app_name),
            slot=SLOT,
            **self._shared(args, app, plan_id, puller),
            opts=child(self, depends_on=[puller.role], ignore_changes=["siteConfig.linuxFxVersion"]),
        )
        # Azure answers 409 if two writes to a site overlap. Its slots and settings are writes to it too.
        writes = InTurn(slot)
        self._close(app, site, app_name, writes)
        self._close_slot(app, slot, app_name, writes)
        send_diagnostics(self, app.name, site.id)
        send_diagnostics(self, slot_label, slot.id)
        private_endpoints(self, app.name, site.id, PrivateService.WEB_APP, part=app.name, writes=writes)
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
            # A swap waits until the model answers at this path.
            "WEBSITE_SWAP_WARMUP_PING_PATH": app.health_check_path,
            "WEBSITE_SWAP_WARMUP_PING_STATUSES": "200",
        }
        return {
            "resource_group_name": self.placement.resource_group_name,
            "location": self.placement.location,
            "kind": "app,linux,container",
            "reserved": True,
            "server_farm_id": plan_id,
            "identity": {"type": "UserAssigned", "user_assigned_identities": [puller.identity.id]},
            "key_vault_reference_identity": puller.identity.id,
            "https_only": True,
            "client_affinity_enabled": False,
            "end_to_end_encryption_enabled": True,
            "ssh_enabled": False,
            "public_network_access": self.placement.public_network_access,
            "virtual_network_subnet_id": args.subnet_id,
            # Image pulls go through the network too.
            "outbound_vnet_routing": {"all_traffic": True} if args.subnet_id is not None else None,
            "site_config": {
                "linux_fx_version": f"DOCKER|{app.image}",
                "acr_use_managed_identity_creds": True,
                "acr_user_managed_identity_id": puller.identity.client_id,
                "always_on": True,
                "health_check_path": app.health_check_path,
                "number_of_workers": args.settings.count(highly_available=self.placement.profile.highly_available),
                "min_tls_version": "1.2",
                "scm_min_tls_version": "1.2",
                "ftps_state": "Disabled",
                "http20_enabled": True,
                "http_logging_enabled": True,
                "detailed_error_logging_enabled": True,
                "request_tracing_enabled": True,
                "remote_debugging_enabled": False,
                "web_sockets_enabled": False,
                "ip_security_restrictions_default_action": self.placement.default_action,
                "ip_security_restrictions": [
                    {"ip_address": each if "/" in each else f"{each}/32", "action": "Allow", "priority": 100 + index}
                    for index, each in enumerate(self.placement.allowed_ip_ranges)
                ],
                "scm_ip_security_restrictions_use_main": True,
                "app_settings": [{"name": key, "value": value} for key, value in sorted(variables.items())],
            },
            "tags": self.placement.tags,
        }

    def _close(self, app: WebAppSettings, site: pulumi.Resource, app_name: In[str], writes: InTurn) -> None:
        """Turns off sign-in with passwords, and turns on token checks."""
        web, name = native.web, self.logical_name(app.name)
        of: dict[str, Any] = self._of(site, app_name)
        writes.then(web.WebAppScmAllowed(f"{name}-scm", allow=False, **of, opts=self._next(writes)))
        writes.then(web.WebAppFtpAllowed(f"{name}-ftp", allow=False, **of, opts=self._next(writes)))
        if app.sign_in is not None:
            sign_in = web.WebAppAuthSettingsV2WithoutSecrets(
                f"{name}-sign-in", **of, **self._authentication(app.sign_in), opts=self._next(writes)
            )
            writes.then(sign_in)

    def _close_slot(self, app: WebAppSettings, slot: pulumi.Resource, app_name: In[str], writes: InTurn) -> None:
        """Does the same for the slot, which inherits none of these settings."""
        web, name = native.web, self.logical_name(f"{app.name}-{SLOT}")
        of: dict[str, Any] = {**self._of(slot, app_name), "slot": SLOT}
        writes.then(web.WebAppScmAllowedSlot(f"{name}-scm", allow=False, **of, opts=self._next(writes)))
        writes.then(web.WebAppFtpAllowedSlot(f"{name}-ftp", allow=False, **of, opts=self._next(writes)))
        if app.sign_in is not None:
            sign_in = web.WebAppAuthSettingsV2WithoutSecretsSlot(
                f"{name}-sign-in", **of, **self._authentication(app.sign_in), opts=self._next(writes)
            )
            writes.then(sign_in)

    def _next(self, writes: InTurn) -> pulumi.ResourceOptions:
        return child(self, depends_on=writes.before)

    def _of(self, site: pulumi.Resource, app_name: In[str]) -> dict[str, Any]:
        """The arguments that identify a site or its slot."""
        return {
            "name": known_value_of(site, app_name),
            "resource_group_name": self.placement.resource_group_name,
        }

    def _authentication(self, sign_in: EntraSignIn) -> dict[str, Any]:
        return entra_authentication(sign_in, self.placement.tenant_id, require_authentication=True)
