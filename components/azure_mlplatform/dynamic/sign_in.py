"""Signs in to Azure as azure-native does: with its configuration, or the environment variables ARM_*.

The order is that of azure-native, which uses the first method that is configured and no other one after it: see
METHODS.
"""

import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Optional
from urllib.parse import urlencode, urlsplit

Read = Callable[[str], Optional[str]]
"""Returns a setting of azure-native by its name, such as `clientId`; None if it is not set."""

_VARIABLES = {
    "clientCertificatePassword": ("ARM_CLIENT_CERTIFICATE_PASSWORD",),
    "clientCertificatePath": ("ARM_CLIENT_CERTIFICATE_PATH",),
    "clientId": ("ARM_CLIENT_ID", "AZURE_CLIENT_ID"),
    "clientSecret": ("ARM_CLIENT_SECRET",),
    "environment": ("ARM_ENVIRONMENT", "AZURE_ENVIRONMENT"),
    "metadataHost": ("ARM_METADATA_HOSTNAME",),
    "oidcRequestToken": ("ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
    "oidcRequestUrl": ("ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL"),
    "oidcToken": ("ARM_OIDC_TOKEN",),
    "oidcTokenFilePath": ("ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE"),
    "tenantId": ("ARM_TENANT_ID", "AZURE_TENANT_ID"),
    "useDefaultAzureCredential": ("ARM_USE_DEFAULT_AZURE_CREDENTIAL",),
    "useMsi": ("ARM_USE_MSI",),
    "useOidc": ("ARM_USE_OIDC",),
}
"""Setting of azure-native → the variables that can replace it; the first one that is set wins."""


class Method(StrEnum):
    """A way to sign in; the value is its name in messages."""

    DEFAULT = "the default credential chain of Azure's SDK"
    CERTIFICATE = "a client certificate"
    SECRET = "a client secret"  # noqa: S105 - the name of a method
    OIDC = "OIDC"
    MANAGED_IDENTITY = "a managed identity"
    CLI = "the Azure CLI"


METHODS: tuple[tuple[Method, str], ...] = (
    (Method.DEFAULT, "useDefaultAzureCredential"),
    (Method.CERTIFICATE, "clientCertificatePath"),
    (Method.SECRET, "clientSecret"),
    (Method.OIDC, "useOidc"),
    (Method.MANAGED_IDENTITY, "useMsi"),
)
"""Each method with the setting that selects it, in azure-native's order; without any of them, the Azure CLI. A flag
counts if it is `true`, and nothing else is. Source: pulumi/pulumi-azure-native, provider/pkg/provider/
auth_azidentity.go, newSingleMethodAuthCredential and readAuthConfig, and the provider's arguments in 3.29.0; read
2026-11-28."""

OF_NO_PERSON = frozenset({Method.CERTIFICATE, Method.OIDC, Method.MANAGED_IDENTITY})
"""The methods that a pipeline or a machine uses, and that leave no secret in a person's hands."""

_CHAIN = "AZURE_TOKEN_CREDENTIALS"
_CHAINED = ("managedidentitycredential", "workloadidentitycredential")
"""The values of the variable that make of the default chain one credential of a machine (Azure SDK for Go, azidentity:
DefaultAzureCredential; Pulumi, "Azure Native: Installation & Configuration", use a specific credential)."""


def method(read: Read) -> Method:
    """The method that azure-native will use."""
    for each, setting in METHODS:
        value = read(setting)
        if _true(value) if setting.startswith("use") else value:
            return each
    return Method.CLI


def signs_in_a_person(read: Read) -> bool:
    """Whether the method may sign in a person, or with a secret that a person may have."""
    found = method(read)
    if found is Method.DEFAULT:
        return os.environ.get(_CHAIN, "").lower() not in _CHAINED
    return found not in OF_NO_PERSON


class SignInError(Exception):
    """The sign-in is not possible; the message says what to set."""


class Cloud(NamedTuple):
    """The addresses of Azure Resource Manager and Entra ID."""

    resource_manager: str
    authority: str
    known: bool = True
    """Whether it is one of Microsoft's public clouds, whose authority can be looked up."""


_PUBLIC = Cloud("https://management.azure.com", "https://login.microsoftonline.com")
_PUBLIC_NAMES = ("public", "azurecloud", "azurepubliccloud")


def settings(configured: Read) -> Read:
    """Reads a setting from azure-native's configuration, else from the environment variables."""

    def read(name: str) -> Optional[str]:
        if value := configured(name):
            return value
        return next((os.environ[each] for each in _VARIABLES[name] if os.environ.get(each)), None)

    return read


def other_cloud(read: Read) -> str:
    """The name of the cloud that is configured if it is not Azure's public one, else an empty text.

    Another cloud has other host names, DNS zones, regions and services, which this library does not know.
    """
    name = read("environment") or ""
    return "" if name.lower() in ("", *_PUBLIC_NAMES) else name


def cloud(read: Read) -> Cloud:
    """The cloud that the metadata host describes if one is set, else the public cloud."""
    host = read("metadataHost")
    if host is not None:
        found = _get(f"https://{host}/metadata/endpoints?api-version=2022-09-01")
        described = found[0] if isinstance(found, list) else found
        return Cloud(
            described["resourceManager"].rstrip("/"),
            described["authentication"]["loginEndpoint"].rstrip("/"),
            known=False,
        )
    if name := other_cloud(read):
        raise SignInError(f"azure-native:environment is '{name}', but this library knows Azure's public cloud only")
    return _PUBLIC


def credential(read: Read, where: Cloud, tenant_id: str) -> Any:
    """An azure-identity credential for the tenant."""
    # The import takes half a second, and only a run that calls Azure needs it.
    from azure import identity

    shared = {"authority": where.authority, "disable_instance_discovery": not where.known}
    client_id, tenant = read("clientId"), read("tenantId") or tenant_id
    match method(read):
        case Method.DEFAULT:
            return identity.DefaultAzureCredential(**shared)
        case Method.CERTIFICATE:
            return identity.CertificateCredential(
                tenant,
                _needed(client_id, "clientCertificatePath"),
                read("clientCertificatePath"),
                password=read("clientCertificatePassword"),
                **shared,
            )
        case Method.SECRET:
            secret = read("clientSecret") or ""
            return identity.ClientSecretCredential(tenant, _needed(client_id, "clientSecret"), secret, **shared)
        case Method.OIDC:
            return identity.ClientAssertionCredential(tenant, _needed(client_id, "useOidc"), _assertion(read), **shared)
        case Method.MANAGED_IDENTITY:
            return (
                identity.ManagedIdentityCredential(client_id=client_id)
                if client_id
                else identity.ManagedIdentityCredential()
            )
        case Method.CLI:
            return identity.AzureCliCredential(tenant_id=tenant)


def _needed(client_id: Optional[str], why: str) -> str:
    if client_id is None:
        raise SignInError(f"{why} is set, but there is no client id: set ARM_CLIENT_ID")
    return client_id


def _assertion(read: Read) -> Callable[[], str]:
    """A function that fetches the pipeline's OIDC token, a new one each time: such a token is valid for minutes."""

    def fetch() -> str:
        if token := read("oidcToken"):
            return token
        if path := read("oidcTokenFilePath"):
            return Path(path).read_text(encoding="utf-8").strip()
        url, bearer = read("oidcRequestUrl"), read("oidcRequestToken")
        if not url or not bearer:
            raise SignInError(
                "ARM_USE_OIDC is set, but there is no token: set ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH, or "
                "ARM_OIDC_REQUEST_URL with ARM_OIDC_REQUEST_TOKEN (GitHub sets them with `id-token: write`)"
            )
        joint = "&" if urlsplit(url).query else "?"
        query = urlencode({"audience": "api://AzureADTokenExchange"})
        return str(_get(f"{url}{joint}{query}", bearer)["value"])

    return fetch


def _get(url: str, bearer: Optional[str] = None) -> Any:
    import requests

    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    try:
        answer = requests.get(url, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json()
    except (requests.RequestException, ValueError) as error:
        # Show only the host: the address may identify the pipeline's run.
        raise SignInError(f"the request to {urlsplit(url).netloc} failed: {type(error).__name__}") from None


def _true(value: Optional[str]) -> bool:
    return value == "true"
