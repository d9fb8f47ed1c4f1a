import json
import os
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.config.files import read, stack_config, stacks
from azure_mlplatform.settings import ProblemsError

KEYS = ("project", "location", "network")
PROJECT = """\
name: churn
runtime: python
config:
  azure-mlplatform:project:
    value:
      name: churn
      tags: {a: b}
  plain: text
  typed: {type: string, default: x}
"""
STACK = """\
config:
  azure-mlplatform:location: westeurope
  azure-mlplatform:ai_services:
    - name: one
      kind: Face
    - name: two
      token:
        secure: v1:secret
  other:key: {secure: v1:secret}
  answer: yes
  day: "2026-01-01"
  on: true
  count: 3
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK)
    return tmp_path


def problems(function, *args):
    with pytest.raises(ProblemsError) as error:
        function(*args)
    return error.value.problems


def test_values_are_what_the_pulumi_cli_hands_over(folder):
    texts = stack_config(folder, "dev").texts
    assert texts["azure-mlplatform:location"] == "westeurope"
    assert json.loads(texts["azure-mlplatform:project"]) == {"name": "churn", "tags": {"a": "b"}}
    # A key without a namespace is the project's own; yaml.v3 takes `yes` for a text.
    assert {key: texts[f"churn:{key}"] for key in ("plain", "typed", "answer", "day", "on", "count")} == {
        "plain": "text",
        "typed": "x",
        "answer": "yes",
        "day": "2026-01-01",
        "on": "true",
        "count": "3",
    }


def test_encrypted_values_show_as_secrets_and_say_where_they_are(folder):
    config = stack_config(folder, "dev")
    assert config.values["other:key"] == "[secret]"
    assert config.values["azure-mlplatform:ai_services"][1]["token"] == "[secret]"
    assert config.secret_keys == ["azure-mlplatform:ai_services", "other:key"]
    assert "v1:secret" not in json.dumps(config.texts)


def test_every_part_knows_its_file_and_line(folder):
    files = stack_config(folder, "dev").files
    assert files["azure-mlplatform:project", "tags", "a"] == "Pulumi.yaml:7"
    assert files["azure-mlplatform:ai_services", 1] == "Pulumi.dev.yaml:6"
    assert files["azure-mlplatform:ai_services", 1, "token"] == "Pulumi.dev.yaml:7"


def test_the_stack_replaces_the_project(folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  azure-mlplatform:project:\n    name: other\n")
    config = stack_config(folder, "dev")
    assert config.values["azure-mlplatform:project"] == {"name": "other"}
    assert config.files["azure-mlplatform:project", "name"] == "Pulumi.dev.yaml:3"
    [problem] = config.problems(("project",), KEYS)
    assert "is in Pulumi.yaml too" in problem.what


def test_a_project_key_does_not_stand_in_a_stack(folder):
    (folder / "Pulumi.yaml").write_text("name: churn\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  azure-mlplatform:project:\n    name: other\n")
    [problem] = stack_config(folder, "dev").problems(("project",), KEYS)
    assert problem.file == "Pulumi.dev.yaml:2"
    assert "Move it to Pulumi.yaml" in problem.fix


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("azure-mlplatform:location: {value: westeurope}", "belongs to one environment"),
        ("azure-mlplatform:project: {name: churn}", "has no `value:`"),
        ("azure-mlplatfrom:project: {value: {name: churn}}", "Did you mean 'azure-mlplatform:project'?"),
    ],
)
def test_what_stands_wrong_in_the_projects_file_is_told(folder, line, says):
    (folder / "Pulumi.yaml").write_text(f"name: churn\nruntime: python\nconfig:\n  {line}\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    [problem] = stack_config(folder, "dev").problems(("project",), KEYS)
    assert says in str(problem)
    assert problem.file == "Pulumi.yaml:4"


def test_a_key_without_a_value_is_as_good_as_missing(folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  azure-mlplatform:location:\n")
    assert "azure-mlplatform:location" not in stack_config(folder, "dev").texts


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("runtime: python\n", [("name",)]),
        ("name: [a]\nruntime: python\n", [("name",)]),
        ("name: a\nruntime: nodejs\n", [("runtime",)]),
    ],
)
def test_a_project_has_a_name_and_runs_python(folder, text, paths):
    (folder / "Pulumi.yaml").write_text(text)
    assert [each.path for each in problems(stack_config, folder, "dev")] == paths


def test_what_stands_in_a_files_place_is_no_file(folder):
    (folder / "Pulumi.dev.yaml").unlink()
    (folder / "Pulumi.dev.yaml").mkdir()
    [problem] = problems(stack_config, folder, "dev")
    assert problem.what == "is not a file, but a folder"


def test_a_file_changed_in_between_is_read_anew(folder):
    assert read(folder / "Pulumi.dev.yaml").config["count"] == 3
    (folder / "Pulumi.dev.yaml").write_text("config: {count: 44}\n")
    assert read(folder / "Pulumi.dev.yaml").config["count"] == 44


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("config:\n  a: [\n", "Pulumi.dev.yaml:3", "is not YAML"),
        ("config:\n\ta: b\n", "Pulumi.dev.yaml:2", "is not YAML"),
        ("- a\n", "Pulumi.dev.yaml", "not a mapping"),
        ("config: text\n", "Pulumi.dev.yaml", "not a mapping"),
        ("config: []\n", "Pulumi.dev.yaml", "not a mapping"),
        ("config: {a: !!int x}\n", "Pulumi.dev.yaml:1", "cannot hold"),
        ("config: &a {x: *a}\n", "Pulumi.dev.yaml:1", "cannot hold"),
        ("config:\n  a: 1\n  a: 2\n", "Pulumi.dev.yaml:3", "second time"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(folder, text, where, what):
    (folder / "Pulumi.dev.yaml").write_text(text)
    [problem] = problems(stack_config, folder, "dev")
    assert problem.file == where
    assert what in problem.what


def test_a_file_that_is_no_text_says_so(folder):
    (folder / "Pulumi.dev.yaml").write_bytes(b"\xff\xfe\x00")
    [problem] = problems(stack_config, folder, "dev")
    assert "UTF-8" in problem.what


def test_a_missing_stack_names_the_ones_that_are_there(folder):
    (folder / "Pulumi.prod.yaml").write_text("")
    [problem] = problems(stack_config, folder, "prd")
    assert str(problem) == (
        "Pulumi.prd.yaml: is missing\n    Did you mean 'prod'? Stacks here: dev, prod. "
        "Create it with `pulumi stack init prd`, then write its settings"
    )


def test_both_files_are_missed_at_once(tmp_path):
    assert [each.file for each in problems(stack_config, tmp_path, "dev")] == ["Pulumi.yaml", "Pulumi.dev.yaml"]


def test_an_empty_file_is_a_stack_without_settings(folder):
    (folder / "Pulumi.dev.yaml").write_text("# nothing yet\n")
    assert stack_config(folder, "dev").stack.config == {}


def test_stacks_come_in_the_order_of_a_release(tmp_path):
    for name in ("prod", "zeta", "dev", "alpha", "sandbox", "test"):
        (tmp_path / f"Pulumi.{name}.yaml").touch()
    assert stacks(tmp_path) == ["sandbox", "dev", "test", "prod", "alpha", "zeta"]


@pytest.mark.parametrize("wanted", ["DEV", "Dev"])
def test_a_stack_in_capital_letters_is_not_there_and_leads_to_the_one_that_is(folder, wanted):
    [problem] = problems(stack_config, folder, wanted)
    assert problem.fix.startswith("Did you mean 'dev'? Stacks here: dev.")


def test_a_stack_without_a_name_says_so(folder):
    [problem] = problems(stack_config, folder, "")
    assert str(problem) == "Pulumi.<stack>.yaml: the name of a stack is empty\n    Name one. Stacks here: dev"


@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.dev.yaml"])
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.mkdir(), "is not a file, but a folder"),
        (os.mkfifo, "is not a file, but a named pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a file, but a device"),
        (lambda path: path.symlink_to(path), "cannot be read: Too many levels of symbolic links"),
        (lambda path: path.symlink_to("nowhere"), "is missing"),
        (lambda path: path.write_text("# " + "x" * 1_000_000), "has 1,000,002 bytes, and the most is 1,000,000"),
    ],
    ids=["folder", "pipe", "device", "loop", "dangling", "huge"],
)
def test_what_is_no_file_is_refused_and_never_waited_for(folder, name, make, says):
    (folder / name).unlink()
    make(folder / name)
    [problem] = problems(stack_config, folder, "dev")
    assert problem.file == name
    assert problem.what.startswith(says)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(folder):
    (folder / "Pulumi.dev.yaml").chmod(0)
    [problem] = problems(stack_config, folder, "dev")
    assert problem.what == "cannot be read: Permission denied"


def test_a_byte_order_mark_is_no_part_of_the_text(folder):
    (folder / "Pulumi.dev.yaml").write_text("config: {count: 44}\n", encoding="utf-8-sig")
    assert read(folder / "Pulumi.dev.yaml").config == {"count": 44}


def test_numbers_and_dates_that_are_misread_are_refused_in_our_settings_alone(folder):
    text = "  azure-mlplatform:budget:\n    amount: 0500\n  azure-mlplatform:expires_on: 2026-12-31\n  other: 010\n"
    (folder / "Pulumi.dev.yaml").write_text(f"config:\n{text}")
    number, date = map(str, stack_config(folder, "dev").misread_problems())
    assert number == (
        "Pulumi.dev.yaml:3: azure-mlplatform:budget.amount: '0500' is a number that readers of YAML take differently "
        "(Pulumi: 320)\n    Write 320 or 500; a text needs quotes: '0500'"
    )
    assert date == (
        "Pulumi.dev.yaml:4: azure-mlplatform:expires_on: '2026-12-31' without quotes is a date, which Pulumi hands "
        "over as '2026-12-31 00:00:00 +0000 UTC'\n    Put it in quotes: '2026-12-31'"
    )


def test_a_key_that_is_misread_is_refused_too(folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  azure-mlplatform:tags:\n    007: bond\n")
    [problem] = stack_config(folder, "dev").misread_problems()
    assert problem.file == "Pulumi.dev.yaml:2"
    assert "'007' is a number" in problem.what


def test_a_date_without_quotes_anywhere_in_the_projects_file_is_refused_as_the_cli_refuses_it(folder):
    (folder / "Pulumi.yaml").write_text(PROJECT + "  since: 2026-01-01\n")
    [problem] = problems(stack_config, folder, "dev")
    assert str(problem) == (
        "Pulumi.yaml:10: config.since: '2026-01-01' without quotes is a date, which Pulumi cannot read\n"
        "    Put it in quotes: '2026-01-01'"
    )


def test_a_setting_without_a_value_says_so(folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  azure-mlplatform:location:\n  other:\n")
    [problem] = stack_config(folder, "dev").empty_problems()
    assert str(problem) == (
        "Pulumi.dev.yaml:2: azure-mlplatform:location: has no value\n    Write its value, or remove the key"
    )


def test_many_keys_are_read_in_little_time(folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n" + "".join(f"  churn:k{each}: [a]\n" for each in range(3000)))
    begin = time.monotonic()
    assert len(stack_config(folder, "dev").values) == 3003
    assert time.monotonic() - begin < 5


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
trees = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}:[a-z]{1,8}", fullmatch=True), trees, max_size=4))
def test_what_is_written_is_read(tmp_path_factory, config):
    folder = tmp_path_factory.mktemp("project")
    (folder / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    # In quotes, because PyYAML takes some texts for texts that the CLI takes for numbers, such as `0E0`.
    text = yaml.safe_dump({"config": config}, allow_unicode=True, default_style='"')
    (folder / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    assert stack_config(folder, "dev").values == config
