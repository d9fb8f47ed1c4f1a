"""The file of cases: what is read, and all that is wrong in one that cannot be."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.config.schema import document_schema
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.measure.smoke.cases import Cases, Tolerance, read_cases
from azure_mlplatform.measure.smoke.comparison import MOST, differences, schema_violations

ROOT = Path(__file__).parents[3]

GOOD = """
tolerance: {relative: 0.01}
max_ms: 500
cases:
  - name: one churner
    input: {data: [[1, 2, 3, 4]]}
    expected: {scores: [0.5]}
  - name: null comes back
    input: null
    expected: null
    max_ms: 50
    tolerance: {absolute: 1}
  - {name: has a shape, input: [], schema: {type: object, required: [scores]}, status: 200}
"""


def written(tmp_path, text, name="cases.yaml"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def problems(tmp_path, text, name="cases.yaml"):
    with pytest.raises(ProblemsError) as error:
        read_cases(written(tmp_path, text, name))
    return [str(each) for each in error.value.problems]


def test_a_file_in_yaml_or_json(tmp_path):
    found = read_cases(written(tmp_path, GOOD))
    first, second, third = found.cases
    assert (found.max_ms_of(first), found.max_ms_of(second)) == (500, 50)
    assert found.tolerance_of(first) == Tolerance(relative=0.01)
    assert found.tolerance_of(second).absolute == 1
    assert (first.compares, second.compares, third.compares) == (True, True, False)
    assert third.json_schema == {"type": "object", "required": ["scores"]}
    as_json = json.dumps({"cases": [{"name": "a", "input": 1}]})
    assert read_cases(written(tmp_path, as_json, "cases.json")).cases[0].input == 1


def test_the_example_of_the_docs_is_a_file_of_cases_and_fits_its_schema(tmp_path):
    text = (ROOT / "docs" / "measure.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example
    assert len(read_cases(written(tmp_path, example[1])).cases) == 3
    schema = json.loads((ROOT / "schemas" / "smoke-cases.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(example[1]), schema)
    for each in (example[1], GOOD):
        jsonschema.validate(yaml.safe_load(each), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"cases": [{"name": "a", "input": 1, "statuss": 200}]}, schema)


def test_the_published_schema_is_that_of_the_model():
    published = json.loads((ROOT / "schemas" / "smoke-cases.schema.json").read_text(encoding="utf-8"))
    assert document_schema(Cases, published["title"]) == published, "make schemas"


def test_all_problems_are_told_at_once(tmp_path):
    found = problems(
        tmp_path,
        """
max_ms: -1
cases:
  - {name: a, input: 1, statuss: 200}
  - {name: a, input: 2026-11-28}
  - {input: 1, status: 99}
  - {name: c, input: .nan}
""",
    )
    text = "\n".join(found)
    for part in ("max_ms", "statuss", "2026-11-28 is a date", "cases[2].name", "cases[2].status", "nan is no number"):
        assert part in text, text


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("cases: [{name: a, input: 1}, {name: a, input: 2}]", "earlier case"),
        ("cases: [{name: a, input: 1, schema: {type: nothing}}]", "is no JSON Schema"),
        ("cases: []", "cases"),
        ("", "cases"),
        ("- 1", "cases"),
        ("a: [", "cases.yaml:1: is no YAML"),
        ("cases: [{name: a, input: {1: 2}}]", "is no text"),
        ("version: 2\ncases: [{name: a, input: 1}]", "version"),
        ("cases: [{name: a, input: 1, expected: !!python/object/apply:os.getcwd []}]", "is no YAML"),
    ],
)
def test_what_is_refused(tmp_path, text, part):
    assert part in "\n".join(problems(tmp_path, text))


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ProblemsError, match="cannot be read"):
        read_cases(tmp_path / "nothing.yaml")
    assert "cases.json:2: is no JSON" in problems(tmp_path, "{\n'a': 1}", "cases.json")[0]
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProblemsError, match="UTF-8"):
        read_cases(tmp_path / "binary.yaml")


@pytest.mark.parametrize(
    ("expected", "found", "text"),
    [
        ({"a": [1.0, 2.0]}, {"a": [1.0, 2.1]}, "answer.a[1] is 2.1, expected 2.0"),
        ({"a": 1}, {}, "answer.a is missing"),
        ({}, {"a": 1}, "answer.a is not expected"),
        ([1, 2], [1], "1 items, expected 2"),
        (1, True, "answer is true, expected 1"),
        (True, 1, "answer is 1, expected true"),
        ("1", 1, 'answer is 1, expected "1"'),
        (None, 0, "answer is 0, expected null"),
        (1.0, float("nan"), "NaN"),
    ],
)
def test_a_difference_has_its_place(expected, found, text):
    [told] = differences(expected, found, Tolerance())
    assert text in told


def test_numbers_lie_within_the_larger_tolerance():
    assert not differences(100, 101, Tolerance(relative=0.02))
    assert not differences(0, 0.4, Tolerance(absolute=0.5))
    assert differences(100, 103, Tolerance(relative=0.02, absolute=0.5))
    assert not differences(1, 1.0, Tolerance(relative=0))


def test_not_all_differences_are_told():
    assert len(differences([0] * 1000, [1] * 1000, Tolerance())) == MOST


def test_a_schema_reaches_nothing_outside(tmp_path):
    assert schema_violations({"type": "object"}, {}) == []
    assert schema_violations({"items": {"type": "number"}}, [1, "a"]) == ["answer[1]: 'a' is not of type 'number'"]
    [told] = schema_violations({"$ref": "https://example.com/schema.json"}, {})
    assert "cannot be applied" in told
    outside = tmp_path / "schema.json"
    outside.write_text("{}")
    [told] = schema_violations({"$ref": outside.as_uri()}, {})
    assert "cannot be applied" in told


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_a_value_is_itself(value):
    assert differences(value, json.loads(json.dumps(value)), Tolerance(relative=0)) == []


@given(JSON, JSON)
def test_another_value_is_another_one(one, other):
    told = differences(one, other, Tolerance(relative=0))
    assert bool(told) == (canonical(one) != canonical(other))


def canonical(value):
    """A value in which 1 and 1.0 are the same, and 1 and true are not."""
    if isinstance(value, bool) or value is None:
        return ("constant", value)
    if isinstance(value, int | float):
        return ("number", value + 0.0)
    if isinstance(value, list):
        return ["list", *map(canonical, value)]
    if isinstance(value, dict):
        return {key: canonical(each) for key, each in value.items()}
    return ("text", value)
