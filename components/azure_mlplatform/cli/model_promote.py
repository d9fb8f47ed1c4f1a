"""`mlplatform model promote`: brings a model of the shared registry to where prod's endpoints can deploy it."""

from typing import Annotated, Optional

import typer

from .input import option, refuse_any
from .model import ModelName, ModelVersionName, Places, RegistryId, narrator, refusals
from .options import AsJson, Environments, OutputFile
from .output import output
from .plans import progress

EXAMPLES = (
    'mlplatform model promote churn 7 --registry "$REGISTRY"       for the endpoints of prod',
    'mlplatform model promote churn 7 --digest "$DIGEST"           only the content that was approved',
)


def promote(
    model: ModelName,
    version: ModelVersionName,
    target: Annotated[
        str, typer.Option("--to", metavar="ENV", help="The environment that gets the model. Default: prod.")
    ] = "prod",
    registry: RegistryId = None,
    digest: Annotated[
        Optional[str],
        typer.Option(metavar="SHA256", help="The digest that was approved. Default: what the registry's version says."),
    ] = None,
    copy: Annotated[
        Optional[bool],
        typer.Option(
            "--copy/--no-copy",
            help="Whether to copy it into the workspace. Default: if an online endpoint there is on a cluster.",
        ),
    ] = None,
    environments: Environments = None,
    as_json: AsJson = False,
    file: OutputFile = None,
) -> None:
    """Bring a model of the registry to where the endpoints of prod can deploy it, and print its id.

    Run it as prod's release identity. Managed endpoints deploy from the registry: nothing is copied. Kubernetes
    endpoints do not: the files are copied into the default datastore, read again, compared with the digest that `model
    share` wrote, and registered. If they differ nothing is registered, what was copied is deleted, and the code is 1.
    """
    from .answers import ModelPromote

    with output(ModelPromote, file, as_json=as_json) as said:
        places = Places(model, version)
        places.environment("--to", target, environments)
        places.registry(registry)
        if digest is not None:
            from ..promotion.digest import DIGEST

            if not DIGEST.fullmatch(digest):
                fix = "sha256: and 64 hexadecimal digits, as `mlplatform model share` prints it"
                places.problems.append(option(f"--digest {digest}", "is not a digest", fix))
        refuse_any(places.problems)
        with refusals(said), progress() as shows:
            from ..promotion.promote import promote as promote_model

            azure = places.sign_in()
            done = promote_model(
                places.registry_of(azure),
                places.workspace_of(azure),
                model,
                version,
                narrator(shows),
                digest=digest,
                copy=copy,
            )
        if as_json:
            said.answer(
                id=done.id,
                copied=done.is_copy,
                copied_for=list(done.copied_for),
                was_there=done.was_there,
                provenance=done.provenance.known,
            )
            return
        if not done.is_copy:
            what = "managed endpoints deploy from the registry: nothing is copied"
        elif done.was_there:
            what = "is there already"
        else:
            why = f", for {', '.join(done.copied_for)}" if done.copied_for else ""
            what = f"is copied, compared and registered{why}"
        said.lines([f"{done.id}", f"  {what}", f"  {done.provenance.digest}"])
