"""One Azure AI (Cognitive) Services account of a data product, with the models it serves.

It does not manage what is inside an account: fine-tuned models, content filters, stored files.
"""

from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ._component import Component, In, RefusedError, child, known_value_of, without_none
from .authorization import assign_role
from .catalogue.ai_kinds import AI_KINDS
from .diagnostics import send_diagnostics
from .encryption import EncryptionKey
from .foundation.naming import Kind
from .foundation.problems import Problem
from .foundation.roles import PrincipalType
from .network import NetworkedArgs, private_endpoints
from .settings.ai_services import AIServiceSettings


class AIServiceArgs(NetworkedArgs):
    """What an AIService is made of."""

    service: AIServiceSettings
    """The kind, the size and the models."""

    diagnostics: Optional[In[str]] = None
    """The Log Analytics workspace, by id, that logs and metrics go to. Left out, they go nowhere."""

    encryption: Optional[EncryptionKey] = None
    """The key that encrypts what the account stores. Left out, Microsoft's do."""


def _identity(args: AIServiceArgs) -> Any:
    """An identity of the account's own, and the one that may read the customer's key."""
    if args.encryption is None:
        return {"type": "SystemAssigned"}
    return {"type": "SystemAssigned, UserAssigned", "user_assigned_identities": [args.encryption.identity_id]}


def _encryption(args: AIServiceArgs) -> Any:
    if args.encryption is None:
        return None
    key = args.encryption.key
    return {
        "key_source": "Microsoft.KeyVault",
        "key_vault_properties": without_none(
            key_vault_uri=key.vault_uri,
            key_name=key.key_name,
            key_version=key.key_version,
            identity_client_id=args.encryption.identity_client_id,
        ),
    }


class AIService(Component):
    """An account that takes Entra sign-in only."""

    name: pulumi.Output[str]
    """The account's name."""

    resource_id: pulumi.Output[str]
    """The account's id."""

    endpoint: pulumi.Output[str]
    """The account's address."""

    principal_id: pulumi.Output[str]
    """The principal of the account's own identity."""

    def __init__(self, name: str, args: AIServiceArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        args = AIServiceArgs.model_validate(args)
        super().__init__(name, args, opts)
        self._args = args
        account = self._account(args)
        self._account_id = account.id
        last = self._deployments(args, account)
        private_endpoints(
            name,
            account,
            args.service.private_service,
            part=args.service.name,
            args=args,
            parent=self,
            # An account is "Accepted" while a model is deployed, and an endpoint to it is then refused
            # (AccountProvisioningStateInvalid; hashicorp/terraform-provider-azurerm issue 31712).
            depends_on=[last] if last is not account else None,
        )
        if args.diagnostics is not None:
            send_diagnostics(f"{name}-diagnostics", account.id, args.diagnostics, parent=self)
        self._finish(
            {
                "name": known_value_of(account, args.name_of(Kind.AI_SERVICE, args.service.name)),
                "resource_id": account.id,
                "endpoint": account.properties.apply(lambda each: each.endpoint),
                "principal_id": account.identity.apply(lambda each: each.principal_id if each else None),
            }
        )

    def _account(self, args: AIServiceArgs) -> "native.cognitiveservices.Account":
        account_name = args.name_of(Kind.AI_SERVICE, args.service.name)
        return native.cognitiveservices.Account(
            f"{self._name_in_program}-account",
            account_name=account_name,
            resource_group_name=args.resource_group_name,
            location=args.location,
            kind=args.service.kind.value,
            sku={"name": args.service.sku_name},
            identity=_identity(args),
            properties=without_none(
                # Entra sign-in and private endpoints need a subdomain, which can never change.
                custom_sub_domain_name=account_name,
                disable_local_auth=True,
                public_network_access=args.public_network_access,
                network_acls={
                    "default_action": args.default_action,
                    "ip_rules": [{"value": each} for each in args.allowed_ip_ranges],
                },
                restrict_outbound_network_access=True,
                allowed_fqdn_list=args.service.allowed_fqdns,
                encryption=_encryption(args),
            ),
            tags=args.tags,
            opts=child(self, protect=args.lock),
        )

    def _deployments(self, args: AIServiceArgs, account: pulumi.CustomResource) -> pulumi.CustomResource:
        """Deploys the models and returns what was made last."""
        last = account
        account_name = known_value_of(account, args.name_of(Kind.AI_SERVICE, args.service.name))
        for model in args.service.deployments:
            last = native.cognitiveservices.Deployment(
                f"{self._name_in_program}-model-{model.name}",
                deployment_name=model.name,
                account_name=account_name,
                resource_group_name=args.resource_group_name,
                sku={"name": model.sku.value, "capacity": model.capacity},
                properties=without_none(
                    model={"format": model.format, "name": model.model, "version": model.version},
                    version_upgrade_option=model.version_upgrade.value,
                    rai_policy_name=model.content_filter,
                ),
                # The service refuses a second deployment while one is being made.
                opts=child(self, depends_on=[last] if last is not account else None),
            )
        return last

    def grant_user(
        self,
        principal_id: In[str],
        principal_type: PrincipalType = PrincipalType.SERVICE_PRINCIPAL,
        *,
        grantee: Optional[str] = None,
    ) -> "native.authorization.RoleAssignment":
        """Lets a principal call the account: Cognitive Services User, or OpenAI User on an OpenAI account.

        `grantee` names the assignment in the program; left out, the principal's id does, which then has to
        be a plain text.
        """
        if grantee is None and not isinstance(principal_id, str):
            raise RefusedError(
                [Problem(("grantee",), "required where principal_id is an output", "Give grantee='<who it is>'")]
            )
        return assign_role(
            f"{self._name_in_program}-user-{grantee or principal_id}",
            AI_KINDS[self._args.service.kind].user_role,
            principal_id=principal_id,
            principal_type=principal_type,
            scope=self._account_id,
            args=self._args,
            parent=self,
        )
