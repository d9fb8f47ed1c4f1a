"""`mlplatform export`: files that other tools deploy."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from ..foundation.problems import Problem
from .exit_codes import FINDING
from .input import needs_folder, option, refuse, refuse_any
from .options import AsJson, Folder, OutputFile
from .output import output
from .plans import FOLDER

SYNAPSE_EXAMPLES = (
    "pulumi stack output --json --stack prod | mlplatform export synapse DIR -s prod --outputs -",
    "mlplatform export synapse DIR -s prod --outputs outputs.json --check",
)


def synapse(
    repository: Annotated[
        Path, typer.Argument(metavar="DIR", help="The root folder of Synapse in its Git repository.")
    ],
    stack: Annotated[str, typer.Option("--stack", "-s", metavar="STACK", help="The stack with the batches.")],
    outputs: Annotated[
        Path,
        typer.Option(metavar="FILE", help="The output of `pulumi stack output --json`; - for standard input."),
    ],
    folder: Folder = Path(),
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing, and exit with 1 if a file would change.")
    ] = False,
    as_json: AsJson = False,
    file: OutputFile = None,
) -> None:
    """Write the pipelines and triggers of batches into the Git repository of a Synapse workspace.

    They are not ARM resources, so `pulumi up` cannot deploy them. Removes files that were written for the environment
    before but are no longer in its settings. Does not touch other files in the repository.
    """
    from ..config.repository import settings_of
    from ..export.synapse_artifacts import artifacts, write
    from .answers import SynapseFiles

    with output(SynapseFiles, file, as_json=as_json) as said:
        problems = (
            [] if repository.is_dir() else [option(str(repository), "is not a folder", "Name an existing folder")]
        )
        problems += needs_folder(folder, FOLDER)
        refuse_any(problems)
        settings = settings_of(folder, stack)
        found = artifacts(settings, _outputs(outputs))
        try:
            changed = write(repository, settings, found, check=check)
        except OSError as error:
            refuse(Problem((), f"cannot be written ({error.strerror})", "", str(error.filename)))
        if as_json:
            said.answer(files=changed)
        else:
            said.lines(f"{'would be ' if check else ''}{what}: {name}" for name, what in changed.items())
            counted = Counter(changed.values())
            print(
                f"{len(found)} files: {counted['written']} written, {counted['removed']} removed"
                + (" (--check: nothing was changed)" if check else ""),
                file=sys.stderr,
            )
        if not found and not changed:
            said.notices(
                [("info", "Synapse scores nothing here; `pulumi up` deploys the pipelines of Data Factory")], stack
            )
        if check and changed:
            raise typer.Exit(FINDING)


def _outputs(file: Path) -> dict[str, Any]:
    """The outputs of a stack from a file or from standard input."""
    place = f"--outputs {file}"
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        found = json.loads(text)
    except OSError as error:
        refuse(option(place, f"cannot be read ({error.strerror})"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        refuse(option(place, "is not a JSON object", "Give the output of `pulumi stack output --json`"))
    return found
