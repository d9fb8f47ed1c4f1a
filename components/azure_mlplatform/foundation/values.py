"""Rules for single values: ids, addresses, dates. Each returns the value, or an error says what is allowed."""

import datetime
import difflib
import ipaddress
from collections.abc import Iterable
from typing import Optional

from .free_range import OWN_RANGE
from .rules import JsonSchema, Rule, matching, needs_plain_text, one_of, pattern_rule, published_as, stands_for
from .violations import rule_error

_guid = pattern_rule(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "is not a GUID",
    "32 hexadecimal digits in five groups of 8, 4, 4, 4 and 12, with hyphens between them",
)


@stands_for("<32 hexadecimal digits in five groups>")
@published_as(
    lambda: matching(
        r"(?!0{8}(?:-0{4}){3}-0{12}$)[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "Not a GUID. Allowed: 32 hexadecimal digits in five groups, not all of them 0",
    )
)
def guid(value: str) -> str:
    """A GUID in lower case, so that comparisons ignore the case of letters as Azure does. Never the one of zeros."""
    found = _guid(value).lower()
    if not found.strip("0-"):
        raise rule_error(f"'{value}' stands for no id", "Give the id itself: it has other digits than 0")
    return found


email = stands_for("<name>@<domain>")(
    pattern_rule(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+", "is not an e-mail address", "an address such as <name>@<domain>")
)

https_url = pattern_rule(
    r"https://[^\s/<>]+(/[^\s<>]*)?", "is not an https address", "an address that starts with https://"
)


def nearest(value: str, among: Iterable[str], *, cutoff: float = 0.6) -> str:
    """A hint that names the candidate most similar to `value`, to append to a message. Empty if none is similar."""
    written = {each.lower(): each for each in among}
    found = difflib.get_close_matches(value.lower(), list(written), n=1, cutoff=cutoff)
    return f"; did you mean '{written[found[0]]}'?" if found else ""


_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_ADDRESS = rf"(?:{_BYTE}\.){{3}}{_BYTE}"
_PRIVATE = (
    rf"(?:(?:10|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])|172\.(?:1[6-9]|2[0-9]|3[01])|192\.168)\.(?=[0-9.]+)"
    rf"(?:{_BYTE}\.){{0,2}}{_BYTE})"
)
"""The beginnings of RFC 1918 and 6598. How many numbers follow, `_ADDRESS` says."""


@needs_plain_text
@stands_for(OWN_RANGE)
@published_as(
    lambda: matching(
        # Python also takes a netmask, such as /255.255.252.0.
        rf"(?={_PRIVATE}/){_ADDRESS}/(?:[89]|1[0-9]|2[0-9]|{_ADDRESS})",
        "Not a private range. Allowed: a range of RFC 1918 or 6598 in CIDR form, /8 to /29",
    )
)
def private_range(value: str) -> str:
    """A private IPv4 range in CIDR form for a virtual network, /8 to /29 (RFC 1918 and 6598)."""
    fix = f"Allowed: a private range in CIDR form: {OWN_RANGE}"
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError:
        try:
            corrected = ipaddress.IPv4Network(value, strict=False)
        except ValueError:
            raise rule_error(f"'{value}' is not an address range", fix) from None
        if "/" not in value:
            raise rule_error(f"'{value}' is a single address, not a range", fix) from None
        raise rule_error(f"'{value}' has bits set after its prefix", f"Use the whole range: {corrected}") from None
    if not any(network.subnet_of(private) for private in _PRIVATE_RANGES):
        raise rule_error(f"'{value}' is not a private range", f"{fix}, within 10/8, 172.16/12, 192.168/16 or 100.64/10")
    if not 8 <= network.prefixlen <= 29:
        raise rule_error(
            f"'{value}' is not a valid size for a virtual network",
            "Allowed: a prefix length of 8 to 29 (Azure's smallest subnet)",
        )
    return value


_PRIVATE_RANGES = [
    ipaddress.IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
]


@stands_for("<public address>/<prefix length>")
@published_as(
    lambda: matching(
        rf"{_ADDRESS}(?:/(?:[89]|[12][0-9]|3[02]|{_ADDRESS}))?",
        "Not an address range. Allowed: a public address, or a public range of /8 to /30",
    )
)
def ip_range(value: str) -> str:
    """A public IPv4 address or range for a service's firewall. Never the whole internet."""
    fix = "Allowed: a public address, or a public range of /8 to /30"
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError:
        raise rule_error(f"'{value}' is not an address range", fix) from None
    if network.prefixlen < 8:
        raise rule_error(f"'{value}' opens most of the internet", fix)
    if network.prefixlen == 31:
        # "Grant access from an internet IP range" (Azure Storage).
        raise rule_error(
            f"'{value}' is a range of two addresses, which storage does not accept", "List both addresses separately"
        )
    if any(network.overlaps(private) for private in _PRIVATE_RANGES):
        raise rule_error(f"'{value}' has private addresses, which a service's firewall never sees", fix)
    return value.removesuffix("/32")


@stands_for("10.<number>.<number>.<number>")
@published_as(
    lambda: matching(f"(?={_PRIVATE}$){_ADDRESS}", "Not a private address. Allowed: one address of RFC 1918 or 6598")
)
def ip_address(value: str) -> str:
    """A single private IPv4 address, such as that of a firewall."""
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        raise rule_error(
            f"'{value}' is not an IPv4 address", "Allowed: one address: four numbers from 0 to 255, with dots"
        ) from None
    if not any(address in private for private in _PRIVATE_RANGES):
        raise rule_error(
            f"'{value}' is not a private address",
            "Allowed: the address inside the hub, in 10/8, 172.16/12, 192.168/16 or 100.64/10",
        )
    return value


@needs_plain_text
@published_as(
    lambda: matching(
        r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])",
        "Not a date. Allowed: year-month-day in quotes, such as '2026-12-31'",
    )
)
def date(value: str) -> str:
    """A date in ISO form."""
    try:
        legal = datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        legal = False
    if not legal:
        raise rule_error(f"'{value}' is not a date", "Allowed: year-month-day in quotes, such as '2026-12-31'")
    return value


def _time_zones() -> JsonSchema:
    from tzlocal.windows_tz import win_tz

    message = "Not a time zone. Allowed: the Windows name of one, such as 'W. Europe Standard Time' or 'UTC'"
    return one_of("WindowsTimeZone", sorted(win_tz), errorMessage=message)


@published_as(_time_zones)
def windows_time_zone(value: str) -> str:
    """A time zone by its Windows name, as Azure's schedules require, or UTC."""
    # Imports 35 kB of tables that only a schedule needs.
    from tzlocal.windows_tz import tz_win, win_tz

    if value in win_tz:
        return value
    advice = f"; Azure writes it '{tz_win[value]}'" if value and value in tz_win else nearest(value, win_tz, cutoff=0.8)
    raise rule_error(
        f"'{value}' is not a time zone{advice}",
        "Allowed: the Windows name of a time zone, such as 'W. Europe Standard Time' or 'UTC' (`tzutil /l` lists them)",
    )


time_of_day = needs_plain_text(
    pattern_rule(
        r"([01][0-9]|2[0-3]):[0-5][0-9]", "is not a time of day", "hours and minutes in quotes, such as '18:30'"
    )
)


WEEK_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""The days of the week in Azure's spelling."""

_week_day = pattern_rule(
    "|".join(WEEK_DAYS), "is not a day of the week", f"{', '.join(WEEK_DAYS[:-1])} or {WEEK_DAYS[-1]}"
)


def _any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter.lower()}]" for letter in word)


@needs_plain_text
@published_as(
    lambda: one_of(
        "WeekDay",
        list(WEEK_DAYS),
        matching("|".join(map(_any_case, WEEK_DAYS)), f"Not a day of the week. Allowed: {', '.join(WEEK_DAYS)}"),
    )
)
def week_day(value: str) -> str:
    """A day of the week by its English name, in upper or lower case."""
    return _week_day(value.capitalize())


ARM_GROUP = r"/subscriptions/[0-9a-fA-F-]{36}/resource[gG]roups/[\w().-]{0,89}[\w()-]"
"""The pattern of a resource group's id."""

ARM_NAME = r"(?!\.\.?(?:/|$))[\w().~-]+"
"""The pattern of a name in an id. Nothing in it leads elsewhere in an address, as `..`, `?`, `#` and `%` do."""


def arm_id(resource_type: str) -> Rule:
    """A rule: the text must be the ARM id of a `resource_type` such as 'Microsoft.Network/virtualNetworks'."""
    provider, *types = resource_type.split("/")
    shape = "/subscriptions/<id>/resourceGroups/<group>"
    pattern = ARM_GROUP
    if types:
        shape += f"/providers/{provider}" + "".join(f"/{each}/<name>" for each in types)
        pattern += rf"/providers/(?i:{provider})" + "".join(rf"/(?i:{each})/{ARM_NAME}" for each in types)
    return stands_for(shape)(pattern_rule(pattern, f"is not the id of a {resource_type}", shape))


arm_group_id = arm_id("resource group")


def subscription_of(arm_id: str) -> str:
    """The subscription in an ARM id, in lower case."""
    return arm_id.split("/")[2].lower()


def same_id(one: Optional[str], other: Optional[str]) -> bool:
    """Whether two ARM ids mean the same resource. Ignores the case of letters, as Azure does."""
    return one is not None and other is not None and one.lower() == other.lower()


def name_of(arm_id: str) -> str:
    """The last name in an ARM id."""
    return arm_id.rsplit("/", 1)[-1]


def resource_group_of(arm_id: str) -> str:
    """The resource group in an ARM id."""
    return arm_id.split("/")[4]
