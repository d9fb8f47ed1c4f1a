"""Reads prices from Azure's Retail Prices API, which anybody may ask without signing in.

Source: Learn, "Azure Retail Prices overview" (rest/api/cost-management/retail-prices/azure-retail-prices,
read 2026-11-28): `$filter` with values in Azure's own spelling, `currencyCode='EUR'`,
`meterRegion='primary'`, pages of 1,000 with `NextPageLink`. Fields as
Microsoft's azure-skills lists them (retail prices guide, read the same day).

Only an answer that fits what was asked becomes a price: the same region, currency and meter, paid as it is used, Linux,
valid today, of the first tier. If several fit and differ, there is none.
"""

import datetime
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Optional
from urllib.parse import urlsplit

from ..catalogue.meters import GLOBAL, Meter
from ..catalogue.prices import Price, fits, units_a_month

ADDRESS = "https://prices.azure.com/api/retail/prices"
API_VERSION = "2023-01-01-preview"
"""The version with the filter `meterRegion='primary'`, which leaves out what is listed a second time."""

PAGES = 100
"""The most pages of one question. A meter in a region has one."""

LONGEST_PAUSE = 60.0
"""The longest pause that an answer may ask for, in seconds."""

TOTAL_PAUSE = 600.0
"""All pauses of one run, in seconds."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class PricesError(ConnectionError):
    """The API did not answer, or answered something that is none of its answers."""


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a question: a price, or why there is none."""

    region: str
    meter: Meter
    price: Optional[Price]
    why: str = ""


def address_problem(address: str) -> str:
    """Why an address cannot be asked. Empty if it can: HTTPS, or HTTP on this machine."""
    try:
        url = urlsplit(address)
        host, _ = url.hostname, url.port
    except ValueError:
        return "is not an address"
    if not host or url.username or url.query or url.fragment:
        return "is not an address of an API: https://<host>/<path>"
    if url.scheme == "https" or (url.scheme == "http" and host in _LOOPBACK):
        return ""
    return "is not https: anybody on the way could change a price"


class RetailPrices:
    """A client of the API."""

    def __init__(
        self, address: str = ADDRESS, *, today: datetime.date, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        if problem := address_problem(address):
            raise PricesError(f"{address} {problem}")
        self._address, self._today = address, today
        self._client = _client(_Pauses(sleep))

    def price(self, region: str, meter: Meter, currency: str) -> Found:
        """The price of a meter in a region. Raises PricesError if the API does not answer."""
        wanted = GLOBAL if meter.worldwide else region
        items = list(self._items(_filter(wanted, meter), currency))
        prices = {each.price: each for each in self._prices(items, wanted, meter, currency)}
        if len(prices) == 1:
            return Found(region, meter, next(iter(prices.values())))
        if prices:
            listed = ", ".join(f"{each:f}" for each in sorted(prices))
            return Found(region, meter, None, f"the API has several: {listed} {currency}")
        return Found(region, meter, None, "the API has none" if not items else "the API has none that fits")

    def _items(self, filter_: str, currency: str) -> Iterator[Mapping[str, Any]]:
        query = {
            "api-version": API_VERSION,
            "currencyCode": f"'{currency}'",
            "meterRegion": "'primary'",
            "$filter": filter_,
        }
        page = self._get(self._address, query)
        seen: set[str] = set()
        for _ in range(PAGES):
            items = page.get("Items")
            if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
                raise PricesError(f"{self._address}: the answer has no list of items")
            yield from items
            following = page.get("NextPageLink")
            if not following:
                return
            if not self._is_same_place(following) or following in seen:
                raise PricesError(f"{self._address}: the next page is at another place, or the same again: {following}")
            seen.add(following)
            page = self._get(following, {})
        raise PricesError(f"{self._address}: more than {PAGES} pages for one meter")

    def _is_same_place(self, link: Any) -> bool:
        """Whether a link leads to the same API. Azure's links name the port: `https://prices.azure.com:443/…`."""
        try:
            return isinstance(link, str) and _place(link) == _place(self._address)
        except ValueError:
            return False

    def _get(self, url: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        from azure.core.exceptions import AzureError
        from azure.core.rest import HttpRequest

        try:
            answer = self._client.send_request(HttpRequest("GET", url, params=dict(query)))
            if answer.status_code != 200:
                raise PricesError(f"{self._address}: {answer.status_code} {answer.reason or ''}".rstrip())
            found = answer.json()
        except AzureError as error:
            raise PricesError(f"{self._address}: {' '.join(str(error.message).split())}") from None
        except ValueError:
            raise PricesError(f"{self._address}: the answer is not JSON") from None
        if not isinstance(found, dict):
            raise PricesError(f"{self._address}: the answer is not a JSON object")
        return found

    def _prices(self, items: Iterable[Mapping[str, Any]], region: str, meter: Meter, currency: str) -> Iterator[Price]:
        """The prices among the items that fit. Of a price that changed, the newest that is valid."""
        newest: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
        for each in items:
            if not self._fits(each, region, meter, currency):
                continue
            of_one = newest.setdefault(tuple(each.get(key) for key in ("productName", "skuName", "meterName")), [])
            if of_one and _start(each) > _start(of_one[0]):
                of_one.clear()
            if not of_one or _start(each) == _start(of_one[0]):
                of_one.append(each)
        for each in (item for found in newest.values() for item in found):
            yield Price(
                region,
                meter.service,
                meter.sku or str(each.get("skuName") or ""),
                str(each["meterName"]),
                Decimal(str(each["retailPrice"])),
                currency,
                str(each["unitOfMeasure"]),
                self._address,
                self._today,
            )

    def _fits(self, item: Mapping[str, Any], region: str, meter: Meter, currency: str) -> bool:
        given = {key: str(item.get(key) or "") for key in _TEXTS}
        sku = given["armSkuName"] if meter.of_machines else given["skuName"]
        try:
            price = Decimal(str(item.get("retailPrice")))
            first_tier = Decimal(str(item.get("tierMinimumUnits") or 0)) == 0
            units_a_month(given["unitOfMeasure"])
        except (InvalidOperation, ValueError):
            return False
        product = given["productName"]
        machine = not meter.of_machines or _LINUX.fullmatch(product)
        stated = Price(region, given["serviceName"], sku, given["meterName"], price, "", "", "", datetime.date.min)
        return (
            price.is_finite()
            and price > 0
            and first_tier
            and bool(machine)
            and given["type"] == "Consumption"
            and given["currencyCode"] == currency
            and given["armRegionName"] == region
            and (not meter.product or product == meter.product)
            and not given["meterName"].endswith(("Expired", "Free"))
            and _start(item)[:10] <= self._today.isoformat()
            and fits(stated, meter)
        )


_LINUX = re.compile("Virtual Machines .* Series")
"""The products of machines with Linux; others end with `Windows`, `Basic` or another word (Infracost,
linux_virtual_machine.go, read 2026-11-28)."""

_TEXTS = (
    "serviceName",
    "armRegionName",
    "armSkuName",
    "skuName",
    "meterName",
    "productName",
    "unitOfMeasure",
    "type",
    "currencyCode",
)


def _start(item: Mapping[str, Any]) -> str:
    return str(item.get("effectiveStartDate") or "")


def _filter(region: str, meter: Meter) -> str:
    sku = "armSkuName" if meter.of_machines else "skuName"
    wanted = {
        "serviceName": meter.service,
        "armRegionName": region,
        sku: meter.sku,
        "meterName": meter.meter,
        "productName": meter.product,
        "priceType": "Consumption",
    }
    # OData writes a quote in a text twice.
    return " and ".join(f"{key} eq '{value.replace(chr(39), chr(39) * 2)}'" for key, value in wanted.items() if value)


def _place(link: str) -> tuple[Any, ...]:
    url = urlsplit(link)
    port = url.port or {"https": 443, "http": 80}.get(url.scheme)
    return (url.scheme, url.hostname, port, url.path.rstrip("/"), url.username)


class _Pauses:
    """Pauses, each and all together no longer than they may be."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep, self._left = sleep, TOTAL_PAUSE

    def pause(self, seconds: float) -> None:
        wanted = min(max(seconds, 0.0), LONGEST_PAUSE)
        if wanted > self._left:
            raise PricesError(f"the API asks for more pauses than {TOTAL_PAUSE / 60:.0f} minutes")
        self._left -= wanted
        self._sleep(wanted)


def _client(pauses: _Pauses) -> Any:
    from azure.core import PipelineClient
    from azure.core.pipeline import policies
    from azure.core.pipeline.transport import RequestsTransport

    class Transport(RequestsTransport):
        def sleep(self, duration: float) -> None:
            pauses.pause(duration)

    return PipelineClient(
        "",
        policies=[
            policies.UserAgentPolicy("azure-mlplatform"),
            # Respects Retry-After, and repeats a call that breaks off.
            policies.RetryPolicy(retry_status=8),
        ],
        # No redirect is followed: requests' transport of azure-core does not.
        transport=Transport(connection_timeout=20, read_timeout=60),
    )
