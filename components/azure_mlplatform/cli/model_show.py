"""`mlplatform model show`: where a model is, and where it comes from."""

from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from .input import refuse_any
from .model import ModelName, ModelVersionName, Places, RegistryId, refusals
from .options import AsJson, Environments, OutputFile
from .output import output

if TYPE_CHECKING:
    from ..promotion.model_versions import Models, ModelVersion

EXAMPLES = (
    'mlplatform model show churn 7 --registry "$REGISTRY"          in the registry',
    "mlplatform model show churn 7 --in prod                       in prod's workspace",
)


def show(
    model: ModelName,
    version: ModelVersionName,
    environment: Annotated[
        Optional[str],
        typer.Option("--in", metavar="ENV", help="The environment whose workspace is asked. Default: the registry."),
    ] = None,
    registry: RegistryId = None,
    environments: Environments = None,
    as_json: AsJson = False,
    file: OutputFile = None,
) -> None:
    """Print where a version of a model comes from: its digest, workspace, job and commit.

    Of a version that `model share` or `model promote` made. Of one that a job made in dev, the job and its commit.
    """
    from .answers import ModelShow

    with output(ModelShow, file, as_json=as_json) as said:
        places = Places(model, version)
        if environment is not None:
            places.environment("--in", environment, environments)
        else:
            places.registry(registry)
        refuse_any(places.problems)
        with refusals(said):
            azure = places.sign_in()
            at = places.workspace_of(azure) if environment is not None else places.registry_of(azure)
            found = at.existing(model, version)
            shown = _shown(at, found, model, version)
        if as_json:
            said.answer(**shown)
        else:
            rows = {key: value for key, value in shown.items() if key != "provenance"} | shown["provenance"]
            width = max(map(len, rows))
            said.lines(f"{key.replace('_', ' '):<{width}}  {value}" for key, value in rows.items() if value is not None)


def _shown(at: "Models", found: "ModelVersion", model: str, version: str) -> dict[str, Any]:
    from ..promotion.model_versions import Registry, Workspace
    from ..promotion.provenance import of_job, provenance_of

    provenance = provenance_of(found.properties)
    if provenance.workspace is None and isinstance(at, Workspace):
        job = at.job_properties(found.job) if found.job else {}
        provenance = of_job(at.id, found.job, found.properties, found.tags, job)
    return {
        "id": at.asset_id(model, version) if isinstance(at, Registry) else found.id,
        "type": found.type,
        "state": found.state,
        "provenance": provenance.known,
    }
