"""Notices about what resolves the names of private endpoints in an own network.

Sources, read 2026-11-28: "Create a private AKS cluster", hub and spoke with custom DNS (MicrosoftDocs/azure-aks-docs);
Azure/AKS#4841 and #4998: AKS itself links the zone of its API server to the network of the nodes, an adopted one too.
"""

from collections.abc import Iterator
from typing import Optional

from ...catalogue.private_link import PrivateService, zones
from ...inference.settings.inference import InferenceSettings
from ...network.settings import DnsMode, NetworkSettings


def name_resolution_notices(
    network: Optional[NetworkSettings],
    inference: Optional[InferenceSettings],
    dns_zones: list[str],
    location: str,
    network_name: str,
) -> Iterator[str]:
    """A notice for each thing that others have to do, or private endpoints do not resolve. None for a network that
    others run. `network_name` is the Azure name of the own network."""
    if network is None or network.adopted:
        return
    dns, listed = network.dns, ", ".join(dns_zones)
    if dns_zones and not dns.servers and dns.mode is not DnsMode.CREATE:
        yield (
            f"network.dns: mode is '{dns.mode}' without servers, so names of private endpoints resolve in "
            f"{network_name} only after the owner of these zones links each to it: {listed}. Or set "
            "network.dns.servers, such as the hub's resolver"
        )
    if dns_zones and dns.servers and dns.mode is DnsMode.CREATE:
        yield (
            f"network.dns: mode is 'create', which links the zones to {network_name} only. Link them to the network of "
            f"the DNS servers too, or the servers cannot resolve them: {listed}"
        )
    aks = inference.aks if inference else None
    if aks is not None and not aks.adopted and dns.servers and dns.mode is not DnsMode.ADOPT:
        [zone] = zones(PrivateService.KUBERNETES, location)
        yield (
            f"network.dns: AKS makes a zone below {zone} and links it to {network_name} only. The cluster cannot be "
            "made unless somebody links that zone to the network of the DNS servers meanwhile; with mode: adopt, AKS "
            "takes a zone that is linked already"
        )
