"""The commands of `mlplatform`. Each stands in a file of its own."""

from typing import Annotated

import typer

from . import check as checks
from . import cost as costs
from . import (
    endpoint_profile,
    endpoint_rollout,
    endpoint_smoke,
    endpoint_stress,
    model_promote,
    model_share,
    model_show,
    request_check,
    request_init,
    request_new,
    request_render,
    request_retire,
    request_status,
)
from . import expire as expires
from . import explain as explains
from . import export as exports
from . import init as inits
from . import preview as previews
from . import prices as prices_
from . import projects as projects_
from . import rights as rights_
from . import schema as schemas
from .endpoint import endpoint
from .exit_codes import BAD_INPUT, FINDING, INCONCLUSIVE, UNREACHABLE
from .local import local
from .model import model
from .options import epilog
from .request import request

app = typer.Typer(
    name="mlplatform",
    help="Preview and check machine-learning environments on Azure before they exist.",
    epilog="Options, exit codes and JSON are the same in all commands: docs/commands.md.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

export = typer.Typer(help="Write files that other tools deploy.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(endpoint, name="endpoint")
app.add_typer(export, name="export")
app.add_typer(local, name="local")
app.add_typer(model, name="model")
app.add_typer(prices_.prices, name="prices")
app.add_typer(request, name="request")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mlplatform {version('azure-mlplatform')}")
        raise typer.Exit


@app.callback()
def mlplatform(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Preview and check machine-learning environments on Azure before they exist."""


app.command(epilog=epilog(*inits.EXAMPLES, codes=(BAD_INPUT,)))(inits.init)
app.command(epilog=epilog(*previews.EXAMPLES, codes=(FINDING, BAD_INPUT)))(previews.preview)
app.command(epilog=epilog(*checks.EXAMPLES, codes=(FINDING, BAD_INPUT)))(checks.check)
app.command(epilog=epilog(*rights_.EXAMPLES, codes=(BAD_INPUT,)))(rights_.rights)
app.command(epilog=epilog(*expires.EXAMPLES, codes=(FINDING, BAD_INPUT)))(expires.expire)
app.command(epilog=epilog(*explains.EXAMPLES, codes=(BAD_INPUT,)))(explains.explain)
app.command(epilog=epilog(*schemas.EXAMPLES, codes=(BAD_INPUT,)))(schemas.schema)
export.command("synapse", epilog=epilog(*exports.SYNAPSE_EXAMPLES, codes=(FINDING, BAD_INPUT)))(exports.synapse)
app.command(epilog=epilog(*costs.EXAMPLES, codes=(FINDING, BAD_INPUT)))(costs.cost)
prices_.prices.command(epilog=epilog(*prices_.UPDATE_EXAMPLES, codes=(BAD_INPUT, UNREACHABLE)))(prices_.update)
request.command(epilog=epilog(*request_init.EXAMPLES, codes=(BAD_INPUT,)))(request_init.init)
request.command(epilog=epilog(*request_new.EXAMPLES, codes=(BAD_INPUT,)))(request_new.new)
request.command(epilog=epilog(*request_check.EXAMPLES, codes=(BAD_INPUT,)))(request_check.check)
request.command(epilog=epilog(*request_render.EXAMPLES, codes=(FINDING, BAD_INPUT)))(request_render.render)
request.command(epilog=epilog(*request_status.EXAMPLES, codes=(BAD_INPUT,)))(request_status.status)
request.command(epilog=epilog(*request_retire.EXAMPLES, codes=(FINDING, BAD_INPUT)))(request_retire.retire)
app.command(epilog=epilog(*projects_.EXAMPLES, codes=(BAD_INPUT,)))(projects_.projects)
endpoint.command(
    "profile", epilog=epilog(*endpoint_profile.EXAMPLES, codes=(FINDING, BAD_INPUT, UNREACHABLE, INCONCLUSIVE))
)(endpoint_profile.profile)
endpoint.command(epilog=epilog(*endpoint_smoke.EXAMPLES, codes=(FINDING, BAD_INPUT, UNREACHABLE)))(endpoint_smoke.smoke)
model.command(epilog=epilog(*model_share.EXAMPLES, codes=(FINDING, BAD_INPUT, UNREACHABLE)))(model_share.share)
model.command(epilog=epilog(*model_promote.EXAMPLES, codes=(FINDING, BAD_INPUT, UNREACHABLE)))(model_promote.promote)
model.command(epilog=epilog(*model_show.EXAMPLES, codes=(BAD_INPUT, UNREACHABLE)))(model_show.show)
endpoint.command(epilog=epilog(*endpoint_rollout.EXAMPLES, codes=endpoint_rollout.CODES))(endpoint_rollout.rollout)
endpoint.command(
    "stress", epilog=epilog(*endpoint_stress.EXAMPLES, codes=(FINDING, BAD_INPUT, UNREACHABLE, INCONCLUSIVE))
)(endpoint_stress.stress)
