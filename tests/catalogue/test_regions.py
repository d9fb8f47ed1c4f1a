"""The catalogue of regions: names, availability zones, and what has accelerators where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from azure_mlplatform.catalogue.regions import REGIONS, has_zones, region, regions_with, with_zones_near


@given(st.sampled_from(sorted(REGIONS)))
def test_every_region_is_taken_in_any_writing(name):
    assert region(name) == name
    assert region(name.upper()) == name
    assert region(name[:2] + " " + name[2:]) == name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("westeurop", "westeurope"),
        ("westuerope", "westeurope"),
        ("norteurope", "northeurope"),
        ("sweden-central", "swedencentral"),
        ("West Europ", "westeurope"),
        ("eastus2euap", "eastus2"),
    ],
)
def test_a_misspelt_region_names_the_nearest(written, meant):
    with pytest.raises(PydanticCustomError, match=f"did you mean '{meant}'"):
        region(written)


@given(st.sampled_from(sorted(REGIONS)), st.data())
def test_a_region_with_a_letter_left_out_or_doubled_is_refused(name, data):
    at = data.draw(st.integers(1, len(name.rstrip("0123456789")) - 1))
    for written in (name[:at] + name[at + 1 :], name[:at] + name[at - 1] + name[at:]):
        if written not in REGIONS and not written[at:].isdigit():
            with pytest.raises(PydanticCustomError):
                region(written)


def test_a_region_like_no_other_names_none():
    with pytest.raises(PydanticCustomError) as error:
        region("qqqqqqqqqq")
    assert "did you mean" not in str(error.value)


@pytest.mark.parametrize("name", ["eastus3", "southeastus", "finlandcentral", "saudiarabiaeast", "taiwannorth"])
def test_a_new_region_is_taken_and_nothing_is_known_of_it(name):
    assert region(name) == name
    assert has_zones(name) is None


@pytest.mark.parametrize("name", ["usgovvirginia", "chinaeast2", "eastus2stage", "mars", "", "eastus22"])
def test_other_clouds_and_other_words_are_no_regions(name):
    with pytest.raises(PydanticCustomError):
        region(name)


@pytest.mark.parametrize("value", ["chinaeast2", "China North", "usgovvirginia", "USDoD Central", "usseceast"])
def test_a_region_of_another_cloud_is_said_to_be_one(value):
    with pytest.raises(PydanticCustomError, match="is a region of another cloud") as error:
        region(value)
    assert "did you mean" not in str(error.value)


def test_the_regions_without_zones_are_those_of_the_list():
    """Typed from "List of Azure regions", apart from the catalogue's own table."""
    without = {name for name, each in REGIONS.items() if each.zones is False}
    assert without == {
        *("australiacentral", "australiacentral2", "australiasoutheast", "brazilsoutheast", "canadaeast"),
        *("francesouth", "germanynorth", "koreasouth", "northcentralus", "norwaywest", "southafricawest"),
        *("southindia", "switzerlandwest", "uaecentral", "ukwest", "westcentralus", "westindia", "westus"),
    }
    assert has_zones("swedensouth") is None


def test_regions_with_zones_are_named_from_the_same_geography():
    assert with_zones_near("ukwest") == ["uksouth"]
    assert with_zones_near("westindia") == ["centralindia"]
    assert with_zones_near("westus") == ["centralus", "eastus", "eastus2", "southcentralus", "westus2", "westus3"]
    assert len(with_zones_near("moonnorth")) == sum(each.zones is True for each in REGIONS.values())


@given(st.sampled_from(sorted(REGIONS)))
def test_a_region_that_is_named_instead_has_zones(name):
    assert with_zones_near(name)
    assert all(has_zones(each) for each in with_zones_near(name))


@pytest.mark.parametrize("family", ["NP", "NC24-A100", "Consumption-GPU-NC8as-T4"])
def test_what_has_accelerators_is_in_regions_of_the_catalogue(family):
    found = regions_with(family)
    assert found
    assert found <= set(REGIONS)


def test_the_regions_of_gpus_are_not_checked():
    assert regions_with("NC") is None
