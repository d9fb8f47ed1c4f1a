"""Merges what a request renders now into what stands in a project, by the text that was rendered last.

`git merge-file` does it, on which a repository of a platform team depends anyway.
"""

import difflib
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Optional

from ..foundation.problems import Problem, ProblemsError

_CLI_KEYS = re.compile(r"^(?:encryptionsalt|encryptedkey|secretsprovider):.*(?:\n|\Z)", re.MULTILINE)
"""The lines that `pulumi stack init` adds to Pulumi.<stack>.yaml. It also leaves out all blank lines."""


@dataclass(frozen=True)
class Merged:
    """The result for one file."""

    text: str
    """The text to write. With a conflict: both sides, between marks."""

    conflict: bool = False


def merged(current: Optional[str], last: Optional[str], new: str, names: tuple[str, str]) -> Merged:
    """`new` with the changes that were made by hand since `last` was rendered.

    `current` is what stands there; None if there is no such file. `last` is None if nothing was rendered. `names` are
    those of the two sides, for marks: by hand, and rendered. Raises ProblemsError if git is missing.
    """
    if current in (None, last, new):
        return Merged(new)
    assert current is not None  # noqa: S101 - checked above
    if new == last:
        return Merged(current)
    if last is not None and (of_cli := "".join(_CLI_KEYS.findall(current))):
        found = merged(_as_before(current, last), last, new, names)
        return found if found.conflict else Merged(f"{found.text.rstrip(chr(10))}\n{of_cli}")
    if last is None:
        return Merged("".join(_both(current, new, names)), conflict=True)
    return _by_git(current, last, new, names)


def as_a_person_wrote(text: str) -> str:
    """A stack's file without what the Pulumi CLI writes into it, and without blank lines, which the CLI leaves out."""
    return "".join(each for each in _CLI_KEYS.sub("", text).splitlines(keepends=True) if each.strip())


def _as_before(current: str, last: str) -> str:
    """A file into which the CLI has written, without that: blank lines stand where they stood in `last`."""
    now, then = _CLI_KEYS.sub("", current).splitlines(keepends=True), last.splitlines(keepends=True)
    found: list[str] = []
    for kind, start, end, first, stop in difflib.SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
        lines = now[first:stop]
        if kind in ("delete", "replace"):
            blank = [each for each in then[start:end] if not each.strip()]
            # Those that ended a block stand after what was changed in it.
            lines = [*blank, *lines] if not then[start].strip() else [*lines, *blank]
        found += lines
    return "".join(found)


def _both(current: str, new: str, names: tuple[str, str]) -> list[str]:
    """The difference of a file that was not rendered from a request."""
    return list(
        difflib.unified_diff(current.splitlines(keepends=True), new.splitlines(keepends=True), names[0], names[1])
    )


def _by_git(current: str, last: str, new: str, names: tuple[str, str]) -> Merged:
    with tempfile.TemporaryDirectory() as folder:
        files = [FilePath(folder, each) for each in ("current", "last", "new")]
        for file, text in zip(files, (current, last, new), strict=True):
            file.write_bytes(text.encode())
        command = ["git", "merge-file", "-p", "--diff3", "-L", names[0], "-L", "last rendered", "-L", names[1]]
        try:
            done = subprocess.run([*command, *map(str, files)], capture_output=True, check=False)  # noqa: S603
        except OSError:
            fix = "Install git: what was changed by hand in a project is merged by it"
            raise ProblemsError([Problem((), "git is not on PATH", fix)]) from None
    # git-merge-file: the number of conflicts, at most 127; more for an error.
    if done.returncode > 127:
        reason = " ".join(done.stderr.decode(errors="replace").split())
        raise ProblemsError([Problem((), f"`git merge-file` failed: {reason}", "Compare the two by hand", names[0])])
    return Merged(done.stdout.decode(), conflict=done.returncode > 0)
