"""The client of the Retail Prices API, against a real server on this machine."""

import datetime
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from azure_mlplatform.catalogue.meters import Meter
from azure_mlplatform.requests.retail_prices import PricesError, RetailPrices, address_problem
from support.retail_prices import api, item, known, send

TODAY = datetime.date(2026, 11, 28)
SIZE = Meter("Virtual Machines", "Standard_D4ds_v5")
REGISTRY = Meter("Container Registry", "Premium", "Premium Registry Unit", "Container Registry")


def asked_for(address, meter=SIZE, region="westeurope", currency="USD", sleep=lambda _: None):
    return RetailPrices(address, today=TODAY, sleep=sleep).price(region, meter, currency)


def assert_refused(address, match, **more):
    with pytest.raises(PricesError, match=match):
        asked_for(address, **more)


def test_a_price_with_its_source_and_day():
    with api([item()]) as (address, asked):
        price = known(asked_for(address).price)
    assert (price.price, price.currency, price.unit) == (Decimal("0.276"), "USD", "1 Hour")
    assert (price.region, price.sku, price.meter) == ("westeurope", "Standard_D4ds_v5", "D4ds v5")
    assert (price.source, price.day) == (address, TODAY)
    query = parse_qs(urlsplit(asked[0]).query)
    assert query == {
        "api-version": ["2023-01-01-preview"],
        "currencyCode": ["'USD'"],
        "meterRegion": ["'primary'"],
        "$filter": [
            (
                "serviceName eq 'Virtual Machines' and armRegionName eq 'westeurope' and "
                "armSkuName eq 'Standard_D4ds_v5' and priceType eq 'Consumption'"
            )
        ],
    }


def test_a_meter_that_is_named_is_asked_for_by_its_name():
    found = item(
        serviceName="Container Registry",
        skuName="Premium",
        armSkuName="",
        meterName="Premium Registry Unit",
        productName="Container Registry",
        unitOfMeasure="1/Day",
        retailPrice=1.6667,
    )
    with api([found, {**found, "meterName": "Task vCPU Duration", "unitOfMeasure": "1 Second"}]) as (address, asked):
        assert known(asked_for(address, REGISTRY).price).price == Decimal("1.6667")
    assert "meterName eq 'Premium Registry Unit'" in parse_qs(urlsplit(asked[0]).query)["$filter"][0]


def test_pages_are_followed_and_duplicates_are_one():
    def first(handler):
        host = handler.headers["Host"]
        send(handler, {"Items": [item()], "NextPageLink": f"http://{host}/api/retail/prices?$skip=1000"})

    with api(first, [item()]) as (address, asked):
        assert known(asked_for(address).price).price == Decimal("0.276")
    assert len(asked) == 2
    assert asked[1] == "/api/retail/prices?$skip=1000"


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:1/api/retail/prices", "file:///etc/passwd", "https://example.com/", "//[", 5, ["x"]]
)
def test_a_page_at_another_place_is_not_read(link):
    with api(lambda handler: send(handler, {"Items": [item()], "NextPageLink": link})) as (address, asked):
        assert_refused(address, "another place")
    assert len(asked) == 1


def test_pages_that_never_end_are_given_up():
    def again(handler):
        link = f"http://{handler.headers['Host']}/api/retail/prices?$skip=1000"
        send(handler, {"Items": [], "NextPageLink": link})

    with api(again) as (address, asked), pytest.raises(PricesError, match="same again"):
        asked_for(address)
    assert len(asked) == 2

    def further(handler):
        number = int((parse_qs(urlsplit(handler.path).query).get("$skip") or ["0"])[0])
        link = f"http://{handler.headers['Host']}/api/retail/prices?$skip={number + 1}"
        send(handler, {"Items": [], "NextPageLink": link})

    with api(further) as (address, asked), pytest.raises(PricesError, match="more than 100 pages"):
        asked_for(address)
    assert len(asked) == 101


def test_a_throttled_call_waits_as_long_as_it_is_told():
    waited = []
    busy = [lambda handler: send(handler, b"", 429, Retry_After="7")] * 2
    with api(*busy, [item()]) as (address, asked):
        assert asked_for(address, sleep=waited.append).price
    assert (waited, len(asked)) == ([7.0, 7.0], 3)


def test_no_pause_is_longer_than_a_minute_and_there_is_an_end_to_them():
    waited = []
    with api(lambda handler: send(handler, b"", 429, Retry_After="3600")) as (address, _):
        assert_refused(address, "429", sleep=waited.append)
    assert set(waited) == {60.0}
    assert len(waited) <= 10


def test_what_breaks_off_is_asked_again():
    def broken(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "5000")
        handler.end_headers()
        handler.wfile.write(b'{"Items": [')
        handler.close_connection = True

    with api(broken, [item()]) as (address, asked):
        assert asked_for(address).price
    assert len(asked) == 2
    with api(broken) as (address, _), pytest.raises(PricesError):
        asked_for(address)


@pytest.mark.parametrize(
    "answer",
    [
        lambda handler: send(handler, b"<html>"),
        lambda handler: send(handler, b"[]"),
        lambda handler: send(handler, {}),
        lambda handler: send(handler, {"Items": "none"}),
        lambda handler: send(handler, {"Items": [5]}),
        lambda handler: send(handler, b"no", 400),
        lambda handler: send(handler, b"", 302, Location="http://example.com/"),
    ],
)
def test_an_answer_that_is_none_is_an_error(answer):
    with api(answer) as (address, _), pytest.raises(PricesError, match=r"127\.0\.0\.1"):
        asked_for(address)


def test_nobody_answers():
    with pytest.raises(PricesError):
        asked_for("http://127.0.0.1:9/api/retail/prices")


@pytest.mark.parametrize(
    "changes",
    [
        {"currencyCode": "EUR"},
        {"armRegionName": "northeurope"},
        {"armRegionName": ""},
        {"armSkuName": "Standard_D8ds_v5"},
        {"productName": "Virtual Machines Ddsv5 Series Windows"},
        {"meterName": "D4ds v5 Spot", "skuName": "D4ds v5 Spot"},
        {"meterName": "D4ds v5 Low Priority", "skuName": "D4ds v5 Low Priority"},
        {"meterName": "D4ds v5 Expired"},
        {"type": "Reservation"},
        {"type": "DevTestConsumption"},
        {"retailPrice": 0},
        {"retailPrice": None},
        {"retailPrice": "NaN"},
        {"unitOfMeasure": "1 GB"},
        {"tierMinimumUnits": 100},
        {"effectiveStartDate": "2027-01-01T00:00:00Z"},
        {"serviceName": "Cloud Services"},
    ],
)
def test_what_does_not_fit_is_no_price(changes):
    with api([item(**changes)]) as (address, _):
        found = asked_for(address)
        assert (found.price, found.why) == (None, "the API has none that fits")
    # It does not spoil the one that fits either.
    with api([item(**changes), item()]) as (address, _):
        assert known(asked_for(address).price).price == Decimal("0.276")


def test_nothing_is_no_price():
    with api([]) as (address, _):
        found = asked_for(address)
    assert (found.price, found.why) == (None, "the API has none")


def test_of_a_price_that_changed_the_newest_counts():
    older = item(retailPrice=0.2, effectiveStartDate="2020-01-01T00:00:00Z")
    with api([item(), older]) as (address, _):
        assert known(asked_for(address).price).price == Decimal("0.276")


def test_several_prices_are_none():
    with api([item(), item(retailPrice=0.3)]) as (address, _):
        assert asked_for(address).why == "the API has several: 0.276, 0.3 USD"
    # A newer one of another product does not win: nobody knows which is meant.
    other = item(retailPrice=0.3, productName="Virtual Machines X Series", effectiveStartDate="2025-01-01T00:00:00Z")
    with api([item(), other]) as (address, _):
        assert asked_for(address).price is None


def test_low_priority_machines_have_their_own_price():
    low = item(meterName="D4ds v5 Low Priority", skuName="D4ds v5 Low Priority", retailPrice=0.055)
    with api([item(), low]) as (address, _):
        found = asked_for(address, Meter("Virtual Machines", "Standard_D4ds_v5", priority="Low Priority"))
    assert known(found.price).price == Decimal("0.055")


def test_a_quote_in_a_name_stays_in_its_text():
    with api([]) as (address, asked):
        asked_for(address, Meter("It's", "a", "b' or '1' eq '1"))
    assert "meterName eq 'b'' or ''1'' eq ''1'" in parse_qs(urlsplit(asked[0]).query)["$filter"][0]


@pytest.mark.parametrize(
    "address",
    [
        "http://prices.azure.com/x",
        "ftp://a/b",
        "prices",
        "",
        "https://",
        "https://a:b/",
        "https://u:p@a/",
        "https://a/?x",
    ],
)
def test_addresses_that_are_refused(address):
    assert address_problem(address)
    with pytest.raises(PricesError):
        RetailPrices(address, today=TODAY)


@pytest.mark.parametrize("address", ["https://prices.azure.com/api", "http://localhost:1/x", "http://[::1]:1/x"])
def test_addresses_that_are_fine(address):
    assert address_problem(address) == ""
