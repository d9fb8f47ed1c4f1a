"""All that the settings of an environment share with others, with its reasons: what `mlplatform check` compares."""

from ..catalogue.private_link import PrivateService, zones
from ..foundation.cluster_sharing import Attach
from ..network.settings import DnsMode
from .settings.environment import EnvironmentSettings

ANY = "*"


def shares_of(settings: EnvironmentSettings) -> list[dict[str, str]]:
    """The shares of the settings, and the zone and the cluster that it shares with all others on them."""
    found = [
        {
            "resource_id": each.resource_id,
            "project": each.project,
            "environment": each.environment.value,
            "reason": each.reason,
        }
        for each in settings.shares
    ]
    aks = settings.inference.aks if settings.inference else None
    if aks is None:
        return found
    zone_id = None
    if settings.network is not None and settings.network.dns.mode is DnsMode.ADOPT:
        [zone] = zones(PrivateService.KUBERNETES, settings.location)
        zone_id = settings.network.dns.zone_id(zone)
    for resource_id, reason in (
        (zone_id, aks.shared_zone_reason),
        (aks.cluster_id if aks.attach is Attach.SHARED else None, aks.shared_cluster_reason),
    ):
        if resource_id is not None and reason is not None:
            found.append({"resource_id": resource_id, "project": ANY, "environment": ANY, "reason": reason})
    return found
