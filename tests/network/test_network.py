import pytest

from azure_mlplatform.network.network import Network, NetworkArgs
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.settings import NetworkSettings
from azure_mlplatform.testing import children, record
from support.programs import CENTRAL, HUB, LOG, of_placement, placed

ZONES = ["privatelink.cognitiveservices.azure.com", "privatelink.openai.azure.com"]
OWN = {"address_space": ["10.20.0.0/22"]}
RULES = [
    ("NetworkSecurityGroup", f"net-{role}-rules") for role in ("aks", "containers", "endpoints", "runners", "training")
]
BASE = [*RULES, ("VirtualNetwork", "net-vnet")]
BRICKS = {
    "address_space": ["10.20.0.0/22", "10.21.0.0/24"],
    "subnets": {"databricks_host": "10.21.0.0/25", "databricks_container": "10.21.0.128/25"},
}
OF_BRICKS = [("NetworkSecurityGroup", f"net-databricks-{part}-rules") for part in ("container", "host")]
NAT = [("NatGateway", "net-egress"), ("PublicIPAddress", "net-egress-ip")]


def network(settings, preview=False, **changes):
    placement, others = of_placement(changes)
    args = {**placed(**placement), "settings": settings, **others}
    return record(lambda: Network("net", NetworkArgs.model_validate(args)), preview=preview)


def beside_diagnostics(plan):
    return [each for each in children(plan, "net") if each[0] != "DiagnosticSetting"]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("settings", "made"),
    [
        (OWN, [*BASE, *NAT]),
        (BRICKS, [*BASE, *NAT, *OF_BRICKS]),
        ({**OWN, "egress": {"kind": "firewall", "firewall_ip": "10.0.0.4"}}, [*BASE, ("RouteTable", "net-routes")]),
        ({**OWN, "egress": {"kind": "hub_routes"}}, BASE),
        ({**OWN, "hub": {"vnet_id": HUB}}, [*BASE, *NAT, ("VirtualNetworkPeering", "net-to-hub")]),
        ({"subnet_ids": {"endpoints": f"{HUB}/subnets/e"}}, []),
    ],
)
def test_children(settings, made, preview):
    assert beside_diagnostics(network(settings, preview)) == sorted(made)


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("dns", "made"),
    [
        (
            {},
            [
                (kind, f"net-{zone}{end}")
                for zone in ZONES
                for kind, end in [("PrivateZone", ""), ("VirtualNetworkLink", "-link")]
            ],
        ),
        ({"mode": "policy"}, []),
        ({"mode": "adopt", "resource_group_id": CENTRAL.removesuffix("/providers")}, []),
    ],
)
def test_zones_are_made_adopted_or_left_to_policy(dns, made, preview):
    plan = network({**OWN, "dns": dns}, preview, dns_zones=ZONES)
    assert beside_diagnostics(plan) == sorted([*BASE, *NAT, *made])


def test_subnets_have_rules_a_way_out_and_no_default_one():
    [vnet] = network(OWN).of_type("VirtualNetwork")
    [nat] = network(OWN).of_type("NatGateway")
    assert vnet.input("addressSpace.addressPrefixes") == ["10.20.0.0/22"]
    subnets = {each["name"]: each for each in vnet.input("subnets")}
    assert {name: each["addressPrefix"] for name, each in subnets.items()} == {
        "snet-churn-aks-dev": "10.20.0.0/23",
        "snet-churn-training-dev": "10.20.2.0/24",
        "snet-churn-containers-dev": "10.20.3.0/25",
        "snet-churn-endpoints-dev": "10.20.3.128/26",
        "snet-churn-runners-dev": "10.20.3.192/26",
    }
    for name, subnet in subnets.items():
        role = name.split("-")[2]
        assert subnet["networkSecurityGroup"]["id"].endswith(f"/networkSecurityGroups/nsg-churn-{role}-dev")
        assert subnet["defaultOutboundAccess"] is False
        assert subnet["privateEndpointNetworkPolicies"] == "Enabled"
        assert subnet.get("natGateway") == (None if role == "endpoints" else {"id": nat.id})


def test_a_firewall_takes_what_leaves():
    plan = network({**OWN, "egress": {"kind": "firewall", "firewall_ip": "10.0.0.4"}})
    [table] = plan.of_type("RouteTable")
    assert table.input("routes") == [
        {
            "name": "to-firewall",
            "addressPrefix": "0.0.0.0/0",
            "nextHopType": "VirtualAppliance",
            "nextHopIpAddress": "10.0.0.4",
        }
    ]
    [vnet] = plan.of_type("VirtualNetwork")
    assert [each.get("routeTable") for each in vnet.input("subnets")] == [
        None if "endpoints" in each["name"] else {"id": table.id} for each in vnet.input("subnets")
    ]


def has_port(ports, port):
    for each in ports:
        first, _, last = each.partition("-")
        if each in ("*", port) or (last and int(first) <= int(port) <= int(last)):
            return True
    return False


def effect(rules, direction, source, port):
    """What a security group answers, as Azure evaluates it: the lowest priority that matches decides."""
    defaults = [("VirtualNetwork", "Allow"), ("Internet", "Deny" if direction == "Inbound" else "Allow")]
    for rule in sorted(rules, key=lambda each: each["priority"]):
        ports = rule.get("destinationPortRanges") or [rule["destinationPortRange"]]
        place = rule["sourceAddressPrefix"] if direction == "Inbound" else rule["destinationAddressPrefix"]
        if rule["direction"] == direction and place in ("*", source) and has_port(ports, port):
            return rule["access"]
    return dict(defaults)[source]


@pytest.mark.parametrize(
    ("role", "direction", "place", "port", "answer"),
    [
        ("endpoints", "Inbound", "VirtualNetwork", "443", "Allow"),
        ("endpoints", "Inbound", "VirtualNetwork", "445", "Allow"),  # "Secure training environment": file shares
        ("endpoints", "Inbound", "VirtualNetwork", "22", "Deny"),
        ("endpoints", "Inbound", "Internet", "443", "Deny"),
        *[(role, "Inbound", "Internet", "443", "Deny") for role in ("aks", "containers", "runners", "training")],
        *[(role, "Inbound", "VirtualNetwork", "443", "Allow") for role in ("aks", "containers", "runners", "training")],
        *[(role, "Outbound", "VirtualNetwork", "22", "Deny") for role in ("aks", "containers", "runners")],
        ("training", "Outbound", "VirtualNetwork", "22", "Allow"),
        *[(role, "Outbound", "Internet", "443", "Allow") for role in ("aks", "containers", "runners", "training")],
    ],
)
def test_who_reaches_what(role, direction, place, port, answer):
    group = next(each for each in network(OWN).of_type("NetworkSecurityGroup") if each.name == f"net-{role}-rules")
    assert effect(group.input("securityRules"), direction, place, port) == answer


def test_priorities_are_legal_and_single():
    for group in network(OWN).of_type("NetworkSecurityGroup"):
        keys = [(each["direction"], each["priority"]) for each in group.input("securityRules")]
        assert len(set(keys)) == len(keys)
        assert all(100 <= priority <= 4096 for _, priority in keys)


@pytest.mark.parametrize(("redundant", "zones"), [(True, ["1", "2", "3"]), (False, None)])
def test_the_way_out_is_spread_over_zones_where_asked(redundant, zones):
    [address] = network(OWN, environment="prod" if redundant else "dev").of_type("PublicIPAddress")
    assert address.input("zones") == zones


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("dns", "servers"),
    [
        ({"mode": "policy", "servers": ["10.0.0.4", "10.0.0.5"]}, ["10.0.0.4", "10.0.0.5"]),
        ({"mode": "policy", "servers": []}, None),
        ({}, None),
    ],
)
def test_the_network_has_the_dns_servers_of_the_settings(dns, servers, preview):
    [vnet] = network({**OWN, "dns": dns}, preview).of_type("VirtualNetwork")
    assert vnet.input("dhcpOptions.dnsServers") == servers
    assert ("dhcpOptions" in vnet.inputs) is (servers is not None)


def test_the_peering_uses_the_hub_as_the_settings_say():
    [peering] = network({**OWN, "hub": {"vnet_id": HUB, "use_gateway": True}}).of_type("VirtualNetworkPeering")
    assert peering.input("remoteVirtualNetwork.id") == HUB
    assert peering.input("useRemoteGateways") is True
    assert peering.input("virtualNetworkName") == "vnet-churn-dev"


def test_an_adopted_network_lends_its_subnets():
    ids = {"endpoints": f"{HUB}/subnets/e", "aks": f"{HUB}/subnets/a"}
    plan = network({"subnet_ids": ids})
    [component] = plan.of_type("Network")
    assert component.outputs == {"name": "vnet-hub", "resource_id": HUB, "subnet_ids": ids, "zone_ids": {}}


def test_outputs_are_ids():
    plan = network(OWN, dns_zones=ZONES[:1])
    [component] = plan.of_type("Network")
    [vnet] = plan.of_type("VirtualNetwork")
    [zone] = plan.of_type("PrivateZone")
    assert component.outputs["resource_id"] == vnet.id
    assert component.outputs["zone_ids"] == {ZONES[0]: zone.id}
    assert component.outputs["subnet_ids"]["aks"] == f"{vnet.id}/subnets/snet-churn-aks-dev"


def test_in_a_first_preview_names_are_known_and_ids_are_not():
    plan = network({**OWN, "hub": {"vnet_id": HUB}}, preview=True, dns_zones=ZONES[:1])
    [link] = plan.of_type("VirtualNetworkLink")
    [peering] = plan.of_type("VirtualNetworkPeering")
    assert link.input("privateZoneName") == ZONES[0]
    assert link.input("virtualNetwork.id") == UNKNOWN
    assert peering.input("virtualNetworkName") == "vnet-churn-dev"


def test_a_lock_protects_the_network_alone():
    protected = [each.name for each in network(OWN, lock=True).azure_resources if each.protect]
    assert protected == ["net-vnet"]


@pytest.mark.parametrize("data", [{"address_space": ["10.20.0.0/22"]}])
def test_settings_come_as_a_dict_too(data):
    assert NetworkArgs.model_validate({**placed(), "settings": data}).settings == NetworkSettings(**data)


def test_rules_network_and_way_out_report():
    plan = network(OWN)
    reported = {each.input("resourceUri"): each for each in plan.of_type("DiagnosticSetting")}
    wanted = [*plan.of_type("NetworkSecurityGroup"), *plan.of_type("VirtualNetwork"), *plan.of_type("PublicIPAddress")]
    assert set(reported) == {each.id for each in wanted}
    assert {each.input("workspaceId") for each in reported.values()} == {LOG}
    for group in plan.of_type("NetworkSecurityGroup"):
        assert reported[group.id].input("metrics") is None


def subnets_of(**changes):
    [vnet] = network(OWN, **changes).of_type("VirtualNetwork")
    return {each["name"].split("-")[2]: each for each in vnet.input("subnets")}


@pytest.mark.parametrize("service", [None, "Microsoft.Web/serverFarms", "Microsoft.App/environments"])
def test_the_containers_subnet_is_given_to_the_service_that_serves_models(service):
    given = {role: each.get("delegations") for role, each in subnets_of(container_delegation=service).items()}
    expected = [{"name": "delegation", "serviceName": service}] if service else None
    assert given == {**dict.fromkeys(given), "containers": expected}


@pytest.mark.parametrize("service", [None, "Microsoft.Web/serverFarms"])
def test_a_delegation_stays_once_nothing_is_in_the_subnet(service):
    """The network is updated before what was in it goes, and Azure refuses to take the delegation away before."""
    plan = network(OWN, container_delegation=service)
    [vnet] = plan.of_type("VirtualNetwork")
    [number] = [at for at, each in enumerate(vnet.input("subnets")) if "-containers-" in each["name"]]
    assert vnet.ignore_changes == (() if service else (f"subnets[{number}].delegations",))


@pytest.mark.parametrize("preview", [False, True])
def test_two_targets_have_subnets_that_are_delegated_to_them(preview):
    hosts = {"app_service": "10.21.0.0/26", "container_app": "10.21.0.64/26"}
    plan = network({**BRICKS, "subnets": hosts}, preview, container_delegation="Microsoft.App/environments")
    [vnet] = plan.of_type("VirtualNetwork")
    found = {
        each["name"]: (each["addressPrefix"], each["delegations"][0]["serviceName"])
        for each in vnet.input("subnets")
        if each.get("delegations")
    }
    assert found == {
        "snet-churn-containers-dev": ("10.20.3.0/25", "Microsoft.App/environments"),
        "snet-churn-app-service-dev": ("10.21.0.0/26", "Microsoft.Web/serverFarms"),
        "snet-churn-container-app-dev": ("10.21.0.64/26", "Microsoft.App/environments"),
    }
    added = {("NetworkSecurityGroup", f"net-{each}-rules") for each in ("app-service", "container-app")}
    assert set(beside_diagnostics(plan)) == {*BASE, *NAT, *added}
    groups = {each.name: each for each in plan.of_type("NetworkSecurityGroup")}
    for name in ("net-app-service-rules", "net-container-app-rules"):
        assert groups[name].input("securityRules") == groups["net-containers-rules"].input("securityRules")


def test_databricks_has_its_two_subnets_to_itself_and_writes_their_rules():
    plan = network(BRICKS, container_delegation="Microsoft.App/environments")
    [vnet], [nat] = plan.of_type("VirtualNetwork"), plan.of_type("NatGateway")
    added = {each["name"]: each for each in vnet.input("subnets") if "databricks" in each["name"]}
    groups = {each.azure_name: each for each in plan.of_type("NetworkSecurityGroup")}
    assert {name: each["addressPrefix"] for name, each in added.items()} == {
        "snet-churn-databricks-host-dev": "10.21.0.0/25",
        "snet-churn-databricks-container-dev": "10.21.0.128/25",
    }
    for name, subnet in added.items():
        group = groups[name.replace("snet", "nsg")]
        assert subnet["networkSecurityGroup"] == {"id": group.id}
        assert subnet["natGateway"] == {"id": nat.id}
        assert subnet["defaultOutboundAccess"] is False
        assert subnet["delegations"] == [{"name": "delegation", "serviceName": "Microsoft.Databricks/workspaces"}]
        # Rules of ours would take away those that Databricks writes.
        assert "securityRules" not in group.inputs
        assert group.ignore_changes == ("securityRules",)
    [component] = plan.of_type("Network")
    assert component.outputs["subnet_ids"]["databricks_host"] == f"{vnet.id}/subnets/snet-churn-databricks-host-dev"
    reported = {each.input("resourceUri") for each in plan.of_type("DiagnosticSetting")}
    assert {each.id for each in groups.values()} < reported


@pytest.mark.parametrize(("settings", "answer"), [(OWN, "Deny"), (BRICKS, "Allow")])
@pytest.mark.parametrize("port", ["3306", "6666", "8443", "8447", "8451"])
def test_nodes_of_databricks_reach_its_control_plane_by_the_endpoint(settings, port, answer):
    group = next(each for each in network(settings).of_type("NetworkSecurityGroup") if "endpoints" in each.name)
    assert effect(group.input("securityRules"), "Inbound", "VirtualNetwork", port) == answer
    assert effect(group.input("securityRules"), "Inbound", "Internet", port) == "Deny"


def test_databricks_changes_nothing_of_the_others():
    without, beside = network(OWN), network(BRICKS)
    for each in without.azure_resources:
        [same] = [other for other in beside.azure_resources if other.urn == each.urn]
        for path in ("subnets", "securityRules"):
            if path in each.inputs:
                assert [part for part in each.input(path) if part not in same.input(path)] == []
        if each.kind != "VirtualNetwork" and "endpoints" not in each.name:
            assert same.inputs == each.inputs
    assert all(each.ignore_changes == () for each in without.azure_resources if each.kind != "VirtualNetwork")


def rules_of(role, **changes):
    [group] = [each for each in network(OWN, **changes).of_type("NetworkSecurityGroup") if f"-{role}-" in each.name]
    return {each["name"]: each for each in group.input("securityRules")}


def test_pods_with_addresses_of_their_own_reach_each_other():
    """The network does not know them, so that its own rules would take them for the internet."""
    rules = rules_of("aks", pod_cidr="100.64.0.0/16")
    inbound, outbound = rules["allow-pods-inbound"], rules["allow-pods-outbound"]
    assert (inbound["sourceAddressPrefix"], inbound["destinationAddressPrefix"]) == ("100.64.0.0/16", "*")
    assert (outbound["sourceAddressPrefix"], outbound["destinationAddressPrefix"]) == ("*", "100.64.0.0/16")
    for rule, other in ((inbound, "deny-internet-inbound"), (outbound, "deny-remote-login-outbound")):
        assert (rule["access"], rule["direction"]) == ("Allow", rules[other]["direction"])
        assert rule["priority"] < rules[other]["priority"]
    without = {"deny-internet-inbound", "deny-remote-login-outbound"}
    assert set(rules_of("aks")) == without
    assert set(rules_of("containers", pod_cidr="100.64.0.0/16")) == without
