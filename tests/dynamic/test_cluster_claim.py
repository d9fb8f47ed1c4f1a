"""The claim on an adopted cluster, as the engine drives it: a real provider process against Azure on loopback."""

import pulumi
import pytest

from azure_mlplatform.dynamic.cluster_claim import ClusterClaim
from azure_mlplatform.foundation.cluster_sharing import CLUSTER_CLAIM as TAG
from azure_mlplatform.testing import record
from support.loopback import TENANT, Answer, ProviderError

pytestmark = pytest.mark.slow

CLUSTER = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks"
WORKSPACE, OTHER = (
    f"/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/{each}"
    for each in ("mine", "theirs")
)


def inputs(workspace_id=WORKSPACE):
    def program():
        ClusterClaim(
            "claim",
            cluster_id=CLUSTER,
            workspace_id=workspace_id,
            tenant_id=TENANT,
            opts=pulumi.ResourceOptions(),
        )

    [made] = record(program).of_type("ClusterClaim")
    return dict(made.inputs)


class Tags:
    """The tags of a cluster, as "Tags - Update At Scope" documents them."""

    def __init__(self, azure, **tags):
        self.tags = tags
        azure.resources[f"{CLUSTER}/providers/Microsoft.Resources/tags/default"] = self.answer

    def answer(self, call):
        if call.method == "PATCH":
            given = call.body["properties"]["tags"]
            if call.body["operation"] == "Merge":
                self.tags |= given
            elif call.body["operation"] == "Delete":
                self.tags = {key: value for key, value in self.tags.items() if given.get(key) != value}
            else:
                return Answer(400, {"error": {"code": "InvalidTagOperation", "message": "?"}})
        return Answer(body={"properties": {"tags": self.tags}})


def test_a_claim_comes_and_goes_and_touches_no_other_tag(azure, providers):
    tags = Tags(azure, owner="platform")
    id_, state = providers.create(inputs())
    assert tags.tags == {"owner": "platform", TAG: WORKSPACE}
    assert providers.diff(id_, providers.read(id_, state), inputs()) == (False, [])
    providers.delete(id_, state)
    assert tags.tags == {"owner": "platform"}


@pytest.mark.parametrize("claimed", [OTHER, "shared"])
def test_what_is_anothers_is_left_alone_and_both_are_named(azure, providers, claimed):
    tags = Tags(azure, **{TAG: claimed})
    with pytest.raises(ProviderError, match=f"belongs to {claimed}, and {WORKSPACE} claims it too"):
        providers.create(inputs())
    assert tags.tags == {TAG: claimed}
    providers.delete(CLUSTER, inputs())
    assert tags.tags == {TAG: claimed}


def test_the_own_claim_of_a_run_that_broke_off_is_taken_up(azure, providers):
    tags = Tags(azure, **{TAG: WORKSPACE.upper()})
    providers.create(inputs())
    assert tags.tags == {TAG: WORKSPACE}


def test_a_claim_that_somebody_took_away_is_found_and_made_again(azure, providers):
    tags = Tags(azure)
    id_, state = providers.create(inputs())
    tags.tags = {}
    seen = providers.read(id_, state)
    assert seen["claimed_by"] == ""
    assert providers.diff(id_, seen, inputs()) == (True, [])
    state = providers.update(id_, seen, inputs())
    assert tags.tags == {TAG: WORKSPACE}
    assert providers.diff(id_, state, inputs()) == (False, [])
    assert providers.diff(id_, state, {**inputs(), "cluster_id": "/other"}) == (True, ["cluster_id"])


@pytest.mark.parametrize("claimed", [OTHER, "shared"])
def test_what_became_anothers_stays_the_others_after_a_refresh(azure, providers, claimed):
    tags = Tags(azure)
    id_, state = providers.create(inputs())
    tags.tags = {TAG: claimed}
    seen = providers.read(id_, state)
    assert providers.diff(id_, seen, inputs()) == (True, [])
    with pytest.raises(ProviderError, match=f"belongs to {claimed}, and {WORKSPACE} claims it too"):
        providers.update(id_, seen, inputs())
    providers.delete(id_, seen)
    assert tags.tags == {TAG: claimed}


def test_a_workspace_that_gets_another_name_keeps_its_cluster(azure, providers):
    tags = Tags(azure, **{TAG: WORKSPACE})
    id_, state = providers.create(inputs())
    providers.update(id_, state, inputs(OTHER))
    assert tags.tags == {TAG: OTHER}


def test_a_cluster_that_is_not_there_cannot_be_claimed(azure, providers):
    with pytest.raises(ProviderError, match="managedClusters/aks does not exist"):
        providers.create(inputs())


def test_a_call_that_breaks_off_halfway_is_repeated(azure, providers):
    tags = Tags(azure)
    path, faults = f"{CLUSTER}/providers/Microsoft.Resources/tags/default", [Answer(502, {})]
    azure.resources[path] = lambda call: faults.pop() if faults and call.method == "PATCH" else tags.answer(call)
    providers.create(inputs())
    assert (tags.tags, faults) == ({TAG: WORKSPACE}, [])
