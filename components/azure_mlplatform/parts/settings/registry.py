"""The size of a container registry."""

from enum import StrEnum


class RegistrySku(StrEnum):
    """The size of a registry. Only Premium takes private endpoints."""

    BASIC = "Basic"
    STANDARD = "Standard"
    PREMIUM = "Premium"
