"""A key that a program adds to a file of people."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.config.files import read
from azure_mlplatform.config.inserted_key import insert_after
from azure_mlplatform.foundation.problems import ProblemsError

STACK = """\
# The trial of the team.
config:
  # Where it stands.
  azure-mlplatform:environment: sandbox  # never promoted
  azure-mlplatform:location: westeurope

  azure-mlplatform:budget: {amount: 5}
encryptionsalt: v1
"""
BESIDE = ("config", "azure-mlplatform:environment")
RETIRE = "azure-mlplatform:retire"


def written(tmp_path, text):
    file = tmp_path / "Pulumi.sandbox.yaml"
    file.write_bytes(text.encode())
    return file


def test_one_line_comes_and_all_else_stays(tmp_path):
    file = written(tmp_path, STACK)
    assert insert_after(file, BESIDE, RETIRE, {"reason": 'It "ended": #3'})
    lines = file.read_text().splitlines()
    assert [each for each in lines if each not in STACK.splitlines()] == [
        "  azure-mlplatform:retire:",
        r'    reason: "It \"ended\": #3"',
    ]
    assert [each for each in lines if each in STACK.splitlines()] == STACK.splitlines()
    assert read(file).config[RETIRE] == {"reason": 'It "ended": #3'}


def test_what_is_there_stays(tmp_path):
    file = written(tmp_path, STACK)
    insert_after(file, BESIDE, RETIRE, {"reason": "the first one"})
    before = file.read_bytes()
    assert not insert_after(file, BESIDE, RETIRE, {"reason": "another one"})
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        STACK.replace("\n", "\r\n"),
        "config:\n  azure-mlplatform:environment: sandbox",
        'config:\n    "azure-mlplatform:environment": "sandbox"\n',
        "config:\n  b: {c: 1}\n  azure-mlplatform:environment: sandbox\n",
    ],
    ids=["windows", "no end of line", "quoted", "last"],
)
def test_forms_of_a_file(tmp_path, text):
    file = written(tmp_path, text)
    assert insert_after(file, BESIDE, RETIRE, {"reason": "it ended"})
    before, after = yaml.safe_load(text)["config"], yaml.safe_load(file.read_bytes())["config"]
    assert after == {**before, RETIRE: {"reason": "it ended"}}
    ends = {each[-2:] == b"\r\n" for each in file.read_bytes().splitlines(keepends=True)}
    assert len(ends) == 1


@pytest.mark.parametrize(
    "text",
    ["config: {azure-mlplatform:environment: sandbox}\n", "config: {\n  azure-mlplatform:environment: sandbox}\n"],
)
def test_a_form_without_lines_is_refused_and_nothing_is_written(tmp_path, text):
    file = written(tmp_path, text)
    with pytest.raises(ProblemsError, match=r"cannot be added by a program(.|\n)*reason"):
        insert_after(file, BESIDE, RETIRE, {"reason": "it ended"})
    assert file.read_text() == text
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def test_an_item_of_a_list_gets_its_key(tmp_path):
    file = written(tmp_path, "environments:\n  - environment: dev\n  - environment: prod\n    network: small\n")
    assert insert_after(file, ("environments", 1, "environment"), "retired_on", "2026-12-01")
    assert yaml.safe_load(file.read_text())["environments"] == [
        {"environment": "dev"},
        {"environment": "prod", "retired_on": "2026-12-01", "network": "small"},
    ]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=50))
def test_any_text_is_read_back(tmp_path_factory, text):
    file = written(tmp_path_factory.mktemp("any"), STACK)
    insert_after(file, BESIDE, RETIRE, {"reason": text})
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["config"][RETIRE]["reason"] == text
