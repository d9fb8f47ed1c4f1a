"""`mlplatform explain`: says what a setting means."""

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from ..foundation.problems import Problem, ProblemsError
from .input import option, refuse_any
from .options import AsJson, OutputFile
from .output import output

if TYPE_CHECKING:
    from ..config.explain import Explanation

EXAMPLES = (
    "mlplatform explain                                      the top-level settings",
    "mlplatform explain workspace.clusters.vm_size",
    "mlplatform explain network.egress --file stack",
    "mlplatform explain deploy.github_repository             a setting of a landing",
)

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
            metavar="stack|platform-stack|landing|shared|project",
            help="Only settings of this file, as for `mlplatform schema`. Default: of all.",
        ),
    ] = None,
    as_json: AsJson = False,
    target: OutputFile = None,
) -> None:
    """Say what a setting means.

    What it can be, what it is in each kind of environment, what a change of it does, and an example. A setting that
    stands in the files of several programs is explained for each.
    """
    from ..config.explain import KINDS, file_of, find, known, sentence
    from ..config.explain import explain as explained
    from .answers import Explain

    with output(Explain, target, as_json=as_json) as said:
        problems: list[Problem] = []
        if file is not None and file not in KINDS:
            problems.append(option("--file", f"'{file}' is not allowed", f"Allowed: {', '.join(sorted(KINDS))}"))
            file = None
        found: list[Explanation] = []
        try:
            found = [explained(each) for each in find(key, file)] if key is not None else []
        except ProblemsError as error:
            problems += error.problems
        refuse_any(problems)
        top = [each for each in known(file) if each.name == each.top]
        if as_json and found:
            said.answer(setting=found[0].as_json(), others=[each.as_json() for each in found[1:]])
        elif as_json:
            said.answer(
                settings=[
                    {
                        "name": each.name,
                        "file": file_of(each),
                        "meaning": each.meaning,
                        "required": each.info.is_required(),
                    }
                    for each in top
                ]
            )
        elif found:
            for number, each in enumerate(found):
                said.lines([*([""] if number else []), *_page(each)])
            if len(found) > 1:
                said.lines(["", *textwrap.wrap(_of_several([each.kind for each in found]), _columns())])
        else:
            files: dict[str, dict[str, str]] = {}
            for each in top:
                files.setdefault(file_of(each), {})[each.name] = sentence(each.meaning)
            for of, rows in files.items():
                said.lines([f"{of}:", *_listed(rows), ""])
            said.lines(textwrap.wrap(_MORE, _columns()))


def _of_several(kinds: list[str]) -> str:
    """How to see one of several explanations alone."""
    *most, last = (f"`--file {each}`" for each in kinds)
    return f"{', '.join(most)} or {last} explains one of them alone."


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
