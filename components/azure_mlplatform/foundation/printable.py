"""Shows texts from outside in one line that neither a terminal nor a CI system takes for a command."""

import re

from .secret_values import redacted

CI_COMMAND = re.compile(r"#(?=#\w*\[)|^(\s*):(?=:)", re.MULTILINE)
"""Matches what makes a line a command: `::error::` at its start, `##[error]` or `##vso[task.setvariable]` anywhere.

Sources, read 2026-11-28: ActionCommand.cs of actions/runner (`TryParseV2` takes `::` at the start of a line after
spaces, `TryParse` takes `##[` anywhere); Command.cs of microsoft/azure-pipelines-agent (`##vso[` anywhere)."""


def without_ci_commands(text: str) -> str:
    """The text with an escape in place of the character that makes a line a command of CI. Also fits JSON."""
    if "##" not in text and "::" not in text:
        return text
    return CI_COMMAND.sub(lambda found: r"\u0023" if found[0] == "#" else rf"{found[1]}\u003a", text)


def printable(text: str) -> str:
    r"""The text in one line: control characters, ends of lines and what is invisible as escapes (`\x1b`), commands of
    CI taken apart, and `[secret]` in place of what looks like a key."""
    if not text.isprintable():
        text = "".join(each if each.isprintable() else _escape(each) for each in text)
    return without_ci_commands(redacted(text))


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
