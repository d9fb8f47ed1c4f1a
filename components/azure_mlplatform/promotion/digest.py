"""The digest of a model: one sha256 over the paths and contents of its files, whatever store they are in.

It is what these commands print in the folder that holds the model, so that anybody can check it:

    find MODEL -type f -print | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum
"""

import hashlib
import re

_PATH = re.compile(r"(?!/)[^\x00-\x1f\x7f\\]+")
"""A path that `sha256sum` prints as it is, and that is the same in each store."""

KIND = "sha256:"
"""What a digest begins with."""

DIGEST = re.compile(rf"{KIND}[0-9a-f]{{64}}")
"""The pattern of a digest."""


class PathError(Exception):
    """A file's path cannot be part of a model; the message says why."""


class TreeDigest:
    """Takes the files of a model in any order."""

    def __init__(self) -> None:
        self._files: dict[bytes, str] = {}

    def add(self, path: str, sha256: str) -> None:
        """Adds a file by its relative path, with `/` between folders, and the sha256 of its content in hexadecimal.

        Raises PathError if the path stands there already, leads elsewhere, or has a control character.
        """
        check_path(path)
        if path.encode() in self._files:
            raise PathError(f"'{path}' stands in the model twice")
        self._files[path.encode()] = sha256

    def value(self) -> str:
        """The digest."""
        lines = b"".join(f"{sha256}  ".encode() + path + b"\n" for path, sha256 in sorted(self._files.items()))
        return KIND + hashlib.sha256(lines).hexdigest()


def check_path(path: str) -> None:
    """Raises PathError if a path cannot be the relative path of a file in a model."""
    if not _PATH.fullmatch(path):
        raise PathError(f"{path!r} has a backslash or a control character in its name, or is empty")
    if {"", ".", ".."} & set(path.split("/")):
        raise PathError(f"'{path}' leads elsewhere")
