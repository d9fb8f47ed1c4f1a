"""Which settings differ, and under which names."""

from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.config.files import stack_config
from azure_mlplatform.foundation.secret_values import SECRET
from azure_mlplatform.plan.settings_difference import in_one_line, setting_differences, settings_in

KEYS = st.text("abc", min_size=1, max_size=2)
LEAVES = st.integers(0, 3) | st.sampled_from(["x", "y"]) | st.booleans()
NAMED = st.lists(
    st.fixed_dictionaries({"name": st.text("pq", min_size=1, max_size=2)}, optional={"size": LEAVES}),
    max_size=3,
    unique_by=lambda each: each["name"],
)
BLOCKS = st.recursive(LEAVES | NAMED, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)
SETTINGS = st.dictionaries(KEYS, BLOCKS, max_size=4)


def found(*sides):
    return [(each.setting, *each.values) for each in setting_differences(*sides)]


def by_name(value):
    """The settings with named items as a mapping, whose order does not count."""
    if isinstance(value, dict):
        return {key: by_name(each) for key, each in value.items()}
    if isinstance(value, list):
        return {each["name"]: by_name(each) for each in value}
    return value


@given(SETTINGS, SETTINGS)
def test_there_are_differences_just_when_the_settings_differ(one, other):
    assert bool(found(one, other)) == (repr(by_name(one)) != repr(by_name(other)) and by_name(one) != by_name(other))


@given(SETTINGS)
def test_settings_do_not_differ_from_themselves_in_another_order(one):
    turned = {key: list(reversed(value)) if isinstance(value, list) else value for key, value in reversed(one.items())}
    assert found(one, turned) == []


@given(SETTINGS, SETTINGS)
def test_each_difference_has_values_that_differ_and_a_name_of_its_own(one, other):
    differences = found(one, other)
    assert len({name for name, *_ in differences}) == len(differences)
    assert all(before != after for _, before, after in differences)
    assert [(name, after, before) for name, before, after in sorted(differences, key=str)] == sorted(
        found(other, one), key=lambda each: str((each[0], each[2], each[1]))
    )


def test_an_item_goes_by_its_name_and_a_block_as_far_as_both_have_it():
    before = {"workspace": {"clusters": [{"name": "cpu", "max_nodes": 4}, {"name": "gpu"}]}, "budget": {"amount": 1}}
    after = {"workspace": {"clusters": [{"name": "fast"}, {"name": "cpu", "max_nodes": 6}]}, "network": {"a": 1}}
    assert found(before, after) == [
        ("workspace.clusters[cpu].max_nodes", 4, 6),
        ("workspace.clusters[gpu]", {"name": "gpu"}, None),
        ("workspace.clusters[fast]", None, {"name": "fast"}),
        ("budget", {"amount": 1}, None),
        ("network", None, {"a": 1}),
    ]


def test_a_list_of_plain_values_or_of_equal_names_is_one_setting():
    assert found({"zones": ["1"]}, {"zones": ["1", "2"]}) == [("zones", ["1"], ["1", "2"])]
    twice = [{"name": "a"}, {"name": "a"}]
    assert found({"items": twice}, {"items": [{"name": "a"}]}) == [("items", twice, [{"name": "a"}])]


def test_three_environments_are_compared_at_once():
    sides = ({"budget": {"amount": 1, "months": 2}}, {}, {"budget": {"amount": 3, "months": 2}})
    assert found(*sides) == [
        ("budget.amount", 1, None, 3),
        ("budget.months", 2, None, 2),
    ]


def test_settings_are_those_of_the_library_without_what_is_secret(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text(
        "name: x\nruntime: python\nconfig:\n  azure-mlplatform:project: {value: {a: 1}}\n"
    )
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n  azure-mlplatform:tags: {a: {secure: v1:x}, b: [ghp_" + "a" * 36 + "]}\n  other:key: 2\n"
    )
    assert settings_in(stack_config(tmp_path, "dev")) == {"project": {"a": 1}, "tags": {"a": SECRET, "b": [SECRET]}}


def test_a_value_is_one_short_line():
    assert in_one_line({"name": "cpu", "zones": ["1", True], "none": None}, 60) == "cpu, 1, true"
    assert in_one_line(None, 60) == "–"  # noqa: RUF001
    assert in_one_line("/subscriptions/a/resourceGroups/rg-hub", 60) == "rg-hub"
    assert in_one_line("00000000-0000-0000-0000-000000000d5c", 60) == "…000d5c"
    assert in_one_line("a\nb" * 40, 10) == "a ba ba b…"
