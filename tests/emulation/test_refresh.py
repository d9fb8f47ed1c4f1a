import copy

from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.emulation.refresh import merged, only_shown, refreshed, without

PLAIN = st.recursive(
    st.one_of(st.integers(0, 3), st.sampled_from(["a", "b"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("xyz"), PLAIN, max_size=3)


@given(OBJECTS, OBJECTS)
def test_nothing_changes_where_azure_shows_the_same(inputs, shown):
    assert refreshed(inputs, shown, copy.deepcopy(shown)) == inputs


@given(OBJECTS, OBJECTS)
def test_what_was_written_and_shown_as_written_becomes_what_is_shown_now(before, now):
    assert refreshed(before, before, now) == now


@given(OBJECTS, OBJECTS)
def test_what_azure_adds_can_be_taken_off_again(written, added):
    shown = merged(written, added)
    assert merged(written, only_shown(shown, written)) == shown


def test_a_pool_that_comes_before_moves_the_others():
    """azure-native compares lists by place: what a reader of the list by place has to reckon with."""
    system, cpu = {"name": "system", "count": 3}, {"name": "cpu", "count": 1}
    assert refreshed({"pools": [system]}, {"pools": [system]}, {"pools": [cpu, system]}) == {"pools": [cpu, system]}


def test_what_only_azure_decides_does_not_come_into_the_inputs():
    shown = {"a": 1, "state": "Succeeded", "nested": {"b": 2, "uri": "x"}}
    assert without(shown, {"state": "Succeeded", "nested": {"uri": "x"}}) == {"a": 1, "nested": {"b": 2}}
