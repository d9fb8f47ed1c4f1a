import pytest

from azure_mlplatform.workspace.settings.managed_network import ManagedNetworkSettings
from support.violations import refused


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
        ({"fqdns": [{"name": "lake", "fqdn": "stlake.dfs.core.windows.net"}]}, ["fqdns[0].fqdn"]),
        (
            {"service_tags": [{"name": "a", "service_tag": "AzureMonitor", "protocol": "ICMP"}]},
            ["service_tags[0].protocol"],
        ),
        ({"service_tags": [{"name": "a", "service_tag": "no tag"}]}, ["service_tags[0].service_tag"]),
        *(
            (
                {"service_tags": [{"name": "a", "service_tag": "AzureMonitor", "port_ranges": ports}]},
                ["service_tags[0].port_ranges"],
            )
            for ports in ("-,,", "", "443,", "0", "443-80", "70000")
        ),
        (
            {
                "service_tags": [
                    {"name": f"a{number}", "service_tag": "AzureMonitor", "port_ranges": ports}
                    for number, ports in enumerate(("*", "443", "443,8000-8443"))
                ]
            },
            [],
        ),
        (
            {"private_endpoints": [{"name": "a", "resource_id": "/subscriptions/x/providers/y", "group_id": "b!"}]},
            ["private_endpoints[0].resource_id", "private_endpoints[0].group_id"],
        ),
        (
            {
                "isolation": "AllowInternetOutbound",
                "fqdns": [{"name": "one", "fqdn": "pypi.org"}],
                "service_tags": [{"name": "two", "service_tag": "AzureMonitor"}],
            },
            ["service_tags", "fqdns"],
        ),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(data, paths):
    assert refused(ManagedNetworkSettings, data) == paths
