import pulumi
import pulumi_azure_native as native
import pytest

from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.environment.data_product_rg import DataProductRG, DataProductRGArgs
from azure_mlplatform.foundation.built_in_roles import Role, role_name
from azure_mlplatform.foundation.custom_roles import CUSTOM_ROLES, CustomRole
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.plan import program
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.testing import children, example_settings, record
from support.programs import CENTRAL, DOCUMENTS, GROUP, LOG, OPENAI, OTHER_GROUP, TODAY, data_product

BASE = [
    ("DiagnosticSetting", "dp-log-diagnostics"),
    ("Network", "dp-network"),
    ("RandomString", "dp-suffix"),
    ("ResourceGroup", "dp-group"),
    ("UserAssignedIdentity", "dp-workload-identity"),
    ("Workspace", "dp-log"),
]
BUDGET = {"amount": 1500, "contact_emails": ["ml@example.com"]}
ELSEWHERE = "00000000-0000-0000-0000-00000000beef"


def without(*kinds):
    return [each for each in BASE if each[0] not in kinds]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("environment", "changes", "made"),
    [
        ("dev", {}, BASE),
        ("prod", {}, [*BASE, ("ManagementLockByScope", "dp-log-lock")]),
        ("prod", {"retire": {"reason": "the project has ended"}}, BASE),
        ("sandbox", {}, [*without("Network"), ("Budget", "dp-budget")]),
        ("dev", {"budget": BUDGET}, [*BASE, ("Budget", "dp-budget")]),
        ("dev", {"suffix": "abc123"}, without("RandomString")),
        ("dev", {"diagnostics": {"log_analytics_workspace_id": LOG}}, without("Workspace", "DiagnosticSetting")),
        ("prod", {"diagnostics": {"log_analytics_workspace_id": LOG}}, without("Workspace", "DiagnosticSetting")),
        ("dev", {"resource_group_id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-x"}, without("ResourceGroup")),
        (
            "dev",
            {"access": {"readers": [GROUP]}},
            [*BASE, ("RoleAssignment", f"dp-reader-{GROUP}"), ("RoleDefinition", "dp-role-reader")],
        ),
        (
            "dev",
            {"workload_identity": {"github_repository": "example/churn"}},
            [*BASE, ("FederatedIdentityCredential", "dp-trust-github")],
        ),
        (
            "dev",
            {"ai_services": [OPENAI, DOCUMENTS]},
            [*BASE, ("AIService", "dp-assistant"), ("AIService", "dp-documents")],
        ),
    ],
)
def test_children(environment, changes, made, preview):
    assert children(data_product(environment, preview=preview, **changes), "dp") == sorted(made)


@pytest.mark.parametrize(
    ("environment", "protected"),
    [
        ("sandbox", ["dp-log", "dp-suffix"]),
        ("dev", ["dp-log", "dp-suffix"]),
        ("test", ["dp-log", "dp-suffix"]),
        ("prod", ["dp-documents-account", "dp-group", "dp-log", "dp-network-vnet", "dp-suffix"]),
    ],
)
def test_what_holds_data_or_names_is_protected(environment, protected):
    plan = data_product(environment, ai_services=[DOCUMENTS])
    assert sorted(each.name for each in plan.azure_resources if each.protect) == protected


def test_nothing_is_protected_in_what_retires():
    plan = data_product("prod", retire={"reason": "the project has ended"}, ai_services=[DOCUMENTS])
    assert not any(each.protect for each in plan.resources)
    assert not plan.of_type("ManagementLockByScope")


def test_a_lock_guards_the_log_and_neither_group_nor_network():
    plan = data_product("prod")
    [lock] = plan.of_type("ManagementLockByScope")
    [log] = plan.of_type("Workspace")
    assert (lock.input("scope"), lock.input("level")) == (log.id, "CanNotDelete")
    assert log.urn in lock.dependencies


def test_the_group_is_tagged_and_known_before_it_exists():
    for preview in (False, True):
        plan = data_product(preview=preview)
        [group] = plan.of_type("ResourceGroup")
        assert group.input("resourceGroupName") == "rg-customer-360-churn-dev"
        assert group.input("tags.cost-center") == "CC-4711"
        [identity] = plan.of_type("UserAssignedIdentity")
        assert identity.input("resourceGroupName") == "rg-customer-360-churn-dev"
        assert group.urn in identity.dependencies


def test_everything_that_takes_tags_has_the_same():
    plan = data_product("prod", ai_services=[OPENAI], budget=BUDGET)
    tagged = [each for each in plan.azure_resources if "tags" in each.inputs]
    assert {each.kind for each in tagged} == {
        "Account",
        "NatGateway",
        "NetworkSecurityGroup",
        "PrivateEndpoint",
        "PrivateZone",
        "PublicIPAddress",
        "ResourceGroup",
        "UserAssignedIdentity",
        "VirtualNetwork",
        "VirtualNetworkLink",
        "Workspace",
    }
    assert all(each.inputs["tags"] == tagged[0].inputs["tags"] for each in tagged)


def test_everything_stands_in_the_location_of_the_settings():
    plan = data_product("prod", ai_services=[OPENAI])
    located = {each.kind: each.inputs["location"] for each in plan.azure_resources if "location" in each.inputs}
    assert {kind for kind, location in located.items() if location == "global"} == {"PrivateZone", "VirtualNetworkLink"}
    assert set(located.values()) == {"westeurope", "global"}


def test_everything_goes_through_the_one_provider():
    plan = data_product("prod", ai_services=[OPENAI])
    native_ones = [each for each in plan.azure_resources if each.type.startswith("azure-native:")]
    assert {each.provider.split("::")[-2] for each in native_ones} == {"azure"}


@pytest.mark.parametrize(("environment", "days"), [("dev", 30), ("test", 90), ("prod", 365)])
def test_logs_are_kept_as_the_profile_says(environment, days):
    [log] = data_product(environment).of_type("Workspace")
    assert log.input("retentionInDays") == days
    assert log.input("features.disableLocalAuth") is True


def test_settings_come_before_the_profile():
    [log] = data_product(diagnostics={"retention_days": 400, "daily_cap_gb": 1.5}).of_type("Workspace")
    assert log.input("retentionInDays") == 400
    assert log.input("workspaceCapping.dailyQuotaGb") == 1.5


def test_a_central_log_is_told_everything():
    plan = data_product(diagnostics={"log_analytics_workspace_id": LOG}, ai_services=[DOCUMENTS])
    told = plan.of_type("DiagnosticSetting")
    assert len(told) == 8
    assert {each.input("workspaceId") for each in told} == {LOG}


def test_the_suffix_is_drawn_once_and_never_again():
    [suffix] = data_product().of_type("RandomString")
    assert suffix.inputs == {"length": 6, "special": False, "upper": False}
    assert suffix.protect


def test_a_given_suffix_adopts_the_names_of_a_lost_state():
    [log] = data_product(suffix="abc123").of_type("Workspace")
    assert log.input("workspaceName") == "log-churn-dev-abc123"


def test_the_budget_starts_in_the_month_of_the_clock():
    [budget] = data_product(budget=BUDGET, today="2026-07-31").of_type("Budget")
    assert budget.input("timePeriod") == {"startDate": "2026-07-01T00:00:00Z"}
    assert budget.ignore_changes == ("timePeriod",)
    assert (budget.input("amount"), budget.input("timeGrain"), budget.input("category")) == (1500, "Monthly", "Cost")


def test_the_budget_tells_who_was_named_at_each_threshold():
    changes = {"actual_percent": [50, 99.5], "forecast_percent": [110], "action_group_ids": []}
    [budget] = data_product(budget={**BUDGET, **changes}).of_type("Budget")
    told = budget.input("notifications")
    assert {name: (each["threshold"], each["thresholdType"]) for name, each in told.items()} == {
        "actual-50": (50, "Actual"),
        "actual-99-5": (99.5, "Actual"),
        "forecasted-110": (110, "Forecasted"),
    }
    assert {tuple(each["contactEmails"]) for each in told.values()} == {("ml@example.com",)}


def test_pipelines_sign_in_without_a_secret_and_one_trust_is_written_after_another():
    issuer = "https://vstoken.dev.azure.com/00000000-0000-0000-0000-0000000000d0"
    ado = {"name": "ado", "issuer": issuer, "subject": "sc://org/project/connection"}
    plan = data_product(
        "prod", workload_identity={"github_repository": "example/churn", "federated_credentials": [ado]}
    )
    trusts = {each.name: each for each in plan.of_type("FederatedIdentityCredential")}
    github = trusts["dp-trust-github"]
    assert github.inputs == {
        "audiences": ["api://AzureADTokenExchange"],
        "federatedIdentityCredentialResourceName": "github-prod",
        "issuer": "https://token.actions.githubusercontent.com",
        "resourceGroupName": "rg-customer-360-churn-prod",
        "resourceName": "id-churn-prod",
        "subject": "repo:example/churn:environment:prod",
    }
    [ado] = [each for name, each in trusts.items() if name != "dp-trust-github"]
    assert ado.urn in github.dependencies


@pytest.mark.parametrize("names_too", [False, True])
def test_tokens_of_a_repository_with_ids_are_trusted_and_those_without_on_request(names_too):
    ids = {"owner": 24213737, "repository": 1323153730, "names_too": names_too}
    plan = data_product("dev", workload_identity={"github_repository": "Example/churn", "github_ids": ids})
    trusts = plan.of_type("FederatedIdentityCredential")
    assert {each.input("subject") for each in trusts} == {
        "repo:Example@24213737/churn@1323153730:environment:dev",
        *(["repo:Example/churn:environment:dev"] if names_too else []),
    }


def test_a_credential_with_another_name_is_the_same_resource():
    def trust(name, subject="s"):
        one = {"name": name, "issuer": "https://i.example", "subject": subject}
        return data_product("dev", workload_identity={"federated_credentials": [one]}).of_type(
            "FederatedIdentityCredential"
        )[0]

    assert trust("old").urn == trust("new").urn
    assert trust("old").urn != trust("old", "another").urn


NO_DATA = CUSTOM_ROLES[CustomRole.READER].name


def granted(plan):
    """(logical name, role, principal type) of each assignment."""
    return sorted(
        (each.name, role_name(each.input("roleDefinitionId")), each.input("principalType"))
        for each in plan.of_type("RoleAssignment")
    )


def test_people_get_what_the_settings_say_and_no_more():
    plan = data_product(access={"readers": [OTHER_GROUP], "data_scientists": [GROUP]}, ai_services=[DOCUMENTS])
    assert granted(plan) == [
        (f"dp-documents-user-{GROUP}", Role.COGNITIVE_SERVICES_USER, "Group"),
        ("dp-documents-user-workload-identity", Role.COGNITIVE_SERVICES_USER, "ServicePrincipal"),
        (f"dp-reader-{GROUP}", Role.READER, "Group"),
        (f"dp-reader-{OTHER_GROUP}", NO_DATA, "Group"),
    ]


def test_in_prod_people_at_most_read():
    plan = data_product("prod", access={"readers": [GROUP]}, ai_services=[OPENAI, DOCUMENTS])
    people = [each for each in granted(plan) if each[2] != "ServicePrincipal"]
    assert people == [(f"dp-reader-{GROUP}", NO_DATA, "Group")]


def test_a_group_that_reads_and_works_is_let_in_once():
    plan = data_product(access={"readers": [GROUP], "data_scientists": [GROUP]})
    assert [name for name, *_ in granted(plan)] == [f"dp-reader-{GROUP}"]


def test_role_assignments_keep_their_names_when_principals_are_unknown():
    changes = {"access": {"data_scientists": [GROUP]}, "ai_services": [OPENAI]}
    names = [
        {
            each.name: each.input("roleAssignmentName")
            for each in data_product(preview=preview, **changes).of_type("RoleAssignment")
        }
        for preview in (False, True)
    ]
    assert names[0] == names[1]
    assert UNKNOWN not in names[1].values()
    assert len(set(names[0].values())) == len(names[0])


def test_a_customers_key_can_be_read_before_anything_is_encrypted():
    vault = f"{CENTRAL}/Microsoft.KeyVault/vaults/kv-keys"
    key = {"key_vault_id": vault, "key_id": "https://kv-keys.vault.azure.net/keys/ml"}
    plan = data_product("prod", customer_managed_key=key, ai_services=[DOCUMENTS])
    reader = next(each for each in plan.of_type("RoleAssignment") if each.name == "dp-key-reader")
    identity = next(each for each in plan.of_type("UserAssignedIdentity") if each.name == "dp-key-identity")
    [account] = plan.of_type("Account")
    assert reader.input("scope") == vault
    assert reader.input("principalId") == identity.outputs["principalId"]
    assert reader.urn in account.dependencies
    assert account.input("identity.userAssignedIdentities") == [identity.id]
    assert account.input("properties.encryption.keyVaultProperties.identityClientId") == identity.outputs["clientId"]


def in_subscription(subscription, settings, preview=False):
    def program():
        provider = native.Provider("azure", subscription_id=subscription)
        args = DataProductRGArgs(settings=settings, today=TODAY)
        DataProductRG("dp", args, pulumi.ResourceOptions(providers=[provider]))

    return record(program, preview=preview)


@pytest.mark.parametrize("changes", [{}, {"resource_group_id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-x"}])
def test_another_subscription_than_the_providers_is_refused(changes):
    settings = example_settings(**changes)
    with pytest.raises(RefusedError, match=f"the settings say {SUBSCRIPTION}, but the environment is in {ELSEWHERE}"):
        in_subscription(ELSEWHERE, settings)
    assert in_subscription(SUBSCRIPTION.upper(), settings).of_type("VirtualNetwork")


@pytest.mark.parametrize(
    ("changes", "made"),
    [
        ({}, ["ResourceGroup"]),
        ({"resource_group_id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-x"}, ["UserAssignedIdentity"]),
    ],
)
def test_in_another_subscription_nothing_is_made_beside_what_shows_it(changes, made, monkeypatch):
    seen = []

    class Spy(program.Recorder):
        def RegisterResource(self, request):  # noqa: N802
            seen.append(request.type)
            return super().RegisterResource(request)

    monkeypatch.setattr(program, "Recorder", Spy)
    with pytest.raises(RefusedError):
        in_subscription(
            ELSEWHERE,
            example_settings(
                **changes,
                budget=BUDGET,
                access={"readers": [GROUP]},
                ai_services=[OPENAI],
                workload_identity={"github_repository": "example/churn"},
            ),
        )
    assert [each.rsplit(":", 1)[1] for each in seen if each.startswith("azure-native:")] == made


@pytest.mark.parametrize(("expires_on", "what"), [("2026-01-15", "expired"), ("2027-01-01", "days ahead")])
def test_a_sandbox_is_bounded_by_the_clock(expires_on, what):
    with pytest.raises(RefusedError, match=what):
        DataProductRGArgs.model_validate(
            {
                "settings": example_settings("sandbox", expires_on=expires_on).model_dump(exclude_unset=True),
                "today": TODAY,
            }
        )


def test_what_expired_is_refused_as_a_person_builds_it():
    with pytest.raises(RefusedError, match=r"DataProductRGArgs: settings\.expires_on: the environment expired"):
        DataProductRGArgs(settings=example_settings("sandbox", expires_on="2026-01-15"), today=TODAY)


def test_what_expired_can_be_retired():
    plan = data_product("sandbox", expires_on="2020-01-01", retire={"reason": "the project has ended"})
    assert not any(each.protect for each in plan.resources)


def test_a_group_in_two_writings_is_let_in_once():
    plan = data_product(access={"readers": [GROUP.upper()], "data_scientists": [GROUP]})
    assert [name for name, *_ in granted(plan)] == [f"dp-reader-{GROUP}"]


def test_names_of_services_and_models_do_not_meet():
    model = {"model": "gpt-4o", "version": "1"}
    services = [
        {"name": "aa", "kind": "OpenAI", "deployments": [{**model, "name": "bb-cc"}]},
        {"name": "aa-bb", "kind": "OpenAI", "deployments": [{**model, "name": "cc"}]},
    ]
    assert len(data_product(ai_services=services).of_type("Deployment")) == 2


def test_a_component_takes_what_another_language_hands_over():
    args = {"settings": example_settings().model_dump(mode="json", exclude_unset=True), "today": TODAY}
    plan = record(lambda: DataProductRG("dp", args))
    assert children(plan, "dp") == sorted(BASE)
