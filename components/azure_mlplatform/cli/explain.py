"""`mlplatform explain`: says what a setting means."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from ..foundation.printable import printable
from .exit_codes import BAD_INPUT
from .input import refuse

if TYPE_CHECKING:
    from ..config.explain import Explanation

_MORE = "mlplatform explain KEY explains one of them, and lists the settings below it."
_MOST_COLUMNS = 100
_LABEL = 12
"""The columns of the words at the left."""


def explain(
    key: Annotated[
        Optional[str],
        typer.Argument(metavar="[KEY]", help="The setting, such as workspace.clusters. Default: lists the top ones."),
    ] = None,
    file: Annotated[
        Optional[str],
        typer.Option(
            metavar="stack|platform-stack|project",
            help="Only settings of this file, as for `mlplatform schema`. Default: of all.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the explanation as JSON.")] = False,
    output: Annotated[
        Optional[Path], typer.Option("-o", metavar="FILE", help="Write to a file. Default: standard output.")
    ] = None,
) -> None:
    """Say what a setting means, what it can be, what it is in each environment, and what a change of it does.

    Example: mlplatform explain workspace.clusters.vm_size

    Exits with 0 if it is explained, and with 2 if there is no such setting.
    """
    from ..config.explain import KINDS, file_of, find, known, sentence
    from ..config.explain import explain as explained
    from ..foundation.problems import Problem, ProblemsError

    result: dict[str, Any] = {"version": 1, "command": "explain", "problems": [], "notices": []}
    lines: list[str] = []
    problems: list[Problem] = []
    if file is not None and file not in KINDS:
        problems.append(Problem((), f"--file: '{file}' is not allowed", f"Allowed: {', '.join(sorted(KINDS))}"))
        file = None
    try:
        if key is None:
            top = [each for each in known(file).values() if each.name == each.top]
            result["settings"] = [
                {"name": each.name, "file": file_of(each), "meaning": each.meaning, "required": each.info.is_required()}
                for each in top
            ]
            lines += _listed({each.name: sentence(each.meaning) for each in top})
            lines += ["", *textwrap.wrap(_MORE, _columns())]
        else:
            found = explained(find(key, file))
            result["setting"] = found.as_json()
            lines += _page(found)
    except ProblemsError as error:
        problems += error.problems
    if problems and not as_json:
        refuse(map(str, problems))
    if problems:
        result |= {"problems": [each.as_json() for each in problems]}
    text = json.dumps(result, indent=2) if as_json else "\n".join(map(printable, lines))
    if output is None:
        print(text)
    else:
        output.write_text(f"{text}\n", encoding="utf-8")
        print(f"wrote {output}", file=sys.stderr)
    if problems:
        raise typer.Exit(BAD_INPUT)


def _columns() -> int:
    return min(_MOST_COLUMNS, shutil.get_terminal_size((_MOST_COLUMNS, 0)).columns)


def _page(found: "Explanation") -> Iterator[str]:
    yield f"{found.name}  ({found.file})"
    yield ""
    yield from textwrap.wrap(found.meaning, _columns())
    yield ""
    yield from _labelled("type", found.type)
    for label, texts in (("limits", found.limits), ("change", found.changes)):
        for number, each in enumerate(texts):
            yield from _labelled("" if number else label, each)
    if found.default is not None:
        yield from _labelled("default", found.default)
    yield from _block("in each environment", _together(found.environments))
    yield from _block("choices", found.choices)
    yield ""
    yield "example"
    yield from (f"  {line}" for line in found.example.splitlines())
    yield from _block("below it", found.below)


def _together(environments: Mapping[str, str]) -> dict[str, str]:
    """The kinds of environment that have the same to say, in one line."""
    kinds: dict[str, list[str]] = {}
    for kind, text in environments.items():
        kinds.setdefault(text, []).append(kind)
    return {", ".join(of): text for text, of in kinds.items()}


def _labelled(label: str, text: str) -> Iterator[str]:
    indent = " " * _LABEL
    yield from textwrap.wrap(
        text, _columns(), initial_indent=label.ljust(_LABEL), subsequent_indent=indent, break_on_hyphens=False
    )


def _block(title: str, rows: Mapping[str, str]) -> Iterator[str]:
    if rows:
        yield ""
        yield title
        yield from (f"  {line}" for line in _listed(rows, indent=2))


def _listed(rows: Mapping[str, str], indent: int = 0) -> Iterator[str]:
    """Names and texts side by side; a name that is too long has a line of its own."""
    columns = _columns() - indent
    width = min(max(map(len, rows), default=0), columns // 2)
    for name, text in rows.items():
        lines = textwrap.wrap(text, max(columns - width - 2, 20), break_on_hyphens=False)
        if len(name) > width:
            lines.insert(0, "")
        for number, line in enumerate(lines or [""]):
            left = name if number == 0 else ""
            yield f"{left.ljust(width)}  {line}".rstrip()
