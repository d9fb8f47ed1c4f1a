"""What services ask of the key vault that holds a customer-managed key.

A row counts for a vault that this world has; one that it does not have counts as suitable. Paths lead through the ARM
body, as in `deletion.py`.
"""

from dataclasses import dataclass

from .row import Refusal


@dataclass(frozen=True, kw_only=True)
class KeyVault(Refusal):
    """A property that the vault of a key must have."""

    table = "KEY_VAULTS"
    by = ("type", "needed")

    type: str
    """The ARM type of the resource that is encrypted."""

    vault: str
    """Where its body holds the vault's address, the key's address, or the vault's id."""

    needed: str
    """The property of the vault that must be true."""


_DAY = "2026-11-28"
_PURGE = "properties.enablePurgeProtection"
_TEXT = "The key vault '{vault}' must have soft delete and purge protection enabled."
_ASSUMED = " (both must be enabled); that the creation is refused, and how, is assumed"

KEY_VAULTS = (
    KeyVault(
        type="microsoft.storage/storageaccounts",
        vault="properties.encryption.keyVaultProperties.keyVaultUri",
        needed=_PURGE,
        status=400,
        code="KeyVaultPolicyError",
        text="Keyvault policy recoverable is not set",
        source="a public lab on keys of storage accounts quotes this answer to Azure CLI where the vault has no purge"
        " protection (found by its text)",
        day=_DAY,
    ),
    KeyVault(
        type="microsoft.cognitiveservices/accounts",
        vault="properties.encryption.keyVaultProperties.keyVaultUri",
        needed=_PURGE,
        status=400,
        code="BadRequest",
        text=_TEXT,
        source="Learn: ai-services/encryption/cognitive-services-encryption-keys-portal" + _ASSUMED,
        day=_DAY,
        assumed=True,
    ),
    KeyVault(
        type="microsoft.machinelearningservices/workspaces",
        vault="properties.encryption.keyVaultProperties.keyVaultArmId",
        needed=_PURGE,
        status=400,
        code="BadRequest",
        text=_TEXT,
        source="Learn: machine-learning/concept-customer-managed-keys" + _ASSUMED,
        day=_DAY,
        assumed=True,
    ),
    KeyVault(
        type="microsoft.datafactory/factories",
        vault="properties.encryption.vaultBaseUrl",
        needed=_PURGE,
        status=400,
        code="BadRequest",
        text=_TEXT,
        source="Learn: data-factory/enable-customer-managed-key" + _ASSUMED,
        day=_DAY,
        assumed=True,
    ),
    KeyVault(
        type="microsoft.synapse/workspaces",
        vault="properties.encryption.cmk.key.keyVaultUrl",
        needed=_PURGE,
        status=400,
        code="BadRequest",
        text=_TEXT,
        source="Learn: synapse-analytics/security/workspaces-encryption" + _ASSUMED,
        day=_DAY,
        assumed=True,
    ),
)
"""Container Registry is missing: its page recommends purge protection only."""
