"""What is read, and that nothing in a text makes reading it long or deep."""

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.config.go_yaml import DEEPEST, MOST_BYTES, MOST_NODES, Number, UnreadableError, parse
from support.scalars import SCALARS, same


@pytest.mark.parametrize("scalar", SCALARS, ids=lambda each: each.written)
def test_a_scalar_is_read_as_the_cli_reads_it(scalar):
    document = parse(f"a:\n- {scalar.written}\n")
    assert same(document.data["a"][0], scalar.value)
    assert list(document.misread) == ([("a", 0)] if scalar.misread else [])


def test_a_number_that_is_misread_says_how_it_is_meant():
    assert Number("0500", 320).plain == ["320", "500"]
    assert Number("1_000", 1000).plain == ["1000"]
    assert Number("-010", -8).plain == ["-8", "-10"]
    assert Number("0b11", 3).plain == ["3"]


def test_keys_are_texts_as_the_cli_writes_them():
    assert parse("{1: a, true: b, 1.5: c, yes: d}").data == {"1": "a", "true": "b", "1.5": "c", "yes": "d"}
    assert list(parse("a: {0500: x}").misread) == [("a", "0500")]


def test_merged_mappings_do_not_override_and_keep_their_lines():
    document = parse("one: &one\n  a: 1\n  b: 0500\ntwo:\n  a: 2\n  <<: *one\nthree:\n  <<: [{b: 3}, *one]\n")
    assert document.data["two"] == {"a": 2, "b": 320}
    assert document.data["three"] == {"b": 3, "a": 1}
    assert document.lines["two", "a"] == 5
    assert document.lines["two", "b"] == 3
    assert [path for path in document.misread if path[0] != "one"] == [("two", "b")]
    assert document.duplicates == []


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("\na: .inf", 2, "cannot hold"),
        ("a: -.INF", 1, "cannot hold"),
        ("a: .nan", 1, "cannot hold"),
        ("a: !!int 5.5", 1, "'5.5' is not a !!int"),
        ("a: !!bool yes", 1, "'yes' is not a !!bool"),
        ("a: !!binary aa", 1, "the tag !!binary is not known"),
        ("a: !mine b", 1, "the tag !mine is not known"),
        ("a: !!set {b}", 1, "the tag !!set is not known"),
        ("a: &a [*a]", 1, "contains itself"),
        ("a: &a {<<: *a}", 1, "contains itself"),
        ("{~: 1}", 1, "a key that is empty"),
        ("? [a]\n: b", 1, "a key that is a list"),
        ("a: {<<: 3}", 1, "merges what is no mapping"),
    ],
)
def test_what_pulumi_cannot_hold_is_refused_with_its_line(text, line, says):
    with pytest.raises(UnreadableError, match=says) as error:
        parse(text)
    assert error.value.line == line
    assert error.value.fix


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + level)}: &{chr(98 + level)} [{','.join(['*' + chr(97 + level)] * 9)}]\n" for level in range(9)
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LAUGHS, id="aliases of aliases"),
        pytest.param("[" * (MOST_BYTES - 1), id="lists in lists"),
        pytest.param("{" * (MOST_BYTES - 1), id="mappings in mappings"),
        pytest.param("- " * (MOST_BYTES // 2), id="lists in one line"),
        pytest.param("? " * (MOST_BYTES // 2), id="keys of keys"),
        pytest.param("".join(" " * level + "a:\n" for level in range(1400)), id="deeper with each line"),
        pytest.param("a: [" + "x," * (MOST_BYTES // 2) + "]", id="a long list"),
        pytest.param("".join(f"key{number}:\n" for number in range(80_000)), id="many keys"),
        pytest.param("a: &a {b: 1}\nc: {" + "<<: *a, " * 90_000 + "}", id="many merges"),
        pytest.param(
            "a: &a {" + ",".join(f"k{number}: 1" for number in range(2000)) + "}\nc: {x: 1, <<: [" + "*a," * 20 + "]}",
            id="the same merge again and again",
        ),
        pytest.param("a: {a: " * 3 * DEEPEST, id="deeper in one line"),
        pytest.param("---\n" * (MOST_BYTES // 4), id="many documents"),
    ],
)
def test_a_text_that_explodes_is_refused_at_once(text):
    begin = time.monotonic()
    with pytest.raises((UnreadableError, yaml.YAMLError)):
        parse(text)
    assert time.monotonic() - begin < 10


def test_what_is_large_but_no_larger_than_allowed_is_read():
    assert len(parse("a: [" + "x," * (MOST_NODES - 10) + "]").data["a"]) == MOST_NODES - 10
    deep = "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1)
    assert parse(f"a: {deep}").lines["a",] == 1


fragments = st.sampled_from(
    [*"[]{}:,-?&*!|>'\"%@`#\n\t ~", "a: ", "- ", "&a ", "*a ", "<<: ", "!!int ", "0500", "2026-01-01", "\x00", "\ud800"]
)


@given(st.lists(fragments | st.text(max_size=3), max_size=30).map("".join))
def test_any_text_is_read_or_refused(text):
    try:
        document = parse(text)
    except (UnreadableError, yaml.YAMLError, UnicodeEncodeError):
        return
    for path in [*document.misread, *document.lines]:
        assert path or not isinstance(document.data, dict | list)


nodes = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdef", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@given(nodes)
def test_what_is_written_in_json_is_read_as_json(value):
    import json

    read = parse(json.dumps({"a": value})).data["a"]
    assert json.loads(json.dumps(read)) == value
