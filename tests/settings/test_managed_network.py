import pytest
from refusals import refused

from azure_mlplatform.settings.managed_network import ManagedNetworkSettings


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        ({}, []),
        ({"isolation": "Disabled"}, ["isolation"]),
        (
            {
                "fqdns": [{"name": "one", "fqdn": "pypi.org"}],
                "service_tags": [{"name": "One", "service_tag": "AzureMonitor"}],
            },
            ["fqdns[0].name"],
        ),
        ({"fqdns": [{"name": "one", "fqdn": "pypi"}]}, ["fqdns[0].fqdn"]),
        ({"fqdns": [{"name": "own-pypi", "fqdn": "pypi.org"}]}, ["fqdns[0].name"]),
        ({"service_tags": [{"name": "a", "service_tag": "X", "protocol": "ICMP"}]}, ["service_tags[0].protocol"]),
        (
            {"private_endpoints": [{"name": "a", "resource_id": "x", "group_id": "b"}]},
            ["private_endpoints[0].resource_id"],
        ),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(data, paths):
    assert refused(ManagedNetworkSettings, data) == paths
