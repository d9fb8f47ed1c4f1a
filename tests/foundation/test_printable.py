import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.printable import printable, without_ci_commands
from azure_mlplatform.foundation.problems import Problem


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zürich → 10.0.0.0/8, 日本", "Zürich → 10.0.0.0/8, 日本"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("a\r\n::error::b", r"a\r\n::error::b"),
        ("::error file=a,line=1::b", r"\u003a:error file=a,line=1::b"),
        ("  ::stop-commands::x", r"  \u003a:stop-commands::x"),
        ("urn:pulumi:dev::churn", "urn:pulumi:dev::churn"),
        ("x ##vso[task.setvariable variable=a]b", r"x \u0023#vso[task.setvariable variable=a]b"),
        ("##[error]b", r"\u0023#[error]b"),
        ("### Heading [1]", "### Heading [1]"),
        ("C# and F##", "C# and F##"),
        ("left\u202eright\u200b", r"left\u202eright\u200b"),
        ("line\u2028line\x85line\x7f", r"line\u2028line\x85line\x7f"),
        ("\udc80", r"\udc80"),
        ("\x00\x07\x08", r"\x00\x07\x08"),
    ],
)
def test_a_text_is_shown_in_one_line_that_nothing_takes_for_a_command(text, shown):
    assert printable(text) == shown


def is_command(line):
    """As the runner of GitHub and the agent of Azure Pipelines decide."""
    return line.lstrip().startswith("::") or "##[" in line or "##vso[" in line


@given(st.text() | st.lists(st.sampled_from([*":#[\n\r\t \x1b", "::", "##", "vso", "error"])).map("".join))
def test_any_text_becomes_one_harmless_line(text):
    shown = printable(text)
    assert shown.isprintable()
    assert not is_command(shown)
    if text.isprintable() and not re.search(r"##|::", text):
        assert shown == text


@given(st.text("#:[ \nvso", max_size=12), st.text("#[", max_size=6))
def test_in_json_the_escapes_are_the_same_data(key, value):
    written = json.dumps({key: [value]}, indent=2)
    shown = without_ci_commands(written)
    assert json.loads(shown) == json.loads(written)
    assert not any(map(is_command, shown.splitlines()))


def test_a_problem_is_two_lines_whatever_is_in_it():
    problem = Problem(("tags", "::a\n"), "'\x1b[2Jx\n::error::y' is wrong", "Give\nb", "projects/\nc/Pulumi.dev.yaml:3")
    assert str(problem) == (
        r"projects/\nc/Pulumi.dev.yaml:3: tags.::a\n: '\x1b[2Jx\n::error::y' is wrong" + "\n" + r"    Give\nb"
    )
