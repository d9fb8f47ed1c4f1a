"""Every way that azure-native signs in, against Entra ID on loopback."""

import datetime
import os

import pytest
from azure import identity

from azure_mlplatform.dynamic.arm import ArmError, ResourceManager
from azure_mlplatform.dynamic.sign_in import (
    METHODS,
    Method,
    SignInError,
    cloud,
    credential,
    method,
    settings,
    signs_in_a_person,
)
from azure_mlplatform.emulation.server import write_executable
from support.management_plane import CLIENT, SECRET, TENANT, azure_on_loopback

PATH = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Insights/actionGroups/thing"


@pytest.fixture
def signed(tmp_path, monkeypatch):
    """A function that reads a thing as who is configured; and Azure."""
    for name in os.environ:
        if name.startswith(("ARM_", "AZURE_", "ACTIONS_")):
            monkeypatch.delenv(name)
    with azure_on_loopback(tmp_path) as (azure, environment):
        azure.has(PATH, "azure-native:monitor:ActionGroup", {"groupShortName": "short"})
        azure.entra.assertion = "vouched"
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", environment["REQUESTS_CA_BUNDLE"])
        shared = {"metadataHost": environment["ARM_METADATA_HOSTNAME"], "clientId": CLIENT}

        def thing(**configured):
            read = settings({**shared, **configured}.get)
            found = ResourceManager(read, TENANT).get(PATH, "1")
            return found and found["name"]

        yield thing, azure


def test_a_service_principals_secret(signed):
    thing, azure = signed
    assert thing(clientSecret=SECRET) == "thing"
    assert azure.calls[0].query == {"api-version": "1"}


def test_the_environments_variables_stand_in_and_the_configuration_wins(signed, monkeypatch):
    thing, _ = signed
    monkeypatch.setenv("ARM_CLIENT_SECRET", SECRET)
    assert thing() == "thing"
    with pytest.raises(ArmError, match="Invalid client secret"):
        thing(clientSecret="wrong")


@pytest.mark.parametrize("way", ["token", "file", "request"])
def test_a_pipelines_token_and_no_secret(signed, tmp_path, way):
    thing, azure = signed
    (tmp_path / "token").write_text("vouched\n")
    given = {
        "token": {"oidcToken": "vouched"},
        "file": {"oidcTokenFilePath": str(tmp_path / "token")},
        "request": {"oidcRequestUrl": f"{azure.manager.url}/oidc?run=1", "oidcRequestToken": "pipeline"},
    }[way]
    assert thing(useOidc="true", **given) == "thing"
    assert azure.grants[0]["client_assertion"] == "vouched"


def test_githubs_own_variables_are_known(signed, monkeypatch):
    thing, azure = signed
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{azure.manager.url}/oidc")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "pipeline")
    assert thing(useOidc="true") == "thing"


def test_a_pipeline_that_may_not_have_a_token_is_told_what_to_set(signed):
    thing, azure = signed
    with pytest.raises(ArmError, match="id-token: write"):
        thing(useOidc="true")
    with pytest.raises(ArmError, match="failed: HTTPError") as refused:
        thing(useOidc="true", oidcRequestUrl=f"{azure.manager.url}/oidc?run=1", oidcRequestToken="wrong")
    assert "run=1" not in str(refused.value)
    with pytest.raises(SignInError, match="set ARM_CLIENT_ID"):
        thing(useOidc="true", clientId="")


def test_who_is_signed_in_with_the_cli(signed, tmp_path, monkeypatch):
    thing, _ = signed
    expires = (datetime.datetime.now() + datetime.timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S.%f")  # noqa: DTZ005 - az
    answer = tmp_path / "answer.py"
    answer.write_text(
        "import json, sys\n"
        "assert sys.argv[1:3] == ['account', 'get-access-token'], sys.argv\n"
        f"assert {TENANT!r} in sys.argv\n"
        f"print(json.dumps({{'accessToken': 'emulated', 'expiresOn': {expires!r}}}))\n"
    )
    write_executable(tmp_path / "az", str(answer))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert thing(clientId="") == "thing"


def test_a_machines_identity():
    where = cloud({}.get)
    for configured in ({"useMsi": "true"}, {"useMsi": "true", "clientId": CLIENT}):
        assert isinstance(credential(configured.get, where, TENANT), identity.ManagedIdentityCredential)


@pytest.mark.parametrize("name", [None, "public", "AzureCloud"])
def test_the_public_cloud_is_known_by_its_names(name):
    assert cloud({"environment": name}.get).resource_manager == "https://management.azure.com"


@pytest.mark.parametrize("name", ["usgovernment", "china", "german"])
def test_another_cloud_is_refused(name):
    with pytest.raises(SignInError, match=f"is '{name}', but this library knows Azure's public cloud only"):
        cloud({"environment": name}.get)


def test_what_is_not_there_is_none(signed):
    thing, azure = signed
    azure.world.resources.clear()
    assert thing(clientSecret=SECRET) is None


BY_VARIABLE = {
    "ARM_USE_DEFAULT_AZURE_CREDENTIAL": Method.DEFAULT,
    "ARM_CLIENT_CERTIFICATE_PATH": Method.CERTIFICATE,
    "ARM_CLIENT_SECRET": Method.SECRET,
    "ARM_USE_OIDC": Method.OIDC,
    "ARM_USE_MSI": Method.MANAGED_IDENTITY,
}
"""Variable → the method that it selects, in azure-native's order (auth_azidentity.go, read 2026-11-28)."""


@pytest.fixture
def nobody(monkeypatch):
    """Takes every variable of a sign-in away."""
    for name in os.environ:
        if name.startswith(("ARM_", "AZURE_", "ACTIONS_")):
            monkeypatch.delenv(name)


def test_the_order_is_azure_natives(nobody, monkeypatch):
    assert [each for each, _ in METHODS] == list(BY_VARIABLE.values())
    read = settings({}.get)
    assert method(read) is Method.CLI
    for variable, expected in reversed(BY_VARIABLE.items()):
        monkeypatch.setenv(variable, "true")
        assert method(read) is expected


@pytest.mark.parametrize("value", ["1", "True", "yes", "false", ""])
def test_a_flag_is_true_or_it_is_none(nobody, monkeypatch, value):
    monkeypatch.setenv("ARM_USE_OIDC", value)
    assert method(settings({}.get)) is Method.CLI


@pytest.mark.parametrize(
    ("variables", "a_person"),
    [
        ({}, True),
        ({"ARM_USE_OIDC": "true"}, False),
        ({"ARM_USE_MSI": "true"}, False),
        ({"ARM_CLIENT_CERTIFICATE_PATH": "/run/cert.pfx"}, False),
        ({"ARM_CLIENT_SECRET": "s"}, True),
        ({"ARM_CLIENT_SECRET": "s", "ARM_USE_OIDC": "true"}, True),
        ({"ARM_CLIENT_CERTIFICATE_PATH": "/run/cert.pfx", "ARM_CLIENT_SECRET": "s"}, False),
        ({"ARM_USE_DEFAULT_AZURE_CREDENTIAL": "true"}, True),
        ({"ARM_USE_DEFAULT_AZURE_CREDENTIAL": "true", "ARM_USE_OIDC": "true"}, True),
        ({"ARM_USE_DEFAULT_AZURE_CREDENTIAL": "true", "AZURE_TOKEN_CREDENTIALS": "prod"}, True),
        ({"ARM_USE_DEFAULT_AZURE_CREDENTIAL": "true", "AZURE_TOKEN_CREDENTIALS": "AzureCLICredential"}, True),
        ({"ARM_USE_DEFAULT_AZURE_CREDENTIAL": "true", "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}, False),
        ({"AZURE_FEDERATED_TOKEN_FILE": "/run/token", "AZURE_CLIENT_ID": "c"}, True),
    ],
)
def test_who_signs_in(nobody, monkeypatch, variables, a_person):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert signs_in_a_person(settings({}.get)) is a_person
