import datetime
from dataclasses import fields

import pytest

from azure_mlplatform.ai.settings import AIServiceSettings
from azure_mlplatform.catalogue.ai_kinds import AI_KINDS, AIServiceKind
from azure_mlplatform.foundation.problems import dotted
from azure_mlplatform.settings import PROFILES, Environment, EnvironmentSettings, Profile
from azure_mlplatform.testing import example_settings
from support.programs import CPU, HUB, INFERENCE
from support.violations import problems, refused

GROUP = "00000000-0000-0000-0000-0000000000a1"
PROVIDERS = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers"
NETWORK = {"address_space": ["10.20.0.0/22"]}
PUBLIC = {**NETWORK, "public_access": {"ip_ranges": ["203.0.113.0/24"], "reason": "until the VPN is there"}}


def given(kind, **changes):
    return {**example_settings(kind).model_dump(mode="json", exclude_unset=True), **changes}


def without(data, *path):
    *parents, last = path
    inner = data
    for part in parents:
        inner = inner[part]
    del inner[last]
    return data


@pytest.mark.parametrize("environment", list(Environment))
def test_the_examples_are_valid(environment):
    assert refused(EnvironmentSettings, given(environment)) == []


def test_every_environment_has_a_profile():
    assert set(PROFILES) == set(Environment)


ADO = {"name": "ado", "issuer": "https://issuer.example", "subject": "s"}
BY_HAND = {
    "name": "by-hand",
    "issuer": "https://token.actions.githubusercontent.com",
    "subject": "repo:example/churn:environment:dev",
}
HUB_ROUTES = {"address_space": ["10.20.0.0/22"], "hub": {"vnet_id": HUB}, "egress": {"kind": "hub_routes"}}
OWN_NETWORK = {"network_mode": "own", "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v4"}]}


def test_prod_and_test_let_nobody_in_and_dev_does():
    assert [each for each, profile in PROFILES.items() if "data_scientists" in profile.may_grant] == ["sandbox", "dev"]
    assert [each for each, profile in PROFILES.items() if profile.may_be_public] == ["sandbox", "dev"]
    assert [each for each, profile in PROFILES.items() if profile.protect] == ["prod"]


@pytest.mark.parametrize(
    ("environment", "changes", "paths"),
    [
        ("prod", {"network": None}, ["network"]),
        ("test", {"network": None}, ["network"]),
        ("dev", {"network": None}, ["network"]),
        ("prod", {"network": PUBLIC}, ["network.public_access"]),
        ("test", {"network": PUBLIC}, ["network.public_access"]),
        ("dev", {"network": PUBLIC}, []),
        ("prod", {"access": {"data_scientists": [GROUP]}}, ["access.data_scientists"]),
        ("test", {"access": {"data_scientists": [GROUP]}}, ["access.data_scientists"]),
        ("prod", {"access": {"readers": [GROUP]}}, []),
        ("dev", {"access": {"data_scientists": [GROUP]}}, []),
        ("dev", {"access": {"readers": [GROUP, GROUP.upper()]}}, ["access.readers[1]"]),
        ("dev", {"access": {"readers": ["alice"]}}, ["access.readers[0]"]),
        ("dev", {"network": HUB_ROUTES, "inference": INFERENCE, "workspace": OWN_NETWORK}, ["network.egress.kind"]),
        ("dev", {"network": HUB_ROUTES, "workspace": OWN_NETWORK}, []),
        ("sandbox", {"budget": None}, ["budget"]),
        ("sandbox", {"expires_on": None}, ["expires_on"]),
        ("sandbox", {"expires_on": "soon"}, ["expires_on"]),
        ("dev", {"location": "westeurop"}, ["location"]),
        ("dev", {"subscription_id": "mine"}, ["subscription_id"]),
        ("dev", {"suffix": "ABC123"}, ["suffix"]),
        ("dev", {"suffix": "abc12"}, ["suffix"]),
        ("dev", {"netwrok": {}}, ["netwrok"]),
        ("dev", {"environment": "production"}, ["environment"]),
        ("dev", {"resource_group_id": f"/subscriptions/{GROUP}/resourceGroups/rg"}, ["resource_group_id"]),
        (
            "dev",
            {"ai_services": [{"name": "one", "kind": "Face"}, {"name": "one", "kind": "OpenAI"}]},
            ["ai_services[1].name"],
        ),
        ("dev", {"ai_services": [{"name": "one", "kind": "Face", "sku": "F0"}]}, ["ai_services[0].sku"]),
        ("dev", {"ai_services": [{"name": "one", "kind": "Face", "sku": "S9"}]}, ["ai_services[0].sku"]),
        ("dev", {"ai_services": [{"name": "one", "kind": "LUIS"}]}, ["ai_services[0].kind"]),
        ("dev", {"ai_services": {"name": "one", "kind": "Face"}}, ["ai_services"]),
        ("dev", {"network": {**NETWORK, "dns": {"mode": "adopt", "zone_ids": {}}}}, ["network.dns.mode"]),
        ("dev", {"tags": {"environment": "mine"}}, ["tags.environment"]),
        ("dev", {"tags": {"a<b": "x"}}, ["tags.a<b"]),
        ("dev", {"tags": {"a": "x" * 257}}, ["tags.a"]),
        ("dev", {"tags": {f"t{i}": "" for i in range(42)}}, ["tags"]),
        ("sandbox", {"workspace": {"network_mode": "managed", "vm_family_quotas": {"Standard_D": 4}}}, []),
        *(
            (
                kind,
                {"workspace": {"network_mode": "managed", "clusters": [CPU], "vm_family_quotas": {"Standard_D": 4}}},
                ["workspace.vm_family_quotas"],
            )
            for kind in ("dev", "test", "prod")
        ),
        ("dev", {"budget": {"amount": 0, "contact_emails": ["a@b.example"]}}, ["budget.amount"]),
        ("dev", {"budget": {"amount": 5}}, ["budget.contact_emails"]),
        ("dev", {"budget": {"amount": 5, "contact_emails": ["a"]}}, ["budget.contact_emails[0]"]),
        (
            "dev",
            {"budget": {"amount": 5, "contact_emails": ["a@b.example"], "actual_percent": [50, 50]}},
            ["budget.actual_percent[1]"],
        ),
        (
            "dev",
            {"budget": {"amount": 5, "contact_emails": ["a@b.example"], "actual_percent": [0]}},
            ["budget.actual_percent[0]"],
        ),
        ("dev", {"diagnostics": {"retention_days": 7}}, ["diagnostics.retention_days"]),
        ("dev", {"workload_identity": {"github_repository": "https://x/y/z"}}, ["workload_identity.github_repository"]),
        ("dev", {"retire": {"reason": "x"}}, ["retire.reason"]),
        ("dev", {"workload_identity": {"github_ids": {"owner": 1, "repository": 2}}}, ["workload_identity.github_ids"]),
        (
            "dev",
            {"workload_identity": {"federated_credentials": [ADO, {**ADO, "name": "again"}, {**ADO, "subject": "S"}]}},
            [
                "workload_identity.federated_credentials[2].name",
                "workload_identity.federated_credentials[1].subject",
            ],
        ),
        (
            "dev",
            {"workload_identity": {"github_repository": "example/churn", "federated_credentials": [BY_HAND]}},
            ["workload_identity.federated_credentials[0].subject"],
        ),
        ("dev", {"budget": {"amount": float("inf"), "contact_emails": ["a@b.example"]}}, ["budget.amount"]),
        *[
            (
                "dev",
                {
                    "workload_identity": {
                        "github_repository": "example/churn",
                        "federated_credentials": [{"name": name, "issuer": "https://i.example", "subject": "s"}],
                    }
                },
                ["workload_identity.federated_credentials[0].name"] if refused else [],
            )
            for name, refused in (("github", True), ("github-dev", True), ("github-prod", False))
        ],
    ],
)
def test_an_environment_needs_and_may_what_its_kind_says(environment, changes, paths):
    assert refused(EnvironmentSettings, given(environment, **changes)) == paths


@pytest.mark.parametrize(
    ("environment", "needed"),
    [("sandbox", []), ("dev", ["project.cost_code"]), ("test", ["project.cost_code"]), ("prod", ["project.cost_code"])],
)
def test_a_cost_code_is_needed_outside_a_sandbox(environment, needed):
    assert refused(EnvironmentSettings, without(given(environment), "project", "cost_code")) == needed


@pytest.mark.parametrize("key", ["project", "environment", "location", "subscription_id", "tenant_id"])
def test_what_is_required_is_named_when_it_is_missing(key):
    [problem] = problems(EnvironmentSettings, without(given("dev"), key))
    assert (problem.path, problem.what) == ((key,), "required, and missing")


def test_all_problems_come_at_once():
    data = given("prod", location="westeurop", network=PUBLIC, access={"data_scientists": [GROUP]}, nonsense=1)
    del data["project"]["cost_code"]
    assert sorted(refused(EnvironmentSettings, data)) == [
        "access.data_scientists",
        "location",
        "network.public_access",
        "nonsense",
        "project.cost_code",
    ]


def test_endpoints_need_room():
    services = [{"name": f"s{index}", "kind": "Face"} for index in range(12)]
    network = {**NETWORK, "subnets": {"endpoints": "10.20.3.128/28"}}
    [problem] = problems(EnvironmentSettings, given("dev", network=network, ai_services=services))
    assert problem.path == ("network", "subnets", "endpoints")
    assert "11 free addresses, and 12 are needed" in problem.what
    assert refused(EnvironmentSettings, given("dev", network=network, ai_services=services[:11])) == []


def test_adopted_zones_must_cover_the_services():
    zones = f"{PROVIDERS}/Microsoft.Network/privateDnsZones"
    dns = {"mode": "adopt", "zone_ids": {"privatelink.openai.azure.com": f"{zones}/privatelink.openai.azure.com"}}
    [problem] = problems(
        EnvironmentSettings,
        given("dev", network={**NETWORK, "dns": dns}, ai_services=[{"name": "ai", "kind": "OpenAI"}]),
    )
    assert problem.what == "no id is given for the zone privatelink.cognitiveservices.azure.com"


@pytest.mark.parametrize(
    ("expires_on", "what"),
    [
        ("2026-01-15", None),
        ("2026-01-02", None),
        ("2026-01-01", "14 days of grace ended on 2026-01-15"),
        ("2025-12-31", "expired"),
        ("2026-01-16", None),
        ("2026-04-15", None),
        ("2026-04-16", "91 days"),
    ],
)
def test_a_sandbox_lives_for_ninety_days_at_most(expires_on, what):
    settings = example_settings("sandbox", expires_on=expires_on)
    violations = list(settings.violations_on(datetime.date(2026, 1, 15)))
    retired = example_settings("sandbox", expires_on=expires_on, retire={"reason": "the project has ended"})
    assert list(retired.violations_on(datetime.date(2026, 1, 15))) == []
    assert [what in each.what for each in violations] == ([True] if what else [])


def test_retiring_takes_protection_away():
    assert example_settings("prod").protected
    assert not example_settings("prod", retire={"reason": "the project has ended"}).protected
    assert not example_settings("dev").protected


@pytest.mark.parametrize("kind", list(AIServiceKind))
def test_every_kind_has_a_paid_size_by_default(kind):
    service = AIServiceSettings(name="one", kind=kind)
    assert service.sku_name == AI_KINDS[kind].skus[0]
    assert not service.sku_name.startswith("F")


def test_only_some_kinds_serve_models():
    deployment = {"name": "chat", "model": "gpt-4o", "version": "1"}
    for kind, facts in AI_KINDS.items():
        paths = refused(AIServiceSettings, {"name": "one", "kind": kind, "deployments": [deployment]})
        assert paths == ([] if facts.deploys_models else ["deployments"])


def test_two_deployments_of_one_name_are_refused_in_any_writing():
    deployment = {"name": "chat", "model": "gpt-4o", "version": "1"}
    data = {"name": "one", "kind": "OpenAI", "deployments": [deployment, {**deployment, "name": "CHAT"}]}
    assert refused(AIServiceSettings, data) == ["deployments[1].name"]


def test_a_repository_without_ids_is_said_since_github_may_send_them():
    settings = example_settings("test", workload_identity={"github_repository": "example/churn"})
    [moves] = settings.notices_on(datetime.date(2026, 7, 14))
    assert moves.startswith("workload_identity trusts GitHub")
    [_, notice] = settings.notices_on(datetime.date(2026, 7, 15))
    assert "`gh api repos/example/churn --jq '.owner.id, .id'`" in notice
    ids = {"github_repository": "example/churn", "github_ids": {"owner": 1, "repository": 2}}
    assert list(example_settings("test", workload_identity=ids).notices_on(datetime.date(2026, 7, 15))) == [moves]


def test_an_identity_takes_twenty_credentials():
    credentials = [{"name": f"ado-{i}", "issuer": "https://issuer.example", "subject": f"s{i}"} for i in range(20)]
    identity = {"federated_credentials": credentials}
    assert refused(EnvironmentSettings, given("dev", workload_identity=identity)) == []
    identity = {**identity, "github_repository": "example/churn"}
    assert refused(EnvironmentSettings, given("dev", workload_identity=identity)) == [
        "workload_identity.federated_credentials"
    ]


ELSEWHERE = "/subscriptions/00000000-0000-0000-0000-00000000beef/resourceGroups/rg/providers"
OWN = {"network_mode": "own", "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v4"}]}
SUBNETS = "Microsoft.Network/virtualNetworks/vnet/subnets"


def adopted(training):
    return {"subnet_ids": {"endpoints": f"{PROVIDERS}/{SUBNETS}/endpoints", "training": f"{training}/{SUBNETS}/t"}}


@pytest.mark.parametrize(
    ("environment", "changes", "paths"),
    [
        ("dev", {"workspace": OWN, "network": adopted(PROVIDERS)}, []),
        ("dev", {"workspace": OWN, "network": adopted(ELSEWHERE)}, ["network.subnet_ids.training"]),
        ("dev", {"network": adopted(ELSEWHERE)}, []),
        (
            "dev",
            {"workspace": {**OWN, "serverless_subnet_id": f"{ELSEWHERE}/{SUBNETS}/s"}},
            ["workspace.serverless_subnet_id"],
        ),
        (
            "dev",
            {
                "workspace": OWN,
                "customer_managed_key": {
                    "key_vault_id": f"{ELSEWHERE}/Microsoft.KeyVault/vaults/kv-keys",
                    "key_id": "https://kv-keys.vault.azure.net/keys/ml",
                },
            },
            ["customer_managed_key.key_vault_id"],
        ),
        ("dev", {"workspace": OWN, "ai_services": [{"name": "ai", "kind": "FormRecognizer"}]}, ["ai_services[0].name"]),
        ("dev", {"ai_services": [{"name": "ai", "kind": "FormRecognizer"}]}, []),
        *(
            (
                environment,
                {
                    "workspace": {
                        **OWN,
                        "network_mode": "managed",
                        "managed_network": {"isolation": "AllowInternetOutbound"},
                    }
                },
                paths,
            )
            for environment, paths in (("dev", []), ("prod", ["workspace.managed_network.isolation"]))
        ),
    ],
)
def test_what_azure_would_refuse_of_a_workspace_is_refused(environment, changes, paths):
    assert refused(EnvironmentSettings, given(environment, **changes)) == paths


def test_a_key_lies_in_its_vault():
    vault = f"{PROVIDERS}/Microsoft.KeyVault/vaults/kv-keys"
    key = {"key_vault_id": vault, "key_id": "https://kv-other.vault.azure.net/keys/ml"}
    assert refused(EnvironmentSettings, given("dev", customer_managed_key=key)) == ["customer_managed_key.key_id"]
    key = {"key_vault_id": vault, "key_id": f"https://kv-keys.vault.azure.net/keys/ml/{'0' * 32}"}
    settings = EnvironmentSettings.model_validate(given("dev", customer_managed_key=key)).customer_managed_key
    assert settings is not None
    assert (settings.vault_uri, settings.key_name, settings.key_version) == (
        "https://kv-keys.vault.azure.net/",
        "ml",
        "0" * 32,
    )


def test_the_profile_table_has_no_column_that_is_the_same_everywhere():
    for column in fields(Profile):
        assert len({getattr(profile, column.name) for profile in PROFILES.values()}) > 1, column.name


SUBSCRIPTION = "00000000-0000-0000-0000-00000000abcd"


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"tenant_id": SUBSCRIPTION.upper()}, "tenant_id", "is the id of the subscription too"),
        ({"access": {"readers": [GROUP, SUBSCRIPTION]}}, "access.readers[1]", "is the id of the subscription too"),
        (
            {"tenant_id": GROUP, "access": {"data_scientists": [GROUP]}},
            "access.data_scientists[0]",
            "of the tenant too",
        ),
        ({"subscription_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12}, "subscription_id", "stands for no id"),
        (
            {"budget": {"amount": 0.001, "contact_emails": ["ml@example.com"]}},
            "budget.amount",
            "greater than or equal to 1",
        ),
    ],
)
def test_an_id_or_amount_that_cannot_be_meant_is_refused(changes, path, says):
    [problem] = problems(EnvironmentSettings, given("dev", **{"subscription_id": SUBSCRIPTION, **changes}))
    assert dotted(problem.path) == path
    assert says in problem.what


def test_a_day_of_expiry_in_another_century_is_said():
    today = datetime.date(2026, 1, 15)
    said = list(EnvironmentSettings.model_validate(given("test", expires_on="2126-01-01")).notices_on(today))
    assert said == ["expires_on: 2126-01-01 is more than 10 years ahead; is the year right?"]
    assert list(EnvironmentSettings.model_validate(given("test", expires_on="2030-01-01")).notices_on(today)) == []
