"""Values and names that stand twice."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.duplicates import Named, duplicate_names, duplicate_values, duplicates_among
from azure_mlplatform.foundation.secret_values import SECRET
from azure_mlplatform.foundation.violations import UnreadableError


class Item:
    def __init__(self, name: str) -> None:
        self.name = name


class Unreadable:
    @property
    def name(self) -> str:
        raise UnreadableError("name")


def paths(found: Any) -> list[Any]:
    return [each.path for each in found]


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([], []),
        (["a", "b"], []),
        (["a", "A", "b", "a"], [1, 3]),
        ([1.0, 2.5, 1.0], [2]),
        ([SECRET, SECRET], []),
    ],
)
def test_every_value_that_stands_a_second_time_is_found(values, places):
    assert paths(duplicate_values(values, ("at",))) == [("at", each) for each in places]


def test_a_number_is_written_as_the_settings_have_it():
    [found] = duplicate_values([50.0, 50.0], ("percent",))
    assert found.what == "50 is listed twice"


@given(st.lists(st.sampled_from("aAbBcC")))
def test_as_many_are_found_as_are_too_many(names):
    found = list(duplicate_names([Item(each) for each in names], ("items",), "item"))
    assert len(found) == len(names) - len({each.lower() for each in names})
    assert all(each.path[0] == "items" and each.path[2] == "name" for each in found)


def test_the_first_of_a_name_is_said():
    [found] = duplicate_names([Item("x"), Item("a"), Item("A")], ("items",), "item")
    assert (found.path, found.what) == (("items", 2, "name"), "a second item is named 'A' (the first is number 2)")


def test_a_name_that_cannot_be_read_hides_no_other():
    found = duplicate_names([Item("a"), Unreadable(), Item("a")], ("items",), "item")
    assert paths(found) == [("items", 2, "name")]


def test_hyphens_count_unless_azure_leaves_them_out():
    items = [Item("a-b"), Item("ab")]
    assert paths(duplicate_names(items, ("items",), "item")) == []
    assert paths(duplicate_names(items, ("items",), "item", without_hyphens=True)) == [("items", 1, "name")]


def test_names_are_compared_wherever_they_stand():
    found = duplicates_among([Named(("one",), "a", "in one"), Named(("two", 0), "A", "in two")], "thing")
    [only] = found
    assert (only.path, only.what) == (("two", 0), "a second thing is named 'A' (the first is in one)")
