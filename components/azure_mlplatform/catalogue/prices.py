"""The prices of Azure's meters, read from a table: one row for each region, meter and currency, with source and day.

No price is made up. What has no row has no price: never 0, and never another region's. The packaged table,
`prices.csv`, has only rows that were read in a published source; `mlplatform prices update` makes a repository's own.
"""

import csv
import datetime
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Optional

from ..foundation.problems import Problem, ProblemsError
from ..foundation.values import nearest
from .meters import GLOBAL, Meter
from .regions import REGIONS

COLUMNS = ("region", "service", "sku", "meter", "price", "currency", "unit", "source", "day")
"""The columns of the table, in their order."""

FILE = "prices.csv"
"""The name of the table, in a repository beside requests/platform.yaml."""

PACKAGED = Path(__file__).parent / FILE

HOURS = Decimal(730)
"""The hours of a month. Azure's own estimates use this number (Learn: "Azure Retail Prices overview", as Microsoft's
azure-skills quotes it: retailPrice times 730; read 2026-11-28)."""

_A_MONTH: Mapping[str, Decimal] = {"Hour": HOURS, "Day": HOURS / 24, "Month": Decimal(1)}
_UNIT = re.compile(r"(\d+)\s*[ /]\s*(Hour|Day|Month)s?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Price:
    """A row of the table."""

    region: str
    """Azure's name of the region, such as `westeurope`; `Global` for a meter with one price for all."""

    service: str
    sku: str
    meter: str
    price: Decimal
    """For one unit. More than 0."""

    currency: str
    """Three letters."""

    unit: str
    """A unit of time as Azure spells it, such as `1 Hour`, `1/Day` or `1/Month`."""

    source: str
    day: datetime.date
    """The day on which it was read."""

    @property
    def a_month(self) -> Decimal:
        """The price of one that exists for a whole month of 730 hours."""
        return self.price * units_a_month(self.unit)

    @property
    def key(self) -> tuple[str, ...]:
        """What a table has once."""
        return (self.region, self.service, self.sku, self.meter, self.currency)


def units_a_month(unit: str) -> Decimal:
    """The number of units in a month. Raises ValueError if it is not a unit of time."""
    found = _UNIT.fullmatch(unit.strip())
    if not found or not int(found[1]):
        raise ValueError(unit)
    return _A_MONTH[found[2].capitalize()] / int(found[1])


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The rows of a table in one currency."""

    rows: tuple[Price, ...]
    currency: str
    """Empty if the table has no row."""

    place: str
    """The file."""

    def price(self, region: str, meter: Meter) -> Optional[Price]:
        """The price of a meter in a region, or None. Of several that fit, None too: a guess is no price."""
        wanted = GLOBAL if meter.worldwide else region
        found = [each for each in self.rows if each.region == wanted and fits(each, meter)]
        return found[0] if len(found) == 1 else None


def fits(price: Price, meter: Meter) -> bool:
    """Whether a row is for a meter, in whatever region."""
    if price.service != meter.service or (meter.sku and price.sku != meter.sku):
        return False
    if not meter.of_machines:
        return price.meter == meter.meter
    return next((each for each in ("Low Priority", "Spot") if price.meter.endswith(each)), "") == meter.priority


def own_table(root: Path) -> Path:
    """The table of a repository, which replaces the packaged one if it exists."""
    return root / "requests" / FILE


def table_for(folder: Path) -> Path:
    """The table for a folder: that of the nearest folder above that has one, else the packaged one."""
    above = [folder.resolve(), *folder.resolve().parents]
    return next((own_table(each) for each in above if own_table(each).is_file()), PACKAGED)


def price_table(file: Path, currency: str = "") -> PriceTable:
    """The rows of a file in a currency. Default: the only one that it has. Raises ProblemsError with all problems."""
    rows = read_prices(file)
    currencies = sorted({each.currency for each in rows})
    if not currency and len(currencies) > 1:
        what = f"has prices in {', '.join(currencies)}"
        raise ProblemsError([Problem((), what, "Name one with --currency", str(file))])
    wanted = currency or (currencies[0] if currencies else "")
    return PriceTable(tuple(each for each in rows if each.currency == wanted), wanted, str(file))


def read_prices(file: Path) -> list[Price]:
    """All rows of a file. Raises ProblemsError with the problems of all rows."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        fix = "Make one with: mlplatform prices update"
        raise ProblemsError([Problem((), f"cannot be read ({error.strerror})", fix, str(file))]) from None
    except UnicodeDecodeError:
        raise ProblemsError([Problem((), "is not text in UTF-8", "Save it as CSV in UTF-8", str(file))]) from None
    return parsed_prices(text, str(file))


def parsed_prices(text: str, place: str) -> list[Price]:
    """The rows in the text of a table. Raises ProblemsError with the problems of all rows."""
    lines = csv.reader(io.StringIO(text, newline=""))
    columns = ",".join(COLUMNS)
    try:
        header = tuple(each.strip() for each in next(lines, []))
        if header != COLUMNS:
            raise ProblemsError(
                [Problem((), "does not begin with the names of the columns", f"First line: {columns}", f"{place}:1")]
            )
        numbered = [(lines.line_num, [each.strip() for each in row]) for row in lines if any(map(str.strip, row))]
    except csv.Error as error:
        raise ProblemsError([Problem((), f"is not CSV: {error}", f"Columns: {columns}", place)]) from None
    found: list[Price] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, row in numbered:
        where = f"{place}:{number}"
        wrong = list(_problems(row, where))
        problems += wrong
        if wrong:
            continue
        region, service, sku, meter, price, currency, unit, source, day = row
        made = Price(
            region, service, sku, meter, Decimal(price), currency, unit, source, datetime.date.fromisoformat(day)
        )
        if made.key in seen:
            fix = f"Line {seen[made.key]} has it too. Keep one"
            problems.append(Problem((), f"a second price of {meter or sku} in {region} in {currency}", fix, where))
        seen.setdefault(made.key, number)
        found.append(made)
    if problems:
        raise ProblemsError(problems)
    return found


def _problems(row: list[str], where: str) -> Iterator[Problem]:
    if len(row) != len(COLUMNS):
        yield Problem((), f"has {len(row)} columns", f"Expected {len(COLUMNS)}: {', '.join(COLUMNS)}", where)
        return
    given = dict(zip(COLUMNS, row, strict=True))
    for column in ("service", "meter", "source"):
        if not given[column]:
            yield Problem((column,), "is empty", "Every price says what it is for, and where it was read", where)
    region = given["region"]
    if region != GLOBAL and region not in REGIONS:
        yield Problem(
            ("region",),
            f"'{region}' is not an Azure region{nearest(region, REGIONS)}",
            f"A region as Azure writes it, or {GLOBAL}",
            where,
        )
    try:
        price = Decimal(given["price"])
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price <= 0:
        fix = "A number above 0 with a point, such as 0.192. Leave out the row of what has no price"
        yield Problem(("price",), f"'{given['price']}' is not a price", fix, where)
    if not re.fullmatch(r"[A-Z]{3}", given["currency"]):
        yield Problem(("currency",), f"'{given['currency']}' is not a currency", "Three letters, such as EUR", where)
    try:
        units_a_month(given["unit"])
    except ValueError:
        fix = "A unit of time as Azure spells it: 1 Hour, 1/Day, 1/Month"
        yield Problem(("unit",), f"'{given['unit']}' is not a unit of time", fix, where)
    try:
        day = datetime.date.fromisoformat(given["day"])
    except ValueError:
        yield Problem(("day",), f"'{given['day']}' is not a day", "The day on which it was read: 2026-11-28", where)
    else:
        # Two days: the clocks of the world differ by one.
        if day > datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=2):
            yield Problem(("day",), f"'{day}' is yet to come", "The day on which it was read", where)


def written(prices: Iterable[Price]) -> str:
    """The text of a table, sorted, so that two tables differ only where prices do."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for each in sorted(prices):
        lines.writerow([f"{value:f}" if isinstance(value, Decimal) else value for value in _values(each)])
    return text.getvalue()


def _values(price: Price) -> Iterator[object]:
    return (getattr(price, each) for each in COLUMNS)
