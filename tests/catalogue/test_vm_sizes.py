import datetime
from fractions import Fraction

import pytest
from pulumi_azure_native.compute import VirtualMachineSizeTypes
from pydantic_core import PydanticCustomError

from azure_mlplatform.catalogue.vm_sizes import size_name, size_names, vm_size
from azure_mlplatform.workspace.settings.computes import ClusterSettings
from azure_mlplatform.workspace.settings.workspace import WorkspaceSettings
from support.violations import problems, refused

TODAY = datetime.date(2026, 11, 22)


def cluster(size, **changes):
    return {"name": "cpu", "vm_size": size, **changes}


def known(name):
    size = vm_size(name)
    assert size is not None, name
    return size


def test_it_knows_what_azures_own_list_names():
    # The list ends in 2018 and writes one of them without its `s`.
    assert [each.value for each in VirtualMachineSizeTypes if vm_size(each.value) is None] == ["Standard_E32-16_v3"]


def test_every_name_is_one_and_stands_once():
    names = size_names()
    assert len({each.lower() for each in names}) == len(names) > 600
    assert [each for each in names if size_name(each) != each] == []


def test_what_retires_has_a_successor_that_does_not():
    for name in size_names():
        size = known(name)
        assert (size.retires is None) == (size.successor is None), name
        if size.successor:
            successor = known(size.successor)
            assert successor.retires is None, name
            assert successor.for_machine_learning, name
            assert successor.card or not size.card, name
            assert successor.memory_gib * 2 >= size.memory_gib or size.memory_gib > 600, name


@pytest.mark.parametrize(
    ("name", "vcpus", "memory", "card", "cards"),
    [
        ("Standard_D4ds_v4", 4, 16, None, 0),
        ("Standard_DS12_v2", 4, 28, None, 0),
        ("Standard_E4-2s_v5", 2, 32, None, 0),
        ("Standard_E96ds_v5", 96, 672, None, 0),
        ("Standard_F8s_v2", 8, 16, None, 0),
        ("standard_nc24ads_a100_v4", 24, 220, "A100", 1),
        ("Standard_ND96isr_H100_v5", 96, 1900, "H100", 8),
        ("Standard_NV12ads_A10_v5", 12, 110, "A10", Fraction(1, 3)),
        ("Standard_NP20s", 20, 336, "Alveo U250", 2),
    ],
)
def test_it_knows_what_a_node_holds(name, vcpus, memory, card, cards):
    size = known(name)
    assert (size.vcpus, size.memory_gib, size.card and size.card.name, size.cards) == (vcpus, memory, card, cards)


@pytest.mark.parametrize(
    ("name", "day", "successor"),
    [
        ("Standard_NC6", "2023-09-06", "Standard_NC4as_T4_v3"),
        ("Standard_NC12s_v3", "2025-09-30", "Standard_NC24ads_A100_v4"),
        ("Standard_NV24s_v3", "2026-09-30", "Standard_NV36ads_A10_v5"),
        ("Standard_A8", "2021-03-01", "Standard_HB120rs_v3"),
    ],
)
def test_a_retired_size_is_refused_with_its_successor(name, day, successor):
    settings = WorkspaceSettings.model_validate({"network_mode": "own", "clusters": [cluster(name)]})
    [refusal] = settings.violations_on(TODAY)
    assert refusal.path == ("clusters", 0, "vm_size")
    assert (refusal.what, refusal.fix) == (f"{name} was retired on {day}", f"Use its successor {successor}")
    retires = datetime.date.fromisoformat(day)
    assert list(settings.notices_on(TODAY)) == []
    assert list(settings.violations_on(retires - datetime.timedelta(1))) == []
    assert list(settings.violations_on(retires)) != []


def test_a_size_that_will_retire_is_said_with_the_day():
    settings = WorkspaceSettings.model_validate({"network_mode": "own", "clusters": [cluster("Standard_DS3_v2")]})
    assert list(settings.violations_on(TODAY)) == []
    assert list(settings.notices_on(datetime.date(2027, 5, 1))) == []
    assert list(settings.notices_on(datetime.date(2027, 5, 2))) == [
        "compute cpu: Standard_DS3_v2 retires on 2028-05-01; its successor is Standard_D4ds_v5"
    ]
    current = WorkspaceSettings.model_validate({"network_mode": "own", "clusters": [cluster("Standard_D4ds_v4")]})
    assert list(current.notices_on(TODAY)) == []


def test_an_unknown_size_is_refused_until_there_is_a_reason():
    [problem] = problems(ClusterSettings, cluster("Standard_D4dss_v4"))
    assert problem.what == "'Standard_D4dss_v4' is not a VM size in the catalogue; did you mean 'Standard_D4ds_v4'?"
    assert "unlisted_size_reason" in problem.fix
    assert refused(ClusterSettings, cluster("Standard_D4ds_v9", unlisted_size_reason="New in our region")) == []


@pytest.mark.parametrize("name", ["Standard_B2ms", "Standard_D4ps_v5", "Standard_NP10s", "Standard_DC4as_v5"])
def test_sizes_that_no_compute_takes_are_refused(name):
    [problem] = problems(ClusterSettings, cluster(name))
    assert problem.what == f"{name} is not a size for machine-learning computes"


@pytest.mark.parametrize("name", ["DS3", "Standard_", "standard_d4ds_v4", "Standard-D4ds-v4", "Standard_D4ds_v4 "])
def test_a_size_is_written_as_azure_does(name):
    assert refused(ClusterSettings, cluster(name)) == ["vm_size"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("D4ds_v4", "Standard_D4ds_v4"),
        ("d4ds_v4", "Standard_D4ds_v4"),
        ("standard_d4ds_v4", "Standard_D4ds_v4"),
        ("STANDARD_D4DS_V4", "Standard_D4ds_v4"),
        ("Standard D4ds v4", "Standard_D4ds_v4"),
        ("NC24ads A100 v4", "Standard_NC24ads_A100_v4"),
        ("Standard-D4ds-v4", "Standard_D4ds_v4"),
    ],
)
def test_a_size_as_others_write_it_leads_to_azures_spelling(written, meant):
    with pytest.raises(PydanticCustomError) as error:
        size_name(written)
    assert f"; did you mean '{meant}'?" in str(error.value)
