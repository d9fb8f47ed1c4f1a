"""Child processes that answer in lines of JSON."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any


class Child:
    """A Python program that takes commands and answers each with one line of JSON."""

    def __init__(self, program: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-P", "-u", str(program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
        )
        self._lock = threading.Lock()

    def ask(self, **command: Any) -> Any:
        """Sends a command and returns the answer. Raises EOFError if the program is dead."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with self._lock:
            try:
                self.process.stdin.write(json.dumps(command) + "\n")
                self.process.stdin.flush()
            except BrokenPipeError:
                raise EOFError("the program has ended") from None
            line = self.process.stdout.readline()
        if not line:
            raise EOFError("the program has ended")
        return json.loads(line)

    def end(self) -> None:
        """Kills the program and waits."""
        self.process.kill()
        self.process.wait()
        for each in (self.process.stdin, self.process.stdout):
            if each is not None:
                with contextlib.suppress(BrokenPipeError):
                    each.close()
