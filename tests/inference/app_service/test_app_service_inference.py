from itertools import pairwise

import pytest

from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, Role
from azure_mlplatform.inference.app_service.app_service_inference import AppServiceInference, AppServiceInferenceArgs
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.testing import TENANT, children
from support.programs import (
    LOG,
    MODEL_APP,
    OPEN,
    OPEN_APP,
    REGISTRY,
    SIGN_IN,
    SUBNETS,
    ZONES,
    from_office,
    one,
    serving,
)

NAME = "app-churn-scoring-prod-abc123"
IMAGE = "mcr.microsoft.com/dotnet/samples:aspnetapp"


def apps(*settings, plan=None, **changes):
    given = {"apps": list(settings or [MODEL_APP]), **(plan or {})}
    return serving(AppServiceInference, AppServiceInferenceArgs, given, **changes)


OF_AN_APP = [
    ("DiagnosticSetting", "diagnostics"),
    ("DiagnosticSetting", "green-diagnostics"),
    ("PrivateDnsZoneGroup", "endpoint-sites-green-zones"),
    ("PrivateDnsZoneGroup", "endpoint-sites-zones"),
    ("PrivateEndpoint", "endpoint-sites"),
    ("PrivateEndpoint", "endpoint-sites-green"),
    ("RoleAssignment", "images"),
    ("UserAssignedIdentity", "identity"),
    ("WebApp", ""),
    ("WebAppAuthSettingsV2WithoutSecrets", "sign-in"),
    ("WebAppAuthSettingsV2WithoutSecretsSlot", "green-sign-in"),
    ("WebAppFtpAllowed", "ftp"),
    ("WebAppFtpAllowedSlot", "green-ftp"),
    ("WebAppScmAllowed", "scm"),
    ("WebAppScmAllowedSlot", "green-scm"),
    ("WebAppSlot", "green"),
]
PLAN = [("AppServicePlan", "serve-plan"), ("DiagnosticSetting", "serve-plan-diagnostics")]


def of(app, without=()):
    return [(kind, f"serve-{app}-{part}".rstrip("-")) for kind, part in OF_AN_APP if not kind.startswith(without)]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("settings", "changes", "made"),
    [
        ([MODEL_APP], {}, of("scoring")),
        ([MODEL_APP, {**MODEL_APP, "name": "ranking"}], {}, of("scoring") + of("ranking")),
        ([OPEN_APP], {}, of("scoring", ("WebAppAuth",))),
        ([MODEL_APP], {**OPEN, "subnet_id": None}, of("scoring", ("Private",))),
    ],
)
def test_children(settings, changes, made, preview):
    assert children(apps(*settings, preview=preview, **changes), "serve") == sorted(PLAN + made)


@pytest.mark.parametrize(
    ("plan", "changes", "expected"),
    [
        ({}, {}, ("P1v3", 3, True)),
        ({}, {"environment": "dev"}, ("P1v3", 1, False)),
        ({"sku": "P3mv3", "instances": 5}, {}, ("P3mv3", 5, True)),
    ],
)
def test_the_plan_is_as_large_as_the_environment_asks(plan, changes, expected):
    made = apps(plan=plan, **changes)
    sku, count, zones = expected
    assert one(made, "AppServicePlan", "serve-").inputs == {
        "kind": "linux",
        "location": "westeurope",
        "name": f"asp-churn-{changes.get('environment', 'prod')}",
        "reserved": True,
        "resourceGroupName": "rg-test",
        "sku": {"capacity": count, "name": sku, "tier": "PremiumV3"},
        "tags": {"project": "churn"},
        "zoneRedundant": zones,
    }
    assert one(made, "WebApp", "serve-").input("siteConfig.numberOfWorkers") == count


def test_an_app_is_private_signs_in_by_identity_and_takes_no_password():
    plan = apps(
        {**MODEL_APP, "port": 5001, "health_check_path": "/ready", "environment_variables": {"LOG_LEVEL": "info"}}
    )
    identity = one(plan, "UserAssignedIdentity", "serve-")
    client = identity.outputs["clientId"]
    site = dict(one(plan, "WebApp", "serve-").inputs)
    variables = {each["name"]: each["value"] for each in site["siteConfig"].pop("appSettings")}
    assert variables == {
        "AZURE_CLIENT_ID": client,
        "LOG_LEVEL": "info",
        "WEBSITES_CONTAINER_START_TIME_LIMIT": "600",
        "WEBSITES_ENABLE_APP_SERVICE_STORAGE": "false",
        "WEBSITES_PORT": "5001",
        "WEBSITE_SWAP_WARMUP_PING_PATH": "/ready",
        "WEBSITE_SWAP_WARMUP_PING_STATUSES": "200",
    }
    assert site == {
        "clientAffinityEnabled": False,
        "endToEndEncryptionEnabled": True,
        "httpsOnly": True,
        "hyperV": False,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [identity.id]},
        "isXenon": False,
        "keyVaultReferenceIdentity": identity.id,
        "kind": "app,linux,container",
        "location": "westeurope",
        "name": NAME,
        "outboundVnetRouting": {"allTraffic": True},
        "publicNetworkAccess": "Disabled",
        "reserved": True,
        "resourceGroupName": "rg-test",
        "scmSiteAlsoStopped": False,
        "serverFarmId": one(plan, "AppServicePlan", "serve-").id,
        "siteConfig": {
            "acrUseManagedIdentityCreds": True,
            "acrUserManagedIdentityID": client,
            "alwaysOn": True,
            "detailedErrorLoggingEnabled": True,
            "ftpsState": "Disabled",
            "healthCheckPath": "/ready",
            "http20Enabled": True,
            "httpLoggingEnabled": True,
            "ipSecurityRestrictions": [],
            "ipSecurityRestrictionsDefaultAction": "Deny",
            "linuxFxVersion": f"DOCKER|{IMAGE}",
            "minTlsVersion": "1.2",
            "numberOfWorkers": 3,
            "remoteDebuggingEnabled": False,
            "requestTracingEnabled": True,
            "scmIpSecurityRestrictionsUseMain": True,
            "scmMinTlsVersion": "1.2",
            "webSocketsEnabled": False,
        },
        "sshEnabled": False,
        "tags": {"project": "churn"},
        "virtualNetworkSubnetId": f"{SUBNETS}/nodes",
    }


def test_the_slot_is_the_site_with_another_release():
    plan = apps()
    site, slot = one(plan, "WebApp", "serve-"), one(plan, "WebAppSlot", "serve-")
    assert slot.inputs == {**site.inputs, "slot": "green"}
    assert set(site.ignore_changes) == {"siteConfig.experiments", "siteConfig.linuxFxVersion"}
    assert set(slot.ignore_changes) == {"siteConfig.linuxFxVersion"}
    assert site.urn in slot.dependencies


@pytest.mark.parametrize(
    ("changes", "public", "action", "rules"),
    [
        ({}, "Disabled", "Deny", []),
        (
            from_office("203.0.113.0/24", "198.51.100.7"),
            "Enabled",
            "Deny",
            ["203.0.113.0/24", "198.51.100.7/32"],
        ),
        (OPEN, "Enabled", "Allow", []),
    ],
)
def test_public_access_is_what_was_asked_for(changes, public, action, rules):
    for kind in ("WebApp", "WebAppSlot"):
        site = one(apps(**changes), kind, "serve-")
        assert site.input("publicNetworkAccess") == public
        assert site.input("siteConfig.ipSecurityRestrictionsDefaultAction") == action
        found = site.input("siteConfig.ipSecurityRestrictions")
        assert [each["ipAddress"] for each in found] == rules
        assert [each["priority"] for each in found] == list(range(100, 100 + len(rules)))
        assert {each["action"] for each in found} <= {"Allow"}


def test_without_a_network_an_app_calls_from_the_internet():
    site = one(apps(subnet_id=None), "WebApp", "serve-")
    assert not {"virtualNetworkSubnetId", "outboundVnetRouting"} & set(site.inputs)


@pytest.mark.parametrize("slot", [None, "green"])
def test_tokens_are_checked_and_passwords_are_off(slot):
    plan, suffix = apps(), "Slot" if slot else ""
    where = {"name": NAME, "resourceGroupName": "rg-test", **({"slot": slot} if slot else {})}
    for kind in ("Ftp", "Scm"):
        assert one(plan, f"WebApp{kind}Allowed{suffix}", "serve-").inputs == {"allow": False, **where}
    checked = one(plan, f"WebAppAuthSettingsV2WithoutSecrets{suffix}", "serve-")
    assert checked.inputs == {
        "globalValidation": {"requireAuthentication": True, "unauthenticatedClientAction": "Return401"},
        "httpSettings": {"requireHttps": True},
        "identityProviders": {
            "azureActiveDirectory": {
                "enabled": True,
                "registration": {
                    "clientId": SIGN_IN["client_id"],
                    "openIdIssuer": f"https://login.microsoftonline.com/{TENANT}/v2.0",
                },
                "validation": {
                    "allowedAudiences": [f"api://{SIGN_IN['client_id']}", SIGN_IN["client_id"]],
                    "defaultAuthorizationPolicy": {"allowedPrincipals": {"identities": SIGN_IN["callers"]}},
                },
            }
        },
        "login": {"tokenStore": {"enabled": False}},
        "platform": {"enabled": True},
        **where,
    }


@pytest.mark.parametrize("preview", [False, True])
def test_writes_to_one_site_follow_each_other(preview):
    """Azure answers 409 to a write of a site while another goes on."""
    by_name = {each.name: each for each in apps(preview=preview).azure_resources}
    settings = [f"serve-scoring{slot}-{each}" for slot in ("", "-green") for each in ("scm", "ftp", "sign-in")]
    for before, after in pairwise(["serve-scoring", "serve-scoring-green", *settings]):
        assert by_name[before].urn in by_name[after].dependencies
    for last in ("serve-scoring-endpoint-sites", "serve-scoring-endpoint-sites-green"):
        assert by_name[settings[-1]].urn in by_name[last].dependencies
    assert by_name["serve-scoring-images"].urn in by_name["serve-scoring"].dependencies


def test_each_app_pulls_images_with_an_identity_of_its_own():
    plan = apps(MODEL_APP, {**MODEL_APP, "name": "ranking"})
    for app in ("scoring", "ranking"):
        identity, role = (one(plan, kind, f"serve-{app}-") for kind in ("UserAssignedIdentity", "RoleAssignment"))
        assert identity.input("resourceName") == f"id-churn-{app}-prod"
        assert role.input("principalId") == identity.outputs["principalId"]
        assert role.input("scope") == REGISTRY
        assert role.input("roleDefinitionId").endswith(ROLE_IDS[Role.ACR_PULL])


def test_both_slots_have_private_endpoints_and_logs():
    plan = apps()
    site, slot = one(plan, "WebApp", "serve-"), one(plan, "WebAppSlot", "serve-")
    found = {}
    for each in plan.of_type("PrivateEndpoint"):
        [connection] = each.input("privateLinkServiceConnections")
        [group] = connection["groupIds"]
        found[group] = connection["privateLinkServiceId"]
    assert found == {"sites": site.id, "sites-green": site.id}
    zone = ZONES["privatelink.azurewebsites.net"]
    for each in plan.of_type("PrivateDnsZoneGroup"):
        assert [config["privateDnsZoneId"] for config in each.input("privateDnsZoneConfigs")] == [zone]
    sent = {each.input("resourceUri"): each for each in plan.of_type("DiagnosticSetting")}
    farm = one(plan, "AppServicePlan", "serve-").id
    assert set(sent) == {site.id, slot.id, farm}
    # A plan has metrics only.
    assert {uri for uri, each in sent.items() if "logs" in each.inputs} == {site.id, slot.id}
    assert {each.input("workspaceId") for each in sent.values()} == {LOG}


@pytest.mark.parametrize("lock", [False, True])
def test_prod_is_protected(lock):
    plan = apps(lock=lock)
    assert {one(plan, kind, "serve-").protect for kind in ("AppServicePlan", "WebApp")} == {lock}


@pytest.mark.parametrize("preview", [False, True])
def test_outputs(preview):
    plan = apps(preview=preview)
    [component] = plan.of_type("AppServiceInference")
    principal = one(plan, "UserAssignedIdentity", "serve-").outputs.get("principalId", UNKNOWN)
    assert component.outputs == {
        "name": "asp-churn-prod",
        "resource_id": one(plan, "AppServicePlan", "serve-").id,
        "hosts": {"scoring": UNKNOWN if preview else f"{NAME}.azurewebsites.net"},
        "app_names": {"scoring": NAME},
        "principal_ids": {"scoring": principal},
    }
