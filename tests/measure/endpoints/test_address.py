"""What somebody types for an endpoint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.environments_file import EnvironmentNames
from azure_mlplatform.measure.endpoints.address import AddressError, address_of, endpoint_at
from azure_mlplatform.measure.endpoints.endpoint import EndpointError

GROUP = "/subscriptions/00000000-0000-0000-0000-0000000005f1/resourceGroups/rg-prod"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw"
NAMES = EnvironmentNames(
    subscription_id="00000000-0000-0000-0000-0000000005f1",
    tenant_id="00000000-0000-0000-0000-0000000000aa",
    resource_group="rg-prod",
    workspace="mlw",
    online_endpoints=["ep-lending-scoring-prod-gkogjc", "ep-lending-pricing-prod-gkogjc"],
    container_apps=["ca-lending-prod"],
    web_apps=["app-lending-prod"],
)


def names(environment):
    assert environment == "prod"
    return NAMES


@pytest.mark.parametrize(
    ("typed", "id_"),
    [
        ("prod/ep-lending-scoring-prod-gkogjc", f"{WORKSPACE}/onlineEndpoints/ep-lending-scoring-prod-gkogjc"),
        ("prod/scoring", f"{WORKSPACE}/onlineEndpoints/ep-lending-scoring-prod-gkogjc"),
        ("prod/ca-lending-prod", f"{GROUP}/providers/Microsoft.App/containerApps/ca-lending-prod"),
        ("prod/app", f"{GROUP}/providers/Microsoft.Web/sites/app-lending-prod"),
        (f"{WORKSPACE}/onlineEndpoints/e/", f"{WORKSPACE}/onlineEndpoints/e"),
        (f"{GROUP}/providers/microsoft.app/containerapps/a", f"{GROUP}/providers/microsoft.app/containerapps/a"),
    ],
)
def test_a_name_or_an_id(typed, id_):
    found = address_of(typed, names)
    assert found.id == id_
    assert found.tenant_id == ("" if typed.startswith("/") else NAMES.tenant_id)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("prod/lending", "means several"),
        ("prod/scorin", "no endpoint 'scorin'"),
        ("scoring", "is no endpoint"),
        ("prod/a/b", "is no endpoint"),
        ("http://example.com/score", "not an https URL"),
        ("ftp://example.com", "not an https URL"),
        (WORKSPACE, "not the id of an endpoint"),
        (f"{WORKSPACE}/onlineEndpoints/e/deployments/blue", "not the id of an endpoint"),
        ("", "is no endpoint"),
    ],
)
def test_what_names_no_endpoint(typed, text):
    with pytest.raises(AddressError, match=text) as error:
        address_of(typed, names)
    assert error.value.fix


def test_a_url_says_how_it_takes_tokens():
    address = address_of("https://example.com/score", names)
    assert endpoint_at(address, without_token=True).token is None
    with pytest.raises(EndpointError, match="--scope"):
        endpoint_at(address)


def test_a_url_has_no_versions_and_no_traffic():
    endpoint = endpoint_at(address_of("http://localhost:5001/score", names), without_token=True)
    assert endpoint.deployments() == ()
    for ask in (lambda: endpoint.route("blue"), endpoint.traffic):
        with pytest.raises(EndpointError, match="resource id"):
            ask()


@given(st.text())
def test_any_text_is_an_address_or_an_error(typed):
    try:
        found = address_of(typed, lambda _: NAMES)
    except AddressError:
        return
    assert found.id or found.url
    assert found.kind in ("online", "container", "web", "url")
