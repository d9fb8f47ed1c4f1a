"""Prints the stacks that a pipeline has to update, as JSON:

    [{"project": "fraud", "folder": "projects/fraud", "stack": "dev"}, …]

    changed_stacks.py shared|landing|projects nonprod|prod [--since REV]

Without --since, or if there is no such commit, all stacks count. A change of the library, of a program or of the pinned
versions changes them all.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

EVERYTHING = ("components/", "stacks/", "constraints.txt", "pyproject.toml")
"""The beginnings of paths that every stack is made of."""

MOST = 256
"""The jobs that a matrix of GitHub Actions may have (docs.github.com/en/actions/reference/limits, read 2026-11-28)."""


def folders(kind: str) -> Iterator[Path]:
    """The folders of the Pulumi projects of a kind."""
    for project in sorted(Path("projects").glob("*/Pulumi.yaml")):
        folder = project.parent
        if kind == "landing":
            if (folder / "landing" / "Pulumi.yaml").is_file():
                yield folder / "landing"
        elif (folder.name == "shared") == (kind == "shared"):
            yield folder


def stacks(folder: Path, stage: str) -> list[str]:
    """The stacks of a project in a stage: prod, or all others."""
    found = (each.name.removeprefix("Pulumi.").removesuffix(".yaml") for each in sorted(folder.glob("Pulumi.*.yaml")))
    return [each for each in found if (each == "prod") == (stage == "prod")]


def changed(since: str) -> list[str] | None:
    """The paths that changed since a commit. None: all, because there is no such commit."""
    if subprocess.run(["git", "cat-file", "-e", f"{since}^{{commit}}"], capture_output=True, check=False).returncode:
        return None
    command = ["git", "diff", "--name-only", "--no-renames", "-z", since, "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")


def concerns(path: str, kind: str, folder: Path) -> bool:
    """Whether a file that changed belongs to the stacks of a folder. Rights are read by the landing's program."""
    project = folder.parent if kind == "landing" else folder
    inside = path.removeprefix(f"{project.as_posix()}/")
    if inside == path:
        return path.startswith(EVERYTHING)
    of_landing = inside.startswith("landing/") or (inside.startswith("rights.") and "/" not in inside)
    return of_landing == (kind == "landing")


def main() -> int:
    """Prints the stacks. Fails if there are more than a matrix takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["shared", "landing", "projects"])
    parser.add_argument("stage", choices=["nonprod", "prod"])
    parser.add_argument("--since", default="")
    given = parser.parse_args()
    paths = changed(given.since) if given.since else None
    found = [
        {"project": folder.parts[1], "folder": folder.as_posix(), "stack": stack}
        for folder in folders(given.kind)
        if paths is None or any(concerns(path, given.kind, folder) for path in paths)
        for stack in stacks(folder, given.stage)
    ]
    if len(found) > MOST:
        print(f"{len(found)} stacks changed, and one run takes {MOST}: update some by hand first", file=sys.stderr)
        return 1
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
