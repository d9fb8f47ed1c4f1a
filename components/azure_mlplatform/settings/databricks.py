"""Databricks: a workspace in the network, and by what name the machine-learning workspace knows it."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from pydantic import Field

from ..catalogue.private_link import PrivateService
from ..foundation.model import Settings
from ..foundation.naming import attached_compute_name
from ..foundation.rules import field_rule
from ..foundation.secret_values import SECRET
from ..foundation.values import same_id
from ..foundation.violations import Violation
from .network import DATABRICKS_SUBNETS, NetworkSettings

if TYPE_CHECKING:
    from .environment import EnvironmentSettings

TOKEN_KEY = "databricks_token"  # noqa: S105 - the key's name
"""The secret, beside the settings, that attaches Databricks: a personal access token of its workspace."""

SPACES = range(16, 25)
"""Prefix lengths of a network that Databricks takes ("Deploy Azure Databricks in your Azure virtual network")."""


class DatabricksSettings(Settings):
    """A Databricks workspace. It is attached to the machine-learning workspace where the stack has the secret
    `databricks_token`, and otherwise not."""

    compute_name: str = Field(default="databricks", examples=["spark"])
    """What jobs of the machine-learning workspace name it by, once it is attached: 2 to 16 characters. Left out:
    `databricks`."""

    browser_authentication: bool = False
    """Whether people of the whole region sign in to Databricks by an endpoint of this environment. A DNS zone has one
    such endpoint for each region, so one that someone else has made must not be made again. Left out, it is not."""

    _compute = field_rule(attached_compute_name, "compute_name")

    @property
    def private_services(self) -> list[PrivateService]:
        """What it has private endpoints to."""
        sign_in = [PrivateService.DATABRICKS_SIGN_IN] if self.browser_authentication else []
        return [PrivateService.DATABRICKS, PrivateService.DATABRICKS_STORAGE, *sign_in]


def databricks_violations(environment: "EnvironmentSettings") -> Iterator[Violation]:
    """What is wrong with the network that Databricks is to be in."""
    if environment.databricks is None:
        return
    if environment.network is None:
        yield Violation(
            ("databricks",),
            None,
            "Databricks is in a network, and the environment has none",
            "Add network, with a range for databricks_host and one for databricks_container in network.subnets",
        )
    elif environment.network.adopted:
        yield from _adopted_violations(environment.network)
    else:
        yield from _own_violations(environment.network)


def _own_violations(network: NetworkSettings) -> Iterator[Violation]:
    for role in DATABRICKS_SUBNETS:
        given = getattr(network.subnets, role)
        if given is None:
            yield Violation(
                ("network", "subnets", role.value),
                None,
                f"Databricks needs the subnet {role}, which has no share of the address space",
                "Add a range to network.address_space, such as a /24, and give network.subnets.databricks_host and "
                "databricks_container a half each",
            )
            continue
        subnet = IPv4Network(given)
        for space in map(IPv4Network, network.address_space):
            if subnet.subnet_of(space) and space.prefixlen not in SPACES:
                yield Violation(
                    ("network", "subnets", role.value),
                    given,
                    f"{role} lies in {space}, and Databricks takes networks of /{SPACES[0]} to /{SPACES[-1]}",
                    "Put both of its subnets into a range of such a size in network.address_space",
                )


def _adopted_violations(network: NetworkSettings) -> Iterator[Violation]:
    ids = [getattr(network.subnet_ids, role) for role in DATABRICKS_SUBNETS]
    for role, subnet_id in zip(DATABRICKS_SUBNETS, ids, strict=True):
        if subnet_id is None:
            yield Violation(
                ("network", "subnet_ids", role.value),
                None,
                f"Databricks needs the subnet {role}, and none is adopted",
                f"Add {role}: <the id of a subnet that is given to Microsoft.Databricks/workspaces>",
            )
    host, container = ids
    if host is None or container is None or SECRET in ids:
        return
    at = ("network", "subnet_ids", DATABRICKS_SUBNETS[1].value)
    if same_id(host, container):
        yield Violation(at, container, "databricks_host and databricks_container are one subnet", "Name two")
    elif not same_id(*(each.rsplit("/subnets/", 1)[0] for each in ids)):
        yield Violation(
            at,
            container,
            "databricks_container is in another network than databricks_host",
            "Name two subnets of one network",
        )


def token_violations(environment: "EnvironmentSettings") -> Iterator[Violation]:
    """What is wrong with a token in this environment: that there is nothing to attach, or to attach to."""
    missing = [field for field in ("databricks", "workspace") if getattr(environment, field) is None]
    if missing:
        yield Violation(
            (TOKEN_KEY,),
            None,
            f"{TOKEN_KEY} attaches Databricks to the machine-learning workspace, and there is no "
            + " and no ".join(missing),
            f"Add {' and '.join(missing)}, or take the token away (`pulumi config rm`)",
        )


def databricks_notices(environment: "EnvironmentSettings") -> Iterator[str]:
    """What is right in this environment and should still be known."""
    if environment.databricks is not None and environment.customer_managed_key is not None:
        yield "databricks: customer_managed_key does not reach it, so what it stores is encrypted with Microsoft's keys"
