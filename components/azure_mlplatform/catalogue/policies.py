"""Built-in policies of Azure that the platform assigns: their ids, and what they take.

Each was read in published sources on 2026-11-28: the ids and titles in MicrosoftDocs/azure-docs
(machine-learning/policy-reference, governance/policy/samples/built-in-policies) and Azure/Enterprise-Scale (ALZ, which
assigns the second one), the parameters in Azure/azure-policy (built-in-policies/policyDefinitions).
"""

from dataclasses import dataclass
from enum import StrEnum


class Policy(StrEnum):
    """A built-in policy."""

    ALLOWED_LOCATIONS = "allowed-locations"
    PRIVATE_WORKSPACES = "private-workspaces"
    NO_LOCAL_ACCOUNTS = "no-local-accounts"


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltInPolicy:
    """A row of the table."""

    guid: str
    title: str
    """Its display name in Azure."""

    short: str
    """A few letters that tell it from the others in the name of an assignment."""

    source: str

    @property
    def definition_id(self) -> str:
        """Its id in every tenant."""
        return f"/providers/Microsoft.Authorization/policyDefinitions/{self.guid}"


POLICIES: dict[Policy, BuiltInPolicy] = {
    Policy.ALLOWED_LOCATIONS: BuiltInPolicy(
        guid="e56962a6-4747-49cd-b67b-bf8b01975c4c",
        title="Allowed locations",
        short="locations",
        source="Learn: governance/policy/concepts/exemption-structure, samples of regulatory compliance (deny; leaves "
        "out resource groups and resources of the region 'global'; parameter listOfAllowedLocations)",
    ),
    Policy.PRIVATE_WORKSPACES: BuiltInPolicy(
        guid="438c38d2-3772-465a-a9cc-7a6666a275ce",
        title="Azure Machine Learning Workspaces should disable public network access",
        short="private-ml",
        source="Azure/Enterprise-Scale (Deny-PublicPaaSEndpoints); Azure/azure-policy: Machine Learning/"
        "Workspace_PublicNetworkAccessDisabled_Audit (effect: Audit, Deny, Disabled)",
    ),
    Policy.NO_LOCAL_ACCOUNTS: BuiltInPolicy(
        guid="e96a9a5f-07ca-471b-9bc5-6a0f33cbd68f",
        title="Azure Machine Learning Computes should have local authentication methods disabled",
        short="no-local-ml",
        source="Learn: samples of regulatory compliance (effect: Audit, Deny)",
    ),
}
"""The policies that may be assigned."""
