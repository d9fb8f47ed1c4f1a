import datetime
import json

import pytest
import yaml

from azure_mlplatform import stack as stack_module
from azure_mlplatform.foundation.clock import today
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.plan.program import run
from azure_mlplatform.settings import SECRET
from azure_mlplatform.stack import PLACEHOLDERS, azure_provider, stack_secret, stack_settings
from azure_mlplatform.testing import SUBSCRIPTION, TENANT, example_settings, record
from support.programs import BRICKS, LEGACY, NIGHTLY, OWN


def config(**changes):
    data = {**example_settings().model_dump(mode="json", exclude_unset=True), **changes}
    return {
        f"azure-mlplatform:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in data.items()
        if value is not None
    }


def read(texts, secret_keys=None, stack="dev"):
    seen = []
    plan = record(lambda: seen.append(stack_settings()), config=texts, secret_keys=secret_keys, stack=stack)
    return seen[0], plan.messages


def test_settings_are_those_of_the_configuration():
    assert read(config())[0] == example_settings()


def test_keys_of_others_are_left_alone():
    assert read({**config(), "azure-native:location": "x", "churn:own": "1"})[0] == example_settings()


@pytest.mark.parametrize("by", ["setting", "variable"])
def test_another_cloud_is_refused_before_anything_is_made(monkeypatch, by):
    given = {"azure-native:environment": "usgovernment"} if by == "setting" else {}
    if by == "variable":
        monkeypatch.setenv("ARM_ENVIRONMENT", "usgovernment")
    with pytest.raises(RefusedError, match="azure-native:environment: 'usgovernment' is not Azure's public cloud"):
        read({**config(), **given})


def test_the_public_cloud_by_its_name_is_allowed():
    assert read({**config(), "azure-native:environment": "public"})[0] == example_settings()


def test_a_text_that_looks_like_a_number_stays_a_text():
    settings, _ = read(config(suffix="123456"))
    assert settings.suffix == "123456"


def test_configuration_of_the_language_host_is_read_too(monkeypatch):
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(config()))
    assert read({})[0] == example_settings()


def test_problems_name_the_file_that_the_key_belongs_in():
    texts = config(location="nowhere")
    texts["azure-mlplatform:project"] = "{}"
    with pytest.raises(RefusedError) as error:
        read(texts)
    lines = str(error.value).splitlines()
    assert lines[0].startswith("Pulumi.yaml: azure-mlplatform:project.name: required, and missing")
    assert any(line.startswith("Pulumi.dev.yaml: azure-mlplatform:location: 'nowhere'") for line in lines)


def test_a_stack_and_its_environment_agree_or_a_reason_is_given():
    with pytest.raises(RefusedError) as error:
        read(config(), stack="prod")
    assert str(error.value).splitlines()[0] == (
        "Pulumi.prod.yaml: azure-mlplatform:environment: the stack's name 'prod' says prod, but environment is 'dev'"
    )
    reason = "The trial of the prod pipeline, ML-77"
    assert read(config(stack_name_reason=reason), stack="prod")[0].stack_name_reason == reason
    assert read(config(), stack="blue")[0] == example_settings()


def test_a_stack_of_another_environment_is_said_beside_what_else_is_wrong():
    with pytest.raises(RefusedError) as error:
        read(config(location="nowhere"), stack="prod")
    assert "'nowhere' is not an Azure region" in str(error.value)
    assert "the stack's name 'prod' says prod" in str(error.value)


def test_what_is_not_json_is_a_wrong_type():
    with pytest.raises(
        RefusedError, match=r"azure-mlplatform:network: '\{address' is a text\n\s+Expected keys and values"
    ):
        read({**config(), "azure-mlplatform:network": "{address"})


def test_a_secret_key_of_its_own_is_no_setting():
    settings, messages = read({**config(), "azure-mlplatform:token": "hunter2"}, ["azure-mlplatform:token"])
    assert settings == example_settings()
    [(severity, text)] = messages
    assert (severity, "hunter2" in text) == ("warning", False)
    assert text.startswith(PLACEHOLDERS)


def test_a_plain_key_that_there_is_not_is_refused_without_its_value():
    with pytest.raises(RefusedError) as error:
        read({**config(), "azure-mlplatform:token": "hunter2"})
    assert "unknown key 'token'" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_secret_that_is_wrong_is_not_shown():
    with pytest.raises(RefusedError) as error:
        read(config(location="hunter2"), ["azure-mlplatform:location"])
    assert "hunter2" not in str(error.value)
    assert SECRET in str(error.value)


def test_the_provider_is_bound_to_the_settings():
    plan = record(lambda: azure_provider(example_settings()))
    [provider] = plan.of_type("azure-native")
    assert provider.inputs["subscriptionId"] == example_settings().subscription_id
    assert provider.inputs["tenantId"] == TENANT
    # With a location, azure-native would add it where a resource has none, such as a template deployment.
    assert "location" not in provider.inputs


def test_the_clock_is_utc():
    before = datetime.datetime.now(datetime.UTC).date()
    assert before <= datetime.date.fromisoformat(today()) <= datetime.datetime.now(datetime.UTC).date()


def test_every_setting_can_be_given_in_a_file():
    job = {**NIGHTLY, **LEGACY, "input": None}
    central = "/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups/rg/providers"
    given = {
        "resource_group_id": f"/subscriptions/{example_settings().subscription_id}/resourceGroups/rg-x",
        "ai_services": [{"name": "docs", "kind": "FormRecognizer"}],
        "workspace": {"network_mode": "own", "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v4"}]},
        "inference": {"target": "managed", "endpoints": [{"name": "scoring"}]},
        "synapse": {"pools": [{"name": "spark"}]},
        "batch": {"compute": "cpu", "jobs": [job]},
        "access": {"readers": ["00000000-0000-0000-0000-0000000000a1"]},
        "workload_identity": {"github_repository": "example/churn"},
        "budget": {"amount": 5, "contact_emails": ["a@b.example"]},
        "diagnostics": {"retention_days": 60},
        "customer_managed_key": {
            "key_vault_id": f"{central.replace('00000000cafe', '000000000001')}/Microsoft.KeyVault/vaults/kv-keys",
            "key_id": "https://kv-keys.vault.azure.net/keys/ml",
        },
        "no_zones_reason": "One zone is enough, ARC-118",
        "tags": {"criticality": "low"},
        "suffix": "abc123",
        "expires_on": "2999-12-31",
        "expiry_grace_days": 20,
        "retire": {"reason": "the project has ended"},
        "shares": [
            {
                "resource_id": f"{central}/Microsoft.Storage/storageAccounts/stlake",
                "project": "fraud",
                "environment": "prod",
                "reason": "Features of both models, ARC-204",
            }
        ],
        **BRICKS,
    }
    settings, _ = read(config(**given))
    assert settings == example_settings(**given)
    # Locks are lifted only where there are some, and retiring lifts them too. The stack's name fits. People may deploy.
    assert settings.model_fields_set == set(type(settings).model_fields) - {
        "break_glass",
        "lift_locks",
        "stack_name_reason",
    }


def test_what_expired_is_told_with_its_file():
    texts = config(
        budget={"amount": 5, "contact_emails": ["a@b.example"]}, environment="sandbox", expires_on="2020-01-01"
    )
    with pytest.raises(RefusedError, match=r"Pulumi\.dev\.yaml: azure-mlplatform:expires_on: the environment expired"):
        read(texts)


TOKEN_KEY = "azure-mlplatform:databricks_token"


@pytest.mark.parametrize("secret_keys", [[TOKEN_KEY], None])
def test_a_token_is_a_key_of_its_own_and_a_secret(secret_keys):
    seen = {}

    def program():
        seen["settings"], seen["token"] = stack_settings(), stack_secret("databricks_token")

    def run():
        record(
            program, config={**config(**BRICKS, workspace=OWN), TOKEN_KEY: "dapi-of-nobody"}, secret_keys=secret_keys
        )

    if secret_keys:
        run()
        assert "dapi-of-nobody" not in repr(seen["settings"])
        assert seen["token"] is not None
    else:
        with pytest.raises(RefusedError, match=rf"{TOKEN_KEY}: is a secret, but is in plain text") as error:
            run()
        assert f"pulumi config set --secret {TOKEN_KEY}" in str(error.value)
        assert "dapi-of-nobody" not in str(error.value)


def test_without_a_token_there_is_none():
    seen = []
    record(lambda: seen.append(stack_secret("databricks_token")), config=config(**BRICKS))
    assert seen == [None]


def test_a_token_that_attaches_nothing_is_refused_with_its_place():
    with pytest.raises(
        RefusedError, match=rf"Pulumi\.dev\.yaml: {TOKEN_KEY}: .*there is no databricks and no workspace"
    ):
        read({**config(), TOKEN_KEY: SECRET}, [TOKEN_KEY])


def with_files(tmp_path, stack, **changes):
    """The problems of a stack whose engine hands over what the CLI reads in its file."""
    (tmp_path / "Pulumi.yaml").write_text("name: project\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config:\n{stack}")
    with pytest.raises(RefusedError) as error:
        run(stack_settings, config=config(**changes), root=tmp_path)
    return list(map(str, error.value.problems))


def test_what_is_misread_is_refused_in_an_update_too(tmp_path):
    stack = "  azure-mlplatform:budget:\n    amount: 0500\n    contact_emails: [ml@example.com]\n"
    [problem] = with_files(tmp_path, stack, budget={"amount": 320, "contact_emails": ["ml@example.com"]})
    assert problem.startswith(
        "Pulumi.dev.yaml:3: azure-mlplatform:budget.amount: '0500' is a number that readers of YAML"
    )


def test_a_misread_value_hides_no_other_problem_and_is_said_once(tmp_path):
    stack = "  azure-mlplatform:expires_on: 2026-12-31\n  azure-mlplatform:location: x\n"
    date, region = with_files(tmp_path, stack, expires_on="2026-12-31 00:00:00 +0000 UTC", location="x")
    assert "azure-mlplatform:expires_on: '2026-12-31' without quotes is a date" in date
    assert "azure-mlplatform:location: 'x' is not an Azure region" in region


@pytest.mark.parametrize(
    ("field", "says"),
    [("workspace", "has no value"), ("location", "required, and missing"), ("suffix", "has no value")],
)
def test_a_key_without_a_value_is_refused_though_the_cli_hands_over_an_empty_text(tmp_path, field, says):
    [problem] = with_files(tmp_path, f"  azure-mlplatform:{field}:\n", **{field: ""})
    assert f"azure-mlplatform:{field}: {says}" in problem


@pytest.mark.parametrize(
    ("stack", "path"),
    [
        ("  azure-mlplatform:network:\n    address_space: [10.20.0.0/22]\n    hub:\n", "network.hub"),
        ("  azure-mlplatform:ai_services:\n    - name: one\n      kind: Face\n      sku:\n", "ai_services[0].sku"),
    ],
)
def test_a_part_without_a_value_is_refused_at_its_place(tmp_path, stack, path):
    data = yaml.safe_load(stack)
    given = {key.removeprefix("azure-mlplatform:"): value for key, value in data.items()}
    line = len(stack.splitlines()) + 1
    assert with_files(tmp_path, stack, **given) == [
        f"Pulumi.dev.yaml:{line}: azure-mlplatform:{path}: has no value\n    Write its value, or remove the key"
    ]


REAL = {
    "subscription_id": "3b2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e11",
    "tenant_id": "9d1e7c52-0c1f-4f6e-8a3b-7e2d4b6c8f90",
}


def updated(monkeypatch, host="", **changes):
    """What the program of a stack reads in an update, whose Azure is at a host. Default: Microsoft's."""
    monkeypatch.setattr(stack_module.pulumi.runtime, "is_dry_run", lambda: False)
    monkeypatch.setattr(stack_module, "MockMonitor", type("NoMonitor", (), {}))
    monkeypatch.setenv("ARM_METADATA_HOSTNAME", host)
    return read(config(**changes))


def of_prod(monkeypatch, host="", *, given=None, **changes):
    """What the program of a prod stack reads in an update."""
    for name in ("ARM_USE_OIDC", "ARM_USE_MSI", "ARM_CLIENT_SECRET", "ARM_CLIENT_CERTIFICATE_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(stack_module.pulumi.runtime, "is_dry_run", lambda: False)
    monkeypatch.setattr(stack_module, "MockMonitor", type("NoMonitor", (), {}))
    monkeypatch.setenv("ARM_METADATA_HOSTNAME", host)
    for name, value in (given or {}).items():
        monkeypatch.setenv(name, value)
    return read(config(environment="prod", **{**REAL, **changes}), stack="prod")


BROKEN = {"until": today(), "reason": "GitHub is down, INC-4711"}


def test_a_person_does_not_deploy_prod(monkeypatch):
    with pytest.raises(RefusedError) as error:
        of_prod(monkeypatch)
    [problem] = error.value.problems
    assert problem.line == (
        "Pulumi.prod.yaml: azure-mlplatform:break_glass: azure-native would sign in with the Azure CLI, and in prod "
        "only pipelines deploy"
    )
    assert "ARM_USE_OIDC=true" in problem.fix


@pytest.mark.parametrize("given", [{"ARM_USE_OIDC": "true"}, {"ARM_USE_MSI": "true"}])
def test_a_pipeline_does(monkeypatch, given):
    _, messages = of_prod(monkeypatch, given=given)
    assert messages == ()


def test_keys_of_the_stack_do_not_reach_the_provider_and_do_not_count(monkeypatch):
    of_prod(monkeypatch, break_glass=BROKEN)  # From here on, it is an update without a sign-in.
    with pytest.raises(RefusedError, match="the Azure CLI"):
        read({**config(environment="prod", **REAL), "azure-native:useOidc": "true"}, stack="prod")


def test_a_person_may_once_with_a_reason(monkeypatch):
    settings, _ = of_prod(monkeypatch, break_glass=BROKEN)
    [notice] = [each for each in settings.notices_on(datetime.date.fromisoformat(today())) if "break_glass" in each]
    assert "INC-4711" in notice


def test_an_emulated_azure_says_so_and_goes_on(monkeypatch):
    _, [(severity, text)] = of_prod(monkeypatch, "127.0.0.1:8443")
    assert (severity, "this Azure is emulated" in text) == ("warning", True)


def test_a_preview_of_prod_is_a_persons_too():
    assert read(config(environment="prod", **REAL), stack="prod")[0].environment == "prod"


def test_elsewhere_a_person_may_deploy(monkeypatch):
    monkeypatch.delenv("ARM_USE_OIDC", raising=False)
    assert updated(monkeypatch, **REAL)[1] == ()


def test_placeholders_are_refused_by_an_update_all_at_once(monkeypatch):
    access = {"data_scientists": ["00000000-0000-0000-0000-000000000003"]}
    with pytest.raises(RefusedError) as error:
        updated(monkeypatch, access=access, network={"address_space": ["10.20.0.0/22"]})
    assert [each.line for each in error.value.problems] == [
        f"Pulumi.dev.yaml: azure-mlplatform:{path}: '{value}' is a placeholder"
        for path, value in (
            ("subscription_id", SUBSCRIPTION),
            ("tenant_id", TENANT),
            ("access.data_scientists[0]", access["data_scientists"][0]),
        )
    ]
    assert {each.fix for each in error.value.problems} == {"Fill in the value of your own organisation"}


def test_an_update_without_placeholders_says_nothing(monkeypatch):
    _, messages = updated(monkeypatch, **REAL)
    assert messages == read(config(**REAL))[1] == ()


@pytest.mark.parametrize("host", ["127.0.0.1:8443", "localhost", "[::1]:443"])
def test_placeholders_do_for_an_emulated_azure(monkeypatch, host):
    _, messages = updated(monkeypatch, host)
    assert messages == ()


def test_placeholders_do_in_tests_with_pulumis_own_mocks(monkeypatch):
    monkeypatch.setattr(stack_module.pulumi.runtime, "is_dry_run", lambda: False)
    assert read(config())[0] == example_settings()


def test_a_preview_names_some_placeholders_and_counts_the_others():
    groups = [f"00000000-0000-0000-0000-0000000000{number}" for number in range(10, 15)]
    _, [(severity, text)] = read(config(access={"readers": groups}))
    assert severity == "warning"
    assert text == f"{PLACEHOLDERS} subscription_id, tenant_id, access.readers[0], access.readers[1] and 3 more"
