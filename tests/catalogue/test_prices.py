"""The price table: what is in it, what is refused, and that nothing gets a price that is not its own."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.catalogue import prices
from azure_mlplatform.catalogue.meters import BILLING, GLOBAL, Meter, billing_of
from azure_mlplatform.catalogue.prices import COLUMNS, Price, PriceTable, parsed_prices, price_table, written
from azure_mlplatform.catalogue.regions import REGIONS
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.resource_types import RESOURCE_TYPES
from support.retail_prices import known

DAY = datetime.date(2026, 11, 28)
SIZE = Meter("Virtual Machines", "Standard_D4ds_v5")
HEADER = ",".join(COLUMNS)


def row(region="westeurope", sku="Standard_D4ds_v5", meter="D4ds v5", price="0.276", currency="EUR", **other):
    return Price(
        region,
        other.get("service", "Virtual Machines"),
        sku,
        meter,
        Decimal(price),
        currency,
        other.get("unit", "1 Hour"),
        "a test",
        DAY,
    )


def table(*rows):
    return PriceTable(rows, "EUR", "prices.csv")


def test_the_packaged_table_can_be_read_and_every_row_has_a_source_and_a_day():
    for each in prices.read_prices(prices.PACKAGED):
        assert each.source
        assert each.day <= datetime.datetime.now(datetime.UTC).date()


def test_every_resource_type_says_how_it_is_billed():
    missing = {each for each in RESOURCE_TYPES if each.startswith("azure-native:")} - set(BILLING)
    assert missing == set(), "a row in catalogue/meters.py"


def test_a_type_that_nobody_has_looked_up_is_not_free():
    [charge] = billing_of("azure-native:compute:VirtualMachine").charges(lambda _: None)
    assert charge.meter is None
    assert charge.most == 1
    assert list(billing_of("random:index/randomString:RandomString").charges(lambda _: None)) == []


def test_a_price_is_of_its_own_region_and_meter():
    found = table(row(), row(region="northeurope", price="0.3"), row(sku="Standard_D8ds_v5"))
    assert known(found.price("westeurope", SIZE)).price == Decimal("0.276")
    assert known(found.price("northeurope", SIZE)).price == Decimal("0.3")
    assert found.price("swedencentral", SIZE) is None
    assert found.price("westeurope", Meter("Virtual Machines", "Standard_D2ds_v5")) is None
    assert found.price("westeurope", Meter("Container Registry", "Standard_D4ds_v5", "D4ds v5")) is None


def test_machines_that_azure_may_take_back_have_prices_of_their_own():
    found = table(row(), row(meter="D4ds v5 Low Priority", price="0.05"), row(meter="D4ds v5 Spot", price="0.04"))
    assert known(found.price("westeurope", SIZE)).price == Decimal("0.276")
    for priority, price in (("Spot", "0.04"), ("Low Priority", "0.05")):
        meter = Meter("Virtual Machines", "Standard_D4ds_v5", priority=priority)
        assert known(found.price("westeurope", meter)).price == Decimal(price)


def test_two_rows_that_fit_are_no_price():
    assert table(row(), row(meter="D4ds v5/D4s v5")).price("westeurope", SIZE) is None


def test_a_worldwide_meter_takes_the_global_row_only():
    meter = Meter("NAT Gateway", "Standard", "Standard Gateway", worldwide=True)
    regional = row(service="NAT Gateway", sku="Standard", meter="Standard Gateway")
    assert table(regional).price("westeurope", meter) is None
    both = table(
        regional, row(region=GLOBAL, service="NAT Gateway", sku="Standard", meter="Standard Gateway", price="0.045")
    )
    assert known(both.price("westeurope", meter)).price == Decimal("0.045")


@pytest.mark.parametrize(
    ("unit", "month"),
    [
        ("1 Hour", 730),
        ("1/Hour", 730),
        ("100 Hours", "7.3"),
        ("1/Day", Decimal(730) / 24),
        ("1/Month", 1),
        ("1 Month", 1),
    ],
)
def test_units_of_time(unit, month):
    assert prices.units_a_month(unit) == Decimal(month)


@pytest.mark.parametrize("unit", ["1 GB", "1 GB/Month", "10K", "Hour", "", "0 Hours", "1 Hour/Month"])
def test_what_is_no_unit_of_time(unit):
    with pytest.raises(ValueError, match=f"^{unit}$"):
        prices.units_a_month(unit)


def refused(text):
    with pytest.raises(ProblemsError) as error:
        parsed_prices(text, "prices.csv")
    return [each.line for each in error.value.problems]


GOOD = "westeurope,Virtual Machines,Standard_D4ds_v5,D4ds v5,0.276,EUR,1 Hour,a test,2026-11-28"


def test_all_that_is_wrong_is_said_with_its_line():
    wrong = "westeurop,,Standard_D4ds_v5,D4ds v5,0,euro,1 GB,,28.11.2026"
    assert refused(f"{HEADER}\n{GOOD}\n{wrong}\nwesteurope,x\n") == [
        "prices.csv:3: service: is empty",
        "prices.csv:3: source: is empty",
        "prices.csv:3: region: 'westeurop' is not an Azure region; did you mean 'westeurope'?",
        "prices.csv:3: price: '0' is not a price",
        "prices.csv:3: currency: 'euro' is not a currency",
        "prices.csv:3: unit: '1 GB' is not a unit of time",
        "prices.csv:3: day: '28.11.2026' is not a day",
        "prices.csv:4: has 2 columns",
    ]


@pytest.mark.parametrize("price", ["-1", "NaN", "Infinity", "0,5", "", "free"])
def test_what_is_no_price(price):
    text = f'{HEADER}\nwesteurope,Virtual Machines,a,b,"{price}",EUR,1 Hour,a test,2026-11-28\n'
    assert refused(text) == [f"prices.csv:2: price: '{price}' is not a price"]


def test_a_second_price_is_refused_and_a_day_to_come_too():
    assert refused(f"{HEADER}\n{GOOD}\n{GOOD.replace('0.276', '0.3')}\n") == [
        "prices.csv:3: a second price of D4ds v5 in westeurope in EUR"
    ]
    assert refused(f"{HEADER}\n{GOOD.replace('2026-11-28', '2999-01-01')}\n") == [
        "prices.csv:2: day: '2999-01-01' is yet to come"
    ]


@pytest.mark.parametrize("text", ["", "a,b\n", GOOD, "\0"])
def test_a_table_without_its_header_is_refused(text):
    assert refused(text)


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    (tmp_path / "prices.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("nope.csv", "prices.csv"):
        with pytest.raises(ProblemsError):
            price_table(tmp_path / name)


def test_a_spreadsheet_may_add_a_mark_and_empty_lines(tmp_path):
    (tmp_path / "prices.csv").write_text(f"\ufeff{HEADER}\r\n{GOOD}\r\n,,,,,,,,\r\n", encoding="utf-8")
    assert price_table(tmp_path / "prices.csv").currency == "EUR"


def test_a_table_in_two_currencies_asks_which(tmp_path):
    file = tmp_path / "prices.csv"
    file.write_text(written([row(), row(currency="USD", price="0.3")]))
    with pytest.raises(ProblemsError, match="has prices in EUR, USD"):
        price_table(file)
    assert known(price_table(file, "USD").price("westeurope", SIZE)).price == Decimal("0.3")
    assert price_table(file, "CHF").price("westeurope", SIZE) is None


def test_a_repositorys_own_table_wins(tmp_path):
    inner = tmp_path / "projects" / "churn"
    inner.mkdir(parents=True)
    assert prices.table_for(inner) == prices.PACKAGED
    own = prices.own_table(tmp_path)
    own.parent.mkdir()
    own.write_text(f"{HEADER}\n")
    assert prices.table_for(inner) == own == tmp_path.resolve() / "requests" / "prices.csv"


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1).map(str.strip).filter(bool)
rows = st.builds(
    Price,
    region=st.sampled_from([GLOBAL, *REGIONS]),
    service=texts,
    sku=texts | st.just(""),
    meter=texts,
    price=st.decimals(min_value="0.0000001", max_value=100000, places=7),
    currency=st.sampled_from(["EUR", "USD"]),
    unit=st.sampled_from(["1 Hour", "1/Day", "1/Month"]),
    source=texts,
    day=st.dates(datetime.date(2020, 1, 1), DAY),
)


@given(st.lists(rows, unique_by=lambda each: each.key))
def test_what_is_written_is_read_again(found):
    assert parsed_prices(written(found), "prices.csv") == sorted(found)
