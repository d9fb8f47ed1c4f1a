"""The rules of the subnets' security groups.

Priorities 100 to 999 allow, 4000 and higher deny. Azure's default rules decide everything else: they allow all traffic
inside the network and none from the internet ("Network security groups").
"""

from typing import Any, Optional

from .settings import DATABRICKS_SUBNETS, NetworkSettings, SubnetRole

ANY = "*"


def _rule(
    name: str,
    description: str,
    priority: int,
    *,
    protocol: str = ANY,
    source: str = ANY,
    destination: str = ANY,
    ports: Optional[list[str]] = None,
) -> Any:
    """Makes a rule. Its name begins with the access and ends with the direction, such as `deny-internet-inbound`."""
    access, _, rest = name.partition("-")
    port = {"destination_port_range": ports[0] if ports else ANY}
    return {
        "name": name,
        "description": description,
        "priority": priority,
        "direction": rest.rpartition("-")[2].capitalize(),
        "access": access.capitalize(),
        "protocol": protocol,
        "source_address_prefix": source,
        "source_port_range": ANY,
        "destination_address_prefix": destination,
        **({"destination_port_ranges": ports} if ports and len(ports) > 1 else port),
    }


_NETWORK = "VirtualNetwork"

_DENY_INTERNET = _rule("deny-internet-inbound", "Nothing here is reached from the internet.", 4000, source="Internet")
_DENY_REMOTE_LOGIN = _rule(
    "deny-remote-login-outbound",
    "A node that is taken over does not log in to its neighbours.",
    4000,
    protocol="Tcp",
    destination=_NETWORK,
    ports=["22", "3389"],
)
_ALLOW_HTTPS = _rule(
    "allow-https-inbound",
    "The network reaches its endpoints over HTTPS.",
    100,
    protocol="Tcp",
    source=_NETWORK,
    ports=["443"],
)
_ALLOW_SMB = _rule(
    "allow-smb-inbound",
    "Computes mount the workspace's file share.",
    110,
    protocol="Tcp",
    source=_NETWORK,
    ports=["445"],
)
_ALLOW_DATABRICKS = _rule(
    "allow-databricks-inbound",
    "Databricks' nodes reach its control plane.",
    120,
    protocol="Tcp",
    source=_NETWORK,
    # For a subnet whose endpoints obey a security group: "Azure Private Link concepts" (Azure Databricks).
    ports=["3306", "6666", "8443-8451"],
)
_DENY_OTHERS = _rule("deny-other-inbound", "An endpoint answers nothing else.", 4096)

_RULES: dict[SubnetRole, list[Any]] = {
    SubnetRole.ENDPOINTS: [_ALLOW_HTTPS, _ALLOW_SMB, _DENY_OTHERS],
    # Nodes of one distributed job log in to each other, so the training subnet allows remote login inside the network.
    SubnetRole.TRAINING: [_DENY_INTERNET],
    SubnetRole.AKS: [_DENY_INTERNET, _DENY_REMOTE_LOGIN],
    SubnetRole.CONTAINERS: [_DENY_INTERNET, _DENY_REMOTE_LOGIN],
    SubnetRole.RUNNERS: [_DENY_INTERNET, _DENY_REMOTE_LOGIN],
    SubnetRole.APP_SERVICE: [_DENY_INTERNET, _DENY_REMOTE_LOGIN],
    SubnetRole.CONTAINER_APP: [_DENY_INTERNET, _DENY_REMOTE_LOGIN],
}


def security_rules(role: SubnetRole, network: NetworkSettings, pod_cidr: Optional[str]) -> Optional[list[Any]]:
    """The rules of a subnet's security group. None for Databricks' subnets: Databricks writes their rules itself."""
    if role in DATABRICKS_SUBNETS:
        return None
    rules = list(_RULES[role])
    if role is SubnetRole.AKS and pod_cidr is not None:
        rules += _pod_rules(pod_cidr)
    if role is SubnetRole.ENDPOINTS and SubnetRole.DATABRICKS_HOST in network.ranges():
        rules.append(_ALLOW_DATABRICKS)
    return rules


def _pod_rules(pod_cidr: str) -> list[Any]:
    """The rules for pods with addresses outside the network ("Azure CNI Overlay").

    Pods and nodes use these addresses without translation, and Azure counts them as the internet.
    """
    says = "Pods of one cluster reach each other."
    return [
        _rule("allow-pods-inbound", says, 200, source=pod_cidr),
        _rule("allow-pods-outbound", says, 200, destination=pod_cidr),
    ]
