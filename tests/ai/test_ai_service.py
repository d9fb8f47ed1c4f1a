from dataclasses import replace
from itertools import pairwise

import pulumi
import pytest

from azure_mlplatform.ai.ai_service import AIService, AIServiceArgs
from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, PrincipalType, Role
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.parts.placement import PrivateNetwork
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.resource_types import RESOURCE_TYPES
from azure_mlplatform.testing import children, record
from support.programs import CENTRAL, DOCUMENTS, GROUP, LOG, OPEN, OPENAI, from_office, networked

SUBNET = f"{CENTRAL}/Microsoft.Network/virtualNetworks/v/subnets/endpoints"
ZONES = {
    zone: f"{CENTRAL}/Microsoft.Network/privateDnsZones/{zone}"
    for zone in (
        "privatelink.cognitiveservices.azure.com",
        "privatelink.openai.azure.com",
        "privatelink.services.ai.azure.com",
    )
}
PRIVATE = PrivateNetwork(subnet_id=SUBNET, zone_ids=dict(ZONES))
KEY = {
    "key_vault_id": f"{CENTRAL}/Microsoft.KeyVault/vaults/kv-keys",
    "key_id": "https://kv-keys.vault.azure.net/keys/ml",
}


def service(data, preview=False, then=None, existing=None, **changes):
    args = {**networked(**{"private_network": PRIVATE, **changes}), "settings": data}

    def program():
        made = AIService("ai", AIServiceArgs.model_validate(args))
        if then:
            then(made)

    return record(program, preview=preview, existing=existing)


@pytest.mark.parametrize(("given", "asked"), [({}, None), ({"restore": False}, None), ({"restore": True}, True)])
def test_a_deleted_account_is_restored_only_where_it_is_asked_for(given, asked):
    [account] = service({**DOCUMENTS, **given}).of_type("Account")
    assert account.input("properties.restore") is asked


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("data", "changes", "made"),
    [
        (
            OPENAI,
            {},
            [
                ("Account", "ai-account"),
                ("DeployedModel", "ai-model-batch-version"),
                ("DeployedModel", "ai-model-chat-version"),
                ("DeployedModel", "ai-model-embed-version"),
                ("Deployment", "ai-model-batch"),
                ("Deployment", "ai-model-chat"),
                ("Deployment", "ai-model-embed"),
                ("DiagnosticSetting", "ai-diagnostics"),
                ("PrivateDnsZoneGroup", "ai-endpoint-account-zones"),
                ("PrivateEndpoint", "ai-endpoint-account"),
            ],
        ),
        (DOCUMENTS, OPEN, [("Account", "ai-account"), ("DiagnosticSetting", "ai-diagnostics")]),
        (
            DOCUMENTS,
            {"private_network": PrivateNetwork(subnet_id=SUBNET)},
            [
                ("Account", "ai-account"),
                ("DiagnosticSetting", "ai-diagnostics"),
                ("PrivateEndpoint", "ai-endpoint-account"),
            ],
        ),
    ],
)
def test_children(data, changes, made, preview):
    assert children(service(data, preview, **changes), "ai") == made


def test_the_account_takes_no_key_and_no_public_call():
    [account] = service(OPENAI).of_type("Account")
    assert account.inputs == {
        "accountName": "ais-churn-assistant-dev-abc123",
        "identity": {"type": "SystemAssigned"},
        "kind": "OpenAI",
        "location": "westeurope",
        "properties": {
            "allowedFqdnList": [],
            "customSubDomainName": "ais-churn-assistant-dev-abc123",
            "disableLocalAuth": True,
            "networkAcls": {"defaultAction": "Deny", "ipRules": []},
            "publicNetworkAccess": "Disabled",
            "restrictOutboundNetworkAccess": True,
        },
        "resourceGroupName": "rg-test",
        "sku": {"name": "S0"},
        "tags": {"project": "churn"},
    }


@pytest.mark.parametrize(
    ("changes", "public", "action", "rules"),
    [
        ({}, "Disabled", "Deny", []),
        (
            from_office("203.0.113.7", "198.51.100.0/24"),
            "Enabled",
            "Deny",
            [{"value": "203.0.113.7"}, {"value": "198.51.100.0/24"}],
        ),
        (OPEN, "Enabled", "Allow", []),
    ],
)
def test_public_access_is_what_was_asked_for(changes, public, action, rules):
    [account] = service(DOCUMENTS, **changes).of_type("Account")
    assert account.input("properties.publicNetworkAccess") == public
    assert account.input("properties.networkAcls") == {"defaultAction": action, "ipRules": rules}


@pytest.mark.parametrize("preview", [False, True])
def test_models_are_deployed_one_after_another_and_the_endpoint_last(preview):
    plan = service(OPENAI, preview)
    by_name = {each.name: each for each in plan.azure_resources}
    chain = ["ai-account", "ai-model-chat", "ai-model-embed", "ai-model-batch", "ai-endpoint-account"]
    for before, after in pairwise(chain):
        assert by_name[before].urn in by_name[after].dependencies
    assert by_name["ai-model-embed"].urn not in by_name["ai-diagnostics"].dependencies


@pytest.mark.parametrize(("kind", "refused"), [("FormRecognizer", False), ("formrecognizer", False), ("Face", True)])
def test_an_account_keeps_the_kind_that_it_was_made_with(kind, refused):
    [account] = service(DOCUMENTS).of_type("Account")
    existing = {account.id: {"kind": kind}}
    if not refused:
        assert service(DOCUMENTS, existing=existing).of_type("PrivateEndpoint")
        return
    with pytest.raises(RefusedError) as error:
        service(DOCUMENTS, existing=existing)
    [problem] = error.value.problems
    assert problem.path == ("ai_services", "documents", "kind")
    assert problem.what == "immutable: deployed as 'Face', cannot become 'FormRecognizer'"


def test_a_deployment_is_pinned():
    chat = next(each for each in service(OPENAI).of_type("Deployment") if each.name == "ai-model-chat")
    assert chat.inputs == {
        "accountName": "ais-churn-assistant-dev-abc123",
        "deploymentName": "chat",
        "properties": {
            "model": {"format": "OpenAI", "name": "gpt-5.4", "version": "2026-03-05"},
            "versionUpgradeOption": "OnceCurrentVersionExpired",
        },
        "resourceGroupName": "rg-test",
        "sku": {"capacity": 10, "name": "Standard"},
    }


MOVED = {
    "name": "assistant",
    "kind": "OpenAI",
    "deployments": [{"name": "chat", "model": "gpt-5.4", "version": "2026-03-05"}],
}


def moved_to(monkeypatch, model, version):
    """Lets Azure run another model than the settings name."""
    type_ = "pulumi-python:dynamic/azure-mlplatform:DeployedModel"
    answers = replace(RESOURCE_TYPES[type_], outputs=lambda _, given: {**given, "model": model, "version": version})
    monkeypatch.setitem(RESOURCE_TYPES, type_, answers)


@pytest.mark.parametrize(("model", "version"), [("gpt-5.4", "2026-09-01"), ("gpt-6", "2027-01-01")])
def test_what_azure_moved_a_deployment_to_is_sent_and_said(monkeypatch, model, version):
    assert service(MOVED).messages == ()
    moved_to(monkeypatch, model, version)
    plan = service(MOVED)
    [deployment] = plan.of_type("Deployment")
    assert deployment.input("properties.model") == {"format": "OpenAI", "name": model, "version": version}
    text = (
        f"AI service assistant: chat runs {model} {version}, which Azure moved it to. The settings' gpt-5.4 2026-03-05 "
        "is not sent. Set model and version to what runs, or version_upgrade: NoAutoUpgrade to send the settings' one"
    )
    assert plan.messages == (("warning", text),)


@pytest.mark.parametrize("preview", [False, True])
def test_what_runs_is_read_while_the_account_is_made(preview):
    """It makes no chain longer, and its id is known in a first preview."""
    plan = service(MOVED, preview=preview)
    [reader], [deployment], [account] = (plan.of_type(kind) for kind in ("DeployedModel", "Deployment", "Account"))
    assert account.urn not in reader.dependencies
    assert reader.urn in deployment.dependencies
    assert reader.input("account_id") == (
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-test/providers"
        "/Microsoft.CognitiveServices/accounts/ais-churn-assistant-dev-abc123"
    )


@pytest.mark.parametrize("pinned", [{"version_upgrade": "NoAutoUpgrade"}, {"sku": "ProvisionedManaged"}])
def test_what_nothing_moves_is_sent_as_it_is_in_the_settings(monkeypatch, pinned):
    moved_to(monkeypatch, "gpt-5.4", "2026-09-01")
    plan = service({**MOVED, "deployments": [{**MOVED["deployments"][0], **pinned}]})
    [deployment] = plan.of_type("Deployment")
    assert deployment.input("properties.model.version") == "2026-03-05"
    assert (plan.of_type("DeployedModel"), plan.messages) == ([], ())


@pytest.mark.parametrize(
    ("kind", "zones"),
    [
        ("OpenAI", ["privatelink.cognitiveservices.azure.com", "privatelink.openai.azure.com"]),
        ("AIServices", sorted(ZONES)),
        ("Face", ["privatelink.cognitiveservices.azure.com"]),
    ],
)
def test_the_endpoint_registers_in_the_zones_of_its_kind(kind, zones):
    plan = service({"name": "thing", "kind": kind})
    [endpoint] = plan.of_type("PrivateEndpoint")
    [account] = plan.of_type("Account")
    [group] = plan.of_type("PrivateDnsZoneGroup")
    assert endpoint.input("privateLinkServiceConnections") == [
        {"groupIds": ["account"], "name": "account", "privateLinkServiceId": account.id}
    ]
    assert endpoint.input("subnet.id") == SUBNET
    assert endpoint.input("privateEndpointName") == group.input("privateEndpointName") == "pep-churn-thing-dev"
    assert sorted(each["privateDnsZoneId"] for each in group.input("privateDnsZoneConfigs")) == [
        ZONES[z] for z in zones
    ]
    assert endpoint.urn in group.dependencies


def test_everything_is_reported():
    plan = service(DOCUMENTS)
    [setting] = plan.of_type("DiagnosticSetting")
    [account] = plan.of_type("Account")
    assert setting.inputs == {
        "logs": [{"categoryGroup": "allLogs", "enabled": True}],
        "metrics": [{"category": "AllMetrics", "enabled": True}],
        "name": "to-log-analytics",
        "resourceUri": account.id,
        "workspaceId": LOG,
    }


def test_a_customers_key_is_read_by_the_identity_given():
    identity = f"{CENTRAL}/Microsoft.ManagedIdentity/userAssignedIdentities/id-key"
    key = {"key": KEY, "identity_id": identity, "identity_client_id": "client"}
    [account] = service(DOCUMENTS, encryption=key).of_type("Account")
    assert account.input("identity") == {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": [identity]}
    assert account.input("properties.encryption") == {
        "keySource": "Microsoft.KeyVault",
        "keyVaultProperties": {
            "identityClientId": "client",
            "keyName": "ml",
            "keyVaultUri": "https://kv-keys.vault.azure.net/",
        },
    }


@pytest.mark.parametrize(
    ("data", "role"),
    [(OPENAI, Role.COGNITIVE_SERVICES_OPENAI_USER), (DOCUMENTS, Role.COGNITIVE_SERVICES_USER)],
)
def test_a_grant_lets_call_and_no_more(data, role):
    plan = service(data, then=lambda made: made.grant_user(GROUP, PrincipalType.GROUP))
    [assignment] = plan.of_type("RoleAssignment")
    [account] = plan.of_type("Account")
    assert assignment.name == f"ai-user-{GROUP}"
    assert assignment.input("roleDefinitionId").endswith(f"/roleDefinitions/{ROLE_IDS[role]}")
    assert (assignment.input("principalId"), assignment.input("principalType")) == (GROUP, "Group")
    assert assignment.input("scope") == account.id
    assert assignment.delete_before_replace


def test_a_grant_to_an_output_needs_a_name_and_keeps_its_guid():
    later = lambda made: made.grant_user(made.principal_id, grantee="itself")  # noqa: E731
    [known] = service(DOCUMENTS, then=later).of_type("RoleAssignment")
    [unknown] = service(DOCUMENTS, preview=True, then=later).of_type("RoleAssignment")
    assert known.input("roleAssignmentName") == unknown.input("roleAssignmentName")
    assert (unknown.input("principalId"), unknown.input("scope")) == (UNKNOWN, UNKNOWN)
    with pytest.raises(RefusedError, match="grantee"):
        service(DOCUMENTS, then=lambda made: made.grant_user(pulumi.Output.from_input("x")))


@pytest.mark.parametrize("preview", [False, True])
def test_outputs(preview):
    plan = service(OPENAI, preview)
    [component] = plan.of_type("AIService")
    [account] = plan.of_type("Account")
    assert component.outputs["name"] == "ais-churn-assistant-dev-abc123"
    assert component.outputs["resource_id"] == account.id
    assert component.outputs["endpoint"] == (
        UNKNOWN if preview else "https://ais-churn-assistant-dev-abc123.openai.azure.com/"
    )
    assert component.outputs["principal_id"] == (UNKNOWN if preview else account.outputs["identity"]["principalId"])


def test_bad_arguments_come_all_at_once():
    placement = {"environment": "dev", "loction": "x", "tenant_id": "contoso.onmicrosoft.com"}
    with pytest.raises(RefusedError) as error:
        AIService("ai", {"settings": {"name": "x", "kind": "Face"}, "placement": placement})
    text = str(error.value)
    assert "AIServiceArgs: placement.loction: unknown key 'loction'\n    Did you mean 'location'?" in text
    assert "AIServiceArgs: settings.name: 'x' has 1 characters" in text
    assert "AIServiceArgs: placement.suffix: required, and missing" in text
    assert "AIServiceArgs: placement.tenant_id: 'contoso.onmicrosoft.com' is not a GUID" in text
