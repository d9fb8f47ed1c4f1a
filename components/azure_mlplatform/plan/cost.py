"""What a plan costs a month: the least, if nobody uses it, and the most that its settings allow all the time.

Counted is what Azure bills by time. What it bills by use is named, and so is what has no price: neither is 0.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Optional

from ..catalogue.meters import GLOBAL, NOT_COUNTED, Charge, Meter, billing_of
from ..catalogue.prices import Price, PriceTable
from ..foundation.plurals import counted
from ..foundation.problems import Problem
from ..resource_types import resource_type
from .resource import UNKNOWN, Plan, PlannedResource


@dataclass(frozen=True, slots=True)
class CostLine:
    """A charge of one resource."""

    urn: str
    kind: str
    """The sort of resource, in a person's words."""

    name: str
    """Its name in Azure."""

    charge: str
    """What of it is paid for."""

    region: str
    meter: Optional[Meter]
    least: Decimal
    most: Decimal
    """How many there are all the time."""

    price: Optional[Price]
    """The row of the price table. None: no price."""

    @property
    def what(self) -> str:
        """The resource and the charge in words."""
        return f"{self.kind} {self.name}: {self.charge}"

    @property
    def floor(self) -> Optional[Decimal]:
        """The least a month. 0 without a price, if there may be none; None if nobody knows."""
        return self._sum(self.least)

    @property
    def ceiling(self) -> Optional[Decimal]:
        """The most a month. None if nobody knows."""
        return self._sum(self.most)

    def _sum(self, count: Decimal) -> Optional[Decimal]:
        if not count:
            return Decimal(0)
        return None if self.price is None else count * self.price.a_month

    def as_json(self) -> dict[str, Any]:
        """The line as `mlplatform cost --json` prints it."""
        row = self.price
        return {
            "urn": self.urn,
            "what": self.what,
            "region": self.region,
            "meter": None if self.meter is None else str(self.meter),
            "least": float(self.least),
            "most": float(self.most),
            "floor": _float(self.floor),
            "ceiling": _float(self.ceiling),
            "price": row
            and {
                "region": row.region,
                "service": row.service,
                "sku": row.sku,
                "meter": row.meter,
                "price": float(row.price),
                "currency": row.currency,
                "unit": row.unit,
                "source": row.source,
                "day": row.day.isoformat(),
            },
        }


@dataclass(frozen=True, slots=True)
class PlanCost:
    """What a stack costs a month."""

    project: str
    stack: str
    currency: str
    """Empty without any price."""

    lines: tuple[CostLine, ...]
    by_use: tuple[tuple[str, str, str], ...]
    """The resources that cost by use: sort, name, and what is counted."""

    budget: Optional[Decimal]
    """The amount of the budget in the plan."""

    @property
    def floor(self) -> Decimal:
        """The sum of what is known at least."""
        return sum((each.floor or Decimal(0) for each in self.lines), Decimal(0))

    @property
    def ceiling(self) -> Decimal:
        """The sum of what is known at most."""
        return sum((each.ceiling or Decimal(0) for each in self.lines), Decimal(0))

    @property
    def without_price(self) -> list[CostLine]:
        """The lines that no sum has, because they have no price."""
        return [each for each in self.lines if each.price is None and each.most]

    @property
    def floor_lacks(self) -> list[CostLine]:
        """The lines that the floor lacks."""
        return [each for each in self.lines if each.floor is None]

    def problems(self, file: str) -> Iterator[Problem]:
        """A problem if the budget does not even pay for what runs without any use."""
        if self.budget is not None and self.budget < _cents(self.floor):
            yield Problem(
                ("azure-mlplatform:budget", "amount"),
                f"a budget of {money(self.budget)} is below the floor: {money(self.floor, self.currency)} a month cost "
                "even if nobody uses it",
                f"Give at least {_up(_cents(self.floor))}, or ask for less. `mlplatform cost {self.stack}` shows why",
                file,
            )

    def as_json(self) -> dict[str, Any]:
        """The cost as `mlplatform cost --json` prints it."""
        return {
            "project": self.project,
            "stack": self.stack,
            "currency": self.currency or None,
            "floor": float(_cents(self.floor)),
            "ceiling": float(_cents(self.ceiling)),
            "budget": _float(self.budget),
            "lines": [each.as_json() for each in self.lines],
            "without_price": [each.what for each in self.without_price],
            "by_use": [{"what": f"{kind} {name}", "uses": uses} for kind, name, uses in self.by_use],
            "not_counted": list(NOT_COUNTED),
        }


def cost_of(plan: Plan, prices: PriceTable) -> PlanCost:
    """What a plan costs with the prices of a table."""
    lines: list[CostLine] = []
    by_use: list[tuple[str, str, str]] = []
    for resource in plan.azure_resources:
        billing = billing_of(resource.type)
        kind = resource_type(resource.type).words_for(resource)
        lines += (_line(plan, resource, kind, each, prices) for each in billing.charges(resource.input))
        if billing.uses:
            by_use.append((kind, resource.azure_name, billing.uses))
    return PlanCost(
        plan.project, plan.stack, prices.currency, tuple(lines), tuple(by_use), _budget(plan.azure_resources)
    )


def meters_of(plans: Iterable[Plan]) -> list[tuple[str, Meter]]:
    """Every region and meter that some plans use, once and sorted."""
    found = {
        (GLOBAL if charge.meter.worldwide else region, charge.meter)
        for plan in plans
        for resource in plan.azure_resources
        for charge in billing_of(resource.type).charges(resource.input)
        if charge.meter is not None and charge.most and (region := _region(plan, resource))
    }
    return sorted(found)


def _line(plan: Plan, resource: PlannedResource, kind: str, charge: Charge, prices: PriceTable) -> CostLine:
    region = _region(plan, resource)
    price = prices.price(region, charge.meter) if charge.meter is not None else None
    return CostLine(
        resource.urn,
        kind,
        resource.azure_name,
        charge.what or (str(charge.meter) if charge.meter else ""),
        region,
        charge.meter,
        charge.least,
        max(charge.least, charge.most),
        price,
    )


def _region(plan: Plan, resource: PlannedResource) -> str:
    """The region of a resource: its own, else that of what it is part of, else of the plan's first group."""
    own = resource.input("location")
    if isinstance(own, str) and own != UNKNOWN:
        return own.lower().replace(" ", "")
    located = [each for each in plan.azure_resources if isinstance(each.input("location"), str)]
    whole = [each for each in located if each.id != UNKNOWN and resource.id.startswith(f"{each.id}/")]
    groups = [each for each in located if each.kind == "ResourceGroup"]
    nearest = max(whole, key=lambda each: len(each.id), default=None) or next(iter([*groups, *located]), None)
    return "" if nearest is None else str(nearest.input("location")).lower().replace(" ", "")


def _budget(resources: Sequence[PlannedResource]) -> Optional[Decimal]:
    amounts = [each.input("amount") for each in resources if each.kind == "Budget"]
    known = [Decimal(str(each)) for each in amounts if isinstance(each, int | float)]
    return min(known, default=None)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _up(amount: Decimal) -> str:
    return f"{amount.to_integral_value('ROUND_CEILING'):,}"


def _float(amount: Optional[Decimal]) -> Optional[float]:
    return None if amount is None else float(_cents(amount))


def money(amount: Optional[Decimal], currency: str = "") -> str:
    """An amount for a person: `1,234.50 EUR`. `no price` if nobody knows it."""
    return "no price" if amount is None else f"{_cents(amount):,} {currency}".rstrip()


def bound(cost: PlanCost, *, most: bool = False) -> str:
    """The floor or ceiling in a few words, with the number of what it lacks."""
    lacking = len(cost.without_price if most else cost.floor_lacks)
    priced = any(each.price is not None for each in cost.lines)
    without = f"{lacking} without a price" if lacking else ""
    if not priced and lacking:
        return f"no price ({without})"
    amount = money(cost.ceiling if most else cost.floor, cost.currency)
    return f"{amount} + {without}" if lacking else amount


def cost_table(cost: PlanCost) -> list[str]:
    """The cost as lines of text. Equal charges of several resources share a line."""
    rows = [("", "least", "most", "price")]
    rows += (
        (each.what, money(each.floor, cost.currency), money(each.ceiling, cost.currency), _said(each))
        for each in grouped(cost.lines)
    )
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f"{cost.project} {cost.stack}: a month"]
    lines += [
        f"  {what:<{widths[0]}}  {least:>{widths[1]}}  {most:>{widths[2]}}  {said}".rstrip()
        for what, least, most, said in rows
    ]
    lines += ["", f"  floor    {bound(cost)}", f"  ceiling  {bound(cost, most=True)}"]
    if cost.budget is not None:
        lines.append(f"  budget   {money(cost.budget)}, in the currency of the bill")
    if cost.without_price:
        lines += ["", "  No price, so in no sum:", *(f"    {each.what}" for each in grouped(cost.without_price))]
    if cost.by_use:
        lines += ["", "  Depends on use:", *(f"    {what}: {uses}" for what, uses in used(cost))]
    return [*lines, "", f"  Not counted: {', '.join(NOT_COUNTED)}"]


def _said(line: CostLine) -> str:
    """How many there are, and the row of the price table."""
    row, least, most = line.price, f"{line.least.normalize():f}", f"{line.most.normalize():f}"
    count = least if least == most else f"{least} to {most}"
    return f"{count} x " + (
        f"{row.price:f} {row.currency} per {row.unit.lstrip('1 /')} ({row.day})" if row else "no price"
    )


def grouped(lines: Iterable[CostLine]) -> list[CostLine]:
    """The lines, with those of equal charges of one sort of resource in one."""
    found: dict[tuple[object, ...], list[CostLine]] = {}
    for each in lines:
        found.setdefault((each.kind, each.charge, each.region, each.price), []).append(each)
    return [
        replace(
            each[0],
            name=each[0].name if len(each) == 1 else f"({len(each)})",
            least=sum((one.least for one in each), Decimal(0)),
            most=sum((one.most for one in each), Decimal(0)),
        )
        for each in found.values()
    ]


def used(cost: PlanCost) -> list[tuple[str, str]]:
    """The resources that cost by use, in words, with what is counted. Several of one sort are one."""
    found: dict[tuple[str, str], list[str]] = {}
    for kind, name, uses in cost.by_use:
        found.setdefault((kind, uses), []).append(name)
    return [
        (f"{kind} {names[0]}" if len(names) == 1 else counted(len(names), kind), uses)
        for (kind, uses), names in found.items()
    ]
