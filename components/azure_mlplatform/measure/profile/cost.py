"""What a candidate costs a month, by the price table."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Optional

from ...catalogue.meters import MACHINES, Meter
from ..endpoints.endpoint import Kind

if TYPE_CHECKING:
    from ...catalogue.prices import Price, PriceTable
    from .candidates import Candidate


@dataclass(frozen=True, slots=True)
class MonthlyCost:
    """The price of machines that run all month."""

    amount: Decimal
    currency: str
    machines: int
    row: "Price"
    """The row of the table that it was computed from."""


def monthly_cost(
    table: "PriceTable", region: str, vm_size: Optional[str], machines: Optional[int]
) -> Optional[MonthlyCost]:
    """The cost of machines of a size in a region. None: no price, because the table has no row, or the size, the number
    or the region is not known."""
    if not vm_size or not machines or not region:
        return None
    row = table.price(region, Meter(MACHINES, vm_size))
    if row is None:
        return None
    return MonthlyCost(row.a_month * machines, row.currency, machines, row)


def billed_machines(
    candidate: "Candidate", kind: Kind, vm_size: Optional[str], instances: Optional[int]
) -> tuple[Optional[str], Optional[int]]:
    """The size and number of the machines that a candidate is billed for.

    On a managed endpoint they are its instances. That the 20 % which Azure reserves for upgrades ("CLI (v2) managed
    online deployment YAML schema", 2022-04-26; read 2026-11-28) is not billed is assumed. On a cluster they are the
    nodes that the file names: a pool is billed whole.
    """
    if candidate.node_size is not None:
        return candidate.node_size, candidate.nodes
    return (vm_size, instances) if kind is Kind.MANAGED else (None, None)
