"""`mlplatform prices update`: reads the prices of what a repository uses from Azure's Retail Prices API."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from ..foundation.problems import Problem
from .cost import currency_problems
from .input import needs_folder, option, refuse, refuse_any
from .options import AsJson, Currency, OutputFile, Repository
from .output import output
from .plans import kept, progress

if TYPE_CHECKING:
    from ..catalogue.meters import Meter
    from ..catalogue.prices import Price

UPDATE_EXAMPLES = (
    "mlplatform prices update -o requests/prices.csv                   what the stacks below this folder use",
    "mlplatform prices update --region westeurope --currency EUR       only this region, in euros",
)

prices = typer.Typer(help="Keep the price table.", no_args_is_help=True, rich_markup_mode=None)


def update(
    folder: Repository = Path(),
    regions: Annotated[
        Optional[list[str]],
        typer.Option("--region", metavar="REGION", help="Only this region. May be repeated. Default: all in use."),
    ] = None,
    currency: Currency = None,
    address: Annotated[
        Optional[str],
        typer.Option(metavar="URL", help="The address of the API: https, or http on this machine."),
    ] = None,
    as_json: AsJson = False,
    file: OutputFile = None,
) -> None:
    """Print the price table of what the stacks of a repository use.

    Asks Azure's Retail Prices API, without signing in, for exactly the meters that the plans below this folder use.
    Rows of the repository's own table that it did not answer stay, with their day. What has no price is said.
    """
    import datetime

    from ..catalogue.prices import own_table, read_prices, written
    from ..catalogue.regions import REGIONS
    from ..foundation.values import nearest
    from ..requests.retail_prices import ADDRESS, RetailPrices, address_problem
    from .answers import Prices

    with output(Prices, file, as_json=as_json) as said:
        address = address or ADDRESS
        wrong = [*needs_folder(folder, "Name the folder that contains the projects"), *currency_problems(currency)]
        wrong += (
            option("--region", f"'{each}' is not an Azure region{nearest(each, REGIONS)}", "As Azure writes it")
            for each in regions or []
            if each not in REGIONS
        )
        if problem := address_problem(address):
            wrong.append(option("--address", f"'{address}' {problem}", f"Default: {ADDRESS}"))
        refuse_any(wrong)
        before = read_prices(own) if (own := own_table(folder)).is_file() else []
        with progress() as says:
            wanted = [
                (region, meter)
                for region, meter in _meters(folder, says)
                if not regions or region in regions or meter.worldwide
            ]
            client = RetailPrices(address, today=datetime.datetime.now(datetime.UTC).date())
            found = []
            for number, (region, meter) in enumerate(wanted, 1):
                says(f"asking for {meter} in {region} ({number} of {len(wanted)})")
                found.append(client.price(region, meter, currency or "USD"))
        rows: dict[tuple[str, ...], Price] = {each.key: each for each in before}
        rows |= {each.price.key: each.price for each in found if each.price}
        lacking = [each for each in found if not each.price]
        said.notices(("warning", f"no price of {each.meter} in {each.region}: {each.why}") for each in lacking)
        if as_json:
            said.answer(
                currency=currency or "USD",
                prices=[_as_json(each) for each in sorted(rows.values())],
                without_price=[{"region": each.region, "meter": str(each.meter), "why": each.why} for each in lacking],
            )
        else:
            said.text(written(rows.values()).rstrip("\n"))


def _meters(folder: Path, says) -> list[tuple[str, "Meter"]]:
    """The meters of all stacks of all projects below a folder. Keeps no plan."""
    from ..config.files import stacks
    from ..config.repository import is_ours, projects
    from ..plan.cost import meters_of
    from ..plan.program import run_stack

    found: set[tuple[str, Meter]] = set()
    problems: list[Problem] = []
    root = folder.resolve()
    ours = [each for each in projects(root) if is_ours(each)]
    if not ours:
        refuse(Problem((), "contains no Pulumi project with settings of azure-mlplatform", "", str(folder)))
    for each in ours:
        for stack in stacks(each):
            says(f"planning {each.name} {stack}")
            with kept(problems, stack):
                found |= set(meters_of([run_stack(each, stack)]))
    refuse_any(problems)
    return sorted(found)


def _as_json(price: "Price") -> dict[str, object]:
    from ..catalogue.prices import COLUMNS

    row = {each: getattr(price, each) for each in COLUMNS}
    return {**row, "price": float(price.price), "day": price.day.isoformat()}
