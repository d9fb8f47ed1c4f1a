"""A customer-managed key, and the identity that may read it."""

from .arguments import ComponentArgs, In
from .settings.encryption import CustomerManagedKey


class EncryptionKey(ComponentArgs):
    """A key that encrypts what a component stores."""

    key: CustomerManagedKey
    """The key and its vault."""

    identity_id: In[str]
    """The user-assigned identity that may read it, by id."""

    identity_client_id: In[str]
    """The same identity's client id."""
