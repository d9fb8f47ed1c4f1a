import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.operation_patterns import CHANGING, matches, meet

ZONES = "Microsoft.Network/privateDnsZones"
patterns = st.text(alphabet="ab/*", max_size=7)
operations = st.text(alphabet="ab/", max_size=7)


@pytest.mark.parametrize(
    ("pattern", "operation", "included"),
    [
        ("*", f"{ZONES}/write", True),
        ("*/read", f"{ZONES}/write", False),
        (f"{ZONES}/*", f"{ZONES}/A/write", True),
        (f"{ZONES}/*", f"{ZONES}", False),
        ("microsoft.network/PRIVATEDNSZONES/*", f"{ZONES}/write", True),
        (f"{ZONES}/*/write", f"{ZONES}/write", False),
        (f"{ZONES}/a+b", f"{ZONES}/aab", False),
    ],
)
def test_a_pattern_includes_operations(pattern, operation, included):
    assert matches(pattern, operation) is included


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("*/write", f"{ZONES}/*", True),
        (f"{ZONES}/*", "Microsoft.Storage/*", False),
        (f"{ZONES}/*/write", f"{ZONES}/A/*", True),
        (f"{ZONES}/*/read", "*/write", False),
        ("a*b", "*ab*b", True),
        ("a*", "*b", True),
        ("*a", "*b", False),
    ],
)
def test_two_patterns_meet_if_an_operation_is_in_both(one, other, together):
    assert meet(one, other) is meet(other, one) is together


@given(patterns, operations)
def test_patterns_match_as_regular_expressions_do(pattern, operation):
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), operation) is not None
    assert matches(pattern, operation) is expected


@given(patterns, patterns, operations)
def test_patterns_meet_wherever_one_operation_is_in_both(one, other, operation):
    if matches(one, operation) and matches(other, operation):
        assert meet(one, other)


def test_reading_is_no_change():
    assert [
        each for each in ("a/read", "a/write", "a/delete", "a/b/action") if any(meet(each, c) for c in CHANGING)
    ] == [
        "a/write",
        "a/delete",
        "a/b/action",
    ]
