"""What Azure refuses of those who release models: online endpoints, Container Apps and slots of web apps.

Texts hold placeholders in braces: `{name}` and `{id}` of what is written, `{version}` of what is missing or in the way,
`{sum}` of shares, `{most}` of a bound. A busy Container App or web app stands in `deletion.py` (SERIAL).

Assumed: rows with `assumed` have no source that was read for one of their columns; the source says which.
"""

from dataclasses import dataclass

from .row import Refusal

_DAY = "2026-11-28"
_ML = "OnlineEndpointProperties in azure-ai-ml 1.35 (REST 2025-12-01)"
_ANSWER = "status, code and text are assumed"


@dataclass(frozen=True, kw_only=True)
class Serving(Refusal):
    """A refusal, by what was asked for."""

    table = "SERVING"
    by = ("what",)

    what: str
    """What was asked for, in a word or two."""

    bound: int = 0
    """The bound that was passed, where the refusal has one."""

    day: str = _DAY


SERVING = {
    each.what: each
    for each in (
        Serving(
            what="missing endpoint",
            status=404,
            code="UserError",
            text="Online endpoint {name} not found in workspace",
            source="Azure-Samples/contoso-chat#139 has status and code for a deployment; the text is assumed",
            assumed=True,
        ),
        Serving(
            what="missing deployment",
            status=404,
            code="UserError",
            text="Deployment {version} not found in endpoint {name}",
            source="Azure-Samples/contoso-chat#139 quotes the answer",
        ),
        Serving(
            what="traffic to a missing deployment",
            status=400,
            code="BadRequest",
            text="The traffic of endpoint {name} names deployment {version}, which does not exist.",
            source="that it is refused: Azure/azureml-examples#3311 (traffic before the deployment); " + _ANSWER,
            assumed=True,
        ),
        Serving(
            what="traffic that does not sum up",
            status=400,
            code="BadRequest",
            text="The traffic of endpoint {name} sums to {sum}. It must be 0 or 100.",
            source=f"{_ML}: 'Traffic values need to sum to 100'; {_ANSWER}",
            assumed=True,
            bound=100,
        ),
        Serving(
            what="too many copies",
            status=400,
            code="BadRequest",
            text="The mirrored traffic of endpoint {name} sums to {sum}. It must be {most} at most.",
            source=f"{_ML}: 'Traffic values need to sum to utmost 50'; {_ANSWER}",
            assumed=True,
            bound=50,
        ),
        Serving(
            what="copies on a cluster",
            status=400,
            code="BadRequest",
            text="Mirrored traffic is not supported for Kubernetes online endpoint {name}.",
            source=f"that only managed endpoints mirror, and the answer, are assumed; {_ANSWER}",
            assumed=True,
        ),
        Serving(
            what="deletion with traffic",
            status=400,
            code="BadRequest",
            text="Deployment {version} of endpoint {name} has traffic. Set its traffic to 0 before you delete it.",
            source=f"scripts on GitHub set the traffic to 0 first; that it is refused: assumed; {_ANSWER}",
            assumed=True,
        ),
        Serving(
            what="endpoint busy",
            status=409,
            code="Conflict",
            text="Another operation is in progress on {name}.",
            source=f"that one operation runs at a time on an endpoint or a deployment is assumed; {_ANSWER}",
            assumed=True,
        ),
        Serving(
            what="too few instances",
            status=400,
            code="BadRequest",
            text="The instance count of deployment {version} is {sum}. It must be {most} at least.",
            source=f"assumed; {_ANSWER}",
            assumed=True,
            bound=1,
        ),
        Serving(
            what="weights that do not sum up",
            status=400,
            code="ContainerAppInvalidTrafficWeight",
            text="The traffic weights of container app '{name}' sum to {sum}, not to 100.",
            source="'Traffic splitting in Azure Container Apps', 2023-03-28: must equal 100 %; " + _ANSWER,
            assumed=True,
            bound=100,
        ),
        Serving(
            what="weight of a missing revision",
            status=400,
            code="ContainerAppInvalidTrafficRevision",
            text="Revision '{version}' of container app '{name}' does not exist or is not active.",
            source=f"assumed; {_ANSWER}",
            assumed=True,
        ),
        Serving(
            what="rule of a missing slot",
            status=400,
            code="BadRequest",
            text="The host '{version}' of a ramp-up rule of site '{name}' is not one of its slots.",
            source=f"assumed; {_ANSWER}",
            assumed=True,
        ),
        Serving(
            what="rules over 100",
            status=400,
            code="BadRequest",
            text="The ramp-up rules of site '{name}' sum to {sum} %.",
            source=f"assumed; {_ANSWER}",
            assumed=True,
            bound=100,
        ),
        Serving(
            what="missing slot",
            status=404,
            code="NotFound",
            text="Cannot find slot '{version}' of site '{name}'.",
            source=f"assumed; {_ANSWER}",
            assumed=True,
        ),
    )
}
"""What was asked for → its refusal."""
