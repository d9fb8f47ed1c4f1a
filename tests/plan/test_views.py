import pytest

from azure_mlplatform.plan.difference import Difference, differences, table
from azure_mlplatform.plan.tree import counts, size, tree
from support.programs import (
    BATCH,
    DOCUMENTS,
    GROUP,
    HUB,
    OPENAI,
    whole,
)

ONCE_A_WEEK = "every week on Monday, Friday at 06:30, 18:30 UTC"


@pytest.fixture(scope="module")
def dev():
    return whole(
        "dev",
        access={"data_scientists": [GROUP]},
        workload_identity={"github_repository": "example/churn"},
        network={"address_space": ["10.20.0.0/22"], "hub": {"vnet_id": HUB}},
        workspace=None,
    )


@pytest.fixture(scope="module")
def prod():
    return whole(
        "prod",
        ai_services=[OPENAI],
        network={"address_space": ["10.20.0.0/22"], "hub": {"vnet_id": HUB}},
        workspace=None,
    )


def test_the_tree_has_every_resource_once_below_its_component(dev):
    lines = list(tree(dev))
    shown = [line for line in lines[1:-1] if not line.rstrip().endswith(")")]
    assert len(shown) == len(dev.azure_resources)
    assert (
        lines[0] == f"churn dev: {len(dev.azure_resources)} resources in {len(dev.components)} components, 2 protected"
    )
    assert "   └─ churn-data-product  (DataProductRG)" in lines
    account = next(line for line in lines if "ais-churn-assistant" in line)
    assert account.startswith("      │  ├─ Account")
    assert account.endswith("OpenAI S0")


def test_protected_resources_are_marked(prod):
    marked = [line for line in tree(prod) if line.endswith("protected") and "─ " in line]
    assert len(marked) == sum(each.protect for each in prod.azure_resources) == 5


def test_counts_are_those_of_the_plan(dev):
    assert counts(dev)["RoleAssignment"] == len(dev.of_type("RoleAssignment"))
    assert sum(counts(dev).values()) == len(dev.azure_resources)
    assert list(tree(dev))[-1].startswith("  2 Account, 3 DeployedModel, 3 Deployment, 10 DiagnosticSetting")


def test_sizes_say_what_a_person_asks_for(dev):
    said = {each.name.removeprefix("churn-data-product-"): size(each) for each in dev.azure_resources}
    assert said["assistant-model-chat"] == "gpt-5.4 2026-03-05 Standard 10"
    assert said["network-vnet"] == "10.20.0.0/22"
    assert said["log"] == "PerGB2018 30 days"
    assert said[f"assistant-user-{GROUP}"] == "Cognitive Services OpenAI User for a Group"


def test_a_plan_does_not_differ_from_itself(dev):
    assert differences(dev, dev) == []
    assert list(table([], ["a", "b"])) == ["Differences between a and b, apart from names:", "  none"]


def test_differences_are_settings_and_never_names():
    one, other = (whole(each, ai_services=[DOCUMENTS], workspace=None) for each in ("dev", "prod"))
    found = {(each.resource, each.path): each.values for each in differences(one, other)}
    protect = {
        (f"{kind} churn-data-product-{name}", "protect"): (False, True)
        for kind, name in [
            ("Account", "documents-account"),
            ("ResourceGroup", "group"),
            ("VirtualNetwork", "network-vnet"),
        ]
    }
    assert found == {
        **protect,
        ("ManagementLockByScope churn-data-product-log-lock", ""): (None, "yes"),
        ("Workspace churn-data-product-log", "retentionInDays"): (30, 365),
        **{
            ("PublicIPAddress churn-data-product-network-egress-ip", f"zones[{n}]"): (None, str(n + 1))
            for n in range(3)
        },
    }


def test_differences_read_as_paragraphs():
    lines = list(
        table(
            [
                Difference("A a", "", ("yes", None)),
                Difference("B b", "x", (1, 2)),
                Difference("B b", "y", (None, "z")),
            ],
            ["dev", "prod"],
        )
    )
    assert lines[1:] == ["  A a: only in dev", "  B b", "      x: 1  →  2", "      y: (none)  →  z"]


FEW = {**BATCH, "jobs": [{**each, "concurrency": 4} for each in BATCH["jobs"]]}


def test_batches_are_sized_and_named_by_what_a_person_asks_for():
    plan = whole("prod", inference=None, batch=FEW)
    said = {each.name.removeprefix("churn-batch-"): size(each) for each in plan.azure_resources}
    wanted = {
        "action-group": "ml@example.com",
        "attempt-nightly": "",
        "endpoint-nightly": "AADToken",
        "factory": "",
        "failed-pipelines": "Batch scoring: pipelines failed",
        "late-nightly": "Batch scoring: nightly has not succeeded for 33 hours",
        "pipeline-nightly": "4 at once",
        "reach-workspace": "amlworkspace",
        "reach-workspace-approval": "",
        "runtime": "Managed",
        "service-workspace": "AzureMLService",
        "trigger-arrived-blob": "a blob in /curated/blobs/incoming/*.csv",
        "trigger-arrived-blob-start": "",
        "trigger-nightly-schedule": "every day at 04:00 W. Europe Standard Time",
    }
    assert {name: said[name] for name in wanted} == wanted
    lines = [line.split("─ ")[-1].split() for line in tree(plan)]
    for kind, name in (
        ("ApproveConnection", "reach-workspace-approval"),
        ("StartTrigger", "trigger-arrived-blob-start"),
        ("StopTrigger", "trigger-arrived-blob-stop"),
    ):
        assert [kind, name] in lines


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ({"frequency": "Hour", "interval": 6}, "every 6 hours UTC"),
        ({"frequency": "Week", "at": ["06:30", "18:30"], "week_days": ["Monday", "Friday"]}, ONCE_A_WEEK),
        ({"frequency": "Month", "at": ["00:00"], "month_days": [1, 15]}, "every month on 1, 15 at 00:00 UTC"),
    ],
)
def test_a_schedule_reads_as_one(schedule, said):
    job = {**BATCH["jobs"][0], "schedule": {**schedule, "time_zone": "UTC"}}
    plan = whole("dev", ai_services=[], inference=None, batch={"compute": "cpu", "jobs": [job]})
    assert [size(each) for each in plan.of_type("Trigger")] == [said]


def test_a_name_that_is_a_word_elsewhere_is_no_difference():
    dev = whole("dev", ai_services=[], inference=None, batch=BATCH)
    own = {**BATCH, "compute": None, "cluster": {"name": "batch", "vm_size": "Standard_D4ds_v4"}}
    prod = whole("prod", ai_services=[], inference=None, batch=own)
    found = differences(dev, prod)
    assert not any("<churn-ml-cluster-batch>" in str(each.values) for each in found)
    assert [each.path for each in found if each.resource == "Pipeline churn-batch-pipeline-nightly"] == []
    assert not [each for each in found if each.path == "principalId"]
