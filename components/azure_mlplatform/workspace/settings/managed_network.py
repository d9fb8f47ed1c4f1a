"""The network that Azure runs for a workspace, with its outbound rules."""

import re
from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from ...foundation.duplicates import Named, duplicates_among
from ...foundation.model import Settings, check
from ...foundation.rules import field_rule, matching, pattern_rule, published_as, stands_for
from ...foundation.values import ARM_GROUP, ARM_NAME
from ...foundation.violations import Violation, rule_error

_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"

OWN_PREFIX = "own-"
"""The prefix of rules that follow from other settings: the workspace's own parts, datastores and AI services."""


class Isolation(StrEnum):
    """The outbound traffic that a managed network allows. It cannot be loosened later."""

    ALLOW_INTERNET_OUTBOUND = "AllowInternetOutbound"
    ALLOW_ONLY_APPROVED_OUTBOUND = "AllowOnlyApprovedOutbound"


_PORTS = r"\s*[0-9]{1,5}(?:-[0-9]{1,5})?\s*"


@published_as(
    lambda: matching(
        rf"\*|{_PORTS}(?:,{_PORTS})*", "Not a list of ports. Allowed: such as '443' or '443,8000-8443', or '*'"
    )
)
def port_ranges_rule(value: str) -> str:
    """Returns a list of ports and port ranges. Raises an error if it is not one."""
    for part in [] if value == "*" else value.split(","):
        found = re.fullmatch(r"\s*(\d{1,5})(?:-(\d{1,5}))?\s*", part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 0 < first <= last < 65536:
            raise rule_error(f"'{value}' is not a list of ports", "Allowed: such as '443' or '443,8000-8443', or '*'")
    return value


class PrivateEndpointRule(Settings):
    """Allows outbound traffic to a resource, through a private endpoint that Azure makes."""

    name: str = Field(pattern=_NAME, examples=["warehouse"])
    """The rule's name."""

    resource_id: str = Field(examples=["/subscriptions/…/Microsoft.Sql/servers/sql-warehouse"])
    """The resource, by id. The workspace's identity needs the right to approve connections to it."""

    group_id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{1,63}$", examples=["sqlServer"])
    """The part of the resource, such as `blob`, `dfs` or `sqlServer`."""

    _id = field_rule(
        stands_for("/subscriptions/<id>/resourceGroups/<group>/providers/<provider>/<type>/<name>")(
            pattern_rule(
                rf"{ARM_GROUP}/providers/[A-Za-z.]+(/{ARM_NAME}/{ARM_NAME})+",
                "is not the id of a resource",
                "/subscriptions/<id>/resourceGroups/<group>/providers/<provider>/<type>/<name>",
            )
        ),
        "resource_id",
    )


class ServiceTagRule(Settings):
    """Allows outbound traffic to a service tag."""

    name: str = Field(pattern=_NAME, examples=["monitor"])
    """The rule's name."""

    service_tag: str = Field(pattern=r"^[A-Z][A-Za-z0-9]+(\.[A-Za-z0-9]+)?$", examples=["AzureMonitor"])
    """The tag."""

    protocol: str = Field(default="TCP", pattern=r"^(TCP|UDP|\*)$", examples=["TCP"])
    """`TCP`, `UDP` or `*`. Default: `TCP`."""

    port_ranges: str = Field(default="443", examples=["443,8000-8443"])
    """Ports and port ranges, separated by commas, or `*`. Default: 443."""

    _ports = field_rule(port_ranges_rule, "port_ranges")


_STORAGE = re.compile(r"\.(blob|dfs|file|queue|table)\.core\.windows\.net$", re.IGNORECASE)


class FqdnRule(Settings):
    """Allows outbound traffic to a host name. With the first such rule Azure adds a firewall, at a cost."""

    name: str = Field(pattern=_NAME, examples=["pypi"])
    """The rule's name."""

    fqdn: str = Field(pattern=r"^(\*\.)?([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$", examples=["pypi.org"])
    """The host name, or `*.` and a domain."""

    @check
    def _storage_has_an_endpoint(self) -> Iterator[Violation]:
        if _STORAGE.search(self.fqdn):
            yield Violation(
                ("fqdn",),
                self.fqdn,
                f"'{self.fqdn}' is a storage account, which a managed network reaches only by a private endpoint",
                "Make it a datastore, or add a rule to private_endpoints",
            )


class ManagedNetworkSettings(Settings):
    """The network that Azure runs, with `network_mode: managed` only."""

    isolation: Isolation = Isolation.ALLOW_ONLY_APPROVED_OUTBOUND
    """The outbound traffic that it allows. Default: `AllowOnlyApprovedOutbound`, only what its rules name."""

    private_endpoints: list[PrivateEndpointRule] = Field(default_factory=list)
    """Resources that it reaches by private endpoints, in addition to the workspace's own parts, datastores and AI
    services, which get rules automatically."""

    service_tags: list[ServiceTagRule] = Field(default_factory=list)
    """Services that it reaches, by service tag."""

    fqdns: list[FqdnRule] = Field(default_factory=list)
    """Hosts that it reaches, by host name."""

    provision_now: bool = True
    """Whether it is made with the workspace (about 30 minutes). Otherwise it is made with the first compute."""

    @check
    def _rules_go_with_approved_outbound(self) -> Iterator[Violation]:
        if self.isolation is Isolation.ALLOW_ONLY_APPROVED_OUTBOUND:
            return
        for field in ("service_tags", "fqdns"):
            if getattr(self, field):
                yield Violation(
                    (field,),
                    None,
                    f"{field} are given, but isolation is '{self.isolation}', which allows all outbound traffic",
                    f"Leave them out, or set isolation: {Isolation.ALLOW_ONLY_APPROVED_OUTBOUND}",
                )

    @check
    def _rules_have_names_of_their_own(self) -> Iterator[Violation]:
        names = [
            Named((field, index, "name"), rule.name, f"in {field}")
            for field in ("private_endpoints", "service_tags", "fqdns")
            for index, rule in enumerate(getattr(self, field))
        ]
        yield from duplicates_among(names, "outbound rule")
        for each in names:
            if each.name.lower().startswith(OWN_PREFIX):
                yield Violation(
                    each.path,
                    each.name,
                    f"'{each.name}' has the prefix of rules that follow from other settings",
                    f"Choose a name that does not begin with '{OWN_PREFIX}'",
                )
