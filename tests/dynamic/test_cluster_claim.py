"""The claim on an adopted cluster, as the engine drives it: a real provider process against Azure on loopback."""

import threading

import pulumi
import pytest

from azure_mlplatform.dynamic.cluster_claim import ClusterClaim
from azure_mlplatform.emulation.behaviour import CLUSTER as CLUSTER_TYPE
from azure_mlplatform.foundation.cluster_sharing import CLUSTER_CLAIM as TAG
from azure_mlplatform.testing import record
from support.management_plane import TENANT, ProviderError

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
    """The tags of a cluster that others run."""

    def __init__(self, azure, **tags):
        self._cluster = azure.has(CLUSTER, CLUSTER_TYPE, {"tags": tags})

    @property
    def tags(self):
        return self._cluster.body["tags"]

    @tags.setter
    def tags(self, tags):
        self._cluster.body["tags"] = tags


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
    azure.create("azure-native:resources:ResourceGroup", {"resourceGroupName": "rg", "location": "westeurope"})
    with pytest.raises(ProviderError, match="managedClusters/aks does not exist"):
        providers.create(inputs())


def test_a_cluster_that_is_gone_is_as_good_as_released(azure, providers):
    Tags(azure)
    id_, state = providers.create(inputs())
    azure.create("azure-native:resources:ResourceGroup", {"resourceGroupName": "rg", "location": "westeurope"})
    azure.world.resources.pop(CLUSTER.lower())
    assert providers.gone(id_, state)
    providers.delete(id_, state)


def test_of_two_claims_at_once_at_most_one_stands(azure, providers):
    """Each claim is stopped after its first write, until the other has written too."""
    tags = Tags(azure)
    written, both = threading.Semaphore(0), threading.Event()
    answer = azure.manager.answer

    def slowly(call):
        made = answer(call)
        if call.method == "PATCH" and call.body["operation"] == "Merge" and not both.is_set():
            written.release()
            both.wait()
        return made

    azure.manager.answer = slowly
    refused = []

    def claim(workspace_id):
        try:
            providers.create(inputs(workspace_id))
        except ProviderError as error:
            refused.append(str(error))

    try:
        claims = [threading.Thread(target=claim, args=(each,)) for each in (WORKSPACE, OTHER)]
        for each in claims:
            each.start()
        for _ in claims:
            written.acquire()
        both.set()
        for each in claims:
            each.join()
    finally:
        del azure.manager.answer
    assert refused
    assert all("claims it too" in each for each in refused)
    assert len(refused) == 2 or tags.tags[TAG] in (WORKSPACE, OTHER)
    assert set(tags.tags) <= {TAG}


def test_a_claim_that_broke_off_before_it_stood_is_taken_up_and_can_be_released(azure, providers):
    tags = Tags(azure)
    providers.create(inputs())
    [flag] = [
        key for call in azure.calls if call.method == "PATCH" for key in call.body["properties"]["tags"] if key != TAG
    ][:1]
    tags.tags = {flag: WORKSPACE}
    with pytest.raises(ProviderError, match=f"belongs to {WORKSPACE}, and {OTHER} claims it too"):
        providers.create(inputs(OTHER))
    providers.delete(CLUSTER, inputs())
    assert tags.tags == {}
    tags.tags = {flag: WORKSPACE}
    providers.create(inputs())
    assert tags.tags == {TAG: WORKSPACE}


def test_a_call_that_breaks_off_halfway_is_repeated(azure, providers):
    tags = Tags(azure)
    azure.breaks("update", status=502, half_way=True)
    providers.create(inputs())
    assert (tags.tags, azure.world.faults) == ({TAG: WORKSPACE}, [])
