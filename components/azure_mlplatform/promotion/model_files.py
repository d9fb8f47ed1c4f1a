"""The files of a model in a container: found, read once for their digest, or copied to another container."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .blobs import Blob, Container, StorageError
from .digest import PathError, TreeDigest, check_path

Says = Callable[[str], None]
"""Says what is under way."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model."""

    path: str
    """Its path in the model: the name of the model's folder comes first. A model of one file is that name alone."""

    blob: Blob


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model, as they were listed."""

    container: Container
    above: str
    """The path in the container of the folder that the model's folder or file is in. Ends with `/`, or is empty."""

    name: str
    """The name of the model's folder or file. A scoring script may name it, so that each copy has it too."""

    files: tuple[ModelFile, ...]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(each.blob.size for each in self.files)

    def digest(self, says: Says) -> str:
        """The digest of what the files hold now. Reads all of them."""
        found = TreeDigest()
        for file, content in self._each(says, f"reading {self.container}"):
            sha256 = hashlib.sha256()
            for block in content:
                sha256.update(block)
            found.add(file.path, sha256.hexdigest())
        return found.value()

    def copy(self, to: Container, folder: str, says: Says) -> str:
        """Copies the files into a folder of another container. Returns the digest of what was read for it."""
        found = TreeDigest()
        for file, content in self._each(says, f"copying {self.container} to {to}"):
            sha256 = hashlib.sha256()
            to.write(f"{folder}/{file.path}", _through(content, sha256.update))
            found.add(file.path, sha256.hexdigest())
        return found.value()

    def _each(self, says: Says, what: str) -> Iterator[tuple[ModelFile, Iterator[bytes]]]:
        done = 0
        for number, file in enumerate(self.files, 1):
            says(f"{what}: file {number} of {len(self.files)}, {_size(done)} of {_size(self.size)}")
            yield file, self.container.read(file.blob)
            done += file.blob.size


def files_at(container: Container, path: str) -> ModelFiles:
    """The files of the model at a path of a container: a file, or a folder with all below it.

    Raises StorageError if there is none, or if a file's name cannot be part of a model.
    """
    path = path.strip("/")
    above, slash, name = path.rpartition("/")
    above += slash
    # The prefix finds what only begins alike too, such as `model-2/…` beside `model`.
    found = [each for each in container.blobs(path) if each.name == path or each.name.startswith(f"{path}/")]
    if not path or not found:
        fix = "The version names files that are gone, or were never there. Register the model as a new version"
        raise StorageError(f"there is no file at '{path}' in {container}", 404, container.account, fix)
    files = tuple(ModelFile(each.name.removeprefix(above), each) for each in found)
    for each in files:
        try:
            check_path(each.path)
        except PathError as error:
            fix = "Rename the file, and register the model as a new version"
            raise StorageError(f"a model in {container} cannot be copied: {error}", fix=fix) from None
    return ModelFiles(container, above, name, files)


def remove(container: Container, folder: str) -> None:
    """Deletes all blobs in a folder of a container."""
    for each in [*container.blobs(f"{folder.rstrip('/')}/")]:
        container.delete(each.name)


def _through(content: Iterator[bytes], take: Callable[[bytes], object]) -> Iterator[bytes]:
    for block in content:
        take(block)
        yield block


def _size(count: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
