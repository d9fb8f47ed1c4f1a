"""The edge to the outside world: what fails there ends as one line and an exit code, never as a traceback.

Encodings without our characters, full disks, pipes that nobody reads, Ctrl-C, files that cannot be opened, a network
that is not there: no command has to know of them. Neither has it to know what a terminal or a CI system takes for a
command in what it prints.
"""

import codecs
import contextlib
import io
import os
import re
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any, NoReturn, Optional

from ..foundation.printable import printable, without_ci_commands
from ..foundation.problems import CALLS, ProblemsError, show_calls
from .exit_codes import BAD_INPUT, FINE, INCONCLUSIVE, INTERRUPTED, UNREACHABLE


def run(command: Callable[[], object]) -> NoReturn:
    """Runs a command and exits with its code."""
    open_streams()
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, _interrupt)
    code = _code(lambda: _flushed(command))
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()
    if code == INTERRUPTED:
        # What was under way is in no state that Python could tidy up at its end.
        os._exit(code)
    sys.exit(code)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    """Ends the command. A second Ctrl-C must not hit what is tidied up, and nobody waits for a coroutine any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore", RuntimeWarning)
    raise KeyboardInterrupt


def _flushed(command: Callable[[], object]) -> None:
    try:
        command()
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()


def _code(command: Callable[[], object]) -> int:
    """Runs a command. Says what ended it, if that was no exit of its own."""
    try:
        command()
    except SystemExit as error:
        return _code_of_exit(error.code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException as error:
        show_calls(error)
        lines, code = _said(error)
        for line in lines:
            print(f"error: {line}", file=sys.stderr)
        return code
    return FINE


def _code_of_exit(code: object) -> int:
    if code is None or isinstance(code, int):
        return code or FINE
    print(printable(str(code)), file=sys.stderr)
    return BAD_INPUT


def _said(error: BaseException) -> tuple[list[str], int]:
    """Returns the lines that name an error, and the exit code."""
    if isinstance(error, ProblemsError):
        return list(map(str, error.problems)), BAD_INPUT
    if isinstance(error, OutputError):
        return [f"standard output: cannot be written ({error.strerror})"], BAD_INPUT
    if isinstance(error, MemoryError):
        return ["there is not enough memory"], INCONCLUSIVE
    if isinstance(error, ConnectionError | TimeoutError) or _of_the_network(error):
        return [f"{_text(error)}\n    Azure or the network to it did not answer. Try again later"], UNREACHABLE
    if isinstance(error, OSError):
        what = error.strerror or type(error).__name__
        name = error.filename.decode(errors="replace") if isinstance(error.filename, bytes) else error.filename
        return [printable(f"{name}: {what}" if name else what)], BAD_INPUT
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" ({os.path.basename(place[0].filename)}:{place[0].lineno})" if place else ""
    fix = f"This is a defect of azure-mlplatform. Report it with what {CALLS}=1 shows"
    return [f"{_text(error)}{where}\n    {fix}"], INCONCLUSIVE


def _of_the_network(error: BaseException) -> bool:
    """Whether an error comes from Azure's SDK or below it. They are not imported for the question."""
    modules = {each.__module__.split(".")[0] for each in type(error).__mro__}
    names = {each.__name__ for each in type(error).__mro__}
    return bool(modules & {"azure", "requests", "urllib3", "ssl"} or "gaierror" in names)


def _text(error: BaseException) -> str:
    return printable(f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": "))


class OutputError(OSError):
    """Standard output cannot be written."""


def open_streams() -> None:
    """Opens standard output and error anew, so that they take every text; and reads standard input as UTF-8."""
    sys.stdout = _opened(sys.stdout, says=True)
    sys.stderr = _opened(sys.stderr, says=False)
    if isinstance(sys.stdin, io.TextIOWrapper):
        # What is piped in is JSON of another program, which is UTF-8 whatever the locale.
        sys.stdin.reconfigure(encoding="utf-8")


def _opened(stream: Any, *, says: bool) -> Any:
    """The stream, or another one in its place if it goes to a file, a pipe or a terminal."""
    if not isinstance(stream, io.TextIOWrapper) or isinstance(stream, _Text):
        return stream
    stream.flush()
    # With PYTHONUNBUFFERED there is no buffer between.
    raw = getattr(stream.buffer, "raw", stream.buffer)
    return _Text(
        io.BufferedWriter(_Raw(raw, says=says)),
        encoding=stream.encoding,
        errors=_IN_ASCII,
        line_buffering=stream.line_buffering or stream.write_through,
    )


class _Raw(io.RawIOBase):
    """Writes on. Once that fails, it drops what comes, so that the command comes to its end and its own exit code.

    A pipe that nobody reads any more (`| head`) is no failure. Any other failure is raised once if `says`.
    """

    def __init__(self, raw: io.RawIOBase, *, says: bool) -> None:
        self._raw, self._says, self._dead = raw, says, False

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._raw.isatty()

    def fileno(self) -> int:
        return self._raw.fileno()

    def write(self, data: Any) -> Optional[int]:
        if self._dead:
            return len(data)
        try:
            return self._raw.write(data)
        except BrokenPipeError:
            self._dead = True
        except OSError as error:
            self._dead = True
            if self._says:
                raise OutputError(error.errno, error.strerror) from None
        return len(data)


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")


class _Text(io.TextIOWrapper):
    """Escapes what a CI system takes for a command, and what a file or pipe takes for control, colours apart.

    What a command prints of values is escaped where the line is made (foundation/printable.py). This is the net below.
    """

    _begins = True

    def write(self, text: str) -> int:
        length = len(text)
        begins, self._begins = self._begins, text.endswith("\n") if text else self._begins
        if begins or "\n" in text or "##" in text:
            first, end, rest = text.partition("\n") if not begins else ("", "", text)
            # A line that began in an earlier write cannot begin with a command.
            text = without_ci_commands(f"\0{first}")[1:] + end + without_ci_commands(rest)
        if _CONTROL.search(text) and not self.isatty():
            parts = _COLOUR.split(text)
            parts[::2] = [_CONTROL.sub(lambda found: rf"\x{ord(found[0]):02x}", each) for each in parts[::2]]
            text = "".join(parts)
        super().write(text)
        return length


_IN_ASCII = "mlplatform-in-ascii"
_ASCII = str.maketrans(
    {"├": "|", "└": "`", "─": "-", "│": "|", "→": "->", "…": "...", "·": "*", "✓": "ok", "×": "x", "–": "-", "—": "-"}  # noqa: RUF001
)


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """Characters that an encoding does not have: lines and arrows as ASCII draws them, any other as an escape."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - streams are only written
    text = error.object[error.start : error.end].translate(_ASCII)
    return "".join(each if each.isascii() else _escape(each) for each in text), error.end


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


codecs.register_error(_IN_ASCII, _in_ascii)
