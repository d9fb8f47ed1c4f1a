"""Results of a check that are kept, so that the next one plans only what changed.

One file a stack, in a folder that nobody else may open. A result counts while the day, the library, what is installed
and all that the program read are the same. A file that is damaged, of another form or another owner counts for none.
"""

import contextlib
import datetime
import hashlib
import os
import stat
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from pydantic import TypeAdapter, ValidationError

from .reads import Reads, made_of_library
from .summary import Summary

_UNUSED = 30 * 24 * 3600
"""The seconds after which a result that no check has used is removed."""


@dataclass(frozen=True, slots=True)
class _Kept:
    made_of: str
    """The digest of the day and the library."""

    reads: Reads
    summary: Summary


_FORM = TypeAdapter(_Kept)


def cache_folder() -> Path:
    """The folder for kept results: MLPLATFORM_CACHE, or one in the user's folder for what may be lost."""
    if own := os.environ.get("MLPLATFORM_CACHE"):
        return Path(own).absolute()
    if given := os.environ.get("XDG_CACHE_HOME"):
        base = Path(given)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path.home() / ".cache"
    return base / "azure-mlplatform" / "check"


class KeptResults:
    """The results that are kept of the stacks below a root, as of a day."""

    def __init__(self, folder: Path, root: Path, day: datetime.date) -> None:
        self._folder, self._root = folder, root.resolve()
        self._made_of = f"{day.isoformat()} {made_of_library()}"
        self._usable = _own_folder(folder)

    def find(self, folder: str, stack: str) -> Optional[Summary]:
        """The summary of a stack, if what it was made of is still the same."""
        if not self._usable:
            return None
        path = self._path(folder, stack)
        try:
            checksum, _, body = path.read_bytes().partition(b"\n")
            if checksum.decode() != hashlib.sha256(body).hexdigest():
                return None
            kept = _FORM.validate_json(body)
            if kept.made_of != self._made_of or not kept.reads.hold():
                return None
            os.utime(path)
        except (OSError, ValueError, ValidationError):
            return None
        return kept.summary

    def keep(self, summary: Summary, reads: Reads) -> None:
        """Keeps a summary. Another check at the same time sees the whole of one of both, or none."""
        if not self._usable:
            return
        body = _FORM.dump_json(_Kept(self._made_of, reads, summary))
        path = self._path(summary.folder, summary.stack)
        with contextlib.suppress(OSError):
            # The file of `mkstemp` is its owner's alone.
            handle, made = tempfile.mkstemp(dir=self._folder, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
                os.replace(made, path)
            except BaseException:
                os.unlink(made)
                raise

    def tidy(self) -> None:
        """Removes what was not used for 30 days, and what an interrupted check left."""
        if not self._usable:
            return
        before = time.time() - _UNUSED
        with contextlib.suppress(OSError), os.scandir(self._folder) as found:
            for each in found:
                with contextlib.suppress(OSError):
                    if each.is_file(follow_symlinks=False) and each.stat(follow_symlinks=False).st_mtime < before:
                        os.unlink(each.path)

    def _path(self, folder: str, stack: str) -> Path:
        name = hashlib.sha256("\0".join((str(self._root), folder, stack)).encode()).hexdigest()
        return self._folder / f"{name[:40]}.json"


def _own_folder(folder: Path) -> bool:
    """Makes the folder for its owner alone. Returns whether it is that: a link, or a folder of another one or open to
    others is not used."""
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        return False
    return sys.platform == "win32" or (found.st_uid == os.getuid() and not found.st_mode & 0o077)
