"""Trust of an identity in the tokens of pipelines (Microsoft.ManagedIdentity/…/federatedIdentityCredentials)."""

from collections.abc import Mapping

import pulumi_azure_native as native

from .arguments import In
from .component import Component, child
from .in_turn import InTurn
from .settings.trust import FederatedCredential


def federate(
    parent: Component,
    identity_name: In[str],
    resource_group_name: In[str],
    credentials: Mapping[str, FederatedCredential],
) -> None:
    """Makes the credentials of an identity, by their names in the program, one after another: Azure answers 409 to a
    second write on an identity while the first one runs."""
    writes = InTurn()
    for label, credential in credentials.items():
        writes.then(
            native.managedidentity.FederatedIdentityCredential(
                parent.logical_name(label),
                federated_identity_credential_resource_name=credential.name,
                resource_group_name=resource_group_name,
                resource_name_=identity_name,
                issuer=credential.issuer,
                subject=credential.subject,
                audiences=[credential.audience],
                opts=child(parent, depends_on=writes.before, delete_before_replace=True),
            )
        )
