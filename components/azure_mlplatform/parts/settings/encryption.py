"""Encryption with a customer-managed key."""

from collections.abc import Iterator
from typing import Optional
from urllib.parse import urlsplit

from pydantic import Field

from ...foundation.model import Settings, check
from ...foundation.rules import field_rule, pattern_rule, stands_for
from ...foundation.secret_values import SECRET
from ...foundation.values import arm_id, name_of
from ...foundation.violations import Violation


class CustomerManagedKey(Settings):
    """A key that encrypts the stored data of the environment, in a vault with purge protection. Whoever deploys needs
    the right to read the vault and to assign a role on it, because the environment's identity must read the key."""

    key_vault_id: str = Field(examples=["/subscriptions/…/providers/Microsoft.KeyVault/vaults/kv-keys"])
    """The vault, by resource id. It must have role-based access, soft delete and purge protection, be in the same
    tenant, and let trusted services pass its firewall. For AI services, a data factory or Synapse, it must be in the
    same region. In test and prod, it must not be open to every network."""

    key_id: str = Field(examples=["https://kv-keys.vault.azure.net/keys/ml"])
    """The key's address. If it has no version at the end, the services follow the key's rotation."""

    _vault = field_rule(arm_id("Microsoft.KeyVault/vaults"), "key_vault_id")
    _key = field_rule(
        stands_for("https://<vault>.vault.azure.net/keys/<name>")(
            pattern_rule(
                r"https://[a-z0-9-]{3,24}\.vault\.azure\.net/keys/[A-Za-z0-9-]{1,127}(/[0-9a-f]{32})?",
                "is not the address of a key",
                "https://<vault>.vault.azure.net/keys/<name>, with or without a version",
            )
        ),
        "key_id",
    )

    @property
    def vault_uri(self) -> str:
        """The vault's address."""
        return f"https://{urlsplit(self.key_id).netloc}/"

    @property
    def key_name(self) -> str:
        """The key's name."""
        return SECRET if self.key_id == SECRET else urlsplit(self.key_id).path.split("/")[2]

    @property
    def key_version(self) -> Optional[str]:
        """The key's version, or None if it is not pinned."""
        parts = urlsplit(self.key_id).path.split("/")
        return parts[3] if len(parts) > 3 else None

    @check
    def _key_is_in_the_vault(self) -> Iterator[Violation]:
        vault = name_of(self.key_vault_id).lower()
        if SECRET in (self.key_vault_id, self.key_id):
            return
        if urlsplit(self.key_id).netloc.split(".")[0] != vault:
            yield Violation(
                ("key_id",),
                self.key_id,
                f"'{self.key_id}' is not in the vault '{vault}'",
                "Name the vault that holds the key",
            )
