"""Reads a key vault that others run, and judges whether it can hold the key that encrypts an environment.

Sources, read 2026-11-28:

- Soft delete and purge protection: Azure ML (MicrosoftDocs/azure-ai-docs, concept-customer-managed-keys), AI services
  (cognitive-services-encryption-keys-portal), Data Factory (azure-docs, enable-customer-managed-key), storage
  (customer-managed-keys-configure-existing-account), Synapse (workspaces-encryption).
- The same tenant: the pages of AI services, Data Factory and storage. A vault of another tenant needs a federated
  identity, which nothing here makes.
- The same region: AI services, Data Factory and Synapse. Storage takes another region; no page says one for the
  workspace and the registry.
- A vault with a firewall must let trusted services pass: AI services, and Container Registry
  (tutorial-enable-customer-managed-keys).
"""

from typing import Any, Optional
from weakref import WeakKeyDictionary

import pulumi
import pulumi_azure_native as native

from ..foundation.problems import Problem
from ..foundation.values import name_of
from ..foundation.violations import Path
from .component import Component, child
from .placement import Placement

_READ: "WeakKeyDictionary[Any, dict[str, native.keyvault.Vault]]" = WeakKeyDictionary()
"""Stack → id in lower case → the vault that was read."""


def adopted_key_vault(parent: Component, label: str, vault_id: str) -> "native.keyvault.Vault":
    """A vault that others run. A program reads each vault once, whoever asks first."""
    stack = pulumi.runtime.settings.get_root_resource()
    # A component that is hosted for another language has no stack: it reads for itself.
    read = {} if stack is None else _READ.setdefault(stack, {})
    key = vault_id.lower()
    if key not in read:
        read[key] = native.keyvault.Vault.get(parent.logical_name(label), vault_id, child(parent))
    return read[key]


def key_vault_violations(
    vault: "native.keyvault.Vault", vault_id: str, placement: Placement, near: list[str], path: Path
) -> "list[pulumi.Output[list[Problem]]]":
    """A problem for each property with which the vault cannot hold the key. Unknown properties are not judged.

    `near` names what needs a vault in the region of the environment. `path` is the setting with the vault's id.
    """

    def problem(what: str, fix: str) -> Problem:
        return Problem(path, f"'{vault_id}': {what}", fix)

    def judge(properties: Any) -> list[Problem]:
        return [problem(what, fix) for what, fix in _unfit(properties, name_of(vault_id), placement)]

    def compare(location: Optional[str]) -> list[Problem]:
        made = (location or "").replace(" ", "").lower()
        if not near or made in ("", placement.location):
            return []
        what = f"the vault is in {made}, but {', '.join(near)} need a key in their own region, {placement.location}"
        return [problem(what, f"Use a vault in {placement.location}: a vault cannot move")]

    return [vault.properties.apply(judge), vault.location.apply(compare)]


def _unfit(properties: Any, name: str, placement: Placement) -> list[tuple[str, str]]:
    """What is wrong with a vault, and what to do."""
    found: list[tuple[str, str]] = []
    update = f"az keyvault update --name {name}"
    if properties.enable_soft_delete is False:
        found.append(
            (
                "it has no soft delete, so a deleted key is lost with the data",
                f"Run `{update} --enable-soft-delete true`",
            )
        )
    if not properties.enable_purge_protection:
        found.append(
            (
                "it has no purge protection, which services require of a vault with a key",
                f"Run `{update} --enable-purge-protection true`; it cannot be turned off again",
            )
        )
    if not properties.enable_rbac_authorization:
        found.append(
            (
                "it uses access policies, so the role of the environment's identity has no effect",
                f"Give everybody who uses it roles, then run `{update} --enable-rbac-authorization true`",
            )
        )
    if properties.tenant_id and properties.tenant_id.lower() != placement.tenant_id:
        found.append(
            (
                f"it is in the tenant {properties.tenant_id}, and the environment in {placement.tenant_id}",
                "Use a vault in the environment's tenant",
            )
        )
    rules, public = properties.network_acls, str(properties.public_network_access or "Enabled").lower() == "enabled"
    open_ = public and (rules is None or str(rules.default_action or "Allow").lower() == "allow")
    if open_ and not placement.profile.may_be_public:
        found.append(
            (
                f"every network reaches it, which a {placement.environment} environment does not allow",
                f"Run `{update} --public-network-access Disabled --bypass AzureServices`",
            )
        )
    if not open_ and rules is not None and str(rules.bypass or "AzureServices").lower() == "none":
        found.append(
            (
                "its firewall lets no trusted services pass, so the services cannot read the key",
                f"Run `{update} --bypass AzureServices`",
            )
        )
    return found
