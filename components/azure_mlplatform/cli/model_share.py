"""`mlplatform model share`: takes a model of dev's workspace into the shared registry."""

from typing import Annotated

import typer

from .input import refuse_any
from .model import ModelName, ModelVersionName, Places, RegistryId, narrator, refusals
from .options import AsJson, Environments, OutputFile
from .output import output
from .plans import progress

EXAMPLES = (
    'mlplatform model share churn 7 --registry "$REGISTRY"         from dev, into the registry',
    "mlplatform model share churn 7 --json -o shared.json          with its digest, for the job that promotes",
)


def share(
    model: ModelName,
    version: ModelVersionName,
    source: Annotated[
        str, typer.Option("--from", metavar="ENV", help="The environment that has the model. Default: dev.")
    ] = "dev",
    registry: RegistryId = None,
    environments: Environments = None,
    as_json: AsJson = False,
    file: OutputFile = None,
) -> None:
    """Take a model of dev into the registry, with its digest and where it comes from.

    Run it as dev's release identity. Copies the files, and registers the version when all are there. A second run says
    that it is there already; another content under the same version is refused, with code 1.
    """
    from .answers import ModelShare

    with output(ModelShare, file, as_json=as_json) as said:
        places = Places(model, version)
        places.environment("--from", source, environments)
        places.registry(registry)
        refuse_any(places.problems)
        with refusals(said), progress() as shows:
            from ..promotion.share import share as share_model

            azure = places.sign_in()
            done = share_model(places.workspace_of(azure), places.registry_of(azure), model, version, narrator(shows))
        if as_json:
            said.answer(
                id=done.id,
                was_there=done.was_there,
                files=done.files,
                bytes=done.bytes,
                provenance=done.provenance.known,
            )
        else:
            said.lines(
                [f"{done.id} {'is there already' if done.was_there else 'is shared'}", f"  {done.provenance.digest}"]
            )
