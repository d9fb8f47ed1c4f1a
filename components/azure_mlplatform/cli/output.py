"""Writes the answer of a command, as text or as one JSON object, to standard output or into a file."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, TextIO

import typer

from ..foundation.printable import printable
from ..foundation.problems import Problem, ProblemsError
from .exit_codes import BAD_INPUT

if TYPE_CHECKING:
    from .answers import Answer


class Output:
    """Where a command says its answer."""

    def __init__(self, answer: "type[Answer]", file: Optional[Path], *, as_json: bool) -> None:
        self.as_json = as_json
        self._answer, self._file = answer, file
        self._notices: list[dict[str, Any]] = []
        self.stream: TextIO = StringIO() if file else sys.stdout
        """Where the text goes."""

    def notices(self, messages: Iterable[tuple[str, str]], stack: Optional[str] = None) -> None:
        """Says what a program logged: severity and text. To standard error, or in the JSON object."""
        for severity, text in messages:
            if self.as_json:
                self._notices.append({"stack": stack, "severity": severity, "text": text})
            else:
                print(printable(f"{severity}: {text}"), file=sys.stderr)

    def problems(self, found: Iterable[Problem]) -> list[dict[str, Any]]:
        """Says what is refused, beside a result: to standard error, or as the JSON object has it."""
        found = list(found)
        if not self.as_json:
            for each in found:
                print(f"error: {each}", file=sys.stderr)
        return [each.as_json() for each in found]

    def lines(self, lines: Iterable[str]) -> None:
        """Says lines of text, each made printable."""
        for each in lines:
            print(printable(each), file=self.stream)

    def text(self, text: str) -> None:
        """Says a text as it is."""
        print(text, file=self.stream)

    def answer(self, **fields: Any) -> None:
        """Says the JSON object. `notices` are those that were said before."""
        made = self._answer.model_validate({"notices": self._notices, **fields})
        self.text(made.model_dump_json(indent=2, by_alias=True))

    def end(self) -> None:
        """Writes the file, if the answer goes into one."""
        if self._file is None:
            return
        assert isinstance(self.stream, StringIO)  # noqa: S101 - made here
        self._file.write_text(self.stream.getvalue(), encoding="utf-8")
        print(f"wrote {printable(str(self._file))}", file=sys.stderr)


@contextlib.contextmanager
def output(answer: "type[Answer]", file: Optional[Path], *, as_json: bool) -> Iterator[Output]:
    """The output of a command whose JSON object is an `answer`. Says what is refused in the same way."""
    said = Output(answer, file, as_json=as_json)
    try:
        yield said
    except ProblemsError as error:
        if not as_json:
            raise
        said.answer(problems=said.problems(error.problems))
        said.end()
        raise typer.Exit(BAD_INPUT) from None
    except typer.Exit:
        said.end()
        raise
    said.end()
