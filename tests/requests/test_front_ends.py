"""The forms have the fields of a request, fit the published schemas, and their answers make a request."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from referencing import Registry, Resource
from typer.testing import CliRunner

from azure_mlplatform.cli.app import app
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.requests import front_ends
from azure_mlplatform.requests.front_ends import (
    BACKSTAGE_SKELETON,
    BACKSTAGE_TEMPLATE,
    ISSUE_FORM,
    KEPT,
    NOTHING,
    asked_schema,
    field_names,
    request_fields,
    request_of_issue,
)
from azure_mlplatform.requests.platform import Platform
from azure_mlplatform.requests.request import Request
from support.platform_repository import PLATFORM, REQUEST

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "tests" / "data" / "published"


def published(name):
    return json.loads((PUBLISHED / f"{name}.json").read_text())


def form():
    return yaml.safe_load((ROOT / ISSUE_FORM).read_text())


def template():
    return yaml.safe_load((ROOT / BACKSTAGE_TEMPLATE).read_text())


def test_the_files_are_those_of_the_schema():
    assert (ROOT / ISSUE_FORM).read_text() == front_ends.issue_form_text(), "make schemas"
    assert (ROOT / BACKSTAGE_TEMPLATE).read_text() == front_ends.backstage_text(), "make schemas"
    assert (ROOT / BACKSTAGE_SKELETON).read_text() == front_ends.backstage_skeleton()


@pytest.mark.parametrize(
    ("name", "model", "document"), [("request", Request, REQUEST), ("platform", Platform, PLATFORM)]
)
def test_the_schemas_of_the_files_are_published_and_take_them(name, model, document):
    done = CliRunner().invoke(app, ["schema", "--file", name])
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    assert json.loads(done.stdout) == schema, "make schemas"
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    validator.validate(document)
    assert model.model_validate(document)
    assert list(validator.iter_errors({**document, "nonsense": 1}))
    sample = yaml.safe_load(
        (ROOT / "requests" / ("platform.yaml" if name == "platform" else "lending.yaml")).read_text()
    )
    validator.validate(sample)


def names_of_model(schema, definitions, at=""):
    """The dotted names of all fields of a model, by its own JSON Schema with references."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    for inner in schema.get("anyOf", ()):
        yield from names_of_model(inner, definitions, at)
    for name, each in schema.get("properties", {}).items():
        yield f"{at}{name}"
        yield from names_of_model(each, definitions, f"{at}{name}.")
    if "items" in schema:
        yield from names_of_model(schema["items"], definitions, f"{at.removesuffix('.')}[].")


def test_the_three_have_the_same_fields():
    whole = Request.model_json_schema()
    every = set(names_of_model(whole, whole["$defs"]))
    kept = {each for each in every if any(each == one or each.startswith((f"{one}.", f"{one}[]")) for one in KEPT)}
    assert set(KEPT) <= every, "a field of KEPT is gone"
    wanted = every - kept
    [page] = template()["spec"]["parameters"]
    assert set(field_names(page)) == wanted
    inputs = {each["id"].replace("-", "."): each for each in form()["body"] if "id" in each}
    in_form = set()
    for key, each in inputs.items():
        parts = key.split(".")
        in_form |= {".".join(parts[: length + 1]) for length in range(len(parts))}
        if each["attributes"].get("render") == "yaml":
            inner = each["attributes"]["description"].rpartition("A list of: ")[2].removesuffix(".")
            in_form |= {f"{key}[].{name}" for name in inner.split(", ")}
    assert in_form == wanted
    required = {each.key for each in request_fields() if each.required}
    assert {key for key, each in inputs.items() if each["validations"]["required"]} == required
    assert page["required"] == whole["required"]


def test_the_issue_form_fits_its_published_schema():
    jsonschema.validate(form(), published("github-issue-forms"))
    labels = [each["attributes"]["label"] for each in form()["body"] if "id" in each]
    assert len(labels) == len(set(labels)), "GitHub wants each label once"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**form(), "fields": []}, published("github-issue-forms"))


def test_the_backstage_template_fits_its_published_schema():
    schemas = [published(f"backstage-{each}") for each in ("template", "entity", "entitymeta", "common")]
    registry = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in schemas)
    validator = jsonschema.Draft7Validator(schemas[0], registry=registry)
    assert list(validator.iter_errors(template())) == []
    broken = {**template(), "spec": {"type": "environment"}}
    assert [each.message for each in validator.iter_errors(broken)] == ["'steps' is a required property"]


def test_what_backstage_asks_for_is_a_schema_that_takes_a_request():
    [page] = template()["spec"]["parameters"]
    jsonschema.Draft7Validator.check_schema(page)
    jsonschema.validate(REQUEST, page)
    assert "$ref" not in json.dumps(page)


def body(**answers):
    """The body of an issue as GitHub writes it for the form."""
    texts = []
    for each in request_fields():
        answer = answers.get(each.id.replace("-", "__"), NOTHING)
        texts.append(f"### {each.label}\n\n{answer}")
    return "\n\n".join(texts)


ANSWERS = {
    "project": "lending",
    "why": "Score loan applications within a second",
    "tier": "project",
    "owner_team": "lending-analytics",
    "owner_email": "lending-analytics@example.com",
    "requested_by": "alice@example.com",
    "project_manager": "bob@example.com",
    "who_pays__cost_center": "CC-4711",
    "who_pays__cost_code": "P-2026-0042",
    "who_pays__contact": "finance@example.com",
    "region": "westeurope",
    "reads": "```yaml\n- product: customer-360\n  folder: curated/customers\n```",
    "repository__github": "example/lending",
    "repository__ids__owner": "1",
    "repository__ids__repository": "3",
    "environments": f"```yaml\n{yaml.safe_dump(REQUEST['environments'])}```",
}


def test_the_answers_of_an_issue_make_a_request():
    found = request_of_issue(body(**ANSWERS), "issue.txt")
    assert found == REQUEST
    assert Request.model_validate(found).project == "lending"
    assert request_of_issue(body(**ANSWERS).replace("\n", "\r\n"), "issue.txt") == REQUEST


def test_the_example_in_the_form_is_one():
    [field] = [each for each in form()["body"] if each.get("id") == "environments"]
    text = f"```yaml\n{field['attributes']['value']}\n```"
    Request.model_validate(request_of_issue(body(**{**ANSWERS, "environments": text}), "issue.txt"))


def test_an_answer_may_have_headings_and_dates_stay_as_written():
    asked = "```yaml\n- environment: sandbox\n  expires_on: 2026-12-31\n  budget: {amount: 0100}\n### Why\n```"
    found = request_of_issue(body(**{**ANSWERS, "environments": asked, "owner_team": "a"}), "issue.txt")
    assert found["environments"][0]["expires_on"] == "2026-12-31"
    assert found["why"] == ANSWERS["why"]


def refused(text):
    with pytest.raises(ProblemsError) as error:
        request_of_issue(text, "issue.txt")
    return [each.line for each in error.value.problems]


def test_all_that_cannot_be_read_is_said_at_once():
    found = refused(body(**{**ANSWERS, "tier": "projekt", "why": "two\nlines", "reads": "- {", "environments": "a: b"}))
    assert found[0] == "issue.txt:5: why: has more than one line"
    assert found[1] == "issue.txt:10: tier: 'projekt' is not allowed; did you mean 'project'?"
    assert found[2].startswith("issue.txt:50: reads: is not YAML")
    assert found[3] == "issue.txt:70: environments: is not a list"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has none of the form's headings"),
        ("hello\n### Something\n", "has none of the form's headings"),
        (f"{'### Project'}\n\na\n\n### Project\n\nb\n", "project: is answered twice"),
        ("x" * 70000, "at most 65,536"),
        ("### Environments\n\n- a: 1\n  a: 2\n", "has the key 'a' twice"),
        ("### Environments\n\n- &a [*a]\n", "is not YAML"),
        ("### Environments\n\n!!python/object/apply:os.system ['true']\n", "is not"),
    ],
)
def test_what_is_no_issue_of_the_form(text, said):
    assert any(said in each for each in refused(text))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_its_place(text):
    for whole in (text, body(**{**ANSWERS, "environments": text}), body(**{**ANSWERS, "why": text})):
        problems = ()
        try:
            request_of_issue(whole, "issue.txt")
        except ProblemsError as error:
            problems = error.problems
        assert all(each.file.startswith("issue.txt") for each in problems)


def test_the_schema_has_no_references_and_describes_each_field():
    schema = asked_schema()
    assert "$ref" not in json.dumps(schema)
    assert all(each.description for each in request_fields())
