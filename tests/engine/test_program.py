"""What a person sees when a program refuses, and what happens when a life does not go as planned."""

import datetime
import json

import pytest

from azure_mlplatform.config.project_folder import Asked, start, write
from azure_mlplatform.emulation.world import Fault, Held
from support.engine.engine import ROOT, engine
from support.engine.local import CI, Local

KEY_VAULT = (
    "/subscriptions/00000000-0000-0000-0000-00000000de00/resourceGroups/rg-keys/providers/Microsoft.KeyVault"
    "/vaults/kv-keys"
)
LAKE = (
    "/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups/rg-lake/providers/Microsoft.Storage"
    "/storageAccounts/stlake"
)
LEAN = ("batch", "inference", "workspace")
"""What a small environment does without."""


@pytest.fixture
def dev(tmp_path):
    """A small dev that is not deployed yet."""
    with engine(tmp_path / "a folder") as made:
        made.init("dev")
        made.change("dev", lambda settings: [settings.pop(each, None) for each in LEAN])
        yield made


def test_bad_settings_say_what_is_wrong_and_nothing_is_made(dev):
    dev.change("dev", lambda settings: settings.update(location="westeurop"))
    done = dev.up("dev", check=False)
    assert done.code != 0
    [error] = [each for each in done.errors if "location" in each]
    assert "azure-mlplatform:location: 'westeurop' is not an Azure region" in error
    assert "did you mean 'westeurope'?" in error
    assert "Traceback" not in done.output
    assert dev.azure.world.resources == {}


def test_settings_of_another_stack_are_refused_and_nothing_is_made(dev):
    (dev.project / "Pulumi.prod.yaml").write_text((dev.project / "Pulumi.dev.yaml").read_text())
    dev.init("prod")
    done = dev.up("prod", check=False)
    assert done.code != 0
    [error] = [each for each in done.errors if "stack's name" in each]
    assert "azure-mlplatform:environment: the stack's name 'prod' says prod" in error
    assert dev.azure.world.resources == {}


def test_a_decrypted_secret_in_bad_settings_is_not_shown(dev):
    dev.change("dev", lambda settings: settings.pop("location"))
    dev.pulumi("config", "set", "--secret", "azure-mlplatform:location", "hunter2", stack="dev", check=True)
    done = dev.up("dev", check=False)
    assert done.code != 0
    assert any("'[secret]' is not an Azure region" in each for each in done.errors)
    assert "hunter2" not in done.output + str(done.events)


def test_another_subscription_than_the_settings_say_is_refused_without_a_traceback(dev):
    program = dev.project / "stacks" / "project" / "__main__.py"
    program.write_text(
        "import pulumi\n"
        "import pulumi_azure_native as native\n"
        "from azure_mlplatform import ProjectEnvironment, ProjectEnvironmentArgs, stack_settings\n"
        "elsewhere = native.Provider('azure', subscription_id='elsewhere')\n"
        "args = ProjectEnvironmentArgs(settings=stack_settings(), today='2026-01-15')\n"
        "ProjectEnvironment('churn', args, pulumi.ResourceOptions(providers=[elsewhere]))\n"
    )
    done = dev.up("dev", check=False)
    assert done.code != 0
    assert any("but the environment is in elsewhere" in each for each in done.errors)
    assert "Traceback" not in "".join(done.errors)
    assert [each.type for each in dev.azure.world.resources.values()] == ["azure-native:resources:ResourceGroup"]


@pytest.mark.parametrize("lake", [True, False])
def test_an_adopted_account_is_read_before_the_workspace_is_made(tmp_path, lake):
    with engine(tmp_path / "a folder") as made:
        made.init("dev")
        made.change("dev", lambda settings: [settings.pop(each, None) for each in ("batch", "inference")])
        made.change("dev", lambda settings: settings["workspace"].update(storage_account_id=LAKE))
        made.azure.world.resources[LAKE.lower()] = Held(
            LAKE, "azure-native:storage:StorageAccount", {"isHnsEnabled": lake}
        )
        done = made.up("dev", check=False)
        workspaces = list(made.azure.world.of_type("azure-native:machinelearningservices:Workspace"))
        assert bool(workspaces) is not lake
        assert (done.code != 0) is lake
        if lake:
            assert any("the account has a hierarchical namespace" in each for each in done.errors)


@pytest.mark.parametrize("protected", [True, False])
def test_the_vault_of_a_key_is_read_before_anything_is_encrypted(tmp_path, protected):
    with engine(tmp_path / "a folder") as made:
        made.init("dev")
        made.change("dev", lambda settings: [settings.pop(each, None) for each in ("batch", "inference")])
        key = {"key_vault_id": KEY_VAULT, "key_id": "https://kv-keys.vault.azure.net/keys/ml"}
        made.change("dev", lambda settings: settings.update(customer_managed_key=key))
        properties = {"enableRbacAuthorization": True, "enablePurgeProtection": protected}
        made.azure.world.resources[KEY_VAULT.lower()] = Held(
            KEY_VAULT, "azure-native:keyvault:Vault", {"location": "westeurope", "properties": properties}
        )
        done = made.up("dev", check=False)
        accounts = list(made.azure.world.of_type("azure-native:storage:StorageAccount"))
        assert bool(accounts) is protected
        assert (done.code != 0) is not protected
        if not protected:
            assert any("it has no purge protection" in each for each in done.errors)
            assert made.azure.world.refused == []


def test_dns_servers_are_those_of_the_settings_whoever_changed_them(tmp_path):
    with engine(tmp_path / "a folder") as made:
        made.init("dev")
        made.change(
            "dev", lambda settings: [settings.pop(each, None) for each in ("ai_services", "batch", "inference")]
        )
        made.change("dev", lambda settings: settings.pop("workspace"))
        made.up("dev")
        [network] = made.azure.world.of_type("azure-native:network:VirtualNetwork")
        network.body["dhcpOptions"] = {"dnsServers": ["10.9.9.9"]}
        made.up("dev")
        [network] = made.azure.world.of_type("azure-native:network:VirtualNetwork")
        assert not network.body.get("dhcpOptions")
        for servers in (["10.0.0.4"], ["10.0.0.5", "10.0.0.4"]):
            made.change("dev", lambda settings, to=servers: settings["network"].update(dns={"servers": to}))
            done = made.up("dev")
            assert {kind for kind, _ in done.operations()} == {"update"}
            [network] = made.azure.world.of_type("azure-native:network:VirtualNetwork")
            assert network.body["dhcpOptions"] == {"dnsServers": servers}
        assert made.up("dev").operations() == []


def test_a_failure_is_said_and_the_next_update_goes_on(dev):
    dev.azure.world.faults.append(Fault("Microsoft.CognitiveServices", "create", 99, 409, "Conflict", "Not now."))
    done = dev.up("dev", check=False)
    assert any('Code="Conflict" Message="Not now."' in each for each in done.errors)
    dev.azure.world.faults.clear()
    dev.up("dev")
    assert dev.up("dev").operations() == []


def test_a_throttled_call_is_repeated(dev):
    dev.azure.world.faults.append(Fault("", "create", 3, 429, "TooManyRequests"))
    dev.up("dev")
    assert dev.azure.world.faults == []


def test_what_was_made_half_way_is_taken_over(dev):
    dev.azure.world.faults.append(
        Fault("virtualNetworks", "create", 1, 409, "Conflict", "The deployment failed.", half_way=True)
    )
    done = dev.up("dev", check=False)
    assert done.code != 0
    dev.up("dev")
    assert dev.up("dev").operations() == []


def test_drift_by_hand_is_put_back(dev):
    dev.up("dev")
    world = dev.azure.world
    [account] = [each for each in world.of_type("azure-native:cognitiveservices:Account") if "documents" in each.id]
    [endpoint] = [each for each in world.of_type("azure-native:network:PrivateEndpoint") if "documents" in each.id]
    account.body["tags"] = {}
    account.body["properties"]["publicNetworkAccess"] = "Enabled"
    for each in [*world.below(endpoint.id), endpoint]:
        del world.resources[each.id.lower()]
    dev.up("dev")
    assert account.body["properties"]["publicNetworkAccess"] == "Disabled"
    assert account.body["tags"]
    assert world.get(endpoint.id) is not None
    assert dev.up("dev").operations() == []


def test_another_project_is_refused_before_anything_is_made_or_gone(dev):
    dev.up("dev")
    world = set(dev.azure.world.resources)
    dev.change("", lambda settings: settings["project"]["value"].update(name="fraud"))
    done = dev.up("dev", check=False)
    assert any("project.name: immutable: deployed as 'churn', cannot become 'fraud'" in each for each in done.errors)
    assert set(dev.azure.world.resources) == world


def test_dev_and_prod_in_one_subscription_leave_each_other_alone(tmp_path):
    with engine(tmp_path / "a folder") as made:
        subscription = "00000000-0000-0000-0000-00000000de00"
        for stack in ("dev", "prod"):
            made.init(stack)
            made.change(stack, lambda settings: [settings.pop(each, None) for each in LEAN])
            made.change(stack, lambda settings: settings.update(subscription_id=subscription))
            made.up(stack)
        prod = {key: each.body for key, each in made.azure.world.resources.items() if "-prod" in key}
        made.change("dev", lambda settings: settings.update(retire={"reason": "The project ended, ML-321"}))
        made.up("dev")
        made.destroy("dev")
        left = {key: each.body for key, each in made.azure.world.resources.items()}
        assert {key: body for key, body in left.items() if key in prod} == prod
        assert made.up("prod").operations() == []


def test_another_passphrase_changes_nothing_and_the_document_says_what_to_do(tmp_path):
    local = Local(tmp_path)
    local.change("dev", lambda settings: [settings.pop(f"azure-mlplatform:{each}", None) for each in LEAN])
    up = ("--", "pulumi", "up", "--stack", "dev", *CI)
    mine = {"PULUMI_CONFIG_PASSPHRASE": "mine"}
    assert local.init("dev", **mine).returncode == 0
    done = local.run(*up, **mine)
    assert done.returncode == 0, done.stdout + done.stderr

    def kept():
        [state] = (local.state / ".pulumi" / "stacks").rglob("dev.json")
        return state.read_bytes(), json.loads(local.world.read_text())

    before = kept()
    refused = local.run(*up)
    said = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert "incorrect passphrase" in said
    assert "Traceback" not in said
    assert kept() == before
    document = (ROOT / "docs" / "local.md").read_text()
    assert "incorrect passphrase" in document
    assert local.run(*up, "--expect-no-changes", **mine).returncode == 0

    # The way to another passphrase, as the document says it.
    assert "remove the line `encryptionsalt` from `Pulumi.<stack>.yaml`" in document
    assert local.run("reset").returncode == 0
    assert "incorrect passphrase" in local.init("dev").stderr
    file = local.repository / "Pulumi.dev.yaml"
    lines = file.read_text().splitlines()
    file.write_text("\n".join(each for each in lines if not each.startswith("encryptionsalt:")) + "\n")
    assert local.init("dev").returncode == 0
    done = local.run(*up)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_written_project_lives_on_an_emulated_azure_and_reaches_no_real_one_with_placeholders(tmp_path):
    with engine(tmp_path / "a folder") as made:
        new = start(made.project, Asked("demand", ["sandbox"]), today=datetime.datetime.now(datetime.UTC).date())
        write(new)
        made.project = new.folder
        made.init("sandbox")
        refused = made.up("sandbox", check=False, ARM_METADATA_HOSTNAME="")
        assert refused.code != 0
        [error] = [each for each in refused.errors if "is a placeholder" in each]
        assert "azure-mlplatform:tenant_id: '00000000-0000-0000-0000-0000000000aa' is a placeholder" in error
        assert made.azure.world.resources == {}
        shown = made.pulumi("preview", stack="sandbox", check=True)
        assert "placeholders: `pulumi up` refuses them" in shown.output
        made.up("sandbox")
        assert made.up("sandbox").changes() == []
