"""The committed projects, as `pulumi up` would run them."""

import pytest
import yaml

from azure_mlplatform.catalogue.regions import READ
from azure_mlplatform.config.files import stacks
from azure_mlplatform.plan.check import check_stacks
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.settings import SECRET
from azure_mlplatform.stack import PLACEHOLDERS
from azure_mlplatform.testing import check_golden, urns
from support.programs import BY_BLOB, WITHIN_ANOTHER
from support.stacks import DAY, IDS, ROOT, STACKS, plan_of

FOLDERS = list(dict.fromkeys(folder for folder, _ in STACKS))
PAIRS = [folder for folder in FOLDERS if len(stacks(folder)) > 1 and folder.name != "shared"]
OF_PROJECTS = [folder for folder in FOLDERS if folder.name not in ("central", "shared", "stress-test")]


def label(folder):
    return "reference" if folder == ROOT else folder.name


RETIRES = "pool fpga: Standard_NP10s retires on 2027-05-31; its successor is Standard_NC24ads_A100_v4"
NO_DEVICE = (
    "pool fpga offers no device: neither AKS nor Azure ML installs XRT and a device plugin, and no gitops source does"
)
ATTACHED = (
    "databricks is attached as databricks with a personal access token: the machine-learning workspace acts as the "
    "token's owner until the token expires. Only pipelines of SDK v1, whose support has ended, run there"
)
NOT_ATTACHED = (
    "databricks is not attached to the machine-learning workspace, because no token is set. Make one in Databricks, "
    "then run `pulumi config set --secret azure-mlplatform:databricks_token`"
)


def unchecked(size, location="westeurope"):
    return (
        f"{size}: not checked whether {location} has it, since no list of regions was found on {READ}; "
        f"`az vm list-skus --location {location} --size {size}` tells"
    )


MANAGED_IN_OWN = (
    "managed endpoints in a workspace with network_mode 'own': each deployment needs egress_public_network_access: "
    "disabled, and then reaches only the workspace, its storage and its registry"
)
NOBODY = "nobody has access: no group may work in this dev environment; see `mlplatform explain access.data_scientists`"
NO_WORKSPACE = "no workspace: nobody may work in this dev environment; see `mlplatform explain workspace`"
MOVES = (
    "workload_identity trusts GitHub: from the next release on, pipelines act as the identities that deploy and "
    "release instead, which are made beside the environment (docs/access.md)"
)
A100, T4 = "Standard_NC24ads_A100_v4", "Standard_NC4as_T4_v3"
SAID = {
    ("reference", "dev"): [MOVES],
    ("reference", "prod"): [BY_BLOB.format("customers"), MOVES, unchecked(A100)],
    ("central", "dev"): [unchecked(T4)],
    ("central", "prod"): [unchecked(A100)],
    ("claims", "dev"): [NO_WORKSPACE, NOBODY],
    ("forecast", "dev"): [NO_WORKSPACE, NOBODY],
    ("lending", "dev"): [MANAGED_IN_OWN],
    ("explore", "sandbox"): [MANAGED_IN_OWN, NOT_ATTACHED],
    ("lending", "prod"): [MANAGED_IN_OWN],
    ("pricing", "dev"): [NOBODY, unchecked(T4)],
    ("pricing", "prod"): [unchecked(A100)],
    ("stress-test", "prod"): [unchecked(A100)],
    ("vision", "dev"): [NOBODY, unchecked(A100, "swedencentral")],
    ("vision", "prod"): [unchecked(A100, "swedencentral")],
    ("fraud", "dev"): [NOBODY, ATTACHED],
    ("fraud", "prod"): [NOT_ATTACHED],
    ("genomics", "dev"): [RETIRES, NO_DEVICE, NOBODY],
    ("genomics", "prod"): [RETIRES],
}


@pytest.mark.parametrize(("folder", "stack"), STACKS, ids=IDS)
def test_urns_do_not_move(folder, stack):
    made = plan_of(folder, stack)
    check_golden(urns(made), ROOT / "tests" / "golden" / f"project-{label(folder)}-{stack}.txt")
    placeholders, *said = [text for _, text in made.messages if not text.startswith("network.dns: ")]
    assert placeholders.startswith(PLACEHOLDERS)
    assert said == SAID.get((label(folder), stack), [])
    assert {severity for severity, _ in made.messages} <= {"warning"}


@pytest.mark.parametrize(("folder", "stack"), STACKS, ids=IDS)
def test_an_own_network_without_own_zones_says_who_has_to_link_them(folder, stack):
    made = plan_of(folder, stack)
    said = [text for _, text in made.messages if text.startswith("network.dns: ")]
    # A cluster below an adopted zone links a zone of its own, and no other.
    links = {
        name
        for each in made.of_type("VirtualNetworkLink")
        if not (name := str(each.input("privateZoneName"))).endswith(".azmk8s.io")
    }
    zones = {zone for each in made.of_type("PrivateDnsZoneGroup") for zone in zone_names(each)}
    resolved = links or any(each.input("dhcpOptions.dnsServers") for each in made.of_type("VirtualNetwork"))
    assert bool(said) == bool(made.of_type("VirtualNetwork") and made.of_type("PrivateEndpoint") and not resolved)
    assert all(zone in text for zone in zones for text in said)


def zone_names(group):
    return {each["privateDnsZoneId"].rsplit("/", 1)[-1] for each in group.input("privateDnsZoneConfigs")}


@pytest.mark.parametrize(("folder", "stack"), STACKS, ids=IDS)
def test_a_first_preview_registers_the_same(folder, stack):
    assert urns(plan_of(folder, stack, known=False)) == urns(plan_of(folder, stack))


@pytest.mark.parametrize("folder", [each for each in OF_PROJECTS if stacks(each) != ["sandbox"]], ids=label)
def test_every_project_has_dev_and_prod_in_subscriptions_of_their_own(folder):
    assert {"dev", "prod"} <= set(stacks(folder))
    subscriptions = [
        plan_of(folder, each).of_type("azure-native")[0].input("subscriptionId") for each in stacks(folder)
    ]
    assert len(set(subscriptions)) == len(subscriptions)


@pytest.mark.parametrize("folder", PAIRS, ids=label)
def test_dev_and_prod_share_nothing(folder):
    dev, prod = (plan_of(folder, each).azure_resources for each in ("dev", "prod"))
    known = [[each for each in side if each.id != UNKNOWN and each.kind not in WITHIN_ANOTHER] for side in (dev, prod)]
    names = [{each.azure_name for each in side} for side in known]
    assert not names[0] & names[1]
    ids = [{each.id for each in side if each.kind != "RandomString"} - {UNKNOWN} for side in (dev, prod)]
    assert not ids[0] & ids[1]
    identities = [{each.outputs.get("principalId") for each in side} - {None} for side in (dev, prod)]
    assert identities[0]
    assert not identities[0] & identities[1]
    accounts = [{each.input("properties.customSubDomainName") for each in side} - {None} for side in (dev, prod)]
    assert not accounts[0] & accounts[1]
    subnets = [{each.input("subnet.id") for each in side if each.kind == "PrivateEndpoint"} for side in (dev, prod)]
    assert not subnets[0] & subnets[1]


@pytest.mark.parametrize("folder", FOLDERS, ids=label)
def test_a_bare_pulumi_up_installs_what_make_does(folder):
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    options = project["runtime"]["options"]
    assert options["toolchain"] == "pip"
    assert (folder / options["virtualenv"]).resolve() == ROOT / ".venv"
    program = (folder / project["main"]).resolve()
    lines = (program / "requirements.txt").read_text().splitlines()
    for line in lines:
        flag, path = line.split()
        assert flag in ("-c", "-e")
        assert (program / path).resolve() in (ROOT, ROOT / "constraints.txt")
    assert project["config"]["pulumi:disable-default-providers"] == {"value": ["azure-native"]}


@pytest.mark.parametrize("folder", FOLDERS, ids=label)
def test_what_releases_have_set_is_read_before_anything_is_sent(folder):
    """`ignore_changes` keeps what the state has, so a state that is not refreshed would bring old images back."""
    assert yaml.safe_load((folder / "Pulumi.yaml").read_text())["options"] == {"refresh": "always"}


def test_the_repository_has_no_conflict():
    assert check_stacks(ROOT, today=DAY).problems == ()


def pools(made):
    return {each.input("agentPoolName"): each for each in made.of_type("AgentPool")}


def test_the_stress_test_is_prods_compute():
    tested, prod = plan_of(ROOT / "projects" / "stress-test", "prod"), plan_of(ROOT, "prod")
    assert set(pools(tested)) == set(pools(prod)) == {"cpu", "gpu"}
    own = ("resourceName", "resourceGroupName", "vnetSubnetID", "tags")
    for name, pool in pools(prod).items():
        same = {key: value for key, value in pool.inputs.items() if key not in own}
        assert {key: value for key, value in pools(tested)[name].inputs.items() if key not in own} == same
    assert pools(tested)["gpu"].input("minCount") == 0
    # By this, `endpoint stress` tells its endpoints from those of a real prod.
    for made, purposes in ((tested, {"stress-test"}), (prod, {None})):
        assert {each.inputs["tags"].get("purpose") for each in made.resources if each.inputs.get("tags")} == purposes
    types = [
        next(each for each in made.of_type("Compute") if each.input("properties.computeType") == "Kubernetes").input(
            "properties.properties.instanceTypes"
        )
        for made in (tested, prod)
    ]
    assert types[0] == types[1]


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_shared_cluster_is_the_platforms_and_has_no_workspace(stack):
    central, pricing = (plan_of(ROOT / "projects" / each, stack) for each in ("central", "pricing"))
    [cluster] = central.of_type("ManagedCluster")
    assert not central.of_type("Workspace")[1:]  # The log's, and none for machine learning.
    assert not pricing.of_type("ManagedCluster")
    [attached] = [each for each in pricing.of_type("Compute") if each.input("properties.resourceId")]
    assert attached.input("properties.resourceId") == cluster.id
    assert attached.input("tags.mlplatform-attach") == cluster.input("tags.mlplatform-attached-to") == "shared"


def test_databricks_is_attached_where_there_is_a_token():
    for stack, tokens in (("dev", [SECRET]), ("prod", [])):
        made = plan_of(ROOT / "projects" / "fraud", stack)
        [databricks] = made.of_type("azure-native:databricks:Workspace")
        attached = [each for each in made.of_type("Compute") if each.input("properties.resourceId") == databricks.id]
        assert [each.input("properties.properties.databricksAccessToken") for each in attached] == tokens
        assert len(made.of_type("ComputeDetach")) == len(tokens)
