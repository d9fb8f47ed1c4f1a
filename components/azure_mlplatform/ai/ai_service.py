"""One Azure AI (Cognitive) Services account of a data product, with the models that it serves.

It does not manage the content of an account: fine-tuned models, content filters, stored files. A model that the service
has moved to a newer version stays as it runs.
"""

from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ..catalogue.ai_kinds import AI_KINDS, AIServiceKind
from ..catalogue.changes import kept, replacing, way_out
from ..foundation.built_in_roles import PrincipalType
from ..foundation.naming import Kind
from ..foundation.problems import Problem
from ..parts.arguments import ArgsOrDict, ComponentArgs, EnumOrText, In, ModelOrDict, RefusedError
from ..parts.authorization import assign_role, system_assigned
from ..parts.component import Component, child, is_hosted, without_none
from ..parts.diagnostics import send_diagnostics
from ..parts.encryption import EncryptionKey
from ..parts.in_turn import InTurn
from ..parts.outputs import gated_by, immutable_violations, known_value_of
from ..parts.placement import NetworkedArgs
from ..parts.private_endpoint import private_endpoints
from .settings import AIServiceSettings, ModelDeployment


class ConnectedService(ComponentArgs):
    """An AI service that a workspace can connect to. `AIService.reference()` returns it."""

    name: str
    """The connection's name."""

    kind: EnumOrText[AIServiceKind]
    """The kind of the service."""

    resource_id: In[str]
    """The account, by id."""

    endpoint: In[str]
    """The account's address."""


class AIServiceArgs(NetworkedArgs):
    """The arguments of an AIService."""

    settings: ModelOrDict[AIServiceSettings]
    """The kind, the size and the models."""


class AIService(Component):
    """An account that accepts Entra sign-in only."""

    name: pulumi.Output[str]
    """The account's name."""

    resource_id: pulumi.Output[str]
    """The account's id."""

    endpoint: pulumi.Output[str]
    """The account's address."""

    principal_id: pulumi.Output[str]
    """The principal of the account's own identity."""

    def __init__(
        self, name: str, args: ArgsOrDict[AIServiceArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = AIServiceArgs.model_validate(args)
        super().__init__(name, args, opts, part=args.settings.name)
        self._settings = args.settings
        account = self._account(args.settings)
        self._account_id = gated_by([self._kind_violations(args.settings, account)], account.id)
        writes = self._deployments(args.settings, account)
        private_endpoints(
            self,
            "",
            self._account_id,
            args.settings.private_service,
            part=args.settings.name,
            # While a model is being deployed, the account's state is "Accepted" and Azure refuses an endpoint
            # (AccountProvisioningStateInvalid; hashicorp/terraform-provider-azurerm issue 31712).
            writes=writes,
        )
        send_diagnostics(self, "", self._account_id)
        self._finish(
            {
                "name": known_value_of(account, self.placement.name_of(Kind.AI_SERVICE, args.settings.name)),
                "resource_id": self._account_id,
                "endpoint": account.properties.apply(lambda each: each.endpoint),
                "principal_id": account.identity.apply(lambda each: each.principal_id if each else None),
            }
        )

    def _account(self, settings: AIServiceSettings) -> "native.cognitiveservices.Account":
        placement, key = self.placement, self.placement.encryption
        account_name = placement.name_of(Kind.AI_SERVICE, settings.name)
        return native.cognitiveservices.Account(
            self.logical_name("account"),
            account_name=account_name,
            resource_group_name=placement.resource_group_name,
            location=placement.location,
            kind=settings.kind.value,
            sku={"name": settings.sku_name},
            identity=system_assigned(*([key.identity_id] if key else []), joint=", "),
            properties=without_none(
                # Entra sign-in and private endpoints need a subdomain, which can never change.
                custom_sub_domain_name=account_name,
                disable_local_auth=True,
                restore=True if settings.restore else None,
                public_network_access=placement.public_network_access,
                network_acls={
                    "default_action": placement.default_action,
                    "ip_rules": [{"value": each} for each in placement.allowed_ip_ranges],
                },
                restrict_outbound_network_access=True,
                allowed_fqdn_list=settings.allowed_fqdns,
                encryption=_account_encryption(key),
            ),
            tags=placement.tags,
            opts=child(
                self, protect=placement.protected, ignore_changes=kept("azure-native:cognitiveservices:Account")
            ),
        )

    def _kind_violations(
        self, settings: AIServiceSettings, account: "native.cognitiveservices.Account"
    ) -> "pulumi.Output[list[Problem]]":
        """A problem if the account is of another kind, which Azure does not change."""
        way = way_out("ai_services[].kind")
        return immutable_violations(("ai_services", settings.name, "kind"), account.kind, settings.kind.value, way)

    def _deployments(self, settings: AIServiceSettings, account: pulumi.CustomResource) -> InTurn:
        """Deploys the models in turn, and returns the writes on the account."""
        writes = InTurn()
        account_name = known_value_of(account, self.placement.name_of(Kind.AI_SERVICE, settings.name))
        for model in settings.deployments:
            made = native.cognitiveservices.Deployment(
                self.logical_name(f"model-{model.name}"),
                deployment_name=model.name,
                account_name=account_name,
                resource_group_name=self.placement.resource_group_name,
                sku={"name": model.sku.value, "capacity": model.capacity},
                properties=without_none(
                    model={"format": model.format, **self._model_to_send(settings, model)},
                    version_upgrade_option=model.version_upgrade.value,
                    rai_policy_name=model.content_filter,
                ),
                # The service refuses a second deployment while one is being made, and to change these properties.
                opts=child(
                    self,
                    depends_on=writes.before,
                    replace_on_changes=replacing("azure-native:cognitiveservices:Deployment"),
                    delete_before_replace=True,
                ),
            )
            writes.then(made)
        return writes

    def _model_to_send(self, settings: AIServiceSettings, model: ModelDeployment) -> dict[str, In[str]]:
        """The name and version to send. If the service has moved the deployment, what runs, with a warning."""
        # A component for another language has no dynamic resources.
        if not model.moves or is_hosted():
            return {"name": model.model, "version": model.version}
        from ..dynamic.deployed_model import DeployedModel

        runs = DeployedModel(
            self.logical_name(f"model-{model.name}-version"),
            # Made of names, so that it waits for nothing but the group: without the account there is no deployment.
            account_id=self.placement.id_of(
                "Microsoft.CognitiveServices/accounts", self.placement.name_of(Kind.AI_SERVICE, settings.name)
            ),
            deployment=model.name,
            model=model.model,
            version=model.version,
            tenant_id=self.placement.tenant_id,
            opts=child(self),
        )

        def say(name: str, version: str) -> None:
            if (name, version) != (model.model, model.version):
                pulumi.log.warn(
                    f"AI service {settings.name}: {model.name} runs {name} {version}, which Azure moved it to. The "
                    f"settings' {model.model} {model.version} is not sent. Set model and version to what runs, or "
                    "version_upgrade: NoAutoUpgrade to send the settings' one",
                    self,
                )

        pulumi.Output.all(runs.model, runs.version).apply(lambda both: say(*both))
        return {"name": runs.model, "version": runs.version}

    def reference(self) -> ConnectedService:
        """The account as an item for the `ai_services` of a workspace."""
        return ConnectedService(
            name=self._settings.name, kind=self._settings.kind, resource_id=self.resource_id, endpoint=self.endpoint
        )

    def grant_user(
        self,
        principal_id: In[str],
        principal_type: PrincipalType = PrincipalType.SERVICE_PRINCIPAL,
        *,
        grantee: Optional[str] = None,
    ) -> "native.authorization.RoleAssignment":
        """Lets a principal call the account: Cognitive Services User, or OpenAI User on an OpenAI account.

        `grantee` names the assignment in the program. Default: the principal's id, which must then be a plain text.
        """
        if grantee is None and not isinstance(principal_id, str):
            raise RefusedError(
                [
                    Problem(
                        ("grantee",), "required if principal_id is an output", "Give grantee='<name of the principal>'"
                    )
                ]
            )
        return assign_role(
            self,
            f"user-{grantee or principal_id}",
            AI_KINDS[self._settings.kind].user_role,
            principal_id=principal_id,
            principal_type=principal_type,
            scope=self._account_id,
        )


def _account_encryption(key: Optional[EncryptionKey]) -> Any:
    if key is None:
        return None
    return {
        "key_source": "Microsoft.KeyVault",
        "key_vault_properties": without_none(
            key_vault_uri=key.key.vault_uri,
            key_name=key.key.key_name,
            key_version=key.key.key_version,
            identity_client_id=key.identity_client_id,
        ),
    }
